"""Reference values by R 4.2, survival 3.5-3, from the data below: each responder's time is cut at the day known.

f <- coxph(Surv(start, stop, event) ~ (state == 0), sp); f$score
m <- subset(sp, stop > 20); survfit(Surv(pmax(start - 20, 0), stop - 20, event) ~ state, m, conf.type = "log-log")
coxph(Surv(known, time, event) ~ (resp == 0), subset(d, time > known))
"""

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import delayed_entry, entry_curve, grouping, kaplan_meier, mantel_byar

TIME = [100, 40, 80, 60, 12, 200, 150, 90, 30, 300]
EVENT = [1, 1, 1, 1, 1, 0, 1, 1, 0, 1]
KNOWN = [14, 14, 20, 13, np.nan, 15, 14, 16, 14, 17]
GROUP = grouping(["r", "n", "r", "n", None, "r", "n", "r", "n", "n"], KNOWN, name="response")
WORDS = ("no response shown", "response shown")


def test_mantel_byar_is_the_score_test_of_the_time_dependent_covariate_in_r():
    found = mantel_byar(TIME, EVENT, GROUP, moving="r", labels=WORDS)
    assert found.test.statistic == pytest.approx(0.020560332518958, abs=1e-12)
    assert np.log(found.hazard_ratio.estimate) == pytest.approx(0.119644085273222, abs=1e-9)
    assert (found.n, found.events, found.passed, found.hazard_ratio.n) == (10, 8, 4, 10)


def test_observed_and_expected_are_those_counted_by_hand():
    # day 40: state "none" holds 1 of 2 at risk (half an event expected), from day 60 on only the other state
    response = grouping(["no", "yes"], [14, 14])
    found = mantel_byar([40, 60], [1, 1], response, moving="yes", labels=WORDS)
    assert (found.observed, found.expected) == ((1.0, 1.0), (0.5, 1.5))
    assert found.test.statistic == pytest.approx(0.5**2 / 0.25)


def test_simon_makuch_curves_equal_r():
    none, shown = mantel_byar(TIME, EVENT, GROUP, moving="r", labels=WORDS, start_day=20).curves
    assert none.times.tolist() == [0, 10, 20, 40, 130, 280]
    assert none.survival == pytest.approx([1, 1, 0.75, 0.5, 0.25, 0])
    assert none.low[2:5] == pytest.approx([0.1279469175951, 0.0578470829951, 0.0089478244166], abs=1e-12)
    assert shown.at_risk.tolist() == [4, 4, 3, 2, 1]
    assert shown.high[1] == pytest.approx(0.960548642285, abs=1e-12)


def test_delayed_entry_equals_r_and_counts_who_ended_before():
    found = delayed_entry(TIME, EVENT, GROUP, reference="r")
    assert np.log(found.hazard_ratio.estimate) == pytest.approx(0.119644085273222, abs=1e-9)
    assert (found.hazard_ratio.n, found.hazard_ratio.events, found.ended_before) == (9, 7, 0)
    early = delayed_entry(
        [9, *TIME], [1, *EVENT], grouping(["n", *GROUP.values], [14, *KNOWN]), reference="r"
    )
    assert early.ended_before == 1
    assert early.hazard_ratio.estimate == found.hazard_ratio.estimate


def test_who_was_never_classified_leaves_when_that_should_have_happened():
    classes = grouping(["r", None, "n", "r"], [14, np.nan, 14, 15])
    stays = mantel_byar([90, 80, 60, 70], [1, 1, 1, 1], classes, moving="r", labels=WORDS)
    leaves = mantel_byar([90, 80, 60, 70], [1, 1, 1, 1], classes, moving="r", labels=WORDS, classified_by=18)
    assert (stays.left, stays.events) == (0, 4)
    assert (leaves.left, leaves.events) == (1, 3)


def test_without_late_entry_the_curve_is_kaplan_meiers():
    mine, theirs = entry_curve(np.zeros(10), TIME, EVENT), kaplan_meier(TIME, EVENT)
    assert mine.survival.tolist() == theirs.survival.tolist()
    assert mine.at_risk_at([0, 50, 400]).tolist() == theirs.at_risk_at([0, 50, 400]).tolist()
    assert (mine.median, mine.median_low) == (theirs.median, theirs.median_low)


def test_a_risk_set_that_empties_early_is_said():
    curve = entry_curve([0, 50], [40, 90], [1, 1])
    assert curve.emptied == 40
    assert curve.survival.tolist() == [1, 0, 0]


def test_no_effect_stays_none_where_the_naive_comparison_invents_one():
    # a coin, but only who lives to day 60 is called: as in test_landmark, without throwing anybody away
    generator = np.random.default_rng(np.random.SeedSequence(11))
    time = generator.exponential(90, 3000)
    called = (generator.random(3000) < 0.5) & (time > 60)
    response = grouping(np.where(called, "yes", "no"), np.where(called, 60.0, 0.0))
    found = mantel_byar(time, np.ones(3000), response, moving="yes", labels=WORDS)
    assert found.hazard_ratio.low < 1 < found.hazard_ratio.high


def test_nobody_who_passes_over_is_refused():
    with pytest.raises(DesignError, match="nobody passes"):
        mantel_byar([5, 90], [1, 1], grouping(["r", "n"], [14, 14]), moving="r", labels=WORDS)
