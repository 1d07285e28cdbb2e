"""Curves, hazards, landmarks and discrimination; small-sample methods by default."""

from analysis.survival.curve import SurvivalCurve
from analysis.survival.early_response import EarlyResponse, Rate
from analysis.survival.estimates import LEVEL, Estimate, HazardRatio, Rmst, RmstDifference, TestResult
from analysis.survival.landmark import LandmarkSet
from analysis.survival.proportional_hazards import ProportionalHazards

__all__ = [
    "LEVEL",
    "EarlyResponse",
    "Estimate",
    "HazardRatio",
    "LandmarkSet",
    "ProportionalHazards",
    "Rate",
    "Rmst",
    "RmstDifference",
    "SurvivalCurve",
    "TestResult",
]
