"""The images of a study's scans with their lesions, each read when it is asked for."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.data import Study
from analysis.data.tables import PET_VISITS_IN_ORDER
from analysis.errors import StudyError
from analysis.pet.measures.mip import Projection, projection_of
from analysis.pet.measures.scan import lesion_masks
from analysis.pet.measures.scan_source import scan_sources
from analysis.pet.measures.study_measures import StudyMeasures, contours_of
from analysis.pet.suv.volume import SuvVolume

_ORDER = {name: place for place, name in enumerate(PET_VISITS_IN_ORDER)}


@dataclass(frozen=True)
class ScanImage:
    """One scan with its lesions.

    Parameters
    ----------
    visit : str
        Visit of the scan.
    volume : SuvVolume
        SUV on its grid.
    lesions : mapping of str to ndarray of bool
        Mask of each lesion on that grid, by lesion; empty for a scan without contours.
    """

    visit: str
    volume: SuvVolume
    lesions: Mapping[str, np.ndarray]

    def projection(self) -> Projection:
        """Coronal maximum-intensity projection of the scan with its lesions."""
        return projection_of(self.visit, self.volume, self.lesions)


class ScanImages:
    """Images of the measured scans of a study.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    measures : StudyMeasures
        What :func:`analysis.pet.measure_study` found in it.
    kept : int
        Scans held in memory; the one not looked at for the longest goes first.

    Raises
    ------
    StudyError
        If the study has no images.
    """

    def __init__(self, study: Study, measures: StudyMeasures, *, kept: int = 1) -> None:
        if study.dicom_folder is None:
            raise StudyError("the study has no PET images", where=study.id, expected="a folder of DICOM")
        measured = set(measures.scans["series_uid"])
        self._sources = scan_sources(study, measures.selected)
        self._resample = study.resample_contours
        self._names = measures.names
        self._entries = {
            (entry.patient_id, entry.visit): entry
            for entry in measures.selected
            if entry.kept and entry.series.series_uid in measured
        }
        self._contours = contours_of(study, measures.selected)
        self._read_once = functools.lru_cache(maxsize=kept)(self._read)

    @property
    def patients(self) -> tuple[str, ...]:
        """Patients with a measured scan, in order."""
        return tuple(sorted({patient for patient, _ in self._entries}))

    def visits(self, patient_id: str) -> tuple[str, ...]:
        """Visits of a patient's measured scans, in the order of time."""
        mine = [visit for patient, visit in self._entries if patient == patient_id]
        return tuple(sorted(mine, key=lambda name: (_ORDER.get(name, len(_ORDER)), name)))

    def open(self, patient_id: str, visit: str) -> ScanImage:
        """One scan, read from its files unless it is among those kept.

        Raises
        ------
        StudyError
            If no scan of that patient and visit was measured.
        ImageError
            If its files have become unreadable since.
        """
        if (patient_id, visit) not in self._entries:
            raise StudyError(
                "no scan of this patient and visit was measured",
                where=visit,
                expected="one of " + (", ".join(self.visits(patient_id)) or "the patients with PET"),
                offenders=(patient_id,),
            )
        return self._read_once(patient_id, visit)

    def projections(self, patient_id: str) -> tuple[Projection, ...]:
        """Projections of a patient's scans, in the order of the visits."""
        return tuple(self.open(patient_id, visit).projection() for visit in self.visits(patient_id))

    def _read(self, patient_id: str, visit: str) -> ScanImage:
        entry = self._entries[patient_id, visit]
        volume = self._sources[entry.series.series_uid].read()
        contours = self._contours.get(entry.series.series_uid, [])
        names = self._names.get((patient_id, visit))
        masks = lesion_masks(contours, volume.grid, resample=self._resample, names=names)
        return ScanImage(visit, volume, masks)
