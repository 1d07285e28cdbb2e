"""A folder of DICOM files de-identified into another: in parallel, file by file, going on where it was interrupted."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pydicom
from pydicom import config
from pydicom.errors import InvalidDicomError

from analysis.data import PseudonymKey
from analysis.errors import ImageError
from analysis.pet.deidentification.burned_in import burned_in
from analysis.pet.deidentification.dataset import Deidentified, deidentify
from analysis.pet.deidentification.profile import Options
from analysis.pet.series.files import walk

_FILES_A_JOB = 100
_LOOKED_AT = ("BurnedInAnnotation", "SOPClassUID", "ImageType", "Modality", "ConversionType")


@dataclass
class FolderReport:
    """What happened to a folder: counts, and which files a person has to look at.

    Parameters
    ----------
    written, there_already : int
        Files written now, and found written by an earlier, interrupted run.
    done : Counter of str
        What was done to their elements.
    aside : mapping of str to str
        Path below the source of each file that was not taken, with the reason. These paths may name patients:
        they are for whoever holds the key.
    patients : set of str
        Pseudonyms met.
    """

    written: int = 0
    there_already: int = 0
    done: Counter[str] = field(default_factory=Counter)
    aside: dict[str, str] = field(default_factory=dict)
    patients: set[str] = field(default_factory=set)

    def add(self, other: FolderReport) -> None:
        """Take in the report of a part."""
        self.written += other.written
        self.there_already += other.there_already
        self.done += other.done
        self.aside |= other.aside
        self.patients |= other.patients


@dataclass(frozen=True)
class _Job:
    source: Path
    target: Path
    paths: tuple[str, ...]
    key: PseudonymKey
    options: Options
    patients: frozenset[str] | None
    of_series: Mapping[str, str]
    dry_run: bool


def deidentify_folder(
    source: Path,
    target: Path,
    *,
    key: PseudonymKey,
    options: Options | None = None,
    patients: frozenset[str] | None = None,
    of_series: Mapping[str, str] | None = None,
    workers: int = 1,
    dry_run: bool = False,
    progress: bool = False,
) -> FolderReport:
    """De-identify every DICOM file below a folder.

    Parameters
    ----------
    source, target : Path
        Folders. Files of the target are named by pseudonym and new UIDs: ``P-…/<study>/<series>/<image>.dcm``.
    key : PseudonymKey
        The study's key.
    options : Options
        What the profile leaves open.
    patients : frozenset of str, optional
        Whom the study's tables know; a file of nobody among them is set aside. None: everybody is taken.
    of_series : mapping, optional
        Original Series Instance UID to patient, for headers that do not say.
    workers : int
        Processes.
    dry_run : bool
        Do everything but write.
    progress : bool
        Whether to show a bar.

    Returns
    -------
    FolderReport
        Nothing is dropped in silence: every file is written or set aside with its reason.
    """
    from tqdm import tqdm

    from analysis.work.processes import in_processes

    found, unreadable = walk(source)
    report = FolderReport(aside=dict(unreadable))
    paths = [file.path for file in found]
    jobs = [
        _Job(
            source, target, tuple(paths[i : i + _FILES_A_JOB]), key, options or Options(), patients, of_series or {}, dry_run
        )
        for i in range(0, len(paths), _FILES_A_JOB)
    ]  # fmt: skip
    done = (
        ((number, _part(job)) for number, job in enumerate(jobs))
        if workers == 1 or len(jobs) < 2
        else in_processes(_part, jobs, workers, died=_died)
    )
    with tqdm(total=len(paths), desc="De-identifying", unit="file", disable=not progress, leave=False) as bar:
        for number, part in done:
            report.add(part)
            bar.update(len(jobs[number].paths))
    return report


def _died(job: _Job) -> FolderReport:
    return FolderReport(
        aside=dict.fromkeys(job.paths, "the process that read this file and its neighbours died")
    )


def _part(job: _Job) -> FolderReport:
    report = FolderReport()
    for path in job.paths:
        try:
            reason = _file(job, path, report)
        except ImageError as problem:
            reason = problem.what
        except Exception as problem:  # one odd file costs itself only, and is said
            reason = f"cannot be read as DICOM ({type(problem).__name__})"
        if reason:
            report.aside[path] = reason
    return report


def _file(job: _Job, path: str, report: FolderReport) -> str:
    """De-identify one file; returns why it was set aside, or nothing."""
    try:
        with config.disable_value_validation():
            dataset = pydicom.dcmread(job.source / path)
    except InvalidDicomError:
        return "no DICOM file"
    header = {name: _joined(dataset.get(name)) for name in _LOOKED_AT}
    reason = burned_in(header)
    if reason:
        return reason
    patient = _patient(job, dataset)
    if not patient:
        return (
            "of no patient of the study's tables"
            if job.patients is not None
            else "the header names no patient"
        )
    done = Deidentified()
    deidentify(dataset, patient=patient, key=job.key, options=job.options, report=done)
    pseudonym = job.key.patient(patient)
    report.patients.add(pseudonym)
    names = [job.key.name("file", str(dataset.get(part, ""))) for part in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID")]  # fmt: skip
    place = job.target / pseudonym / names[0] / names[1] / f"{names[2]}.dcm"
    if place.exists():
        report.there_already += 1
        return ""
    if not job.dry_run:
        place.parent.mkdir(parents=True, exist_ok=True)
        partial = place.with_name(f".{place.name}.{os.getpid()}.part")
        try:
            with config.disable_value_validation():
                dataset.save_as(partial, enforce_file_format=True)
            partial.replace(place)
        finally:
            partial.unlink(missing_ok=True)
    report.written += 1
    report.done += done.done
    return ""


def _joined(value: Any) -> str:
    if value is None or isinstance(value, str):
        return str(value or "")
    return "\\".join(map(str, value)) if hasattr(value, "__iter__") else str(value)


def _patient(job: _Job, dataset: pydicom.Dataset) -> str:
    """Whose the file is, under the name that the tables use."""
    said = [str(dataset.get(name) or "").strip() for name in ("ClinicalTrialSubjectID", "PatientID")]
    if job.patients is None:
        return next(filter(None, said), "")
    known = next((name for name in said if name in job.patients), "")
    return known or job.of_series.get(str(dataset.get("SeriesInstanceUID") or ""), "")
