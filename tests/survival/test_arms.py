"""Two arms: everybody as randomised, the effect in subgroups beside its test, the two readers."""

from __future__ import annotations

import importlib
import math

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import (
    compare_arms,
    cox,
    grouping,
    hazard_ratio,
    interaction,
    kaplan_meier,
    reader_agreement,
    subgroup_effects,
)

# R 4, survival, data lung without the patient whose ECOG is missing; event is death:
# coxph(Surv(time, status) ~ female * I(ph.ecog >= 1), control = coxph.control(eps = 1e-15, iter.max = 100)), its
# likelihood-ratio test, and the roots of its profile deviance
RATIO, LOW, HIGH, P = math.exp(0.147740321712364), 0.5159698322801, 2.8107398053249, 0.728135218414686
INSIDE, OUTSIDE = 0.590444594421373, 0.540610471673793
# the same with factor(pmin(ph.ecog, 2)): pchisq(2 * (loglik with products - without), 2, lower = FALSE)
P_THREE_LEVELS = 0.78948986301633
# coxph(Surv(time, status) ~ female + strata(ph.ecog))
STRATIFIED = 0.574437223328791
SETTINGS = {"control": 0, "end_point": "OS"}


@pytest.fixture
def lung(table):
    return table("lung").dropna(subset=["ph.ecog"]).reset_index(drop=True)


def compared(data, **changed):
    settings = {**SETTINGS, "tau_months": 12, "rates_at_months": [6], **changed}
    return compare_arms(data["time"], data["status"], data["female"].tolist(), **settings)


def test_the_hazard_ratio_within_strata_equals_r(lung):
    found = compared(lung, strata=lung["ph.ecog"].tolist())
    assert found.hazard_ratio_stratified.estimate == pytest.approx(STRATIFIED, abs=1e-9)
    assert found.without_stratum == 0


def test_the_stratified_log_rank_test_equals_r(lung, reference):
    expected = reference("lung")["logrank_sex_strat_ecog"]["stratified"]
    found = compared(lung, strata=lung["ph.ecog"].tolist())
    assert found.p_value == pytest.approx(expected["p"], abs=1e-9)
    assert found.logrank.p_value != found.logrank_stratified.p_value


def test_a_patient_without_a_stratum_is_in_everything_but_the_stratified_analyses(lung):
    strata = [None, *lung["ph.ecog"].tolist()[1:]]
    found = compared(lung, strata=strata)
    assert (found.n, found.without_stratum) == (227, 1)
    assert found.hazard_ratio_stratified.n == 226
    assert "1 patients without a known stratum" in " ".join(found.warnings)


def test_who_was_censored_at_randomisation_is_counted_and_changes_no_ratio(lung):
    row = lung.iloc[[0]].assign(time=0, status=0)
    found, before = compared(pd.concat([lung, row])), compared(lung)
    assert (found.n, before.n) == (228, 227)
    assert found.hazard_ratio.estimate == pytest.approx(before.hazard_ratio.estimate, abs=1e-12)


def test_a_patient_without_an_arm_is_refused(lung):
    arm = grouping([None, *lung["female"].tolist()[1:]], 0.0, name="arm")
    with pytest.raises(DesignError, match="226 patients with an arm for 227"):
        compare_arms(lung["time"], lung["status"], arm, tau_months=12, rates_at_months=[6], **SETTINGS)


def test_the_interaction_equals_r(lung):
    arms = lung["female"].tolist()
    found = interaction(lung["time"], lung["status"], arms, lung["ph.ecog"] >= 1, name="ECOG", **SETTINGS)
    assert found.estimate == pytest.approx(RATIO, abs=1e-9)
    assert (found.low, found.high) == pytest.approx((LOW, HIGH), abs=1e-7)
    assert found.p_value == pytest.approx(P, abs=1e-9)
    assert (found.inside.estimate, found.outside.estimate) == pytest.approx((INSIDE, OUTSIDE), abs=1e-9)


def test_the_ratio_turns_over_when_the_subgroup_becomes_the_others(lung):
    arms, inside = lung["female"].tolist(), lung["ph.ecog"] >= 1
    one = interaction(lung["time"], lung["status"], arms, inside, name="ECOG", **SETTINGS)
    other = interaction(lung["time"], lung["status"], arms, ~inside, name="ECOG", **SETTINGS)
    assert one.estimate * other.estimate == pytest.approx(1, abs=1e-9)
    assert one.p_value == pytest.approx(other.p_value, abs=1e-9)


def test_a_characteristic_of_three_levels_has_one_test_with_two_degrees_of_freedom(lung):
    levels = pd.DataFrame({"ECOG": lung["ph.ecog"].clip(upper=2).astype(int).astype(str)})
    found = subgroup_effects(lung["time"], lung["status"], lung["female"].tolist(), levels, **SETTINGS)
    assert [row.level for row in found] == ["0", "1", "2"]
    assert {round(row.interaction_p, 9) for row in found} == {round(P_THREE_LEVELS, 9)}
    assert sum(row.n for row in found) == 227


def test_a_level_that_lacks_an_arm_is_a_stated_refusal(lung):
    only = np.where(lung["female"] == 1, "a", "b")
    only[:40] = np.where(lung["female"][:40] == 1, "a", "a")
    found = subgroup_effects(
        lung["time"], lung["status"], lung["female"].tolist(), pd.DataFrame({"site": only}), **SETTINGS
    )
    both, one = found
    assert both.estimate > 0
    assert math.isnan(one.estimate)
    assert one.note == "not estimated: every patient is of the arm 0"
    assert math.isnan(one.interaction_p)


def test_an_interaction_with_a_subgroup_that_lacks_an_arm_is_refused(lung):
    inside = lung["female"] == 1
    with pytest.raises(DesignError, match="the subgroup: there is no patient of the arm 0"):
        interaction(lung["time"], lung["status"], lung["female"].tolist(), inside, name="x", **SETTINGS)


def test_readers_are_counted_by_hand():
    # both same, local 40 later, local 40 earlier, local only, central only, neither
    found = reader_agreement(
        [84, 124, 84, 126, 168, 200],
        [1, 1, 1, 1, 0, 0],
        [84, 84, 124, 126, 126, 200],
        [1, 1, 1, 0, 1, 0],
        tolerance_days=21,
    )
    assert (found.same, found.local_later, found.local_earlier) == (1, 1, 1)
    assert (found.local_only, found.central_only, found.neither) == (1, 1, 1)
    assert found.early_rate == pytest.approx(2 / 4)  # (b + a3) / (a + b)
    assert found.late_rate == pytest.approx(2 / 4)  # (c + a2) / (b + c + a2 + a3)
    assert found.days_apart == (-20, 0, 20)  # of -40, 0 and 40


def test_readers_who_agree_disagree_never():
    found = reader_agreement([10, 20, 30], [1, 1, 0], [10, 20, 30], [1, 1, 0], tolerance_days=0)
    assert found.early_rate == 0
    assert math.isnan(found.late_rate)
    assert found.estimate == 1


def test_curves_of_the_arms_are_those_of_kaplan_and_meier(lung):
    found = compared(lung)
    part = lung[lung["female"] == 1]
    assert found.curves[0].median == kaplan_meier(part["time"], part["status"]).median


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        (lambda inside: inside.astype(float).where(inside.index != 3), "not known, or is neither"),
        (lambda inside: inside.astype("boolean").where(inside.index != 3), "not known, or is neither"),
        (lambda inside: inside.astype(float).where(inside.index != 3, 2.0), "not known, or is neither"),
    ],
)
def test_a_patient_not_known_to_be_in_the_subgroup_is_refused_by_position(lung, changed, message):
    arms, inside = lung["female"].tolist(), changed(lung["ph.ecog"] >= 1)
    with pytest.raises(DesignError, match=message) as caught:
        interaction(lung["time"], lung["status"], arms, inside, name="ECOG", **SETTINGS)
    assert caught.value.offenders == ("3",)


def test_memberships_of_another_number_of_patients_are_refused(lung):
    with pytest.raises(DesignError, match="226 memberships of the subgroup stand beside 227 patients"):
        interaction(
            lung["time"], lung["status"], lung["female"].tolist(), [True] * 226, name="ECOG", **SETTINGS
        )


def test_characteristics_of_another_number_of_patients_are_refused_with_what_to_do(lung):
    with pytest.raises(DesignError, match=r"226 rows of characteristics stand beside 227.*Expected.*Do:"):
        subgroup_effects(
            lung["time"], lung["status"], lung["female"].tolist(), lung[["sex"]].iloc[1:], **SETTINGS
        )


@pytest.mark.parametrize("missing", [math.nan, pd.NA, None])
def test_every_missing_stratum_leaves_the_patient_out_of_the_stratified_part(lung, missing):
    found = compared(lung, strata=[missing, *lung["ph.ecog"].tolist()[1:]])
    assert (found.n, found.without_stratum, found.logrank_stratified.n) == (227, 1, 226)


def test_strata_of_another_number_of_patients_are_refused(lung):
    with pytest.raises(DesignError, match="226 strata stand beside 227 patients"):
        compared(lung, strata=lung["ph.ecog"].tolist()[1:])


def test_arms_are_compared_by_one_fit(lung, monkeypatch):
    fits, plain = [], cox

    def counted(*given, **named):
        fits.append(named["terms"])
        return plain(*given, **named)

    for room in ("arms", "hazard_ratio"):
        monkeypatch.setattr(importlib.import_module(f"analysis.survival.{room}"), "cox", counted)
    found = compared(lung)
    assert fits == [("1 v 0",)]
    alone = hazard_ratio(lung["time"], lung["status"], lung["female"], reference=0, interval="wald")
    assert found.hazard_ratio_wald == alone


def test_readers_of_different_patients_are_refused_with_what_to_do():
    with pytest.raises(DesignError, match=r"2 local readings stand beside 1 central.*Expected.*Do:"):
        reader_agreement([1, 2], [1, 1], [1], [1], tolerance_days=0)
