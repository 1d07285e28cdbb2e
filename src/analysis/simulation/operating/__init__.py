"""Operating characteristics: what the design and the analysis would find in many simulated trials."""

from analysis.simulation.operating.outcome_trials import OutcomeTrials, draw_outcome_trials
from analysis.simulation.operating.run import (
    OperatingCharacteristics,
    Scenario,
    expected_seconds,
    operating_characteristics,
)
from analysis.simulation.operating.summary import characteristics

__all__ = [
    "OperatingCharacteristics",
    "OutcomeTrials",
    "Scenario",
    "characteristics",
    "draw_outcome_trials",
    "expected_seconds",
    "operating_characteristics",
]
