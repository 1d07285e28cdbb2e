"""The simulated trial of two arms, shaped like BOLERO-2 with its first-line stratum; always marked SIMULATED."""

from analysis.simulation.two_arms.embedded import ARMS, simulate_two_arms
from analysis.simulation.two_arms.trial import (
    DEFAULT_SEED,
    TwoArmDraw,
    draw_two_arms,
    tabulate_two_arms,
    two_arm_parameters,
)

__all__ = [
    "ARMS",
    "DEFAULT_SEED",
    "TwoArmDraw",
    "draw_two_arms",
    "simulate_two_arms",
    "tabulate_two_arms",
    "two_arm_parameters",
]
