"""What the figures of the survival notebook say in words and write into the picture."""

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.figures import (
    describe_cutoff_search,
    describe_decision_curve,
    describe_interval_curves,
    describe_swimmer,
    draw_cutoff_search,
    draw_interval_curves,
    draw_survival_curves,
    draw_swimmer,
)


def words(figure, drawn):
    return [text.get_text() for text in drawn(figure)]


def test_the_rows_under_the_curves_count_at_risk_events_and_censored(hand, drawn):
    figure = draw_survival_curves([hand.responders], simulated=False)
    texts = words(figure, drawn)
    assert {"Number at risk", "Cumulative events", "Cumulative censored"} <= set(texts)
    rows = [text.get_text() for text in drawn(figure) if text.get_gid() == "at-risk-row"]
    third = len(rows) // 3
    at_risk, events, censored = rows[:third], rows[third : 2 * third], rows[2 * third :]
    # four patients: event, censored, event, event at 2, 4, 6 and 8 months; at risk just before each month
    assert (at_risk[0], events[0], censored[0]) == ("4", "0", "0")
    assert (events[-1], censored[-1]) == ("3", "1")


def test_a_searched_cut_off_says_post_hoc_in_picture_and_words(hand, drawn):
    texts = words(draw_cutoff_search(hand.search, simulated=False, pre_specified=-25), drawn)
    assert "Post hoc: corrected for the search, p = 0.28" in texts
    assert "fixed in advance: −25" in texts
    said = describe_cutoff_search(hand.search)
    assert said.startswith("Post hoc search")
    assert "between −39 to 12" in said
    assert "cross-validated hazard ratio 1.34 (0.62–2.91)" in said


def test_the_decision_curve_says_where_a_model_is_worth_it(hand):
    said = describe_decision_curve(hand.decision)
    assert "Response: better than acting for everybody or nobody at thresholds from 40 % to 70 %" in said
    assert "Change: nowhere better" in said


def test_intervals_give_the_median_between_visits_beside_that_at_visits(hand):
    said = describe_interval_curves(hand.twin, [hand.non_responders, hand.responders])
    assert "Non-responder: median at visits 2.0, between visits 0.0 and 1.0 months" in said
    assert "Weibull hazard ratio 1.90 (95 % CI 0.70–5.20)" in said
    with pytest.raises(DesignError, match="1 curves beside 2"):
        draw_interval_curves(hand.twin, [hand.responders], simulated=False)


def test_a_swimmer_counts_what_it_draws_and_leaves_out_who_has_no_time(hand, drawn):
    said = describe_swimmer(hand.swimmers)
    assert "3 patients" in said
    assert "progression in 1, another treatment in 0, death in 1; still on treatment 1" in said
    texts = words(draw_swimmer(hand.swimmers, simulated=False), drawn)
    assert "No scan (n = 1)" in texts
    assert "Another treatment" not in texts
    with pytest.raises(DesignError, match="lacks a column"):
        draw_swimmer(hand.swimmers.drop(columns="response"), simulated=False)


def test_nobody_on_treatment_is_said_instead_of_drawn(hand):
    assert describe_swimmer(hand.swimmers.assign(treatment_days=np.nan)) == "No time on treatment is known."
