"""The grid of an image: where its voxels lie in the patient, and whether a series of slices forms one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from analysis.errors import ImageError
from analysis.pet.headers.attributes import malformed, number, numbers, whole
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text

_GAP_TOLERANCE_MM = 0.1
"""Positions are often written to a tenth of a millimetre."""


@dataclass(frozen=True)
class Grid:
    """A regular grid of voxels, indexed (slice, row, column).

    Parameters
    ----------
    shape : tuple of int
        Slices, rows, columns.
    origin : tuple of float
        Centre of voxel (0, 0, 0) in mm, DICOM patient coordinates (left, posterior, superior positive).
    spacing : tuple of float
        Distance of neighbouring voxel centres along slice, row and column index, in mm.
    directions : tuple of tuple of float
        Unit vectors in which slice, row and column index increase.
    """

    shape: tuple[int, int, int]
    origin: tuple[float, float, float]
    spacing: tuple[float, float, float]
    directions: tuple[tuple[float, float, float], ...]

    @property
    def voxel_ml(self) -> float:
        """Volume of a voxel in ml."""
        return float(np.prod(self.spacing)) / 1000

    @property
    def affine(self) -> np.ndarray:
        """4 × 4 matrix from (slice, row, column, 1) to patient coordinates in mm."""
        matrix = np.eye(4)
        matrix[:3, :3] = np.array(self.directions).T * np.array(self.spacing)
        matrix[:3, 3] = self.origin
        return matrix

    def index(self, points: np.ndarray) -> np.ndarray:
        """Fractional (slice, row, column) of points in mm; shape (n, 3) both."""
        return (
            (np.asarray(points, float) - np.array(self.origin))
            @ np.array(self.directions).T
            / np.array(self.spacing)
        )

    def points(self, index: np.ndarray) -> np.ndarray:
        """Patient coordinates in mm of voxel indices; shape (n, 3) both."""
        return (np.asarray(index, float) * np.array(self.spacing)) @ np.array(self.directions) + np.array(
            self.origin
        )

    def matches(self, other: Grid) -> bool:
        """Whether two grids have the same voxels: corners within a hundredth of a voxel's edge, or 0.05 mm."""
        if self.shape != other.shape:
            return False
        corners = np.array([(i, j, k) for i in (0, 1) for j in (0, 1) for k in (0, 1)]) * (
            np.array(self.shape) - 1
        )
        apart = np.abs(self.points(corners) - other.points(corners)).max()
        return bool(apart < max(0.05, 0.01 * min(self.spacing)))

    def __str__(self) -> str:
        size = " × ".join(map(str, self.shape))
        spacing = " × ".join(f"{s:.3f}" for s in self.spacing)
        origin = ", ".join(f"{o:.2f}" for o in self.origin)
        return f"{size} voxels of {spacing} mm from ({origin}) mm"


def grid_of_slices(headers: Sequence[SliceHeader], *, series: str) -> tuple[Grid, np.ndarray, list[str]]:
    """Grid of a series, the order of its slices along the normal, and warnings.

    Parameters
    ----------
    headers : sequence of SliceHeader
        All slices of one series, in any order.
    series : str
        How messages name the series.

    Returns
    -------
    grid : Grid
        Slices in ascending position along row × column direction.
    order : ndarray of int
        Index into ``headers`` of each slice of the grid.
    warnings : list of str
        What could not be checked.

    Raises
    ------
    ImageError
        If slices differ in size, spacing or orientation, if one is missing or doubled, or if they are not evenly
        spaced; the message names the series and the positions.
    """
    first = headers[0]
    rows, columns = (whole(first, k, low=1, high=20000) for k in ("Rows", "Columns"))
    spacing = np.array([numbers(h, "PixelSpacing", 2) for h in headers])
    orientation = np.array([numbers(h, "ImageOrientationPatient", 6) for h in headers])
    positions = np.array([numbers(h, "ImagePositionPatient", 3) for h in headers])
    for keyword, values, tolerance in (
        ("Rows", np.array([[whole(h, "Rows", low=1, high=20000)] for h in headers]), 0),
        ("Columns", np.array([[whole(h, "Columns", low=1, high=20000)] for h in headers]), 0),
        ("PixelSpacing", spacing, 1e-3),
        ("ImageOrientationPatient", orientation, 1e-3),
    ):
        apart = np.abs(values - values[0]).max(axis=1)
        if apart.max() > tolerance:
            odd = headers[int(apart.argmax())].path.name
            raise _broken(f"{tag_text(keyword)} differs between slices (e.g. {odd})", series, (keyword,))
    if spacing.min() <= 0:
        raise malformed(first, "PixelSpacing", expected="two distances above 0 mm")
    row, column = orientation[0, :3], orientation[0, 3:]
    if (
        abs(np.linalg.norm(row) - 1) > 1e-3
        or abs(np.linalg.norm(column) - 1) > 1e-3
        or abs(row @ column) > 1e-3
    ):
        raise malformed(first, "ImageOrientationPatient", expected="two perpendicular unit vectors")
    normal = np.cross(row, column)
    along = positions @ normal
    order = np.argsort(along, kind="stable")
    sorted_along = along[order]
    warnings: list[str] = []
    gap = _even_gap(sorted_along, headers, order, series, warnings)
    drift = positions - np.outer(along, normal)
    if np.abs(drift - drift[order[0]]).max() > _GAP_TOLERANCE_MM:
        raise _broken(
            "slices are shifted against each other within their plane", series, ("ImagePositionPatient",)
        )
    grid = Grid(
        (len(headers), rows, columns),
        tuple(float(v) for v in positions[order[0]]),  # type: ignore[arg-type]
        (gap, float(spacing[0, 0]), float(spacing[0, 1])),
        tuple(tuple(float(v) for v in d) for d in (normal, column, row)),  # type: ignore[arg-type]
    )
    warnings += _stated_number(headers)
    return grid, order, warnings


def _even_gap(
    along: np.ndarray, headers: Sequence[SliceHeader], order: np.ndarray, series: str, warnings: list[str]
) -> float:
    if len(along) == 1:
        thickness = number(headers[0], "SliceThickness")
        if thickness is None or thickness <= 0:
            raise _broken("the only slice has no thickness", series, ("SliceThickness",))
        warnings.append("the series has one slice; its spacing is the slice thickness")
        return thickness
    gaps = np.diff(along)
    typical = float(np.median(gaps))
    tolerance = max(_GAP_TOLERANCE_MM, 0.02 * typical)
    doubled = np.flatnonzero(gaps < min(0.01, 0.1 * typical) if typical > 0 else gaps <= 0.01)
    if doubled.size:
        at = ", ".join(f"{along[i]:.2f} mm" for i in doubled[:5])
        names = ", ".join(headers[order[i + n]].path.name for i in doubled[:2] for n in (0, 1))
        raise _broken(
            f"{doubled.size} positions are occupied by more than one slice: {at} ({names})",
            series,
            ("ImagePositionPatient",),
        )
    # Against the even stack, not gap by gap: positions that are rounded to 0.1 mm have gaps that differ by as much.
    apart = np.abs(along - np.linspace(along[0], along[-1], len(along))).max()
    if apart > tolerance:
        uneven = np.flatnonzero(np.abs(gaps - typical) > np.abs(gaps - typical).max() / 4)
        lacking = [
            i
            for i in uneven
            if abs(gaps[i] / typical - round(gaps[i] / typical)) < 0.1 and gaps[i] > 1.5 * typical
        ]
        at = ", ".join(f"{along[i]:.2f} to {along[i + 1]:.2f} mm" for i in uneven[:5])
        if len(lacking) == len(uneven):
            count = sum(round(gaps[i] / typical) - 1 for i in lacking)
            raise _broken(
                f"{count} slices are missing: no slice between {at}", series, ("ImagePositionPatient",)
            )
        raise _broken(
            f"slices are not evenly spaced ({typical:.2f} mm, but {at})", series, ("ImagePositionPatient",)
        )
    return float((along[-1] - along[0]) / (len(along) - 1))


def _stated_number(headers: Sequence[SliceHeader]) -> list[str]:
    try:
        stated = number(headers[0], "NumberOfSlices")
    except ImageError as problem:
        return [problem.what]
    if stated and stated != len(headers) and not (number(headers[0], "NumberOfTimeSlices") or 1) > 1:
        return [
            f"{tag_text('NumberOfSlices')} says {stated:.0f}, but the series has {len(headers)} slices: its ends may be missing"
        ]
    return []


def _broken(what: str, series: str, offenders: tuple[str, ...]) -> ImageError:
    return ImageError(
        what, where=f"series {series}", expected="one evenly spaced stack of parallel slices",
        do="transfer the series again, or leave it out", offenders=offenders,
    )  # fmt: skip
