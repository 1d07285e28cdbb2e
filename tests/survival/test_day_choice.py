import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import choose_day, concordance_difference

GENERATOR = np.random.default_rng(np.random.SeedSequence(14))
TIME = GENERATOR.exponential(200, 60) + 29
SCORE = -np.log(TIME) + GENERATOR.normal(size=60) / 2
OPTIONS = {"landmark_day": 28, "margin": 0.05, "labels": ("day 14", "day 28")}


def test_equal_scans_choose_the_earlier_day():
    found = choose_day(TIME, np.ones(60), SCORE, SCORE, **OPTIONS)
    assert found.chosen == "day 14"
    assert found.difference.estimate == 0


def test_an_uninformative_early_scan_chooses_the_later_day():
    found = choose_day(TIME, np.ones(60), GENERATOR.normal(size=60), SCORE, **OPTIONS)
    assert found.chosen == "day 28"
    assert found.difference.low < -0.05
    assert "the rule chooses day 28" in found.sentence()


def test_only_patients_with_both_scans_and_event_free_at_the_later_day_count():
    early, time = SCORE.copy(), TIME.copy()
    early[:3], time[3:5] = np.nan, 20
    found = choose_day(time, np.ones(60), early, -SCORE, **OPTIONS)
    assert (found.incomplete, found.landmark.excluded, found.difference.n) == (3, 2, 55)
    expected = concordance_difference(TIME[5:] - 28, np.ones(55), SCORE[5:], -SCORE[5:], level=0.9)
    assert found.difference.low == pytest.approx(expected.low)


def test_without_both_scans_there_is_no_choice():
    with pytest.raises(DesignError, match="0 patients have both scans"):
        choose_day(TIME, np.ones(60), np.full(60, np.nan), SCORE, **OPTIONS)
