"""Where a scan of a study comes from: the files of its series and the header values a reader corrected.

Whoever shows, proposes or writes a scan opens it here, so that its SUV is the one that was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.data import Study
from analysis.errors import StudyError
from analysis.pet.series.selection import SelectedSeries
from analysis.pet.suv.overrides import Override, overrides_of_rows, refuse_unused
from analysis.pet.suv.volume import SuvVolume, read_suv


@dataclass(frozen=True)
class ScanSource:
    """Files of one series of a study and the overrides that concern it."""

    files: tuple[Path, ...]
    overrides: tuple[Override, ...] = ()

    def read(self, *, lean_body_mass: str = "janmahasatian") -> SuvVolume:
        """The scan as SUV.

        Raises
        ------
        ImageError
            If it cannot be converted; see :func:`analysis.pet.suv.volume.read_suv`.
        """
        return read_suv(self.files, lean_body_mass=lean_body_mass, overrides=self.overrides)


def scan_sources(study: Study, selected: Sequence[SelectedSeries]) -> dict[str, ScanSource]:
    """Source of each series that is measured, by Series Instance UID.

    Raises
    ------
    StudyError
        If the study has no images, or a row of ``pet_overrides`` means nothing or concerns no measured series.
    """
    if study.dicom_folder is None:
        raise StudyError("the study has no PET images", where=study.id, expected="a folder of DICOM")
    folder = study.dicom_folder.absolute()
    listed: list[Override] = []
    if "pet_overrides" in study.tables:
        rows = study.table("pet_overrides").fillna("").astype(str).to_dict("records")
        listed = overrides_of_rows(rows, file="pet_overrides.csv")
    found = {}
    for entry in selected:
        if not entry.kept:
            continue
        uid = entry.series.series_uid
        mine = tuple(
            o for o in listed if o.concerns(patient_id=entry.patient_id, series_uid=uid, visit=entry.visit)
        )
        found[uid] = ScanSource(tuple(folder / name for name in entry.series.files), mine)
    refuse_unused(
        listed, [o for source in found.values() for o in source.overrides], file="pet_overrides.csv"
    )
    return found
