"""FDG PET: from DICOM series to SUV, lesion measures and metabolic response."""

from analysis.pet.contours.masks import read_masks
from analysis.pet.inspection.checks import scan_checks, scan_quality
from analysis.pet.inspection.planes import LesionPlanes, Plane, lesion_at_visits, lesion_planes
from analysis.pet.inspection.scan_images import ScanImage, ScanImages
from analysis.pet.measures.ibsi_features import ibsi_features
from analysis.pet.measures.mip import Projection, maximum_intensity_projection
from analysis.pet.measures.patient_measures import patient_measures
from analysis.pet.measures.quantify import Quantification, quantify
from analysis.pet.measures.region import RegionMeasures, measure_region, measure_regions
from analysis.pet.measures.study_measures import StudyMeasures, measure_study
from analysis.pet.response.agreement import Agreement, agreement_of
from analysis.pet.response.assessable import unusable_scans
from analysis.pet.response.criteria import eortc_1999, eortc_facts, percist_1_0, percist_facts
from analysis.pet.response.lesion_certainty import with_certainty
from analysis.pet.response.lesion_change import classify_lesions, lesion_changes
from analysis.pet.response.lesion_rules import LesionRule, lesion_rules, trial_rule
from analysis.pet.response.patient_certainty import (
    ResponseCertainty,
    criterion_certainty,
    response_certainty,
)
from analysis.pet.response.patient_rules import RULES, PatientRule
from analysis.pet.response.patients import assess, patient_response, response_by_all_rules
from analysis.pet.response.planned_visits import planned_visits
from analysis.pet.response.repeatability import (
    Repeatability,
    probability_of_chance,
    repeatability_limits,
    repeatability_of,
)
from analysis.pet.response.test_retest import RepeatabilityEstimate, re_estimate
from analysis.pet.series.index import Series, index_series
from analysis.pet.series.suv_of_folder import FolderSuv, suv_of_folder
from analysis.pet.suv.factors import SuvFactors, suv_factors
from analysis.pet.suv.grid import Grid
from analysis.pet.suv.overrides import Override, read_overrides, refuse_unused
from analysis.pet.suv.volume import SuvVolume, read_suv

__all__ = [
    "RULES",
    "Agreement",
    "FolderSuv",
    "Grid",
    "LesionPlanes",
    "LesionRule",
    "Override",
    "PatientRule",
    "Plane",
    "Projection",
    "Quantification",
    "RegionMeasures",
    "Repeatability",
    "RepeatabilityEstimate",
    "ResponseCertainty",
    "ScanImage",
    "ScanImages",
    "Series",
    "StudyMeasures",
    "SuvFactors",
    "SuvVolume",
    "agreement_of",
    "assess",
    "classify_lesions",
    "criterion_certainty",
    "eortc_1999",
    "eortc_facts",
    "ibsi_features",
    "index_series",
    "lesion_at_visits",
    "lesion_changes",
    "lesion_planes",
    "lesion_rules",
    "maximum_intensity_projection",
    "measure_region",
    "measure_regions",
    "measure_study",
    "patient_measures",
    "patient_response",
    "percist_1_0",
    "percist_facts",
    "planned_visits",
    "probability_of_chance",
    "quantify",
    "re_estimate",
    "read_masks",
    "read_overrides",
    "read_suv",
    "refuse_unused",
    "repeatability_limits",
    "repeatability_of",
    "response_by_all_rules",
    "response_certainty",
    "scan_checks",
    "scan_quality",
    "suv_factors",
    "suv_of_folder",
    "trial_rule",
    "unusable_scans",
    "with_certainty",
]
