"""Every measured scan of a study in DICOM: its lesions as SEG, their measures as a structured report."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data import Study
from analysis.errors import ImageError, StudyError
from analysis.pet.contours.files import Assignment
from analysis.pet.exchange.report import report_of
from analysis.pet.exchange.segmentation import segmentation_of
from analysis.pet.exchange.source import save, source_headers
from analysis.pet.measures.scan import lesion_regions
from analysis.pet.measures.scan_source import ScanSource, scan_sources
from analysis.pet.measures.study_measures import StudyMeasures, contours_of
from analysis.study import load_protocol, project_root

SEGMENTATION, REPORT = "lesions.seg.dcm", "measures.sr.dcm"


@dataclass(frozen=True)
class ExportTask:
    """One scan to write: where it comes from, its contours, its rows of the lesions table, and where it goes."""

    patient_id: str
    visit: str
    source: ScanSource
    contours: tuple[Assignment, ...]
    resample: bool
    lesions: tuple[Mapping[Any, Any], ...]
    tracking: str
    folder: Path
    lean_body_mass: str
    names: Mapping[str, str] = field(default_factory=dict)


def export_study(
    study: Study,
    out: Path,
    *,
    measures: StudyMeasures,
    lean_body_mass: str = "janmahasatian",
    workers: int | None = None,
    progress: bool = True,
) -> pd.DataFrame:
    """Write the lesions and measures of every measured scan in DICOM.

    Files are ``OUT/PATIENT/VISIT/lesions.seg.dcm`` and ``measures.sr.dcm``; the same study gives the same bytes. They
    hold what the images' headers say of the patient, and so belong where the images are.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    out : Path
        Folder; made if it is not there.
    measures : StudyMeasures
        From :func:`analysis.pet.measure_study`, with the same formula of SUL.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    workers : int, optional
        Processes; as many as cores when not given.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    DataFrame
        One row a scan: ``patient_id, visit, lesions`` (segments written) and ``problem`` (why nothing was; else empty).

    Raises
    ------
    StudyError
        If the study has no images, or the folder is no place for patients' data.
    """
    if study.dicom_folder is None:
        raise StudyError("the study has no PET images", where=study.id)
    check_place(out, study)
    contours, sources = contours_of(study, measures.selected), scan_sources(study, measures.selected)
    tasks = []
    for entry in measures.selected:
        if not entry.kept:
            continue
        rows = measures.lesions[
            (measures.lesions["patient_id"] == entry.patient_id) & (measures.lesions["visit"] == entry.visit)
        ]
        tasks.append(
            ExportTask(
                entry.patient_id, entry.visit,
                sources[entry.series.series_uid],
                tuple(contours.get(entry.series.series_uid, ())), study.resample_contours,
                tuple(rows.to_dict("records")), f"{study.id}/{entry.patient_id}",
                out / folder_name(entry.patient_id) / folder_name(entry.visit), lean_body_mass,
                measures.names.get((entry.patient_id, entry.visit), {}),
            )
        )  # fmt: skip
    return pd.DataFrame(
        each_scan(export_scan, tasks, workers=workers, progress=progress, words="Writing DICOM"),
        columns=["patient_id", "visit", "lesions", "problem"],
    )


def export_scan(task: ExportTask) -> dict[str, Any]:
    """Write one scan; a row of :func:`export_study`."""
    row = {"patient_id": task.patient_id, "visit": task.visit, "lesions": 0, "problem": ""}
    try:
        volume = task.source.read(lean_body_mass=task.lean_body_mass)
        found = lesion_regions(task.contours, volume.grid, resample=task.resample, names=task.names)
        regions = {name: region for name, region in found.by_name.items() if region.voxels}
        if not regions:
            return {**row, "problem": "no contours"}
        sources = source_headers(task.source.files, volume)
        written = segmentation_of(
            sources, volume.grid, regions, patient=task.tracking,
            sites={str(r["lesion_id"]): str(r["site"]) for r in task.lesions if not pd.isna(r.get("site"))},
            proposals=dict.fromkeys(sorted(found.proposals & regions.keys()), "automatic contour that no reader accepted"),
        )  # fmt: skip
        report = report_of(
            sources, written, task.lesions, lean_body_mass=task.lean_body_mass, volume_rule=_volume_rule()
        )
        save(written, task.folder / SEGMENTATION)
        save(report, task.folder / REPORT)
    except ImageError as problem:
        return {**row, "problem": str(problem)}
    return {**row, "lesions": len(regions)}


def _volume_rule() -> str:
    percent = load_protocol().value("suv.mtv_threshold_percent_of_max")
    return f"voxels of the contour at or above {percent:g} % of its SUVmax; glycolysis is their mean SUVbw times their volume"


def folder_name(text: str) -> str:
    """A pseudonym or visit as the name of a folder, whatever characters it holds.

    >>> folder_name("P/01"), folder_name("day14"), folder_name("..")
    ('P_01', 'day14', '_')
    """
    return re.sub(r"[^\w.-]+", "_", text).strip(".") or "_"


def check_place(out: Path, study: Study) -> None:
    """Refuse a folder in which rows or images of patients may not lie, or would be read as the study's own.

    Raises
    ------
    StudyError
        If the folder is in the checkout but not below ``data``, or within the study.
    """
    place, root = out.resolve(), project_root().resolve()
    if place.is_relative_to(root) and not place.is_relative_to(root / "data"):
        raise StudyError(
            "patients' data may not be written there", where=out.name or str(out), expected="a folder below data",
            do="choose one below data; reports holds aggregates only",
        )  # fmt: skip
    if place.is_relative_to(study.path.resolve()):
        raise StudyError(
            "the folder is part of the study, where it would be read as contours", where=out.name or str(out),
            expected="a folder outside the study folder", do="choose one below data/derived",
        )  # fmt: skip
    if out.exists() and not out.is_dir():
        raise StudyError("this is a file", where=out.name, expected="a folder")


def each_scan(
    work: Any, tasks: Sequence[Any], *, workers: int | None, progress: bool, words: str
) -> list[Any]:
    """Result of each task in their order, whatever the number of workers."""
    import os

    import joblib
    from tqdm import tqdm

    count = min(workers or os.cpu_count() or 1, len(tasks))
    if count < 2:
        done = (work(task) for task in tasks)
    else:
        done = joblib.Parallel(n_jobs=count, return_as="generator")(
            joblib.delayed(work)(task) for task in tasks
        )
    return list(tqdm(done, total=len(tasks), desc=words, unit="scan", disable=not progress, leave=False))
