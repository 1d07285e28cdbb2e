"""Operating characteristics: the trials are those of the model, the answers those of the study's functions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import AnalysisError, ParameterError
from analysis.simulation.operating import characteristics, draw_outcome_trials, operating_characteristics
from analysis.simulation.operating import run as running
from analysis.simulation.operating.answers import answers_at_day_14, answers_without_landmark, from_landmark
from analysis.simulation.operating.batches import as_array
from analysis.survival import (
    grouping,
    hazard_ratio,
    landmark,
    logrank,
    maximally_selected,
    permutation_logrank,
)
from analysis.survival.dealing import deal_indices
from analysis.survival.many_tests import cox_ratio_many


@pytest.fixture(scope="module")
def drawn():
    """Trials of 45 patients with the published effect."""
    return draw_outcome_trials(200, 45, seed=11, effect="published")


@pytest.fixture(scope="module")
def found():
    """Two batches, the second smaller, of two sizes and effects; few permutations."""
    return operating_characteristics(
        trials=54, sizes=(30, 45), effects=("none", "published"), permutations=99, seed=5, workers=1
    )


def test_two_patients_in_three_do_not_respond_at_25_percent(drawn):
    share = (drawn.decrease14 < 25).mean()
    assert abs(share - 0.663) < 4 * np.sqrt(0.663 * 0.337 / drawn.decrease14.size)


def test_the_published_effect_is_a_hazard_ratio_of_about_three_quarters_that_varies_as_stated(drawn):
    # simulation_parameters.csv: rho 0.2 gives HR 0.75 of responders, sampling limits 0.39-1.45 at n = 45
    resists = (drawn.decrease14 < 25) | drawn.new14
    logs = -cox_ratio_many(drawn.time, drawn.event, resists, limits=False).log_ratio
    assert abs(logs.mean() - np.log(0.75)) < 4 * logs.std() / np.sqrt(logs.size)
    # the spread of trials: (log 1.45 - log 0.39) / 3.92 = 0.335
    assert abs(logs.std() - 0.335) < 4 * 0.335 / np.sqrt(2 * logs.size)


def test_progression_is_seen_late_and_never_before_it_happens(drawn):
    both = drawn.event & drawn.true_event
    assert (drawn.time[both] >= drawn.true_time[both]).all()
    assert (drawn.last_without <= drawn.time).all()
    assert (drawn.last_without[drawn.event] < drawn.first_with[drawn.event]).all()
    assert (drawn.last_without[both] <= np.maximum(drawn.true_time[both], 0)).mean() > 0.97
    assert np.isinf(drawn.first_with[~drawn.event]).all()


def test_scans_are_missed_by_more_patients_who_progress_early(drawn):
    early = drawn.true_time < 45
    assert np.isnan(drawn.scan_day14[early]).mean() > 2 * np.isnan(drawn.scan_day14[~early]).mean()


def test_without_effect_response_and_progression_have_nothing_to_do_with_each_other():
    drawn = draw_outcome_trials(60, 45, seed=2, effect="none")
    found = np.corrcoef(drawn.decrease14.ravel(), np.log(drawn.true_time.ravel()))[0, 1]
    assert abs(found) < 4 / np.sqrt(drawn.time.size)


def test_a_trial_is_landmarked_as_the_study_is(drawn):
    left = from_landmark(drawn.time, drawn.event, scan_day=drawn.scan_day14, day=14)
    for row in range(5):
        scanned = np.isfinite(drawn.scan_day14[row])
        days = drawn.scan_day14[row, scanned]
        single = landmark(
            drawn.time[row, scanned], drawn.event[row, scanned], day=14,
            grouping=grouping(["x"] * int(scanned.sum()), days), window_days=30,
        )  # fmt: skip
        assert left.time[row, left.kept[row]] == pytest.approx(single.time)
        assert (left.event[row, left.kept[row]] == single.event).all()


def test_the_answers_of_a_trial_are_those_of_the_single_functions(drawn):
    root = np.random.SeedSequence(3)
    many = answers_at_day_14(drawn, cutoff_percent=25.0, permutations=99, seed=root)
    left = from_landmark(drawn.time, drawn.event, scan_day=drawn.scan_day14, day=14)
    for row in range(12):
        kept = left.kept[row]
        time, event, marker = left.time[row, kept], left.event[row, kept], drawn.decrease14[row, kept]
        resists = list((marker < 25) | drawn.new14[row, kept])
        deals = deal_indices(int(kept.sum()), permutations=99, seed=np.random.SeedSequence(3, spawn_key=(int(kept.sum()),)))  # fmt: skip
        ratio = hazard_ratio(time, event, resists, reference=False)
        cut = maximally_selected(time, event, marker, seed=0, deals=deals)
        expected = {
            "p_logrank": logrank(time, event, resists).p_value,
            "p_permutation": permutation_logrank(time, event, resists, seed=0, deals=deals).p_value,
            "p_rule": ratio.p_value,
            "log_ratio": np.log(ratio.estimate),
            "profile_low": np.log(ratio.low),
            "profile_high": np.log(ratio.high),
            "searched_1994": cut.p_lausen_1994,
            "searched_gauss": cut.p_gauss,
            "searched_permutation": cut.p_permutation,
            "searched_naive": logrank(time, event, list(marker <= cut.value)).p_value,
        }
        assert {name: many[name][row] for name in expected} == pytest.approx(expected, abs=1e-6)


def test_a_trial_in_which_nobody_responds_has_no_answer_and_is_not_significant(drawn):
    many = answers_at_day_14(drawn, cutoff_percent=99.0, permutations=99, seed=np.random.SeedSequence(1))
    assert np.isnan(many["p_logrank"]).all()
    assert np.isnan(many["p_permutation"]).all()
    assert not (many["p_rule"] < 0.05).any()


def test_counting_from_the_first_dose_makes_responders_look_better(drawn):
    found = answers_without_landmark(drawn, cutoff_percent=25.0)
    gap = found["from_start_log_ratio"] - found["from_landmark_log_ratio"]
    assert gap.mean() > 4 * gap.std() / np.sqrt(gap.size)


def test_one_worker_and_two_give_the_same_numbers(found):
    again = operating_characteristics(
        trials=54, sizes=(30,), effects=("published", "none"), permutations=99, seed=5, workers=2
    )
    for one in again.scenarios:
        same = found.scenario(one.effect, one.n)
        assert one.pooled_log_ratio == same.pooled_log_ratio
        assert all(
            np.array_equal(values, same.answers[name], equal_nan=True) for name, values in one.answers.items()
        )


def test_a_cluster_gives_the_same_numbers(found, scheduler, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler)
    [again] = operating_characteristics(
        trials=54, sizes=(30,), effects=("published",), permutations=99, seed=5, workers=1
    ).scenarios
    same = found.scenario("published", 30).answers
    assert all(np.array_equal(values, same[name], equal_nan=True) for name, values in again.answers.items())


def test_more_trials_leave_the_first_batches_as_they_were(found):
    more = operating_characteristics(
        trials=50, sizes=(30,), effects=("published",), permutations=99, seed=5, workers=1
    )
    few, many = more.scenarios[0].answers, found.scenario("published", 30).answers
    assert all(np.array_equal(few[name], many[name][:50], equal_nan=True) for name in few)


def test_sizes_and_effects_have_random_numbers_of_their_own(found):
    one, other = (found.scenario(effect, 30).answers["log_ratio"] for effect in ("none", "published"))
    assert not np.isclose(one, other).any()


def test_an_interrupted_run_goes_on_with_what_is_stored(tmp_path, monkeypatch):
    settings = {"trials": 100, "sizes": (30,), "effects": ("none",), "permutations": 99, "seed": 1, "workers": 1, "store": tmp_path}  # fmt: skip
    original, made = running.answer_batch, []

    def stops_at_the_second(batch):
        if made:
            raise KeyboardInterrupt
        made.append(batch.number)
        return original(batch)

    monkeypatch.setattr(running, "answer_batch", stops_at_the_second)
    with pytest.raises(KeyboardInterrupt):
        operating_characteristics(**settings)
    assert len(list(tmp_path.iterdir())) == 1
    done = []
    monkeypatch.setattr(running, "answer_batch", lambda batch: done.append(batch.number) or original(batch))
    assert operating_characteristics(**settings).scenarios[0].trials == 100
    assert done == [1]


def test_a_lost_batch_is_an_error_and_no_smaller_number_of_trials(monkeypatch):
    monkeypatch.setattr(
        running, "in_any_order", lambda _function, jobs, *, lost, **_: iter([(0, lost(jobs[0], "it died"))])
    )
    with pytest.raises(AnalysisError, match="could not be simulated: it died"):
        operating_characteristics(trials=50, sizes=(30,), effects=("none",), seed=1, workers=1)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"trials": 0}, "0 trials"),
        ({"sizes": (5,)}, r"trials of \[5\] patients"),
        ({"sizes": (30, 30)}, "each size once"),
        ({"effects": ("huge",)}, "huge"),
        ({"cutoff_percent": 0}, "cut-off of 0 %"),
        ({"permutations": 9}, "9 permutations"),
    ],
)
def test_what_cannot_be_simulated_is_said(wrong, message):
    with pytest.raises(ParameterError, match=message):
        operating_characteristics(**{"trials": 50, "seed": 1, "workers": 1, **wrong})


def test_shares_have_exact_intervals_and_trials_without_answer_count_as_not_significant(found):
    one = found.scenario("none", 30)
    one.answers["p_logrank"][:3] = np.nan
    row = characteristics(found).set_index(["name", "effect", "n"]).loc[("p_logrank", "none", 30)]
    hits = int((one.answers["p_logrank"] < 0.05).sum())
    assert (row["trials"], row["without_answer"]) == (54, 3)
    assert row["estimate"] == pytest.approx(hits / 54)
    assert row["low"] <= hits / 54 <= row["high"]


def test_the_table_has_every_number_of_every_scenario_once(found):
    table = characteristics(found)
    assert not table.duplicated(["effect", "n", "name"]).any()
    assert len(set(table.groupby(["effect", "n"]).size())) == 1
    assert isinstance(table, pd.DataFrame)
    assert set(table["kind"]) == {"share", "ratio", "mean"}


def test_missing_and_infinite_answers_survive_the_store():
    assert as_array([None, 1.5, "inf", "-inf"]) == pytest.approx([np.nan, 1.5, np.inf, -np.inf], nan_ok=True)
