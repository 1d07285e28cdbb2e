"""Risks from models of the others: equal to fits made one by one, and honest where the marker is noise."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import calibration, cox, left_out_risks, predicted_survival


def test_each_risk_is_that_of_a_fit_without_the_patient_by_breslow_by_hand():
    time, event = np.array([30.0, 50, 80, 120, 160, 200]), np.array([1, 1, 0, 1, 1, 0])
    marker = np.array([5.0, 1, 2, 0, 3, -2])
    risks = left_out_risks(time, event, marker, day=100)
    others = np.array([0, 1, 3, 4, 5])
    fit = cox(time[others], event[others], marker[others])
    weights = np.exp(fit.coefficients[0] * marker[others])
    # events of the others by day 100: at 30 (all five at risk) and at 50 (four); no ties
    hazard = 1 / weights.sum() + 1 / weights[1:].sum()
    assert risks[2] == pytest.approx(1 - np.exp(-hazard * np.exp(fit.coefficients[0] * marker[2])), rel=1e-9)


@pytest.mark.parametrize("seed", range(5))
def test_noise_is_overconfident_where_the_apparent_slope_is_one(seed):
    generator = np.random.default_rng(seed)
    time, noise, event = generator.exponential(200, 60), generator.normal(size=60), np.ones(60)
    apparent = predicted_survival(cox(time, event, noise), noise[:, None], [150]).risk[:, 0]
    assert calibration(time, event, apparent, day=150).slope.estimate == pytest.approx(1, rel=1e-6)
    left_out = left_out_risks(time, event, noise, day=150)
    assert calibration(time, event, left_out, day=150).slope.estimate < 0.9


def test_three_patients_cannot_be_left_out():
    with pytest.raises(DesignError, match="3 patients"):
        left_out_risks([30, 50, 80], [1, 1, 0], [1, 2, 3], day=40)
