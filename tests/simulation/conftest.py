"""Many simulated trials, drawn once for all tests that look for the truth put into them."""

from __future__ import annotations

import pytest

from analysis.simulation import JointDraw, draw_joint

TRIALS = 200
SIZE = 46


@pytest.fixture(scope="session")
def trials() -> list[JointDraw]:
    """Two hundred trials of 46 patients with the published effect, seeds 0-199."""
    return [draw_joint(SIZE, seed=seed) for seed in range(TRIALS)]
