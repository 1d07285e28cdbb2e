"""Curves, hazards, landmarks and discrimination; small-sample methods by default.

Array core: arrays in, frozen results out, times in days. :func:`early_response` answers for one marker,
one end-point and one landmark; the other functions are its parts.
"""

from analysis.survival.concordance import (
    Concordance,
    ConcordanceDifference,
    concordance_difference,
    harrell_c,
)
from analysis.survival.continuous import SplineEffect, hazard_ratio_per, spline_effect
from analysis.survival.cox import CoxFit, cox
from analysis.survival.curve import SurvivalCurve
from analysis.survival.cutoff import PostHocCutoff, PreSpecifiedCutoff, search_cutoff
from analysis.survival.day_choice import DayChoice, choose_day
from analysis.survival.early_response import EarlyResponse, Rate, early_response
from analysis.survival.estimates import LEVEL, Estimate, HazardRatio, Rmst, RmstDifference, TestResult
from analysis.survival.firth import FirthFit, firth_cox
from analysis.survival.groups import Grouping, grouping
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.kaplan_meier import follow_up, kaplan_meier
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.logrank import logrank, permutation_logrank
from analysis.survival.proportional_hazards import ProportionalHazards, proportional_hazards, schoenfeld
from analysis.survival.restricted_mean import restricted_mean, rmst_difference
from analysis.survival.second_engine import EngineComparison, EngineRow, compare_engines

__all__ = [
    "LEVEL",
    "Concordance",
    "ConcordanceDifference",
    "CoxFit",
    "DayChoice",
    "EarlyResponse",
    "EngineComparison",
    "EngineRow",
    "Estimate",
    "FirthFit",
    "Grouping",
    "HazardRatio",
    "LandmarkSet",
    "PostHocCutoff",
    "PreSpecifiedCutoff",
    "ProportionalHazards",
    "Rate",
    "Rmst",
    "RmstDifference",
    "SplineEffect",
    "SurvivalCurve",
    "TestResult",
    "choose_day",
    "compare_engines",
    "concordance_difference",
    "cox",
    "early_response",
    "firth_cox",
    "follow_up",
    "grouping",
    "harrell_c",
    "hazard_ratio",
    "hazard_ratio_per",
    "kaplan_meier",
    "landmark",
    "logrank",
    "permutation_logrank",
    "proportional_hazards",
    "restricted_mean",
    "rmst_difference",
    "schoenfeld",
    "search_cutoff",
    "spline_effect",
]
