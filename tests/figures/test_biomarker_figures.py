"""Volcano, oncoprint and decisions: what is drawn and said is what was given."""

from itertools import pairwise

import numpy as np

from analysis.figures import (
    describe_decisions,
    describe_oncoprint,
    describe_volcano,
    draw_decisions,
    draw_oncoprint,
    draw_volcano,
    save,
    unknown_letters,
)
from analysis.figures.measure import text_width_mm


def texts(found):
    return [text.get_text() for text in found]


def test_the_volcano_names_the_marker_of_smallest_p_and_counts_what_was_not_tested(hand, drawn):
    words = texts(drawn(draw_volcano(hand.volcano, simulated=False)))
    assert "PIK3CA" in words
    assert "Filled: q < 0.1; open: not; 2 without a test" in words
    told = describe_volcano(hand.volcano)
    assert "of 2 markers, none with q below 0.1; smallest p for PIK3CA (1.91, p = 0.06)" in told
    assert "ESR1 altered, a name that takes more than a line of the panel with q below 0.1" in told


def test_an_odds_ratio_without_an_upper_bound_stands_at_the_right_edge(hand, drawn):
    # ESR1: no estimate, lower limit 0.7: open above.
    assert "∞" in texts(drawn(draw_volcano(hand.volcano, simulated=False)))


def test_names_in_the_volcano_touch_no_other_name(hand, drawn):
    panels = {
        "Odds ratio": hand.volcano["Hazard ratio of progression"]
        .iloc[[0, 0, 0, 0]]
        .assign(
            name=["first gene", "second gene", "third gene", "fourth gene"], estimate=[1.4, 1.45, 1.5, 1.55]
        )
    }
    found = [text for text in drawn(draw_volcano(panels, simulated=False)) if "gene" in text.get_text()]
    boxes = [text.get_window_extent() for text in found]
    assert len(boxes) >= 2
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_oncoprint_holds_no_order_of_patients_and_counts_carriers(hand, drawn):
    words = texts(drawn(draw_oncoprint(hand.oncoprint, simulated=False)))
    assert "Baseline, n = 3" in words
    assert "67 %" in words
    told = describe_oncoprint(hand.oncoprint)
    assert told == (
        "Genes by patients without names; most often altered at baseline (3 patients) PIK3CA in 2 and ESR1 in 1; "
        "at progression (2 patients) ESR1 in 1 and PIK3CA in 0."
    )


def test_darker_cells_are_higher_frequencies_also_in_grey(hand):
    from matplotlib.colors import to_rgb

    from analysis.figures.oncoprint import _shade, _strength

    grey = [
        float(np.dot(to_rgb(_shade(_strength(value))), (0.299, 0.587, 0.114)))
        for value in (float("nan"), 0.5, 5.0, 50.0)
    ]
    assert all(first - second > 0.1 for first, second in pairwise(grey))


def test_rows_of_few_patients_are_kept_back_in_picture_and_words(hand, drawn):
    few = [row.n for row in hand.decisions.rows].count(1)
    words = texts(drawn(draw_decisions(hand.decisions, simulated=False, calls=hand.calls, smallest=2)))
    assert few
    assert sum("kept back" in word for word in words) == few
    told = describe_decisions(hand.decisions, calls=hand.calls, smallest=2)
    assert told.count("kept back") == few
    assert describe_decisions(hand.decisions, calls=hand.calls).count("kept back") == 0


def test_a_name_in_letters_that_the_font_lacks_is_drawn(hand, drawn, tmp_path):
    panels = {
        measure: rows.assign(name=[f"{name} \N{DNA DOUBLE HELIX}基" for name in rows["name"]])
        for measure, rows in hand.volcano.items()
    }
    figure = draw_volcano(panels, simulated=True)
    pictures = [path.read_bytes() for path in save(figure, tmp_path / "first")]
    again = draw_volcano(panels, simulated=True)
    assert pictures == [path.read_bytes() for path in save(again, tmp_path / "again")]
    assert unknown_letters(figure) == ["基", "\N{DNA DOUBLE HELIX}"]
    assert unknown_letters(draw_volcano(hand.volcano, simulated=True)) == []
    assert text_width_mm("基因") > text_width_mm("基")
