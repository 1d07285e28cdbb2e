"""Each figure by itself: what stands where, and the inputs at the edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from matplotlib.backends.backend_agg import FigureCanvasAgg

from analysis.cohort import Flow
from analysis.errors import DesignError, ImageError
from analysis.figures import (
    describe_joint,
    draw_agreement,
    draw_associations,
    draw_change_and_pfs,
    draw_flow,
    draw_gene_matrix,
    draw_joint,
    draw_lesion_changes,
    draw_plasma,
    draw_projection,
    draw_schoenfeld,
    draw_survival_curves,
    draw_waterfall,
)
from analysis.figures.measure import fitted, text_width_mm, wrapped
from analysis.figures.projection import outline
from analysis.figures.style import DOUBLE_MM
from analysis.figures.survival_curves import cumulative_events, month_ticks


def words(figure) -> list[str]:
    return [text.get_text() for axes in figure.axes for text in axes.texts] + [
        text.get_text() for text in figure.texts
    ]


def numbers_below(figure) -> dict[str, list[int]]:
    """Rows under the curves: block and group, then the numbers from left to right."""
    rows = figure.axes[1]
    found: dict[str, list[int]] = {}
    block = ""
    by_height: dict[float, list] = {}
    for text in rows.texts:
        y = text.xy[1] if hasattr(text, "xy") else text.get_position()[1]
        by_height.setdefault(round(y, 3), []).append(text)
    for _, line in sorted(by_height.items()):
        name = next(text.get_text() for text in line if hasattr(text, "xy"))
        cells = sorted(
            (text for text in line if not hasattr(text, "xy")), key=lambda text: text.get_position()[0]
        )
        if not cells:
            block = name
        else:
            found[f"{block}: {name}"] = [int(text.get_text()) for text in cells]
    return found


def test_the_rows_under_the_curves_are_right_by_hand(hand):
    figure = draw_survival_curves([hand.responders, hand.non_responders], simulated=False, end_months=6)
    assert figure.axes[0].get_xticks().tolist() == [0, 1, 2, 3, 4, 5, 6]
    assert numbers_below(figure) == {
        "Number at risk: Responder": [4, 4, 4, 3, 3, 2, 2],
        "Number at risk: Non-responder": [4, 4, 3, 2, 1, 1, 1],
        "Cumulative events: Responder": [0, 0, 1, 1, 1, 1, 2],
        "Cumulative events: Non-responder": [0, 1, 2, 3, 3, 3, 3],
        "Cumulative censored: Responder": [0, 0, 0, 0, 1, 1, 1],
        "Cumulative censored: Non-responder": [0, 0, 0, 0, 0, 0, 0],
    }


def test_the_rows_stand_under_their_ticks_and_do_not_touch(hand):
    figure = draw_survival_curves([hand.responders, hand.non_responders], simulated=True)
    FigureCanvasAgg(figure).draw()
    curves, rows = figure.axes[:2]
    boxes = [text.get_window_extent() for text in rows.texts]
    for text in (text for text in rows.texts if not hasattr(text, "xy")):
        box = text.get_window_extent()
        tick = curves.transData.transform((text.get_position()[0], 0))[0]
        assert (box.x0 + box.x1) / 2 == pytest.approx(tick, abs=1)
        assert box.y0 >= rows.bbox.y0 - 1
        assert box.y1 <= rows.bbox.y1 + 1
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_one_group_without_events_stays_at_one_hundred_percent(hand):
    figure = draw_survival_curves([hand.curve("All", [30.0, 400.0], [0, 0])], simulated=False)
    line = next(line for line in figure.axes[0].lines if line.get_linewidth() == 1.7)
    assert set(np.asarray(line.get_ydata())) == {100.0}
    assert "All: 2 patients, 0 events, median not reached" in words(figure)


def test_one_patient_can_be_drawn(hand):
    figure = draw_survival_curves([hand.curve("One", [40.0], [1])], simulated=False)
    assert numbers_below(figure) == {
        "Number at risk: One": [1, 1, 0],
        "Cumulative events: One": [0, 0, 1],
        "Cumulative censored: One": [0, 0, 0],
    }


def test_a_censored_time_has_a_tick_on_the_curve(hand):
    figure = draw_survival_curves([hand.responders], simulated=False)
    ticks = next(line for line in figure.axes[0].lines if line.get_marker() == "|")
    assert np.allclose(ticks.get_xdata(), [4.0])
    assert np.allclose(ticks.get_ydata(), [75.0])


@pytest.mark.parametrize("n", [0, 4])
def test_no_curves_and_four_curves_are_refused(hand, n):
    with pytest.raises(DesignError, match=f"{n} survival curves"):
        draw_survival_curves([hand.responders] * n, simulated=False)


def test_long_names_and_sentences_stay_inside(hand, drawn_inside):
    long = replace(hand.responders, label="Metabolic non-responder with ctDNA detected at day 14")
    sentence = "Hazard ratio, both unfavourable v both favourable, adjusted for visceral disease: 2.31 (95 % CI 1.02–5.20)"
    drawn_inside(
        draw_survival_curves([long, long, long], simulated=True, sentence=sentence, note=sentence * 3)
    )


@given(end=st.floats(min_value=0.01, max_value=2000))
@settings(deadline=None)
def test_the_month_ticks_start_at_zero_cover_the_end_and_are_few(end):
    ticks = month_ticks(end)
    assert ticks[0] == 0
    assert ticks[-1] >= end - 1e-6
    assert len(ticks) <= 20
    assert len(np.unique(np.diff(ticks))) == 1


def test_events_at_the_asked_day_are_counted(hand):
    at = np.array([0.0, 2.0, 6.0, 8.0]) * hand.month
    assert cumulative_events(hand.responders, at).tolist() == [0, 1, 2, 3]


def test_a_flow_without_parents_is_one_column(hand):
    chain = Flow(tuple(replace(step, parent=None) for step in hand.flow.steps))
    text = words(draw_flow(chain, simulated=False))
    assert "n = 10 (pilot 6, extension 4)".replace(" = ", "\N{NO-BREAK SPACE}=\N{NO-BREAK SPACE}") in text
    assert "number not known" in text


def test_an_empty_flow_is_refused():
    with pytest.raises(DesignError, match="no step"):
        draw_flow(Flow(()), simulated=False)


def test_every_box_of_the_flow_holds_its_text(hand, drawn_inside):
    figure = draw_flow(hand.flow, simulated=True)
    drawn_inside(figure)
    axes = figure.axes[0]
    boxes = [patch.get_window_extent() for patch in axes.patches if hasattr(patch, "get_width")]
    held = [
        sum(box.x0 <= text.get_window_extent().x0 and text.get_window_extent().x1 <= box.x1 for box in boxes)
        > 0
        for text in axes.texts
        if text.get_color() == "black" and text.get_text()
    ]
    assert all(held)
    overlaps = [(i, j) for i, a in enumerate(boxes) for j, b in enumerate(boxes[:i]) if a.overlaps(b)]
    assert overlaps == []


def test_the_waterfall_falls_and_a_bar_beyond_one_hundred_percent_is_cut_and_named(hand):
    figure = draw_waterfall(hand.patients, simulated=False, cutoff_percent=25)
    bars = sorted((bar for bar in figure.axes[0].patches), key=lambda bar: bar.get_x())
    assert [bar.get_height() for bar in bars] == [100.0, 10.0, -25.0, -40.0]
    assert "+150" in words(figure)


def test_the_waterfall_tells_responders_from_others_without_colour(hand):
    figure = draw_waterfall(hand.patients, simulated=False, cutoff_percent=25)
    hatch = {bar.get_height(): bar.get_hatch() for bar in figure.axes[0].patches}
    assert hatch[-40.0] != hatch[10.0]


def test_cut_offs_are_solid_when_pre_specified_and_dashed_when_post_hoc(hand):
    figure = draw_waterfall(hand.patients, simulated=False, cutoff_percent=25, post_hoc_percent=(15,))
    styles = {
        line.get_ydata()[0]: line.get_linestyle()
        for line in figure.axes[0].lines
        if len(set(line.get_ydata())) == 1
    }
    assert styles[-25] == "-"
    assert styles[-15] != "-"
    assert {"−25 % pre-specified", "−15 % post hoc"} <= set(words(figure))


def test_new_uncertain_and_progressing_lesions_are_marked_once_each(hand):
    patients = hand.patients.assign(
        change_percent=[-40.0, 10.0, -25.0, 150.0, -5.0], progression=[False, True, False, True, False]
    )
    axes = draw_waterfall(patients, simulated=False, cutoff_percent=25).axes[0]
    marks = {line.get_label(): len(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 0}
    assert marks == {"New lesion": 1, "New lesion uncertain, not counted": 1, "A lesion progresses": 1}


def test_a_group_of_plasma_lines_that_is_no_response_is_refused(hand):
    with pytest.raises(DesignError) as refused:
        draw_plasma(hand.lines.assign(group="arm A"), hand.detection, simulated=False, lod_percent=0.1)
    assert refused.value.offenders == ("arm A",)


def test_patients_who_change_response_have_another_marker(hand):
    scatter = draw_agreement(hand.agreement, simulated=False, cutoff_percent=25).axes[0]
    points = {
        line.get_marker(): len(line.get_xdata()) for line in scatter.lines if line.get_marker() in ("o", "^")
    }
    assert points == {"o": 2, "^": 1}


def test_an_unknown_response_is_refused_by_name(hand):
    with pytest.raises(DesignError) as refused:
        draw_waterfall(hand.patients.assign(response="partial"), simulated=False, cutoff_percent=25)
    assert refused.value.offenders == ("partial",)


@pytest.mark.parametrize("n", [0, 1])
def test_few_patients_can_be_drawn(hand, n, drawn_inside):
    few = hand.patients.iloc[:n]
    drawn_inside(draw_waterfall(few, simulated=True, cutoff_percent=25))
    drawn_inside(draw_change_and_pfs(few, simulated=True, cutoff_percent=25))
    drawn_inside(draw_lesion_changes(hand.lesions.iloc[:n], few, simulated=True, cutoff_percent=25))
    drawn_inside(draw_associations(hand.rows.iloc[:n], simulated=True))
    drawn_inside(draw_gene_matrix(hand.genes.iloc[:n], simulated=True))
    few_pairs = replace(
        hand.agreement, pairs=hand.agreement.pairs.iloc[:n], limit_low=np.nan, limit_high=np.nan
    )
    drawn_inside(draw_agreement(few_pairs, simulated=True, cutoff_percent=25))


def test_a_lesion_that_stands_twice_at_a_visit_is_refused(hand):
    twice = pd.concat([hand.lesions, hand.lesions.iloc[:1]])
    with pytest.raises(DesignError, match="twice"):
        draw_lesion_changes(twice, hand.patients, simulated=False, cutoff_percent=25)


def test_censored_patients_have_another_marker_than_events(hand):
    figure = draw_change_and_pfs(hand.patients, simulated=False, cutoff_percent=25)
    points = {line.get_label(): line for line in figure.axes[0].lines if not line.get_label().startswith("_")}
    event, censored = points["Event (n = 3)"], points["Censored: event later, if at all (n = 1)"]
    assert event.get_marker() != censored.get_marker()
    assert np.allclose(censored.get_xdata(), [-25.0])
    assert np.allclose(censored.get_ydata(), [180 / hand.month])


def test_plasma_without_frequencies_shows_the_shares_alone(hand, drawn_inside):
    figure = draw_plasma(hand.lines.iloc[:0], hand.detection, simulated=True, lod_percent=0.1)
    assert len(figure.axes) == 1
    assert "26/47" in words(figure)
    drawn_inside(figure)


def test_two_plasma_markers_stand_side_by_side_in_different_hatches(hand):
    both = pd.concat([hand.detection, hand.detection.assign(marker="tumour_fraction")])
    figure = draw_plasma(hand.lines, both, simulated=False, lod_percent=0.1)
    assert len({bar.get_hatch() for bar in figure.axes[1].patches}) == 2


def test_samples_below_the_limit_stand_under_it_as_open_markers(hand):
    figure = draw_plasma(hand.lines, hand.detection, simulated=False, lod_percent=0.1)
    open_ = [line for line in figure.axes[0].lines if line.get_markerfacecolor() == "white"]
    assert [y for line in open_ for y in line.get_ydata()] == [pytest.approx(0.1 / 3)]


def test_a_row_that_cannot_be_estimated_says_why_in_the_plot(hand):
    text = words(draw_associations(hand.rows, simulated=False))
    assert "not estimable" in text
    assert any("same marker" in found.replace("\n", " ") for found in text)


def test_an_interval_beyond_the_axis_ends_in_an_arrow(hand):
    figure = draw_associations(hand.rows, simulated=False)
    arrows = [line for line in figure.axes[0].lines if line.get_marker() == ">"]
    assert len(arrows) == 2


def test_a_forest_lacking_a_column_is_refused(hand):
    with pytest.raises(DesignError, match="lacks a column"):
        draw_associations(hand.rows.drop(columns="low"), simulated=False)


def test_residuals_stand_at_their_months_and_the_smooth_is_drawn_as_given(hand):
    smooth = pd.DataFrame(
        {"days": [0.0, hand.month], "log_hazard_ratio": [1.0, 0.0], "low": [0.0, -1.0], "high": [2.0, 1.0]}
    )
    figure = draw_schoenfeld(hand.hazards, simulated=False, smooth=smooth)
    lines = {line.get_label(): line for line in figure.axes[0].lines}
    assert np.allclose(lines["Smooth over time"].get_xdata(), [0, 1])
    assert np.allclose(lines["Scaled Schoenfeld residual"].get_xdata(), np.array([30, 90, 200]) / hand.month)
    assert lines["Model: constant hazard ratio"].get_ydata()[0] == 0.551


def test_no_event_means_no_residual(hand):
    none = replace(hand.hazards, times=np.zeros(0), residuals=np.zeros((0, 1)))
    assert any("no event" in text for text in words(draw_schoenfeld(none, simulated=False)))


def test_a_joint_table_that_is_not_two_by_two_is_refused(hand):
    with pytest.raises(DesignError, match="two by two"):
        draw_joint(hand.counts.iloc[:1], simulated=False)


def test_a_small_cell_does_not_come_back_by_subtraction_from_the_total(hand):
    cells = hand.counts.astype(str)
    cells.iloc[0, 0], cells.iloc[1, 1] = "< 5", "not shown"
    text = words(draw_joint(hand.counts, simulated=False, smallest=5, shown=cells))
    assert {"< 5", "not shown"} <= set(text)
    assert not any("%" in line for line in text)
    alt = describe_joint(hand.counts, smallest=5, shown=cells)
    assert alt.count("< 5") == alt.count("not shown") == 1


def test_a_small_cell_takes_every_share_with_it(hand):
    text = words(draw_joint(hand.counts, simulated=False, smallest=5))
    assert "<5" in text
    assert "4" not in text
    assert not any(found.endswith(" %") for found in text)


def test_small_gene_counts_are_kept_back(hand):
    text = words(draw_gene_matrix(hand.genes, simulated=False, smallest=5))
    assert "<5" in text
    assert "3" not in text


def test_all_projections_share_one_scale_and_one_window(hand):
    big, little = hand.panel("baseline"), hand.panel("day14")
    little = replace(little, suv=little.suv[:15], lesions={})
    figure = draw_projection([big, little], simulated=False, suv_window=(0.0, 7.0))
    FigureCanvasAgg(figure).draw()
    pictures = [axes for axes in figure.axes if axes.images]
    sizes = [axes.get_window_extent() for axes in pictures]
    assert sizes[0].width == pytest.approx(sizes[1].width)
    assert sizes[0].height == pytest.approx(2 * sizes[1].height)
    assert sizes[0].height / sizes[0].width == pytest.approx(30 / 12)
    assert {axes.images[0].get_clim() for axes in pictures} == {(0.0, 7.0)}


def test_the_scale_bar_is_ten_centimetres_long(hand):
    figure = draw_projection([hand.panel("baseline")], simulated=False)
    FigureCanvasAgg(figure).draw()
    picture = next(axes for axes in figure.axes if axes.images).get_window_extent()
    ruler = next(axes for axes in figure.axes if any(text.get_text() == "10 cm" for text in axes.texts))
    left, _, _, right = ruler.transData.transform([(x, 0) for x in ruler.lines[0].get_xdata()])[:, 0]
    assert right - left == pytest.approx(picture.width * 100 / (12 * 8), rel=1e-6)


def test_the_patients_right_is_on_the_left(hand):
    figure = draw_projection([hand.panel("baseline")], simulated=False)
    side = {text.get_text(): text.get_position()[0] for axes in figure.axes for text in axes.texts}
    assert side["R"] < side["L"]


def test_lesions_are_named_and_a_visit_without_lesions_is_drawn(hand):
    bare = replace(hand.panel("day14"), lesions={})
    text = words(draw_projection([hand.panel("baseline"), bare], simulated=False))
    assert (text.count("L01"), text.count("L02")) == (1, 1)


def test_an_outline_follows_the_voxel_edges():
    mask = np.zeros((4, 5), dtype=bool)
    mask[1:3, 2:4] = True
    edges = outline(mask, (2.0, 3.0))
    assert len(edges) == 8
    assert edges[:, :, 0].min() == 2 * 3.0
    assert edges[:, :, 0].max() == 4 * 3.0
    assert edges[:, :, 1].min() == 1 * 2.0
    assert edges[:, :, 1].max() == 3 * 2.0
    assert np.abs(np.diff(edges, axis=1)).sum() == 4 * 3.0 + 4 * 2.0


def test_a_mask_on_another_grid_is_refused(hand):
    wrong = replace(hand.panel("baseline"), lesions={"L01": np.ones((2, 2), dtype=bool)})
    with pytest.raises(ImageError, match="grid"):
        draw_projection([wrong], simulated=False)


def test_an_empty_window_and_no_visit_are_refused(hand):
    with pytest.raises(DesignError, match="window"):
        draw_projection([hand.panel("baseline")], simulated=False, suv_window=(5.0, 5.0))
    with pytest.raises(DesignError, match="no projection"):
        draw_projection([], simulated=False)


def test_neither_curve_nor_sum_of_events_goes_on_where_few_are_at_risk(hand):
    days = [30.4375 * month for month in range(1, 9)]
    figure = draw_survival_curves([hand.curve("All", days, [1] * 8)], simulated=False, smallest=3)
    steps = [line for line in figure.axes[0].lines if line.get_drawstyle() == "steps-post"]
    assert max(steps[0].get_xdata()) == pytest.approx(6)
    written = [text.get_text() for text in figure.axes[1].texts if text.get_gid() == "at-risk-row"]
    assert written[:9] == [str(n) for n in (8, 8, 7, 6, 5, 4, 3, 2, 1)]
    # A sum of one or two is small itself, and would be given back by the numbers at risk and the sum of the censored.
    assert written[9:18] == ["0", "–", "–", "3", "4", "5", "6", "–", "–"]
    assert written[18:] == ["0", "–", "–", "0", "0", "0", "0", "–", "–"]


def test_a_name_that_no_page_holds_is_cut_and_the_figure_keeps_its_size():
    long = "W" * 600
    counts = pd.DataFrame({"gene": [long], "visit": ["baseline"], "k": [3], "n": [9]})
    figure = draw_gene_matrix(counts, simulated=False)
    assert figure.get_size_inches()[0] * 25.4 <= DOUBLE_MM
    assert any(line.startswith("WW") and line.endswith("…") and len(line) < 40 for line in words(figure))
    assert fitted("ESR1", 45.0) == "ESR1"
    assert wrapped(f"{long} altered", 52.0)[1] == "altered"
    assert text_width_mm(wrapped(long, 52.0)[0]) <= 52.0
