"""Maximum-intensity projections of a patient's visits, with the lesions' outlines: what a picture needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from analysis.data import Study
from analysis.errors import StudyError
from analysis.pet.measures.scan import lesion_masks
from analysis.pet.measures.study_measures import StudyMeasures, contours_of
from analysis.pet.series.index import index_series
from analysis.pet.series.selection import select_series
from analysis.pet.series.visits import visit_book
from analysis.pet.suv.grid import Grid
from analysis.pet.suv.volume import SuvVolume, read_suv


@dataclass(frozen=True)
class Projection:
    """Coronal maximum-intensity projection of one scan.

    Parameters
    ----------
    visit : str
        Visit of the scan.
    suv : ndarray of float32, shape (rows, columns)
        Highest SUV along the patient's front-to-back direction; head at the top, the patient's right on the left.
    spacing : tuple of float
        Distance of rows and of columns in mm.
    lesions : mapping of str to ndarray of bool
        Projected mask of each lesion, by lesion.
    """

    visit: str
    suv: np.ndarray
    spacing: tuple[float, float]
    lesions: Mapping[str, np.ndarray]


def maximum_intensity_projection(volume: np.ndarray, grid: Grid | None = None) -> np.ndarray:
    """Highest value along the front-to-back direction; head up and the patient's right on the left.

    Parameters
    ----------
    volume : ndarray, shape (slices, rows, columns)
        SUV, or a mask.
    grid : Grid, optional
        Axial grid; without it slices are taken to ascend to the head and columns to the patient's left.

    Returns
    -------
    ndarray, shape (slices, columns)
    """
    projected = volume.max(axis=1)
    head_last = grid is None or grid.directions[0][2] > 0
    left_last = grid is None or grid.directions[2][0] > 0
    return projected[:: -1 if head_last else 1, :: 1 if left_last else -1]


def projection_of(visit: str, volume: SuvVolume, lesions: Mapping[str, np.ndarray]) -> Projection:
    """Projection of one scan with the masks of its lesions."""
    grid = volume.grid
    return Projection(
        visit,
        maximum_intensity_projection(volume.suv, grid),
        (grid.spacing[0], grid.spacing[2]),
        {lesion: maximum_intensity_projection(mask, grid) for lesion, mask in lesions.items()},
    )


def mip_of(
    study: Study,
    patient_id: str,
    *,
    measures: StudyMeasures | None = None,
    cache: Path | None = None,
    visits: Sequence[str] | None = None,
) -> tuple[Projection, ...]:
    """Projections of one patient's scans, in the order of the visits.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    patient_id : str
        Pseudonym of the patient.
    measures : StudyMeasures, optional
        From :func:`measure_study`: its series are then not looked for a second time.
    cache : Path, optional
        Where :func:`measure_study` keeps its index.
    visits : sequence of str, optional
        Only these visits.

    Raises
    ------
    StudyError
        If the study has no images, or none of this patient.
    ImageError
        If a scan cannot be converted.
    """
    if study.dicom_folder is None:
        raise StudyError("the study has no PET images", where=study.id)
    selected = (
        list(measures.selected)
        if measures
        else select_series(index_series(study.dicom_folder, cache=cache), visit_book(study))
    )
    kept = [entry for entry in selected if entry.kept]
    mine = [s for s in kept if s.patient_id == patient_id and (visits is None or s.visit in visits)]
    if not mine:
        raise StudyError(
            "the study has no scan of this patient",
            where=study.id,
            expected="a patient with PET",
            offenders=(patient_id,),
        )
    contours = contours_of(study, selected)
    order = {name: place for place, name in enumerate(("baseline", "day14", "day28", "progression"))}
    pictures = []
    for entry in sorted(mine, key=lambda s: order.get(s.visit, 99)):
        volume = read_suv([study.dicom_folder / name for name in entry.series.files])
        masks = lesion_masks(
            contours.get(entry.series.series_uid, []), volume.grid, resample=study.resample_contours
        )
        pictures.append(projection_of(entry.visit, volume, masks))
    return tuple(pictures)
