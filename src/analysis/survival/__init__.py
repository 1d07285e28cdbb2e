"""Curves, hazards, landmarks and discrimination; small-sample methods by default.

Array core: arrays in, frozen results out, times in days. :func:`early_response` answers for one marker,
one end-point and one landmark; the other functions are its parts.
"""

from analysis.survival.accuracy import (
    PredictiveValues,
    TimeDependentAuc,
    auc_difference,
    predictive_values,
    time_dependent_auc,
)
from analysis.survival.added_value import AddedValue, added_value
from analysis.survival.arms import ArmComparison, compare_arms
from analysis.survival.bands import Band, confidence_band
from analysis.survival.brier import IntegratedBrier, brier_score, integrated_brier
from analysis.survival.calibration import Calibration, calibration
from analysis.survival.cause_specific import cause_specific_cox
from analysis.survival.censoring_rules import RULES, CensoringRules
from analysis.survival.competing_risks import CumulativeIncidence, cumulative_incidence, gray_test
from analysis.survival.concordance import (
    Concordance,
    ConcordanceDifference,
    concordance,
    concordance_difference,
)
from analysis.survival.continuous import SplineEffect, hazard_ratio_per, spline_effect
from analysis.survival.cox import CoxFit, cox
from analysis.survival.cumulative_hazard import CumulativeHazard, nelson_aalen
from analysis.survival.curve import SurvivalCurve
from analysis.survival.cutoff import (
    MaximallySelected,
    PostHocCutoff,
    PreSpecifiedCutoff,
    maximally_selected,
    ratio_at_cutoff,
    search_cutoff,
)
from analysis.survival.day_choice import DayChoice, choose_day
from analysis.survival.day_comparison import DayComparison, DayHorizon, PairedClassification, compare_days
from analysis.survival.decision_curve import DecisionCurve, decision_curve
from analysis.survival.decisions import DecisionRow, Decisions, decisions
from analysis.survival.early_response import RULES_OF_CHOICE, early_response
from analysis.survival.early_risks import early_risks
from analysis.survival.endpoints import (
    EndPoint,
    overall_survival,
    progression_free_survival,
    time_to_progression,
)
from analysis.survival.entry_curve import EntryCurve, entry_curve
from analysis.survival.episodes import Episodes, episodes
from analysis.survival.estimates import LEVEL, Estimate, HazardRatio, Rmst, RmstDifference, TestResult
from analysis.survival.firth import FirthFit, firth_cox
from analysis.survival.follow_up import FollowUp, follow_up_of
from analysis.survival.groups import Grouping, TimedMarker, grouping, timed_marker
from analysis.survival.hazard_ratio import hazard_ratio
from analysis.survival.imputation import Imputed, PooledCox, impute, pooled_cox
from analysis.survival.interval_censored import IntervalCurve, WeibullFit, turnbull, weibull_regression
from analysis.survival.kaplan_meier import follow_up, kaplan_meier
from analysis.survival.landmark import LandmarkSet, landmark
from analysis.survival.landmark_comparison import EarlyResponse, Rate
from analysis.survival.left_out_risks import left_out_risks
from analysis.survival.logrank import logrank, permutation_logrank
from analysis.survival.many_fits import ManyFits, bootstrap_cox, bootstrap_indices, cox_many
from analysis.survival.marker_effect import MarkerEffect, marker_effect
from analysis.survival.marker_hazards import MarkerHazard, marker_hazards
from analysis.survival.missingness import missing_and_outcome
from analysis.survival.optimism import CorrectedDiscrimination, corrected_discrimination
from analysis.survival.pooling import Pooled, pool
from analysis.survival.prediction import PredictedSurvival, predicted_survival
from analysis.survival.proportional_hazards import ProportionalHazards, proportional_hazards, schoenfeld
from analysis.survival.reader_agreement import ReaderAgreement, reader_agreement
from analysis.survival.residual_smooth import ResidualSmooth, smooth_residuals
from analysis.survival.residuals import (
    CoxResiduals,
    cox_residuals,
    robust_covariance,
    robust_hazard_ratio,
    robust_std_errors,
    robust_wald,
)
from analysis.survival.restricted_mean import restricted_mean, rmst_difference
from analysis.survival.rmst_permutation import permutation_rmst
from analysis.survival.rule_sets import RuleSetResult, compare_rule_sets
from analysis.survival.second_engine import EngineComparison, EngineRow, compare_engines
from analysis.survival.sensitivity import IntervalTwin, Sensitivity, SensitivityAnalyses, sensitivity_analyses
from analysis.survival.study_endpoints import StudyEndPoints, study_end_points
from analysis.survival.subgroups import Interaction, SubgroupEffect, interaction, subgroup_effects
from analysis.survival.tail_interval import tail_interval
from analysis.survival.time_dependent import DelayedEntry, MantelByar, delayed_entry, mantel_byar
from analysis.survival.tipping_point import (
    LandmarkWithMissing,
    TippingPoint,
    landmark_with_missing,
    tipping_point,
)

__all__ = [
    "LEVEL",
    "RULES",
    "RULES_OF_CHOICE",
    "AddedValue",
    "ArmComparison",
    "Band",
    "Calibration",
    "CensoringRules",
    "Concordance",
    "ConcordanceDifference",
    "CorrectedDiscrimination",
    "CoxFit",
    "CoxResiduals",
    "CumulativeHazard",
    "CumulativeIncidence",
    "DayChoice",
    "DayComparison",
    "DayHorizon",
    "DecisionCurve",
    "DecisionRow",
    "Decisions",
    "DelayedEntry",
    "EarlyResponse",
    "EndPoint",
    "EngineComparison",
    "EngineRow",
    "EntryCurve",
    "Episodes",
    "Estimate",
    "FirthFit",
    "FollowUp",
    "Grouping",
    "HazardRatio",
    "Imputed",
    "IntegratedBrier",
    "Interaction",
    "IntervalCurve",
    "IntervalTwin",
    "LandmarkSet",
    "LandmarkWithMissing",
    "MantelByar",
    "ManyFits",
    "MarkerEffect",
    "MarkerHazard",
    "MaximallySelected",
    "PairedClassification",
    "Pooled",
    "PooledCox",
    "PostHocCutoff",
    "PreSpecifiedCutoff",
    "PredictedSurvival",
    "PredictiveValues",
    "ProportionalHazards",
    "Rate",
    "ReaderAgreement",
    "ResidualSmooth",
    "Rmst",
    "RmstDifference",
    "RuleSetResult",
    "Sensitivity",
    "SensitivityAnalyses",
    "SplineEffect",
    "StudyEndPoints",
    "SubgroupEffect",
    "SurvivalCurve",
    "TestResult",
    "TimeDependentAuc",
    "TimedMarker",
    "TippingPoint",
    "WeibullFit",
    "added_value",
    "auc_difference",
    "bootstrap_cox",
    "bootstrap_indices",
    "brier_score",
    "calibration",
    "cause_specific_cox",
    "choose_day",
    "compare_arms",
    "compare_days",
    "compare_engines",
    "compare_rule_sets",
    "concordance",
    "concordance_difference",
    "confidence_band",
    "corrected_discrimination",
    "cox",
    "cox_many",
    "cox_residuals",
    "cumulative_incidence",
    "decision_curve",
    "decisions",
    "delayed_entry",
    "early_response",
    "early_risks",
    "entry_curve",
    "episodes",
    "firth_cox",
    "follow_up",
    "follow_up_of",
    "gray_test",
    "grouping",
    "hazard_ratio",
    "hazard_ratio_per",
    "impute",
    "integrated_brier",
    "interaction",
    "kaplan_meier",
    "landmark",
    "landmark_with_missing",
    "left_out_risks",
    "logrank",
    "mantel_byar",
    "marker_effect",
    "marker_hazards",
    "maximally_selected",
    "missing_and_outcome",
    "nelson_aalen",
    "overall_survival",
    "permutation_logrank",
    "permutation_rmst",
    "pool",
    "pooled_cox",
    "predicted_survival",
    "predictive_values",
    "progression_free_survival",
    "proportional_hazards",
    "ratio_at_cutoff",
    "reader_agreement",
    "restricted_mean",
    "rmst_difference",
    "robust_covariance",
    "robust_hazard_ratio",
    "robust_std_errors",
    "robust_wald",
    "schoenfeld",
    "search_cutoff",
    "sensitivity_analyses",
    "smooth_residuals",
    "spline_effect",
    "study_end_points",
    "subgroup_effects",
    "tail_interval",
    "time_dependent_auc",
    "time_to_progression",
    "timed_marker",
    "tipping_point",
    "turnbull",
    "weibull_regression",
]
