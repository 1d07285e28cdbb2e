"""FDG PET: from DICOM series to SUV, lesion measures and metabolic response."""

from analysis.pet.contours.masks import read_masks
from analysis.pet.measures.ibsi_features import ibsi_features
from analysis.pet.measures.mip import Projection, maximum_intensity_projection, mip_of
from analysis.pet.measures.quantify import Quantification, quantify
from analysis.pet.measures.region import RegionMeasures, measure_region
from analysis.pet.measures.study_measures import StudyMeasures, measure_study
from analysis.pet.response.agreement import Agreement, agreement_of
from analysis.pet.response.criteria import eortc_1999, percist_1_0
from analysis.pet.response.lesion_change import classify_lesions, lesion_changes
from analysis.pet.response.patient_rules import RULES
from analysis.pet.response.patients import patient_response, response_by_all_rules
from analysis.pet.response.planned_visits import planned_visits
from analysis.pet.response.repeatability import (
    probability_of_chance,
    probability_of_response,
    probability_real,
    repeatability_limits,
    with_probabilities,
    within_subject_cv,
)
from analysis.pet.series.index import Series, index_series
from analysis.pet.series.suv_of_folder import FolderSuv, suv_of_folder
from analysis.pet.suv.factors import SuvFactors, suv_factors
from analysis.pet.suv.grid import Grid
from analysis.pet.suv.volume import SuvVolume, read_suv

__all__ = [
    "RULES",
    "Agreement",
    "FolderSuv",
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
    "ibsi_features",
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
    "suv_of_folder",
    "with_probabilities",
    "within_subject_cv",
]
