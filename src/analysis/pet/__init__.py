"""FDG PET: from DICOM series to SUV, lesion measures and metabolic response."""

from analysis.pet.grid import Grid
from analysis.pet.masks import read_masks
from analysis.pet.measures import RegionMeasures, measure_region
from analysis.pet.mip import Projection, maximum_intensity_projection, mip_of
from analysis.pet.quantify import Quantification, quantify
from analysis.pet.series_index import Series, index_series
from analysis.pet.study_measures import StudyMeasures, measure_study
from analysis.pet.suv import SuvFactors, suv_factors
from analysis.pet.volume import SuvVolume, read_suv

__all__ = [
    "Grid",
    "Projection",
    "Quantification",
    "RegionMeasures",
    "Series",
    "StudyMeasures",
    "SuvFactors",
    "SuvVolume",
    "index_series",
    "maximum_intensity_projection",
    "measure_region",
    "measure_study",
    "mip_of",
    "quantify",
    "read_masks",
    "read_suv",
    "suv_factors",
]
