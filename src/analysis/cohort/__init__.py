"""Who is analysed: eligibility, participant flow, baseline table, and proportions with exact intervals."""

from analysis.cohort.flow import Flow, FlowStep
from analysis.cohort.proportion import MissingCases, Proportion, missing_cases, proportion

__all__ = ["Flow", "FlowStep", "MissingCases", "Proportion", "missing_cases", "proportion"]
