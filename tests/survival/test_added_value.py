"""Two signs together: hand-made pairs, the single fits, and signs that say the same."""

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import added_value, firth_cox

LABELS = ("PET", "ctDNA")


def trial(n=200, effect=(1.0, 1.0), seed=1):
    rng = np.random.default_rng(seed)
    pet, plasma = rng.random(n) < 0.6, rng.random(n) < 0.4
    time = rng.exponential(100 / np.exp(effect[0] * pet + effect[1] * plasma))
    return np.minimum(time, 150), time < 150, pet, plasma


def test_concordance_is_that_of_the_pairs_counted_by_hand():
    # Events at 3, 5, 6, 8; pairs 5 + 4 + 3 + 2 = 14. Number of signs 2, 1, 1, 1, 0, 0: the patient at 3 wins 5; at 5
    # ties with 6 and 8 and wins 2; at 6 ties with 8 and wins 2; at 8 wins 2: 11 wins and 3 ties of 14 pairs.
    found = added_value(
        [3, 5, 6, 8, 9, 12], [1, 1, 1, 1, 0, 0], [1, 1, 0, 1, 0, 0], [1, 0, 1, 0, 0, 0], labels=LABELS
    )
    assert found.concordance[2].estimate == pytest.approx((11 + 1.5) / 14)
    assert found.gain[1].estimate == pytest.approx(
        found.concordance[2].estimate - found.concordance[0].estimate
    )


def test_adding_a_sign_is_tested_by_its_penalised_likelihood_ratio_beside_the_other():
    time, event, pet, plasma = trial(60)
    found = added_value(time, event, pet, plasma, labels=LABELS)
    fit = firth_cox(time, event, np.column_stack([pet, plasma]), terms=LABELS)
    assert found.adjusted[1].p_value == fit.penalised_likelihood_ratio("ctDNA").p_value
    assert found.alone[0].estimate == pytest.approx(
        float(np.exp(firth_cox(time, event, pet).coefficients[0]))
    )


def test_the_truth_is_found_and_no_interaction_where_there_is_none():
    found = added_value(*trial(120), labels=LABELS)
    for one in found.adjusted:
        assert one.low < np.e < one.high
    assert found.interaction.low < 1 < found.interaction.high
    assert all(gain.estimate > 0 for gain in found.gain)


def test_a_sign_that_says_nothing_adds_nothing():
    found = added_value(*trial(120, effect=(1.2, 0.0)), labels=LABELS)
    assert found.adjusted[1].p_value > 0.05
    assert found.gain[1].low < 0 < found.gain[1].high + 0.05


def test_an_empty_class_leaves_the_interaction_out_and_says_so():
    found = added_value(
        [3, 5, 6, 8, 9, 12], [1, 1, 1, 1, 0, 0], [1, 1, 1, 1, 0, 0], [1, 0, 1, 0, 0, 0], labels=LABELS
    )
    assert found.interaction is None
    assert found.warnings == ("No interaction: no patient has PET no and ctDNA yes.",)


@pytest.mark.parametrize(
    ("first", "second", "says"),
    [
        ([1, 1, 0, 0], [1, 1, 0, 0], "say the same"),
        ([1, 1, 1, 1], [1, 0, 0, 0], "same in all patients"),
        ([1, 2, 0, 0], [1, 0, 0, 0], "neither yes nor no"),
        ([1, 0, 0], [1, 0, 0, 0], "one a patient"),
    ],
)
def test_calls_that_cannot_be_compared_are_refused(first, second, says):
    with pytest.raises(DesignError, match=says):
        added_value([1, 2, 3, 4], [1, 1, 1, 1], first, second, labels=LABELS)
