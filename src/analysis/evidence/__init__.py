"""Published evidence as data: figures digitised and reconstructed, and other trials beside the study."""

from analysis.evidence.digitised import DigitisedArm, read_figure
from analysis.evidence.matching import Matching, matching_weights
from analysis.evidence.patients_file import write_patients
from analysis.evidence.reconstruction import ReconstructedArm, reconstruct_arm, reconstructed_ratio
from analysis.evidence.redigitisation import Redigitised, redigitise
from analysis.evidence.targets import MatchingTask, matching_task
from analysis.evidence.trials import arm_curve, arm_of, reconstructed_and_printed
from analysis.evidence.weighted_comparison import WeightedComparison, weighted_comparison

__all__ = [
    "DigitisedArm",
    "Matching",
    "MatchingTask",
    "ReconstructedArm",
    "Redigitised",
    "WeightedComparison",
    "arm_curve",
    "arm_of",
    "matching_task",
    "matching_weights",
    "read_figure",
    "reconstruct_arm",
    "reconstructed_and_printed",
    "reconstructed_ratio",
    "redigitise",
    "weighted_comparison",
    "write_patients",
]
