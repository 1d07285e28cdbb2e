"""FDG PET: from DICOM series to SUV, lesion measures and metabolic response."""

from analysis.pet.agreement import Agreement, agreement_of
from analysis.pet.criteria import eortc_1999, percist_1_0
from analysis.pet.grid import Grid
from analysis.pet.lesion_change import classify_lesions, lesion_changes
from analysis.pet.masks import read_masks
from analysis.pet.measures import RegionMeasures, measure_region
from analysis.pet.mip import Projection, maximum_intensity_projection, mip_of
from analysis.pet.patient_rules import RULES
from analysis.pet.planned_visits import planned_visits
from analysis.pet.quantify import Quantification, quantify
from analysis.pet.repeatability import (
    probability_of_chance,
    probability_of_response,
    probability_real,
    repeatability_limits,
    with_probabilities,
    within_subject_cv,
)
from analysis.pet.response import patient_response, response_by_all_rules
from analysis.pet.series_index import Series, index_series
from analysis.pet.study_measures import StudyMeasures, measure_study
from analysis.pet.suv import SuvFactors, suv_factors
from analysis.pet.volume import SuvVolume, read_suv

__all__ = [
    "RULES",
    "Agreement",
    "Grid",
    "Projection",
    "Quantification",
    "RegionMeasures",
    "Series",
    "StudyMeasures",
    "SuvFactors",
    "SuvVolume",
    "agreement_of",
    "classify_lesions",
    "eortc_1999",
    "index_series",
    "lesion_changes",
    "maximum_intensity_projection",
    "measure_region",
    "measure_study",
    "mip_of",
    "patient_response",
    "percist_1_0",
    "planned_visits",
    "probability_of_chance",
    "probability_of_response",
    "probability_real",
    "quantify",
    "read_masks",
    "read_suv",
    "repeatability_limits",
    "response_by_all_rules",
    "suv_factors",
    "with_probabilities",
    "within_subject_cv",
]
