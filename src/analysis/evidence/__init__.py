"""Published evidence as data: figures digitised and reconstructed, and other trials beside the study."""

from analysis.evidence.digitised import DigitisedArm, read_figure
from analysis.evidence.patients_file import write_patients
from analysis.evidence.reconstruction import ReconstructedArm, reconstruct_arm, reconstructed_ratio
from analysis.evidence.redigitisation import Redigitised, redigitise

__all__ = [
    "DigitisedArm",
    "ReconstructedArm",
    "Redigitised",
    "read_figure",
    "reconstruct_arm",
    "reconstructed_ratio",
    "redigitise",
    "write_patients",
]
