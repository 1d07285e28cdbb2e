"""Labels of a NIfTI mask on the image's grid."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from analysis.errors import ImageError
from analysis.pet.suv.grid import Grid

_MOST_LABELS = 1000
"""More than any atlas of the body has: the file is an image."""


def nifti_masks(file: Path, grid: Grid, *, wanted: str | None = None) -> dict[str, np.ndarray]:
    """Mask of each label value of a NIfTI file, by the value written as text.

    NIfTI coordinates point right, anterior, superior; DICOM's left, posterior, superior. Axes may be stored in any
    order and direction: the file's affine decides.

    Parameters
    ----------
    file : Path
        ``.nii`` or ``.nii.gz`` with whole-number labels; 0 is background.
    grid : Grid
        Grid of the image.
    wanted : str, optional
        Read this label only.

    Raises
    ------
    ImageError
        If the file is unreadable, not three-dimensional, on another grid, or holds anything but labels.
    """
    labels, affine = _read(file)
    values = _values(labels, file)
    labels, own = _in_order_of(labels, affine, grid, file)
    if not own.matches(grid):
        raise _other_grid(own, grid, file)
    return {name: labels == value for name, value in values.items() if wanted in (None, name)}


def label_names(file: Path) -> list[str]:
    """Label values of a NIfTI mask, written as text."""
    return list(_values(_read(file)[0], file))


def _read(file: Path) -> tuple[np.ndarray, np.ndarray]:
    import nibabel

    try:
        image = nibabel.load(file)
        labels = np.asanyarray(image.dataobj)  # type: ignore[attr-defined]
        affine = np.asarray(image.affine, float)  # type: ignore[attr-defined]
    except Exception as problem:
        # nibabel and zlib raise many kinds; each means that the file is no readable NIfTI.
        raise ImageError(
            f"the mask cannot be read ({str(problem)[:120]})", where=file.name, expected="a NIfTI file"
        ) from problem
    if labels.ndim > 3 and all(n == 1 for n in labels.shape[3:]):
        labels = labels.reshape(labels.shape[:3])
    if labels.ndim != 3 or affine.shape != (4, 4) or not np.isfinite(affine).all():
        raise ImageError(f"the mask has {labels.ndim} dimensions", where=file.name, expected="3")
    return labels, affine


def _values(labels: np.ndarray, file: Path) -> dict[str, float]:
    """Label values by name; background is left out."""
    # Colours and complex numbers would compare, but are no labels.
    values = np.unique(labels) if labels.dtype.kind in "biuf" else np.array([np.nan])
    whole = np.isfinite(values).all() and (values == np.rint(values)).all() and (values >= 0).all()
    if not whole or len(values) > _MOST_LABELS:
        raise ImageError(
            "the mask holds values that are no labels" if not whole else f"the mask holds {len(values)} different values",
            where=file.name, expected=f"whole numbers, 0 outside, at most {_MOST_LABELS} of them",
            do="use a mask, not an image or probabilities",
        )  # fmt: skip
    return {f"{value:.0f}": float(value) for value in values if value != 0}


def _in_order_of(labels: np.ndarray, affine: np.ndarray, grid: Grid, file: Path) -> tuple[np.ndarray, Grid]:
    """Transpose and flip an array so that its axes run as the image's do."""
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    if (spacing <= 0).any():
        raise ImageError("the mask's affine is degenerate", where=file.name)
    cosines = np.array(grid.directions) @ (matrix[:3, :3] / spacing)
    axes = np.abs(cosines).argmax(axis=1)
    if sorted(axes) != [0, 1, 2]:
        raise ImageError(
            "the mask's axes are oblique to the image's",
            where=file.name,
            expected=f"the image's grid, {grid}",
        )
    ordered = labels.transpose(axes)
    directions, origin = [], matrix[:3, 3].copy()
    for place, axis in enumerate(axes):
        unit = matrix[:3, axis] / spacing[axis]
        if cosines[place, axis] < 0:
            ordered = np.flip(ordered, place)
            origin += matrix[:3, axis] * (labels.shape[axis] - 1)
            unit = -unit
        directions.append(tuple(float(v) for v in unit))
    shape, steps = ordered.shape, tuple(float(spacing[axis]) for axis in axes)
    return ordered, Grid(shape, tuple(float(v) for v in origin), steps, tuple(directions))  # type: ignore[arg-type]


def _other_grid(own: Grid, grid: Grid, file: Path) -> ImageError:
    return ImageError(
        f"the mask is on another grid than the image: {own}", where=file.name, expected=f"the image's grid, {grid}",
        do="use the mask of this image, or resample it and say so",
    )  # fmt: skip
