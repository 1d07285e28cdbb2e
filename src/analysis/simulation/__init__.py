"""The simulated trial: patients, lesions, DICOM PET, plasma, tissue and outcomes, always marked SIMULATED."""

from analysis.simulation.embedded import simulate
from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.response import deciding_decrease
from analysis.simulation.scans import SimulatedLesion, SimulatedScan
from analysis.simulation.trial import DEFAULT_SEED, JointDraw, draw_joint, tabulate_trial

__all__ = [
    "DEFAULT_SEED",
    "JointDraw",
    "SimulatedLesion",
    "SimulatedScan",
    "SimulationParameters",
    "deciding_decrease",
    "draw_joint",
    "load_parameters",
    "simulate",
    "tabulate_trial",
]
