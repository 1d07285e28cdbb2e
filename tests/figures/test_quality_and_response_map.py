import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.figures import (
    describe_response_map,
    describe_scan_quality,
    draw_response_map,
    draw_scan_quality,
)


def test_only_values_beyond_the_limits_are_triangles(hand):
    figure = draw_scan_quality(hand.checks, simulated=True)
    panel = next(axes for axes in figure.axes if axes.get_title(loc="left").startswith("Uptake time"))
    outside = [y for line in panel.lines if line.get_marker() == "^" for y in line.get_ydata()]
    assert outside == [95.0]
    assert sum(len(line.get_ydata()) for line in panel.lines) == 3


def test_the_text_counts_the_scans_outside_limits(hand):
    assert describe_scan_quality(hand.checks) == (
        "2 checks of up to 3 scans by visit, one point a scan; outside limits: uptake time (1);"
        " far from the other scans: liver sul (1)."
    )


def test_without_a_scan_the_figure_says_so(hand):
    assert describe_scan_quality(hand.checks.iloc[:0]) == "No scan was measured."
    draw_scan_quality(hand.checks.iloc[:0], simulated=False)
    with pytest.raises(DesignError, match="no column 'state'"):
        draw_scan_quality(hand.checks.drop(columns="state"), simulated=False)


def test_the_map_has_a_row_a_rule_and_responders_on_the_left(hand):
    figure = draw_response_map(hand.classes, simulated=True, marked="25 %")
    axes = figure.axes[0]
    codes = np.asarray(axes.collections[0].get_array()).reshape(2, 3)
    assert codes.tolist() == [[0, 1, 2], [0, 0, 2]]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["25 % *", "15 %"]
    assert [label.get_text() for label in figure.axes[1].get_yticklabels()] == ["1 of 2", "2 of 2"]


def test_the_order_of_rows_changes_nothing_but_the_rules(hand):
    shuffled = hand.classes.sort_values(["patient_id", "rule"], ascending=[False, False])
    assert describe_response_map(shuffled, marked="25 %") == describe_response_map(
        hand.classes, marked="25 %"
    )


def test_the_text_counts_responders_and_agreement(hand):
    assert describe_response_map(hand.classes, marked="25 %") == (
        "Heat map of 3 patients under 2 rules; 1 classified alike by every rule. 25 % (pre-specified): 1 of 2"
        " assessable respond; 15 %: 2 of 2 assessable respond."
    )


def test_an_unknown_response_and_a_doubled_patient_are_refused(hand):
    with pytest.raises(DesignError, match="unknown to the figure"):
        draw_response_map(hand.classes.assign(response="better"), simulated=True)
    with pytest.raises(DesignError, match="stands twice"):
        draw_response_map(pd.concat([hand.classes, hand.classes]), simulated=True)
