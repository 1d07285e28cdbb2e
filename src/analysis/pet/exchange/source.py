"""The image that results refer to: its headers in the order of the slices, complete enough to be copied from."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from analysis.errors import ImageError
from analysis.pet.suv.volume import SuvVolume
from analysis.work.whole_file import replacing

_EMPTY = (
    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyID", "StudyDate", "StudyTime", "AccessionNumber",
    "ReferringPhysicianName",
)  # fmt: skip
"""Type 2 in every image: must be there, may be empty; de-identified files often lack them altogether."""


@contextmanager
def writing(what: str, where: str) -> Iterator[None]:
    """Turn whatever pydicom and highdicom raise into one kind of error; their warnings concern the source's headers."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ImageError:
            raise
        except Exception as problem:
            raise ImageError(
                f"the {what} cannot be written ({str(problem)[:160]})", where=where, expected="complete DICOM headers",
                do="transfer the series again",
            ) from problem  # fmt: skip


def source_headers(files: Sequence[Path], volume: SuvVolume) -> list[Any]:
    """Headers of a series in the order of its slices, without pixels.

    Parameters
    ----------
    files : sequence of Path
        The files of the series, in any order.
    volume : SuvVolume
        The volume read from them.
    """
    import pydicom

    by_uid = {}
    for file in files:
        dataset = pydicom.dcmread(file, stop_before_pixels=True, force=True)
        for keyword in _EMPTY:
            if keyword not in dataset:
                setattr(dataset, keyword, "")
        if "ClinicalTrialSubjectID" in dataset:  # the module is copied whole, and these are type 2 in it
            for keyword in ("ClinicalTrialProtocolName", "ClinicalTrialSiteID", "ClinicalTrialSiteName"):
                if keyword not in dataset:
                    setattr(dataset, keyword, "")
        by_uid[str(dataset.SOPInstanceUID)] = dataset
    return [by_uid[uid] for uid in dict.fromkeys(volume.sop_instances)]


def stamp(dataset: Any, source: Any) -> None:
    """Date a result by ``SOURCE_DATE_EPOCH``, else by its image: the same input gives the same bytes."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH")
    if epoch:
        moment = datetime.fromtimestamp(int(epoch), UTC)
        day, time = moment.strftime("%Y%m%d"), moment.strftime("%H%M%S")
    else:
        day = str(
            source.get("SeriesDate") or source.get("AcquisitionDate") or source.get("StudyDate") or "19000101"
        )
        time = str(source.get("SeriesTime") or source.get("AcquisitionTime") or "000000")
    dataset.InstanceCreationDate = dataset.ContentDate = dataset.SeriesDate = day
    dataset.InstanceCreationTime = dataset.ContentTime = dataset.SeriesTime = time
    for equipment in dataset.get("ContributingEquipmentSequence") or []:
        if "ContributionDateTime" in equipment:
            equipment.ContributionDateTime = day + time


def save(dataset: Any, file: Path) -> None:
    """Write a data set under another name first, so that it is never found half-written."""
    with replacing(file) as part:
        dataset.save_as(part, enforce_file_format=True)
