"""Labels of a NIfTI mask as regions on the image's grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.contours.lattice import common_lattice, other_grid, resampled, resampling_note
from analysis.pet.contours.region import Region, Regions
from analysis.pet.suv.grid import Grid

_MOST_LABELS = 1000
"""More than any atlas of the body has: the file is an image."""

_NEARLY_WHOLE = 1e-4
"""Labels stored with a scale factor come back as 0.99999."""


def nifti_regions(file: Path, grid: Grid, *, wanted: str | None = None, resample: bool = False) -> Regions:
    """Each label value of a NIfTI file, by the value written as text.

    NIfTI coordinates point right, anterior, superior; DICOM's left, posterior, superior. Axes may be stored in any
    order and direction: the file's affine decides. Where qform and sform are both set and disagree, the one that lies
    on the image's grid counts, with a warning.

    Parameters
    ----------
    file : Path
        ``.nii`` or ``.nii.gz`` with whole-number labels; 0 is background.
    grid : Grid
        Grid of the image.
    wanted : str, optional
        Read this label only.
    resample : bool
        Whether a mask on another grid is resampled instead of refused.

    Raises
    ------
    ImageError
        If the file is unreadable, not three-dimensional, says nothing of where it lies, is on another grid, or holds
        anything but labels.
    """
    labels, affines = _read(file)
    values = _values(labels, file)
    grids = [_own_grid(affine, labels.shape, file) for affine in affines]
    notes = []
    if len(grids) > 1:
        fitting = [own for own in grids if _covers(own, grid)]
        if len(fitting) != 1:
            raise ImageError(
                "qform and sform of the mask disagree about where it lies", where=file.name,
                expected="one place, on the image's grid", do="correct the header of the mask", offenders=("qform", "sform"),
            )  # fmt: skip
        notes.append("qform and sform of the mask disagree; the one that lies on the image's grid is used")
        grids = fitting
    own = grids[0]
    on_grid = _covers(own, grid)
    if not on_grid and not resample:
        raise other_grid(own, grid, where=file.name)
    regions = {}
    marked = np.argwhere(labels)
    codes = np.rint(labels[tuple(marked.T)].astype(float))
    for name, value in values.items():
        if wanted not in (None, name):
            continue
        region = Region.of_voxels(marked[codes == value], own.shape)
        if on_grid:
            regions[name] = _turned(region, own, grid)
        else:
            regions[name] = resampled(region, own, grid)
            notes.append(
                resampling_note(name, region.voxels * own.voxel_ml, regions[name].voxels * grid.voxel_ml)
            )
    return Regions(regions, tuple(notes))


def label_names(file: Path) -> list[str]:
    """Label values of a NIfTI mask, written as text."""
    return list(_values(_read(file)[0], file))


def _read(file: Path) -> tuple[np.ndarray, list[np.ndarray]]:
    """Labels, and where they lie: one affine, or two that disagree."""
    import nibabel

    try:
        image = nibabel.load(file)
        labels = np.asanyarray(image.dataobj)  # type: ignore[attr-defined]
        header = image.header
        forms = [header.get_sform(coded=True), header.get_qform(coded=True)]  # type: ignore[attr-defined]
    except Exception as problem:
        # nibabel and zlib raise many kinds; each means that the file is no readable NIfTI.
        raise ImageError(
            f"the mask cannot be read ({str(problem)[:120]})", where=file.name, expected="a NIfTI file"
        ) from problem
    affines = [np.asarray(matrix, float) for matrix, code in forms if matrix is not None and code]
    if labels.ndim > 3 and all(n == 1 for n in labels.shape[3:]):
        labels = labels.reshape(labels.shape[:3])
    if labels.ndim != 3 or 0 in labels.shape:
        raise ImageError(f"the mask has {labels.ndim} dimensions", where=file.name, expected="3")
    if not affines:
        raise ImageError(
            "qform_code and sform_code are 0: the mask does not say where it lies", where=file.name,
            expected="the mask's place in the patient", do="save the mask again with the image's affine",
            offenders=("qform_code", "sform_code"),
        )  # fmt: skip
    if not all(np.isfinite(affine).all() for affine in affines):
        raise ImageError("the mask's affine holds values that are no numbers", where=file.name)
    if len(affines) == 2 and not _apart(affines, labels.shape):
        affines = affines[:1]
    return labels, affines


def _apart(affines: list[np.ndarray], shape: tuple[int, ...]) -> bool:
    """Whether two affines place a corner more than 0.1 mm or a fiftieth of a voxel apart."""
    corners = np.stack(np.meshgrid(*((0, n - 1) for n in shape), [1], indexing="ij"), axis=-1).reshape(-1, 4)
    apart = np.abs(corners @ (affines[0] - affines[1]).T).max()
    return bool(apart > max(0.1, 0.02 * np.linalg.norm(affines[0][:3, :3], axis=0).min()))


def _values(labels: np.ndarray, file: Path) -> dict[str, float]:
    """Label values by name; background is left out."""
    # Colours and complex numbers would compare, but are no labels.
    values = np.unique(labels) if labels.dtype.kind in "biuf" else np.array([np.nan])
    whole = np.isfinite(values).all() and (values > -0.5).all()
    if whole and labels.dtype.kind == "f":
        whole = bool((np.abs(values - np.rint(values)) <= _NEARLY_WHOLE).all())
        values = np.unique(np.rint(values))
    if not whole or len(values) > _MOST_LABELS:
        raise ImageError(
            "the mask holds values that are no labels" if not whole else f"the mask holds {len(values)} different values",
            where=file.name, expected=f"whole numbers, 0 outside, at most {_MOST_LABELS} of them",
            do="use a mask, not an image or probabilities",
        )  # fmt: skip
    return {f"{value:.0f}": float(value) for value in values if value != 0}


def _own_grid(affine: np.ndarray, shape: tuple[int, ...], file: Path) -> Grid:
    """The mask's grid in DICOM coordinates, its axes in the order in which they are stored."""
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    if (spacing < 1e-3).any():
        raise ImageError("the mask's affine is degenerate", where=file.name)
    directions = (matrix[:3, :3] / spacing).T
    if np.abs(directions @ directions.T - np.eye(3)).max() > 1e-3:
        raise ImageError(
            "the mask's axes are not at right angles", where=file.name, expected="an affine without shear"
        )
    origin, steps = (tuple(float(v) for v in values) for values in (matrix[:3, 3], spacing))
    return Grid(shape, origin, steps, tuple(tuple(float(v) for v in d) for d in directions))  # type: ignore[arg-type]


def _covers(own: Grid, grid: Grid) -> bool:
    """Whether the mask has the image's voxels, all of them: a NIfTI names no image, so its size must tell."""
    lattice = common_lattice(own, grid)
    if lattice is None:
        return False
    ends = lattice.place(np.array([(0, 0, 0), np.array(own.shape) - 1]))
    return bool((ends.min(axis=0) == 0).all() and (ends.max(axis=0) == np.array(grid.shape) - 1).all())


def _turned(region: Region, own: Grid, grid: Grid) -> Region:
    """The region with its axes in the image's order and direction."""
    lattice = common_lattice(own, grid)
    if lattice is None or not region.voxels:
        return Region(grid.shape)
    axes = [int(np.flatnonzero(row)[0]) for row in lattice.turn]
    inside = region.inside.transpose(axes)
    for place, axis in enumerate(axes):
        if lattice.turn[place, axis] < 0:
            inside = np.flip(inside, place)
    ends = lattice.place(np.array([region.low, np.array(region.low) + region.inside.shape - 1]))
    low = ends.min(axis=0)
    return Region(grid.shape, (int(low[0]), int(low[1]), int(low[2])), np.ascontiguousarray(inside))
