"""Arm by visit as a design, and patterns of drop-out put together."""

from __future__ import annotations

import math

import numpy as np
import pytest

from analysis.biomarkers import mixed_model
from analysis.errors import DesignError
from analysis.quality_of_life import course_design, pattern_mixture

STEP = 42


def balanced(seed=3, n=30, weeks=(6, 12)):
    """Complete forms of n patients an arm: the design then gives differences of means, adjusted for baseline."""
    rng = np.random.default_rng(seed)
    patients = [f"P{i}" for i in range(2 * n)]
    arm = np.arange(2 * n) < n
    base = rng.normal(60, 15, 2 * n)
    scores = base[:, None] + np.where(arm[:, None], [-8.0, -2.0], [0.0, 1.0]) + rng.normal(0, 5, (2 * n, 2))
    who = [one for one in patients for _ in range(3)]
    day = [day for _ in patients for day in (0, STEP, 2 * STEP)]
    return who, day, np.column_stack([base, scores]).ravel(), patients, arm


def made_of(who, day, score, patients, arm, **changed):
    settings = {"patients": patients, "in_arm": arm, "every_weeks": 6, "until_week": 12, **changed}
    return course_design(who, day, score, **settings)


def test_the_mean_difference_is_the_mean_of_the_visits():
    made = made_of(*balanced())
    model = mixed_model(made.outcome, made.design, made.patients, terms=made.terms)
    each = [model.contrast(made.difference(week), name="x").estimate for week in (6, 12)]
    assert model.contrast(made.difference(), name="x").estimate == pytest.approx(np.mean(each), abs=1e-9)


def test_the_truth_that_was_put_in_is_found():
    made = made_of(*balanced(n=400))
    model = mixed_model(made.outcome, made.design, made.patients, terms=made.terms)
    found = [model.contrast(made.difference(week), name="x") for week in (6, 12)]
    for one, true in zip(found, (-8, -3), strict=True):
        assert abs(one.estimate - true) < 3.5 * one.std_error
        assert one.std_error < 0.5


def test_with_complete_forms_the_difference_is_that_of_analysis_of_covariance():
    who, day, score, patients, arm = balanced()
    made = made_of(who, day, score, patients, arm)
    model = mixed_model(made.outcome, made.design, made.patients, terms=made.terms)
    table = np.asarray(score).reshape(-1, 3)
    change = table[:, 1:].mean(axis=1) - table[:, 0]
    columns = np.column_stack([np.ones(len(arm)), table[:, 0], arm])
    slope = np.linalg.lstsq(columns, change, rcond=None)[0][2]
    assert model.contrast(made.difference(), name="x").estimate == pytest.approx(slope, abs=1e-6)


def test_of_two_forms_at_a_visit_the_nearer_counts_and_the_baseline_is_the_last_before_treatment():
    made = course_design(
        ["A", "A", "A", "A", "B", "B"], [-20, -1, 38, 43, 0, 42], [10, 50, 0, 60, 50, 50],
        patients=["A", "B"], in_arm=[True, False], every_weeks=6, until_week=6,
    )  # fmt: skip
    assert made.outcome.tolist() == [10, 0]


def test_who_has_no_baseline_or_nothing_after_it_is_counted():
    made = course_design(
        ["A", "A", "B", "B", "C", "D"], [0, 42, 0, 42, 42, 0], [50, 60, 70, 60, 20, 30],
        patients=list("ABCD"), in_arm=[True, False, True, False], every_weeks=6, until_week=6,
    )  # fmt: skip
    assert (made.n, made.without) == (2, 2)


def test_a_visit_without_forms_of_an_arm_is_refused():
    with pytest.raises(DesignError, match="no form at week 6"):
        course_design(["A", "A", "B"], [0, 42, 0], [50, 60, 70], patients=["A", "B"], in_arm=[True, False],
                      every_weeks=6, until_week=6)  # fmt: skip


def test_a_pattern_of_everybody_is_the_estimate_itself():
    found = pattern_mixture([-2.0, -2.0], [1.0, 1.0], [99, 1])
    assert found.estimate == -2
    half = 1.959964 * math.sqrt(0.99**2 + 0.01**2)
    assert found.high - found.estimate == pytest.approx(half, abs=1e-5)


@pytest.mark.parametrize(("errors", "sizes"), [([1.0, 1.0], [10, 0]), ([1.0, 0.0], [10, 5])])
def test_an_empty_pattern_and_one_known_without_error_are_refused(errors, sizes):
    with pytest.raises(DesignError, match="at least two patterns, each with patients"):
        pattern_mixture([-2.0, -3.0], errors, sizes)


def test_a_form_soon_after_day_0_is_no_baseline_of_no_visit_and_counted():
    made = course_design(
        ["A", "A", "A", "B", "B", "C", "C"], [0, 5, 42, 0, 42, 21, 42], [50, 10, 60, 50, 50, 20, 30],
        patients=["A", "B", "C"], in_arm=[True, False, True], every_weeks=6, until_week=6,
    )  # fmt: skip
    assert made.outcome.tolist() == [10, 0]
    assert (made.n, made.without, made.of_no_visit) == (2, 1, 2)


def test_a_patient_named_twice_among_the_randomised_is_refused():
    with pytest.raises(DesignError, match="more than once") as caught:
        course_design(["A", "A"], [0, 42], [50, 60], patients=["A", "B", "A"], in_arm=[True, False, True],
                      every_weeks=6, until_week=6)  # fmt: skip
    assert caught.value.offenders == ("A",)
