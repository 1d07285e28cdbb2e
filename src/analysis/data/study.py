"""A loaded study: its tables, its parts, and where its images lie."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import pandas as pd

from analysis.data.checksum import study_checksum
from analysis.data.tables import TABLES
from analysis.errors import StudyError

PARTS: tuple[str, ...] = tuple(dict.fromkeys(table.part for table in TABLES.values()))
"""The parts that a study may have or lack, in the order of the tables."""


@dataclass(frozen=True)
class Study:
    """A study as the other rooms see it.

    Parameters
    ----------
    path : Path
        The study folder.
    id, title, kind, design, source, licence : str
        As in ``study.yml``.
    caveats : tuple of str
        Sentences that every page of results prints.
    lacks : mapping of str to tuple of str
        Columns declared lacking, by table; they are there in memory, with every value missing.
    tables : mapping of str to DataFrame
        The tables that are present, typed: text and codes "string", yes/no "boolean", whole numbers
        "Int64", numbers float64; a time ``x`` is ``x_day``, float64 days since the patient's treatment
        start, or randomisation where the study has one, NaN where missing. No calendar date and no birth.
    parts : tuple of str
        The parts that are present, of ``PARTS``. ``pet`` is present if there is a folder of images.
    dicom_folder, contours_folder : Path or None
        ``None`` if absent.
    resample_contours : bool
        Whether contours on another grid than the PET's are resampled, with a warning, instead of refused.
    disclosure : {"withhold", "public"}
        Whether small numbers of patients are withheld, or the rows are published anyway.
    arms : mapping of str to str
        Printed name of each arm by its code, as in the column ``arm`` of ``patients``; empty in a single-arm study.
    control : str
        Code of the control arm; empty in a single-arm study.
    strata : tuple of str
        Columns of ``patients`` by which the randomisation was stratified.
    """

    path: Path
    id: str
    title: str
    kind: str
    design: str
    source: str
    licence: str
    caveats: tuple[str, ...]
    lacks: Mapping[str, tuple[str, ...]]
    tables: Mapping[str, pd.DataFrame]
    parts: tuple[str, ...]
    dicom_folder: Path | None
    contours_folder: Path | None
    resample_contours: bool = False
    disclosure: str = "withhold"
    arms: Mapping[str, str] = field(default_factory=dict)
    control: str = ""
    strata: tuple[str, ...] = ()
    _treatment_starts: Mapping[str, date] = field(default_factory=dict, repr=False, compare=False)

    @property
    def simulated(self) -> bool:
        """Whether the data are simulated: everything made from them must say so."""
        return self.kind == "simulated"

    def has(self, name: str) -> bool:
        """Whether a part or a table is present.

        Raises
        ------
        StudyError
            If no part and no table has that name.
        """
        if name not in PARTS and name not in TABLES:
            raise StudyError(
                f"a study has no part {name!r}", expected="one of " + ", ".join({*PARTS, *TABLES})
            )
        return name in self.parts or name in self.tables

    def table(self, name: str) -> pd.DataFrame:
        """Copy of a table.

        Raises
        ------
        StudyError
            If the study lacks it.
        """
        if name not in self.tables:
            raise StudyError(
                f"the study has no table {name}",
                where=self.id,
                expected="one of " + ", ".join(self.tables),
                do="ask study.has(...) first, and say what cannot be answered",
            )
        return self.tables[name].copy()

    def study_day(self, patient_id: str, day: date) -> float:
        """Days from the patient's treatment start to a calendar day, e.g. a study date in a DICOM header.

        Parameters
        ----------
        patient_id : str
            Pseudonym of the patient.
        day : date
            Day of the calendar.

        Returns
        -------
        float
            Days; NaN if the patient is unknown, never started treatment, or if the study gives no dates.
        """
        start = self._treatment_starts.get(patient_id)
        return float("nan") if start is None else float((day - start).days)

    @property
    def identifiers(self) -> tuple[str, ...]:
        """Every pseudonym of a patient, sample or series: what must not stand in anything that leaves ``data``."""
        found: set[str] = set()
        for frame in self.tables.values():
            for column in ("patient_id", "sample_id", "series_uid"):
                if column in frame:
                    found.update(frame[column].dropna())
        return tuple(sorted(found))

    @functools.cached_property
    def checksum(self) -> str:
        """SHA-256 of all files of the study, see :func:`analysis.data.study_checksum`; about 1 s with images."""
        return study_checksum(self.path)
