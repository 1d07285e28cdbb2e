import math

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, grouping, landmark_with_missing, tipping_point

NAN = math.nan
TIME = np.array([5.0, 8, 9, 12, 15, 18, 20, 21, 30, 31, 33, 40])
EVENT = np.array([1, 1, 1, 1, 1, 1, 1, 0, 1, 0, 1, 0])
GROUP = np.array([1, 1, NAN, 0, 1, 1, 0, 0, NAN, 0, 0, NAN])
LABELS = ("non-responders", "responders")


def test_each_cell_holds_the_hazard_ratio_of_that_classification():
    found = tipping_point(TIME, EVENT, GROUP, labels=LABELS, seed=1)
    assert (found.early, found.late, found.tried, found.every) == (2, 1, 8, True)
    dealt = GROUP.copy()
    dealt[[2, 8, 11]] = 1, 1, 0
    by_hand = float(np.exp(cox(TIME, EVENT, dealt).coefficients[0]))
    assert found.middle[2, 0] == pytest.approx(by_hand, rel=1e-9)
    ones = []
    for place in (2, 8):
        dealt = GROUP.copy()
        dealt[[2, 8, 11]] = 0
        dealt[place] = 1
        ones.append(float(np.exp(cox(TIME, EVENT, dealt).coefficients[0])))
    assert (found.least[1, 0], found.most[1, 0]) == pytest.approx((min(ones), max(ones)), rel=1e-9)
    assert found.middle[1, 0] == pytest.approx(math.sqrt(ones[0] * ones[1]), rel=1e-9)


def test_the_classified_patients_alone_stand_beside_it():
    found = tipping_point(TIME, EVENT, GROUP, labels=LABELS, seed=1)
    known = ~np.isnan(GROUP)
    assert found.estimate == pytest.approx(
        float(np.exp(cox(TIME[known], EVENT[known], GROUP[known]).coefficients[0]))
    )
    assert (found.n, found.events) == (9, 7)


def test_a_conclusion_that_holds_whoever_they_were_says_so():
    time = np.concatenate([np.arange(1.0, 21), np.arange(200.0, 220), [50.0]])
    group = np.array([1.0] * 19 + [0.0] * 2 + [1.0] + [0.0] * 18 + [NAN])
    found = tipping_point(time, np.ones(41), group, labels=LABELS, seed=1)
    assert found.excludes_one
    assert not found.changed.any()
    assert "none of them changes that" in found.sentence()


def test_a_conclusion_that_tips_names_who_would_tip_it():
    time = np.arange(10.0, 40)
    group = np.array([NAN] * 3 + [1.0, 1, 0] * 4 + [0.0, 0, 1] * 4 + [NAN] * 3)
    found = tipping_point(time, np.ones(30), group, labels=LABELS, seed=1)
    assert not found.excludes_one
    assert found.changed[2, 0] == found.changed[3, 0] == 1
    assert found.changed[1, 0] < 1
    assert "2 of the 3 whose time ended early and 0 of the 3 others were non-responders" in found.sentence()


def test_many_without_a_group_are_sampled_and_it_is_said():
    generator = np.random.default_rng(5)
    time = generator.exponential(100, 60) + 1
    group = (generator.random(60) < 0.5).astype(float)
    group[:14] = NAN
    found = tipping_point(time, np.ones(60), group, labels=LABELS, seed=1)
    assert not found.every
    assert found.middle.shape == (8, 8)
    assert np.isfinite(found.middle).all()


def test_nobody_without_a_group_is_refused():
    with pytest.raises(DesignError, match="every patient has a group"):
        tipping_point([1, 2, 3], [1, 1, 1], [0, 1, 0], labels=LABELS, seed=1)


def test_at_the_landmark_the_unclassified_start_on_its_day_and_the_others_on_their_own():
    by = grouping(["no", "yes", None, None], [14, 18, NAN, NAN], name="metabolic response at day14")
    left = landmark_with_missing(
        [100, 100, 100, 10],
        [1, 1, 0, 1],
        by,
        landmark_day=14,
        window_days=7,
        reference="yes",
        labels={"no": LABELS[0], "yes": LABELS[1]},
    )
    assert left.time.tolist() == [86, 82, 86]
    assert left.in_group[:2].tolist() == [1, 0]
    assert math.isnan(left.in_group[2])
    assert left.labels == LABELS
