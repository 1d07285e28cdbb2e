"""How sure the classes of patients are: published numbers, hand computation, recovery of a simulated truth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.pet import RULES, Repeatability, criterion_certainty, response_certainty, trial_rule
from analysis.pet.response.change_prior import change_prior
from analysis.pet.response.criteria import EortcFacts, PercistFacts
from analysis.pet.response.lesion_arrays import LesionArrays
from analysis.pet.response.lesion_rules import lesion_rules
from analysis.pet.response.patient_rules import decided
from analysis.pet.response.patients import Assessed
from analysis.pet.response.true_values import draw_true_values, true_value_moments

QUARTER, FIFTEEN = trial_rule("suv_max", 25.0), trial_rule("suv_max", 15.0)
TEN = Repeatability("suv_max", 10)
S = float(TEN.log_sd_at(1.0))


def assessed(before, after, *, new=(), volume=None):
    before, after = np.atleast_2d(before).astype(float), np.atleast_2d(after).astype(float)
    names = [f"P{i:05d}" for i in range(len(before))]
    there = ~np.isnan(before)
    table = pd.DataFrame({"patient_id": pd.array(names, dtype="string"), "reason": ""})
    table["new_lesion"] = pd.array(["yes" if i in new else "no" for i in range(len(before))], dtype="string")
    return Assessed(
        table, LesionArrays(names, before, after, np.where(there, 1.0, np.nan), there, after == 0)
    )


def certainty(seen, rule="any_resistant", lesion_rule=QUARTER, model=TEN, seed=1, draws=4000, prior="flat"):
    found, switches = response_certainty(
        seen if isinstance(seen, dict) else {"day14": seen},
        lesion_rule=lesion_rule, patient_rule=RULES[rule], repeatability=model, seed=seed, draws=draws, prior=prior,
    )  # fmt: skip
    return (found, switches) if isinstance(seen, dict) else found["day14"]


@pytest.mark.parametrize(("lesions", "share"), [(1, 0.08), (5, 0.36), (10, 0.59)])
def test_the_any_lesion_rule_errs_more_often_with_more_lesions(lesions, share):
    """True decrease 30 % in every lesion: how often at least one is measured above −15 %."""
    rng = np.random.default_rng(np.random.SeedSequence(2))
    before = 8 * np.exp(rng.normal(0, S, (40_000, lesions)))
    after = 8 * 0.7 * np.exp(rng.normal(0, S, (40_000, lesions)))
    change = decided(RULES["any_resistant"], FIFTEEN, before, after, np.ones_like(before))
    assert (~FIFTEEN.responds(change)).mean() == pytest.approx(share, abs=0.01)
    # The same from the other side: measured −30 % everywhere, the truth of one lesion above −15 %.
    found = certainty(
        assessed(np.full(lesions, 8.0), np.full(lesions, 5.6)), lesion_rule=FIFTEEN, draws=100_000
    )
    assert found.patients["probability_misclassified"][0] == pytest.approx(share, abs=0.01)


def test_one_lesion_gives_the_closed_form():
    found = certainty(assessed(10, 7), draws=100_000).patients.iloc[0]
    assert found["probability_responder"] == pytest.approx(0.6876, abs=0.006)
    assert found["probability_real"] == pytest.approx(0.9943, abs=0.002)
    assert (found["low_percent"], found["high_percent"]) == pytest.approx((-46.9, -7.7), abs=0.5)


@pytest.mark.parametrize("rule", list(RULES))
@pytest.mark.parametrize("shared", [0.0, 0.5])
def test_the_expected_number_of_misclassified_patients_is_the_actual_one(rule, shared):
    """Patients with a known truth, spread widely, measured twice with error; the truth is then looked at."""
    model = Repeatability("suv_max", 10, shared=shared)
    rng = np.random.default_rng(np.random.SeedSequence([4, int(10 * shared)]))
    n, lesions = 2500, 3
    level = rng.uniform(np.log(3), np.log(20), (n, lesions))
    truth = level + rng.uniform(np.log(0.15), np.log(4), (n, 1)) + rng.uniform(-2, 2, (n, lesions))

    def measured(log_values):
        scan, own = rng.standard_normal((n, 1)), rng.standard_normal((n, lesions))
        return np.exp(log_values + S * (np.sqrt(shared) * scan + np.sqrt(1 - shared) * own))

    seen = assessed(measured(level), measured(truth))
    found = certainty(seen, rule, model=model, draws=250)
    volume = np.ones((n, lesions))
    change = decided(RULES[rule], QUARTER, np.exp(level), np.exp(truth), volume)
    wrong = QUARTER.responds(change) != (found.patients["response"] == "responder").to_numpy()
    error = np.sqrt(found.misclassified)  # of a count of rare events
    assert wrong.sum() == pytest.approx(found.misclassified, abs=3 * error)
    said = found.patients["probability_responder"].to_numpy()
    for low in (0.1, 0.4, 0.7):
        here = (said >= low) & (said < low + 0.2)
        observed = QUARTER.responds(change)[here]
        assert observed.mean() == pytest.approx(said[here].mean(), abs=3.5 * 0.5 / np.sqrt(here.sum()))
    held = (found.patients["low_percent"] <= change) & (change <= found.patients["high_percent"])
    assert held.mean() == pytest.approx(0.95, abs=0.02)


def trial_like(n, *, lesions=3, shared=0.0, skewed=False):
    """Spread of the simulated trial: about 13.5 points between patients, 6 between lesions; measured and true values.

    Normal on the log scale, as the prior supposes, or normal in percent, as the trial is simulated.
    """
    rng = np.random.default_rng(np.random.SeedSequence([6, lesions, int(10 * shared), skewed]))
    level = np.log(6.5) + 0.4 * rng.standard_normal((n, lesions))
    between, within = rng.standard_normal((n, 1)), rng.standard_normal((n, lesions))
    change = -0.294 + 0.195 * between + 0.085 * within
    if skewed:
        change = np.log1p(-np.minimum(23.6 + 13.5 * between + 6 * within, 90) / 100)
    truth = level + change

    def measured(values):
        scan, own = rng.standard_normal((n, 1)), rng.standard_normal((n, lesions))
        return np.exp(values + S * (np.sqrt(shared) * scan + np.sqrt(1 - shared) * own))

    return assessed(measured(level), measured(truth)), np.exp(level), np.exp(truth)


@pytest.mark.parametrize(
    ("rule", "lesions", "shared"),
    [*((rule, 3, 0.0) for rule in RULES), ("any_resistant", 1, 0.0), ("any_resistant", 3, 0.5)],
)
def test_where_patients_change_alike_the_prior_of_the_study_expects_what_is_true(rule, lesions, shared):
    seen, level, truth = trial_like(3000, lesions=lesions, shared=shared)
    found = certainty(seen, rule, model=Repeatability("suv_max", 10, shared=shared), draws=200, prior="study")
    assert found.prior == "study"
    change = decided(RULES[rule], QUARTER, level, truth, np.ones_like(level))
    responds = QUARTER.responds(change)
    wrong = (responds != (found.patients["response"] == "responder").to_numpy()).sum()
    chance = 3 * np.sqrt(found.misclassified)
    assert wrong == pytest.approx(found.misclassified, abs=chance)
    assert responds.sum() == pytest.approx(found.responders, abs=chance)
    said = found.patients["probability_responder"].to_numpy()
    for low in (0.05, 0.2, 0.4, 0.6, 0.8):
        here = (said >= low) & (said < low + 0.15)
        assert responds[here].mean() == pytest.approx(said[here].mean(), abs=3.5 * 0.5 / np.sqrt(here.sum()))
    held = (found.patients["low_percent"] <= change) & (change <= found.patients["high_percent"])
    assert held.mean() == pytest.approx(0.95, abs=0.015)


def test_where_patients_change_alike_the_flat_prior_expects_too_few_errors_and_responders_as_documented():
    """Changes normal in percent are skewed on the log scale, which costs the study's prior a twentieth."""
    seen, level, truth = trial_like(10_000, skewed=True)
    change = decided(RULES["any_resistant"], QUARTER, level, truth, np.ones_like(level))
    responds = QUARTER.responds(change)
    flat, study = (certainty(seen, draws=60, prior=prior) for prior in ("flat", "study"))
    wrong = (responds != (flat.patients["response"] == "responder").to_numpy()).sum()
    assert 0.72 < flat.misclassified / wrong < 0.87
    assert 0.60 < flat.responders / responds.sum() < 0.75
    assert study.misclassified / wrong == pytest.approx(1, abs=0.1)
    assert study.responders / responds.sum() == pytest.approx(1, abs=0.1)


def test_draws_of_one_lesion_have_the_moments_of_the_closed_form():
    seen, *_ = trial_like(40)
    lesions = seen.lesions
    after = lesions.after.copy()
    after[0, 1] = np.nan
    model = Repeatability("suv_max", 10, smallest_difference=1.5, shared=0.3)
    prior = change_prior(lesions.before, after[:, None], model)
    first, second = draw_true_values(
        lesions.before, after[:, None], model, prior=prior, draws=20_000, seed=np.random.SeedSequence(1)
    )
    one, two = np.log(first), np.log(second[:, 0])
    drawn = [one.mean(0), two.mean(0), one.var(0), two.var(0), ((one - one.mean(0)) * two).mean(0)]
    for value, moment in zip(
        drawn, true_value_moments(lesions.before, after, model, prior=prior), strict=True
    ):
        known = ~np.isnan(moment)
        assert known.sum() == 119
        assert value[known] == pytest.approx(moment[known], abs=0.005)


def test_the_prior_recovers_how_true_changes_are_spread_and_needs_ten_patients():
    seen, *_ = trial_like(3000)
    found = change_prior(seen.lesions.before, seen.lesions.after[:, None], TEN)
    assert found.mean[0] == pytest.approx(-0.294, abs=0.015)
    assert found.between_patients[0, 0] == pytest.approx(0.195**2, rel=0.12)
    assert found.between_lesions[0, 0] == pytest.approx(0.085**2, rel=0.12)
    few, *_ = trial_like(9)
    assert certainty(few, prior="study", draws=50).prior == "flat"
    with pytest.raises(DesignError, match="flat or study"):
        certainty(few, prior="normal")


def test_the_interval_of_the_number_misclassified_is_that_of_its_draws():
    found = certainty(assessed(np.full((400, 1), 10.0), np.full((400, 1), 7.0)), draws=2000)
    p = 1 - 0.6876
    assert found.misclassified == pytest.approx(400 * p, abs=1)
    spread = 1.96 * np.sqrt(400 * p * (1 - p))
    assert found.misclassified_high - found.misclassified_low == pytest.approx(2 * spread, rel=0.06)


def test_a_new_lesion_is_certain_and_so_is_one_that_disappeared():
    found = certainty(assessed([[10.0], [10.0]], [[5.0], [0.0]], new=(0,))).patients
    assert found["probability_responder"].tolist() == [0, 1]
    assert found["probability_progression"].tolist() == [1, 0]
    assert found["probability_misclassified"].tolist() == [0, 0]


def test_missing_lesions_and_the_order_of_patients_change_nothing():
    before, after = np.array([[10.0, 6.0], [8.0, np.nan]]), np.array([[6.0, 4.0], [7.0, np.nan]])
    one = certainty(assessed(before, after), draws=20_000).patients
    alone = certainty(assessed(before[1:, :1], after[1:, :1]), draws=20_000).patients
    assert one["probability_responder"][1] == pytest.approx(alone["probability_responder"][0], abs=0.015)


def test_equal_seeds_give_equal_numbers_and_others_do_not():
    seen = assessed([[10.0, 8.0]], [[7.0, 6.0]])
    first, again, other = (certainty(seen, seed=seed).misclassified for seed in (1, 1, 2))
    assert first == again
    assert first != other


def test_a_switch_between_days_within_the_noise_is_told_from_a_real_one():
    before = np.full((3, 1), 10.0)
    days = {
        "day14": assessed(before, [[7.4], [4.0], [5.0]]),
        "day28": assessed(before, [[7.6], [12.0], [5.0]]),
    }
    _, switches = certainty(days, draws=20_000)
    assert switches["switched"].tolist() == [True, True, False]
    near, far, none = switches["probability_switch"]
    # Three scans of one lesion near the cut-off share the baseline: correlation ½ of the two changes, P = acos(½)/π.
    assert near == pytest.approx(1 / 3, abs=0.02)
    assert far > 0.99
    assert none < 0.02


def test_patients_seen_at_one_day_only_are_not_among_the_switches():
    first, second = assessed([[10.0], [9.0]], [[7.0], [6.0]]), assessed([[10.0]], [[8.0]])
    found, switches = certainty({"day14": first, "day28": second})
    assert switches["patient_id"].tolist() == ["P00000"]
    assert len(found["day14"].patients) == 2


def test_the_repeatability_of_another_measure_is_refused():
    with pytest.raises(DesignError, match="suv_mean"):
        certainty(assessed(10, 7), model=Repeatability("suv_mean", 10))


def test_the_classes_of_eortc_follow_the_closed_form_of_one_lesion():
    seen = assessed([[10.0], [10.0], [10.0]], [[8.0], [13.0], [5.0]], new=(2,))
    rule = lesion_rules()["eortc_one_cycle"]
    none = np.array(["", "", ""], dtype=object)
    facts = EortcFacts(seen, rule, np.array([False, False, True]), np.zeros(3, bool), none)
    found = criterion_certainty(facts, repeatability=TEN, seed=1, draws=40_000)
    assert found["measured"].tolist() == ["PMR", "PMD", "PMD"]
    # z = (ln 0.85 - ln 0.8) / 0.14107 = 0.4297; (ln 1.3 - ln 1.25) / 0.14107 = 0.2780
    assert found["PMR"][0] == pytest.approx(0.666, abs=0.008)
    assert found["PMD"][1] == pytest.approx(0.609, abs=0.008)
    assert found["PMD"][2] == 1
    assert found[["CMR", "PMR", "SMD", "PMD"]].sum(axis=1).tolist() == pytest.approx([1, 1, 1])


def test_the_classes_of_percist_are_drawn_for_those_that_can_be_assessed():
    seen = assessed([[6.0], [6.0], [6.0]], [[4.2], [1.4], [6.0]])
    reason = np.array(["", "", "not comparable: uptake"], dtype=object)
    tlg = np.full((3, 1), 10.0)
    facts = PercistFacts(
        seen, lesion_rules()["percist"], np.zeros(3, bool), reason, np.full(3, 1.5), tlg, tlg
    )
    found = criterion_certainty(
        facts,
        repeatability=Repeatability("sul_peak", 10),
        prior="flat",
        glycolysis=Repeatability("tlg_g", 20),
        seed=1,
        draws=40_000,
    )
    assert found["measured"].tolist() == ["PMR", "CMR"]
    # Half, unless TLG grows (below): 0.5 × 0.9775
    assert found["PMR"][0] == pytest.approx(0.489, abs=0.01)
    # z = ln(1.5 / 1.4) / 0.09975 = 0.6917 for the follow-up alone: 0.7554 × 0.9775
    assert found["CMR"][1] == pytest.approx(0.738, abs=0.01)
    # TLG unchanged, wCV 20 %: +75 % lies 1.99 standard deviations away
    assert found["PMD"][0] == pytest.approx(0.0225, abs=0.004)
