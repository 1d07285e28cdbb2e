"""Reconstruction against digitised curves whose patients are known."""

from __future__ import annotations

import importlib
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.evidence import (
    DigitisedArm,
    ReconstructedArm,
    read_figure,
    reconstruct_arm,
    reconstructed_ratio,
    redigitise,
)
from analysis.evidence.reconstruction import reconstruct_many
from analysis.evidence.redigitisation import moved
from analysis.survival import kaplan_meier

CASES = {"veteran": ("time", "status", "trt2", 0.1), "lung": ("time", "event", "female", 0.1)}


@pytest.fixture(scope="module", params=CASES)
def case(request, shared, tmp_path_factory):
    """Digitised arms of a known data set, the truth computed by R from its patients, and these patients."""
    folder, name = shared / "reference" / "survival", request.param
    out = tmp_path_factory.mktemp(name)
    for kind, renamed in (("curve", {"surv": "survival"}), ("risk", {})):
        parts = [
            pd.read_csv(folder / f"guyot_{name}_arm{g}_{kind}.csv").rename(columns=renamed).assign(arm=str(g))
            for g in (0, 1)
        ]
        pd.concat(parts).to_csv(out / f"{kind}.csv", index=False)
    truth = json.loads((folder / "ref_guyot_truth.json").read_text())[name]
    time, event, group, allowed = CASES[name]
    table = pd.read_csv(folder / f"{name}.csv")
    table["trt2"] = (table["trt"] == 2).astype(int) if "trt" in table else 0
    patients = [table.loc[table[group] == g, [time, event]].to_numpy(float) for g in (0, 1)]
    return read_figure(out / "curve.csv", out / "risk.csv"), truth, patients, allowed


def test_patients_and_events_of_each_arm_come_back(case):
    arms, truth, _, _ = case
    found = [reconstruct_arm(arm) for arm in arms]
    assert [one.n for one in found] == truth["n"]
    assert np.abs(np.subtract([one.events for one in found], truth["events"])).max() <= 2


def test_the_hazard_ratio_comes_back(case):
    arms, truth, _, allowed = case
    found = reconstructed_ratio([reconstruct_arm(arm) for arm in arms], control="0")
    assert np.log(found.estimate) == pytest.approx(truth["loghr"], abs=allowed)


def test_the_survival_curve_comes_back_at_every_time(case):
    """Within 0.01 at every patient's time, read where the digitiser's grid of 0.1 % of the axis can tell steps apart."""
    arms, _, patients, _ = case
    for arm, known in zip(arms, patients, strict=True):
        found, truth = reconstruct_arm(arm).curve(), kaplan_meier(*known.T)
        grid = known[:, 0].max() * 0.001
        for time in np.unique(known[:, 0]):
            near = [found.survival_at(max(time + k * grid, 0)).estimate for k in (-0.51, 0, 0.51)]
            assert min(abs(value - truth.survival_at(time).estimate) for value in near) <= 0.01


def test_printed_numbers_at_risk_are_met_exactly(case):
    for arm in case[0]:
        found = reconstruct_arm(arm)
        assert [(found.time >= t - 1e-9).sum() for t in arm.risk_times] == arm.at_risk.tolist()


def test_a_published_total_of_events_is_met(case):
    arms, truth, _, _ = case
    for arm, events in zip(arms, truth["events"], strict=True):
        assert reconstruct_arm(replace(arm, events=events)).events == events


def without_later_numbers(arms, events):
    """The same figure printed with the number of patients and the total of events only."""
    return [
        replace(arm, risk_times=arm.risk_times[:1], at_risk=arm.at_risk[:1], events=total)
        for arm, total in zip(arms, events, strict=True)
    ]


def test_without_later_numbers_at_risk_the_total_of_events_brings_the_truth_back(case):
    arms, truth, _, allowed = case
    found = [reconstruct_arm(arm) for arm in without_later_numbers(arms, truth["events"])]
    assert [one.events for one in found] == truth["events"]
    ratio = reconstructed_ratio(found, control="0")
    assert np.log(ratio.estimate) == pytest.approx(truth["loghr"], abs=allowed)


@pytest.mark.parametrize("known", [True, False])
def test_paths_that_are_given_up_on_the_way_are_never_the_best(case, known, monkeypatch):
    """The same patients come back as when no path is given up, digitised ten times."""
    arms, truth, _, _ = case
    module = importlib.import_module("analysis.evidence.censoring_path")
    for arm in without_later_numbers(arms, truth["events"] if known else [None, None]):
        points = moved(arm, 10, np.random.default_rng(1), 0.002 * arm.times[-1], 0.002)
        pruned = reconstruct_many(arm, *points)
        with monkeypatch.context() as context:
            context.setattr(module, "FAR", np.inf)
            whole = reconstruct_many(arm, *points)
        np.testing.assert_array_equal(pruned.time, whole.time)
        np.testing.assert_array_equal(pruned.event, whole.event)


def test_digitising_again_moves_the_result_a_little_and_the_same_way_for_one_seed(case):
    arms, truth, _, allowed = case
    first, again = (redigitise(arms, control="0", seed=3, samples=40) for _ in range(2))
    np.testing.assert_array_equal(first.hazard_ratios, again.hazard_ratios)
    assert 0 < np.std(np.log(first.hazard_ratios)) < allowed
    assert np.log(first.estimate) == pytest.approx(truth["loghr"], abs=allowed)
    for g in (0, 1):
        low, high = first.middle(first.medians[str(g)])
        assert low <= truth["median"][g] * 1.03
        assert high >= truth["median"][g] * 0.97


def digitised(time, event, ticks, *, name="a"):
    """Points of the exact Kaplan-Meier curve of these patients, and their numbers at risk."""
    curve = kaplan_meier(time, event)
    steps = (curve.events > 0) | (curve.times == 0) | (curve.times == curve.times[-1])
    end = float(np.max(time))
    kept = np.array([tick for tick in ticks if tick <= end])
    at_risk = np.array([(np.asarray(time) >= tick).sum() for tick in kept])
    times, place = np.unique(curve.times[steps], return_inverse=True)
    survival = np.full(times.size, np.inf)
    np.minimum.at(survival, place, curve.survival[steps])
    return DigitisedArm(name, times, survival, kept, at_risk)


@given(
    st.lists(st.tuples(st.integers(1, 40), st.booleans()), min_size=2, max_size=60),
    st.sampled_from([5.0, 12.0, 100.0]),
)
def test_an_exactly_digitised_curve_comes_back(patients, every):
    """Whoever the patients are: the curve, their number and the numbers at risk."""
    time, event = np.array(patients, dtype=float).T
    if not event.any():
        return
    arm = digitised(time, event, np.arange(0, 41, every))
    found = reconstruct_arm(arm)
    assert found.n == len(patients)
    assert [(found.time >= t - 1e-9).sum() for t in arm.risk_times] == arm.at_risk.tolist()
    curve = found.curve()
    gap = [abs(curve.survival_at(t).estimate - s) for t, s in zip(arm.times, arm.survival, strict=True)]
    assert max(gap) <= 0.5 / arm.at_risk[-1] + 0.02


def test_a_trial_of_724_comes_back_within_its_digitisation():
    rng = np.random.default_rng(5)
    arms, known = [], []
    for n, scale, name in ((485, 15.0, "eve"), (239, 6.0, "pbo")):
        life, end = rng.exponential(scale, n), rng.uniform(3, 30, n)
        time, event = np.minimum(life, end), life <= end
        arm = digitised(time, event, np.arange(0, 31, 6), name=name)
        arms.append(replace(arm, survival=np.round(arm.survival / 0.002) * 0.002))
        known.append((time, event))
    found = reconstructed_ratio([reconstruct_arm(arm) for arm in arms], control="pbo")
    true = reconstructed_ratio(
        [ReconstructedArm(a.arm, *k) for a, k in zip(arms, known, strict=True)], control="pbo"
    )
    assert np.log(found.estimate) == pytest.approx(np.log(true.estimate), abs=0.02)


def test_what_does_not_agree_is_said():
    arm = DigitisedArm(
        "a", np.array([0.0, 2, 4]), np.array([1.0, 0.5, 0.5]), np.array([0.0, 3]), np.array([10, 9])
    )
    assert "off the digitised one" in " ".join(reconstruct_arm(arm).notes)
    alone = DigitisedArm(
        "a", np.array([0.0, 2, 4]), np.array([1.0, 0.5, 0.5]), np.array([0.0]), np.array([10])
    )
    assert "is not known" in " ".join(reconstruct_arm(alone).notes)


def test_one_arm_has_no_hazard_ratio():
    arm = digitised([1.0, 2.0, 3.0], [1, 1, 0], [0.0])
    with pytest.raises(DesignError, match="two, one of them the control"):
        redigitise([arm], control="a", seed=1)


def test_meeting_a_total_of_events_solves_no_programme_twice(monkeypatch):
    module = importlib.import_module("analysis.evidence.reconstruction")
    rewards, plain = [], module.most_probable_path

    def noted(*given, reward=None, **named):
        rewards.append(0.0 if reward is None else float(reward[0]))
        return plain(*given, reward=reward, **named)

    monkeypatch.setattr(module, "most_probable_path", noted)
    arm = DigitisedArm(
        "a",
        np.array([0.0, 2, 4, 6]),
        np.array([1.0, 0.9, 0.8, 0.7]),
        np.array([0.0]),
        np.array([40]),
        events=16,
    )
    reconstruct_arm(arm)
    assert len(rewards) > 1
    assert len(set(rewards)) == len(rewards)
