"""Which contour file belongs to which series."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.errors import ImageError
from analysis.pet.contours.masks import contour_kind

OTHER_FRAME = (
    "the contours name this series, but another frame of reference (0020,0052): where they lie is unknown"
)


@dataclass(frozen=True)
class ContourFile:
    """A contour file: what it is and which series and frames of reference it names."""

    path: Path
    kind: str
    series: frozenset[str]
    frames_of_reference: frozenset[str]


@dataclass(frozen=True)
class Assignment:
    """One contour file for one scan: which label is which lesion (``None``: labels are the lesions)."""

    path: Path
    lesions: Mapping[str, str] | None


def describe_contours(path: Path) -> ContourFile:
    """Kind of a contour file and the image it refers to.

    Raises
    ------
    ImageError
        If the file is no contour file, or cannot be read.
    """
    kind = contour_kind(path)
    if kind not in ("SEG", "RTSTRUCT", "NIFTI"):
        raise ImageError(
            f"the file is {kind or 'of no known kind'}",
            where=path.name,
            expected="DICOM SEG, RTSTRUCT or NIfTI",
        )
    if kind == "NIFTI":
        return ContourFile(path, kind, frozenset(), frozenset())
    import pydicom

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            dataset = pydicom.dcmread(
                path, stop_before_pixels=True,
                specific_tags=["ReferencedSeriesSequence", "FrameOfReferenceUID", "ReferencedFrameOfReferenceSequence"],
            )  # fmt: skip
            series, frames = _references(dataset)
        except Exception as problem:
            # pydicom raises many kinds; each means that the file is damaged.
            raise ImageError(
                f"the contour file cannot be read ({str(problem)[:120]})", where=path.name
            ) from problem
    return ContourFile(path, kind, frozenset(series - {""}), frozenset(frames - {""}))


def _references(dataset: Any) -> tuple[set[str], set[str]]:
    series = {
        str(item.get("SeriesInstanceUID", "")) for item in dataset.get("ReferencedSeriesSequence") or []
    }
    frames = {str(dataset.get("FrameOfReferenceUID", ""))}
    for frame in dataset.get("ReferencedFrameOfReferenceSequence") or []:
        frames.add(str(frame.get("FrameOfReferenceUID", "")))
        for study in frame.get("RTReferencedStudySequence") or []:
            for item in study.get("RTReferencedSeriesSequence") or []:
                series.add(str(item.get("SeriesInstanceUID", "")))
    return series, frames


def refers_to(contours: ContourFile, *, series_uid: str, frame_of_reference: str) -> bool:
    """Whether contours were drawn on a series, or may have been: a file that names no image refers to any."""
    if not contours.series and not contours.frames_of_reference:
        return True
    return series_uid in contours.series or frame_of_reference in contours.frames_of_reference


def other_frame(contours: ContourFile, frame_of_reference: str) -> bool:
    """Whether contours name frames of reference, and the image's is none of them: their place is then unknown."""
    return bool(
        frame_of_reference
        and contours.frames_of_reference
        and frame_of_reference not in contours.frames_of_reference
    )


def assign_contours(
    files: Sequence[ContourFile],
    scans: Sequence[tuple[str, str, str, str]],
    *,
    table: pd.DataFrame | None,
    folder: Path | None,
) -> tuple[dict[str, list[Assignment]], list[tuple[ContourFile, str]]]:
    """Contour files of each scan, and those that belong to none, with the reason.

    Parameters
    ----------
    files : sequence of ContourFile
        All contour files of the study.
    scans : sequence of (series_uid, frame_of_reference, patient_id, visit)
        The kept series.
    table : DataFrame or None
        Study table ``contours``; it decides before the files' own references.
    folder : Path or None
        Folder to which the table's paths are relative.
    """
    by_visit = {(patient, visit): uid for uid, _frame, patient, visit in scans}
    assigned: dict[str, list[Assignment]] = {}
    left: list[tuple[ContourFile, str]] = []
    for contours in files:
        rows = _rows(contours, table, folder)
        if rows is not None and len(rows):
            reason = "the contours table names a scan that is not there"
            for (patient, visit), part in rows.groupby(["patient_id", "visit"]):
                uid = by_visit.get((str(patient), str(visit)))
                if uid is not None:
                    assigned.setdefault(uid, []).append(Assignment(contours.path, _lesions(part)))
                    reason = ""
            if reason:
                left.append((contours, reason))
            continue
        named = [uid for uid, _frame, _p, _v in scans if uid in contours.series]
        same_frame = [uid for uid, frame, _p, _v in scans if frame and frame in contours.frames_of_reference]
        uids = named or (same_frame if len(same_frame) == 1 else [])
        frames = {uid: frame for uid, frame, _p, _v in scans}
        if any(other_frame(contours, frames[uid]) for uid in uids):
            left.append((contours, OTHER_FRAME))
            continue
        for uid in uids:
            assigned.setdefault(uid, []).append(Assignment(contours.path, None))
        if not uids:
            left.append((contours, "contours that refer to no series that is measured"))
    return assigned, left


def _rows(contours: ContourFile, table: pd.DataFrame | None, folder: Path | None) -> pd.DataFrame | None:
    if table is None or folder is None or not contours.path.is_relative_to(folder):
        return None
    return table[
        table["file"].astype(str).str.replace("\\", "/") == contours.path.relative_to(folder).as_posix()
    ]


def _lesions(rows: pd.DataFrame) -> dict[str, str]:
    """Lesion of each label; the empty label stands for every voxel of the file."""
    return {"" if pd.isna(row.label) else str(row.label): str(row.lesion_id) for row in rows.itertuples()}
