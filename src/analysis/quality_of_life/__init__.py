"""Questionnaires: QLQ-C30 scores from answers, how many forms came, time to deterioration under every rule.

The times are for :func:`analysis.survival.kaplan_meier` and its neighbours; the course over time is for
:func:`analysis.biomarkers.mixed_model`.
"""

from analysis.quality_of_life.completion import completion
from analysis.quality_of_life.course import CourseDesign, course_design
from analysis.quality_of_life.deterioration import STATES, Deterioration, time_to_deterioration
from analysis.quality_of_life.pattern_mixture import PatternMixture, pattern_mixture
from analysis.quality_of_life.rules import (
    CONFIRMATIONS,
    REFERENCES,
    THRESHOLDS,
    DeteriorationRule,
    deterioration_rules,
)
from analysis.quality_of_life.scales import SCALES, Scale
from analysis.quality_of_life.scoring import score_items

__all__ = [
    "CONFIRMATIONS",
    "REFERENCES",
    "SCALES",
    "STATES",
    "THRESHOLDS",
    "CourseDesign",
    "Deterioration",
    "DeteriorationRule",
    "PatternMixture",
    "Scale",
    "completion",
    "course_design",
    "deterioration_rules",
    "pattern_mixture",
    "score_items",
    "time_to_deterioration",
]
