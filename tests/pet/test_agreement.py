"""Agreement of two days: by hand, and against the delta method."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.pet import agreement_of
from analysis.pet.response.agreement import cohens_kappa


def table(changes, cutoff=25):
    change = np.array(changes, float)
    response = np.where(
        np.isnan(change), "not_assessable", np.where(change <= -cutoff, "responder", "non_responder")
    )
    return pd.DataFrame(
        {"patient_id": [f"P{i}" for i in range(len(change))], "response": response, "change_percent": change}
    )


def test_four_patients_by_hand():
    found = agreement_of(table([-40, -30, -10, 5, -50]), table([-30, -10, -30, 10, np.nan]))
    assert (found.n, found.both_responder, found.first_only, found.second_only, found.neither) == (
        4,
        1,
        1,
        1,
        1,
    )
    assert found.agreement_percent == 50
    assert found.kappa == pytest.approx(0)
    assert found.mcnemar_p == pytest.approx(1)
    differences = np.array([10.0, 20, -20, 5])
    assert found.bias == pytest.approx(differences.mean())
    assert found.limit_high == pytest.approx(differences.mean() + 1.959964 * differences.std(ddof=1))
    # t(0.975; 3) = 3.182446
    spread = 3.182446 * differences.std(ddof=1) * np.sqrt(1 / 4 + 1.959964**2 / 6)
    assert found.limit_reach == pytest.approx(spread, rel=1e-6)
    assert found.switchers["patient_id"].tolist() == ["P1", "P2"]


def test_mcnemar_is_the_exact_binomial_of_the_discordant_pairs():
    found = agreement_of(table([-40] * 6 + [0] * 4), table([0] * 6 + [0] * 4))
    assert found.mcnemar_p == pytest.approx(2 * 0.5**6)


@given(st.lists(st.integers(0, 30), min_size=4, max_size=4).filter(lambda c: sum(c) > 1))
def test_the_interval_of_kappa_is_that_of_the_delta_method(counts):
    """The variance of any function of multinomial shares follows from its gradient, here taken numerically."""
    square = np.array(counts).reshape(2, 2)
    n, p = square.sum(), square / square.sum()
    chance = p.sum(0) @ p.sum(1)
    if chance >= 1 - 1e-9:
        assert np.isnan(cohens_kappa(square)).all()
        return

    def kappa_of(q):
        q = q / q.sum()
        expected = q.sum(0) @ q.sum(1)
        return (np.trace(q) - expected) / (1 - expected)

    step = 1e-6
    gradient = np.zeros((2, 2))
    for place in np.ndindex(2, 2):
        bump = np.zeros((2, 2))
        bump[place] = step
        gradient[place] = (
            (kappa_of(p + bump) - kappa_of(np.abs(p - bump))) / (2 * step) if p[place] > step else 0
        )
    variance = ((p * gradient**2).sum() - (p * gradient).sum() ** 2) / n
    reach = 1.959963985 * np.sqrt(max(variance, 0))
    kappa, low, high = cohens_kappa(square)
    assert kappa == pytest.approx(kappa_of(p), abs=1e-12)
    assert low == pytest.approx(max(kappa - reach, -1), abs=1e-4)
    assert high == pytest.approx(min(kappa + reach, 1), abs=1e-4)


def test_nobody_assessable_at_both_is_nothing_and_no_error():
    found = agreement_of(table([-40, np.nan]), table([np.nan, -40]))
    assert found.n == 0
    assert np.isnan([found.agreement_percent, found.kappa, found.bias]).all()


def test_two_rows_for_a_patient_are_refused():
    twice = pd.concat([table([-40]), table([-40])])
    with pytest.raises(DesignError, match="two responses"):
        agreement_of(twice, table([-40]))
