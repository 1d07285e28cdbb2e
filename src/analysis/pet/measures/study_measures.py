"""All PET of a study: series found and left out, scans with their quality, lesions with their measures."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd

from analysis.data import Study
from analysis.errors import ImageError, StudyError
from analysis.pet.contours.files import Assignment, ContourFile, assign_contours, describe_contours
from analysis.pet.measures.matched_lesions import matched
from analysis.pet.measures.scan import ScanTask
from analysis.pet.measures.scan_source import ScanSource, scan_sources
from analysis.pet.measures.stored_scans import measure_scans
from analysis.pet.measures.study_tables import lesions_table, overrides_table, scans_table, series_table
from analysis.pet.series.index import index_series
from analysis.pet.series.selection import SelectedSeries, select_series
from analysis.pet.series.visits import visit_book
from analysis.pet.versions import code_version


@dataclass(frozen=True)
class StudyMeasures:
    """What was found and measured in a study's images.

    Parameters
    ----------
    series : DataFrame
        One row a series: ``series_uid, patient_id, visit, description, modality, slices, kept, reason, fault,
        warnings``. ``fault``: it should have been measured, or cannot be read; the others are of another kind.
    scans : DataFrame
        One row a measured scan: patient, visit, day, scanner, uptake time, dose, body size, reference time and its
        spread, voxel volume, liver SUL, comparability with baseline, warnings.
    lesions : DataFrame
        One row a lesion and visit: ``patient_id, visit, lesion_id, site, target, proposal`` (its contour is automatic
        and no reader has accepted it), ``voxels, volume_ml, max_diameter_mm``
        (greatest distance between the centres of two voxels), SUV and SUL of maximum, mean and peak (``suv_peak``:
        voxel centres within 6.2 mm; ``suv_peak_1ml``: the sphere of exactly 1 ml; ``_at_max``: centred on the
        maximum), ``peak_kernel_ml`` and the flags of the peak, ``measurable`` by PERCIST, and metabolic volume and
        glycolysis under each threshold of the protocol, by the scan's own and by the baseline's: see
        :func:`analysis.pet.measures.study_tables.lesions_table`.
    selected : tuple of SelectedSeries
        The series with their files, for pictures of them.
    overrides : DataFrame
        Audit, one row a corrected value: ``patient_id, visit, field, header_value, value, reason, factor_before,
        factor_after, change_percent, refused_before, refused_after``; the change is that of SUVbw by all overrides
        of the scan together.
    matches : DataFrame, optional
        What ``lesion_matches.csv`` says of each lesion at the visits it describes, see
        :func:`analysis.pet.measures.matched_lesions.matched`; empty: equal names are the match.
    names : mapping of (patient_id, visit) to mapping of str to str
        Lesion of each contour that does not bear its lesion's name, by that table.
    """

    series: pd.DataFrame
    scans: pd.DataFrame
    lesions: pd.DataFrame
    selected: tuple[SelectedSeries, ...] = field(default=(), repr=False)
    overrides: pd.DataFrame = field(default_factory=pd.DataFrame)
    matches: pd.DataFrame | None = field(default=None, repr=False)
    names: Mapping[tuple[str, str], Mapping[str, str]] = field(default_factory=dict, repr=False)

    @property
    def matching(self) -> str:
        """How contours of two visits were taken for one lesion, as a sentence for the report."""
        follow_up = self.scans[(self.scans["visit"] != "baseline") & (self.scans["contours"] > 0)]
        read = 0 if self.matches is None else len(self.matches[["patient_id", "visit"]].drop_duplicates())
        if not read:
            return "Lesions were matched between visits by the equal names of their contours."
        return (
            f"Lesions were matched between visits as lesion_matches.csv says at {read} follow-up "
            f"scan{'s' if read > 1 else ''}; "
            f"the table {'describes' if read >= len(follow_up) else 'does not describe'} every follow-up scan with "
            "contours, and where it does not, equal names are the match."
        )


def measure_study(
    study: Study,
    *,
    lean_body_mass: str = "janmahasatian",
    cache: Path | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> StudyMeasures:
    """Find, convert and measure every PET of a study.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    lean_body_mass : {"janmahasatian", "james", "james128"}
        Formula of SUL.
    cache : Path, optional
        Folder for the index and the measures of each scan; used again while files and code are the same.
    workers : int, optional
        Processes; as many as cores when not given. Results do not depend on it.
    progress : bool
        Whether to show progress bars.

    Raises
    ------
    StudyError
        If the study has no images. A scan that cannot be measured is listed with its reason, and the rest goes on.
    """
    if study.dicom_folder is None:
        raise StudyError(
            "the study has no PET images",
            where=study.id,
            expected="a folder of DICOM",
            do='ask study.has("pet") first',
        )
    count = workers or os.cpu_count() or 1
    listed = index_series(study.dicom_folder, workers=count, cache=cache, progress=progress)
    selected = select_series(listed, visit_book(study))
    kept = [entry for entry in selected if entry.kept]
    contours, leftover = _contours(study, selected)
    sources = scan_sources(study, selected)
    tasks = [
        _task(
            entry,
            sources[entry.series.series_uid],
            contours.get(entry.series.series_uid, []),
            lean_body_mass,
            study.resample_contours,
        )
        for entry in kept
    ]
    results = measure_scans(tasks, cache=cache, workers=count, progress=progress)
    table = study.table("lesion_matches") if "lesion_matches" in study.tables else None
    by_lesion = matched(table, kept, results)
    return StudyMeasures(
        series=series_table(
            selected, dict(zip((t.series_uid for t in tasks), results, strict=True)), leftover
        ),
        scans=scans_table(study, kept, tasks, results),
        lesions=lesions_table(study, kept, by_lesion.results),
        selected=tuple(selected),
        overrides=overrides_table(kept, results),
        matches=by_lesion.states,
        names=by_lesion.names,
    )


def contours_of(study: Study, selected: Sequence[SelectedSeries]) -> dict[str, list[Assignment]]:
    """Contour files of each measured series of a study, by Series Instance UID."""
    return _contours(study, selected)[0]


def _contours(
    study: Study, selected: Sequence[SelectedSeries]
) -> tuple[dict[str, list[Assignment]], list[tuple[str, str, str]]]:
    """Contour files of each kept series, and (name, kind, reason) of those that are not used."""
    paths = []
    if study.contours_folder is not None:
        paths = sorted(
            p
            for p in study.contours_folder.absolute().rglob("*")
            if p.is_file() and not p.name.startswith(".")
        )
    folder = study.dicom_folder
    if folder is not None:
        among = [s.series for s in selected if s.series.attributes.get("Modality") in ("SEG", "RTSTRUCT")]
        paths += [folder.absolute() / name for series in among for name in series.files]
    files: list[ContourFile] = []
    unused: list[tuple[str, str, str]] = []
    for path in dict.fromkeys(paths):
        try:
            files.append(describe_contours(path))
        except ImageError as problem:
            unused.append((path.name, "", problem.what))
    scans = [
        (s.series.series_uid, s.series.attributes.get("FrameOfReferenceUID", ""), s.patient_id, s.visit)
        for s in selected
        if s.kept
    ]
    table = study.table("contours") if "contours" in study.tables else None
    assigned, left = assign_contours(
        files, scans, table=table, folder=study.contours_folder and study.contours_folder.absolute()
    )
    unused += [(contours.path.name, contours.kind, reason) for contours, reason in left]
    return assigned, unused


def _task(
    entry: SelectedSeries,
    source: ScanSource,
    contours: Sequence[Assignment],
    formula: str,
    resample: bool,
) -> ScanTask:
    stamps = [
        (
            a.path.name,
            a.path.stat().st_size,
            a.path.stat().st_mtime_ns,
            a.lesions and sorted(a.lesions.items()),
        )
        for a in contours
    ]
    identity = (code_version(), entry.series.signature, stamps, formula, resample, source.overrides)
    return ScanTask(
        patient_id=entry.patient_id,
        visit=entry.visit,
        series_uid=entry.series.series_uid,
        source=source,
        contours=tuple(contours),
        lean_body_mass=formula,
        key=hashlib.sha256(repr(identity).encode()).hexdigest(),
        resample=resample,
    )
