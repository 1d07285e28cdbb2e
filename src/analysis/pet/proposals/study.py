"""Proposals for every scan of a study that has no contours, written for a reader to judge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from analysis.data import Study
from analysis.errors import ImageError, ParameterError, StudyError
from analysis.pet.exchange.segmentation import segmentation_of
from analysis.pet.exchange.source import save, source_headers
from analysis.pet.exchange.study import check_place, each_scan, folder_name
from analysis.pet.measures.mip import Projection, maximum_intensity_projection
from analysis.pet.measures.scan_source import ScanSource, scan_sources
from analysis.pet.measures.study_measures import contours_of
from analysis.pet.proposals.candidates import THRESHOLDS, Candidates, propose
from analysis.pet.series.index import index_series
from analysis.pet.series.selection import select_series
from analysis.pet.series.visits import visit_book
from analysis.pet.suv.volume import SuvVolume
from analysis.work.whole_file import write_whole

TABLE, SEGMENTATION, PICTURE = "proposals.csv", "proposal.seg.dcm", "proposal.png"
_COLUMNS = ("patient_id", "visit", "kind", "name", "volume_ml", "suv_max", "left_mm", "back_mm", "up_mm")


@dataclass(frozen=True)
class ProposalTask:
    """One scan to look at, and where the proposal goes."""

    patient_id: str
    visit: str
    source: ScanSource
    threshold: str
    smallest_ml: float | None
    tracking: str
    folder: Path
    picture: Callable[[Projection], bytes] | None


def propose_study(
    study: Study,
    out: Path,
    *,
    threshold: str = "41%",
    smallest_ml: float | None = None,
    every_scan: bool = False,
    picture: Callable[[Projection], bytes] | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Propose lesions on the scans of a study that have no contours.

    Writes ``OUT/PATIENT/VISIT/proposal.seg.dcm``, a picture beside it, and ``OUT/proposals.csv``.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    out : Path
        Folder, outside the study; made if it is not there.
    threshold : str
        One of :data:`analysis.pet.proposals.candidates.THRESHOLDS`.
    smallest_ml : float, optional
        Smaller regions are left out; by default as the protocol says.
    every_scan : bool
        Scans that have contours too.
    picture : callable, optional
        Makes the picture of a projection with the proposals, as bytes of a PNG.
    workers : int, optional
        Processes; as many as cores when not given.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    table : DataFrame
        One row a region: ``patient_id, visit, kind`` (``proposal``, or ``removed`` as physiological), ``name`` (of the
        proposal or the organ), ``volume_ml, suv_max`` and the centre in mm.
    scans : DataFrame
        One row a scan: ``patient_id, visit, proposals, rule, warnings``.

    Raises
    ------
    StudyError
        If the study has no images, or the folder is no place for patients' data.
    ParameterError
        If the threshold is unknown or the volume is negative.
    """
    if study.dicom_folder is None:
        raise StudyError("the study has no PET images", where=study.id)
    if threshold not in THRESHOLDS:
        raise ParameterError(
            f"there is no threshold {threshold!r}", expected="one of " + ", ".join(THRESHOLDS)
        )
    if smallest_ml is not None and not smallest_ml >= 0:
        raise ParameterError(f"the least volume is {smallest_ml:g} ml", expected="0 or more")
    check_place(out, study)
    selected = select_series(index_series(study.dicom_folder, workers=workers or 1), visit_book(study))
    drawn, sources = contours_of(study, selected), scan_sources(study, selected)
    tasks = [
        ProposalTask(
            entry.patient_id, entry.visit, sources[entry.series.series_uid], threshold,
            smallest_ml, f"{study.id}/{entry.patient_id}/{entry.visit}/proposal",
            out / folder_name(entry.patient_id) / folder_name(entry.visit), picture,
        )
        for entry in selected
        if entry.kept and (every_scan or not drawn.get(entry.series.series_uid))
    ]  # fmt: skip
    done = each_scan(propose_scan, tasks, workers=workers, progress=progress, words="Proposing lesions")
    table = pd.DataFrame([row for rows, _scan in done for row in rows], columns=list(_COLUMNS))
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / TABLE, table.to_csv(index=False, float_format="%.3f", lineterminator="\n").encode())
    return table, pd.DataFrame(
        [scan for _rows, scan in done], columns=["patient_id", "visit", "proposals", "rule", "warnings"]
    )


def propose_scan(task: ProposalTask) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of the two tables of :func:`propose_study` for one scan, whose files are written."""
    named = {"patient_id": task.patient_id, "visit": task.visit}
    try:
        volume = task.source.read()
        found = propose(volume, threshold=task.threshold, smallest_ml=task.smallest_ml)
        if found.regions:
            written = segmentation_of(
                source_headers(task.source.files, volume), volume.grid, found.regions, patient=task.tracking,
                proposals=dict.fromkeys(found.regions, found.rule),
            )  # fmt: skip
            save(written, task.folder / SEGMENTATION)
        else:  # one of an earlier run would be taken for this run's
            (task.folder / SEGMENTATION).unlink(missing_ok=True)
        if task.picture is not None:
            task.folder.mkdir(parents=True, exist_ok=True)
            write_whole(task.folder / PICTURE, task.picture(_projection(task.visit, volume, found)))
    except ImageError as problem:
        return [], {**named, "proposals": 0, "rule": "", "warnings": str(problem)}
    rows = [
        {**named, "kind": kind, "name": name, **_described(volume, region)}
        for kind, regions in (("proposal", found.regions), ("removed", found.removed))
        for name, region in regions.items()
    ]
    return rows, {
        **named,
        "proposals": len(found.regions),
        "rule": found.rule,
        "warnings": " | ".join(found.warnings),
    }


def _described(volume: SuvVolume, region: Any) -> dict[str, float]:
    middle = np.argwhere(region.inside).mean(axis=0) + np.array(region.low)
    left, back, up = volume.grid.points(middle[None])[0]
    return {
        "volume_ml": region.voxels * volume.grid.voxel_ml,
        "suv_max": float(volume.suv[region.box][region.inside].max()),
        "left_mm": float(left),
        "back_mm": float(back),
        "up_mm": float(up),
    }


def _projection(visit: str, volume: SuvVolume, found: Candidates) -> Projection:
    return Projection(
        visit,
        maximum_intensity_projection(volume.suv, volume.grid),
        (volume.grid.spacing[0], volume.grid.spacing[2]),
        {
            name: maximum_intensity_projection(region.full(), volume.grid)
            for name, region in (
                *((name.removeprefix("proposal-"), region) for name, region in found.regions.items()),
                *((f"({name})", region) for name, region in found.removed.items()),
            )
        },
    )
