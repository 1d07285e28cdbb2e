"""Who is analysed: eligibility, participant flow, baseline table, and proportions with exact intervals."""

from analysis.cohort.baseline import baseline_statistics, baseline_table
from analysis.cohort.differences import difference_of_means, difference_of_shares
from analysis.cohort.eligibility import eligibility_items, eligible_patients
from analysis.cohort.flow import Flow, FlowStep
from analysis.cohort.participants import exclusions, participant_flow, phase_counts, populations
from analysis.cohort.proportions import MissingCases, Proportion, missing_cases, proportion
from analysis.cohort.reasons import patient_exclusions
from analysis.cohort.representativeness import representativeness

__all__ = [
    "Flow",
    "FlowStep",
    "MissingCases",
    "Proportion",
    "baseline_statistics",
    "baseline_table",
    "difference_of_means",
    "difference_of_shares",
    "eligibility_items",
    "eligible_patients",
    "exclusions",
    "missing_cases",
    "participant_flow",
    "patient_exclusions",
    "phase_counts",
    "populations",
    "proportion",
    "representativeness",
]
