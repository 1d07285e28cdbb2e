import itertools

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.cohort import Flow, FlowStep
from analysis.errors import PublicationError
from analysis.results.complementary import complements, sums
from analysis.results.small_cells import NOT_SHOWN, SmallCells, small_cells
from analysis.results.small_figures import withhold_writing
from analysis.results.small_flow import shown_flow
from analysis.results.small_in_text import without_small
from analysis.results.small_tables import Counted, withheld_table
from analysis.results.small_values import withheld_analysis, withheld_value
from analysis.results.value import Value
from analysis.study import load_protocol
from analysis.survival import kaplan_meier

RULE = SmallCells(5, zeros_shown=True, applies=True)
SHOWS_ALL = SmallCells(5, zeros_shown=True, applies=False)


def table(**columns):
    return pd.DataFrame(columns)


def solutions(line, hidden, *, smallest=5):
    """Every way in which a reader who knows the rule and the total can fill the hidden cells, by trying all."""
    total = sum(line[i] for i in hidden)
    choices = [range(1, smallest) if line[i] < smallest else range(smallest, total + 1) for i in hidden]
    return [filled for filled in itertools.product(*choices) if sum(filled) == total]


@settings(deadline=None)
@given(st.lists(st.integers(0, 14), min_size=2, max_size=5))
def test_no_small_cell_of_a_line_can_be_worked_out_from_its_total(line):
    small = [i for i, k in enumerate(line) if 0 < k < 5]
    added = complements(line, small, smallest=5)
    hidden = sorted({*small, *added})
    everything = not [k for i, k in enumerate(line) if k >= 5 and i not in hidden]
    found = solutions(line, hidden)
    for position in small:
        possible = {filled[hidden.index(position)] for filled in found}
        assert line[position] in possible
        assert possible == {1, 2, 3, 4} or everything


def test_nothing_is_added_where_nothing_is_small():
    assert complements([6, 7, 0], set(), smallest=5) == set()


def test_a_neighbour_that_would_pin_the_small_cell_down_is_not_enough():
    # 1 + 5 = 6: a reader who knows the other is 5 or more would know the first is 1. 1 + 5 + 8 leaves 1 to 4.
    assert complements([1, 5, 8, 30], {0}, smallest=5) == {1, 2}


def test_columns_that_add_up_to_another_are_found():
    assert ("yes", "no") in sums({"yes": [3, 4], "no": [7, 9], "all": [10, 13]})


def test_a_small_count_and_the_smallest_other_level_are_withheld():
    shown = withheld_table(
        table(Level=["C1", "C2", "C3"], Patients=[20, 3, 12]), RULE, Counted(labels=["Level"])
    )
    assert shown["Patients"].tolist() == [20, "< 5", NOT_SHOWN]


def test_one_of_the_hidden_pair_does_not_come_back_through_the_row_total():
    frame = table(Item=["I1", "I2"], Met=[46, 48], **{"Not met": [2, 0], "All": [48, 48]})
    shown = withheld_table(frame, RULE)
    assert shown.iloc[0].tolist() == ["I1", NOT_SHOWN, "< 5", 48]
    assert shown.iloc[1].tolist() == ["I2", 48, 0, 48]


def test_a_count_whose_complement_is_small_is_withheld_with_its_percentage():
    frame = table(Marker=["a", "b"], k=[38, 20], n=[40, 40], share=[95.0, 50.0])
    shown = withheld_table(frame, RULE, Counted(of={"k": "n"}, parts=False))
    assert shown.iloc[0].tolist() == ["a", "> 35", 40, NOT_SHOWN]
    assert shown.iloc[1].tolist() == ["b", 20, 40, 50.0]


def test_estimates_and_intervals_of_few_patients_go_with_them():
    frame = table(Group=["x", "y"], n=[4, 30], Median=["3.1 (2.0–5.5)", "4.2 (3.0–6.0)"], p=[0.04, 0.5])
    shown = withheld_table(frame, RULE, Counted(parts=False))
    assert shown.iloc[0].tolist() == ["x", "< 5", NOT_SHOWN, NOT_SHOWN]
    assert shown.iloc[1].tolist() == frame.iloc[1].tolist()


def test_a_whole_number_that_nobody_declared_counts():
    frame = table(Setting=["a"], Whatever=[2])
    assert withheld_table(frame, RULE)["Whatever"].tolist() == ["< 5"]
    assert withheld_table(frame, RULE, Counted(counts=[]))["Whatever"].tolist() == [2]


def test_a_declared_column_that_is_not_there_is_an_error_in_every_study():
    with pytest.raises(PublicationError, match="no column 'n'"):
        withheld_table(table(k=[1]), SHOWS_ALL, Counted(counts=["n"]))


def test_a_column_of_a_small_group_is_withheld_whole():
    frame = table(Variable=["Age", "Bone"], **{"Responders (n = 3)": ["61 (55–67)", "2 (67 %)"]})
    shown = withheld_table(frame, RULE, Counted(labels=["Variable"]))
    assert shown.columns[1] == "Responders (n < 5)"
    assert set(shown.iloc[:, 1]) <= {NOT_SHOWN, "< 5"}


def test_a_curve_is_not_read_where_nobody_is_at_risk():
    frame = table(Group=["a", "a"], **{"At risk": [12, 0], "Event-free, %": ["40", "0"]})
    shown = withheld_table(frame, RULE, Counted(labels=["Group"], counts=["At risk"], parts=False))
    assert shown["Event-free, %"].tolist() == ["40", NOT_SHOWN]


def test_shares_of_a_known_number_of_patients_are_counts():
    shown = withheld_table(
        table(Rule=["a", "b"], Cut=["95 *", "50"]), RULE, Counted(labels=["Rule"], shares_of=40)
    )
    assert shown["Cut"].tolist() == [NOT_SHOWN, "50"]


def test_a_study_to_which_the_rule_does_not_apply_prints_everything():
    frame = table(Level=["C1"], Patients=[1])
    assert withheld_table(frame, SHOWS_ALL) is frame
    assert without_small("3 of 40 patients", SHOWS_ALL) == "3 of 40 patients"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("3 of 40 patients (7.5 %) had none", "< 5 of 40 patients (not shown) had none"),
        ("40 patients; n = 4; 12 events", "40 patients; n < 5; 12 events"),
        ("scanned on day 4, grade 3", "scanned on day 4, grade 3"),
        ("2 series that should have been measured", "< 5 series that should have been measured"),
        ("logistics (2) and toxicity (7)", "logistics (< 5) and toxicity (7)"),
        ("61 (55–67) [37–75]", "61 (55–67)"),
        ("about 7 of 10 free of progression", "about 7 of 10 free of progression"),
        ("40 / 3", "40 / < 5"),
        (
            "Firth's regression (ctDNA detected has 2; fewer than 5)",
            "Firth's regression (ctDNA detected has < 5; fewer than 5)",
        ),
        ("1 scanned outside day 10 to 18, kept.", "< 5 scanned outside day 10 to 18, kept."),
        ("12.3 months, 0.4 to 3.1", "12.3 months, 0.4 to 3.1"),
    ],
)
def test_small_numbers_in_words_are_withheld(text, shown):
    assert without_small(text, RULE) == shown


def test_bare_numbers_of_a_figure_count_unless_a_unit_follows():
    assert without_small("Forest plot of 3 odds ratios", RULE, writing=True) == "Forest plot of 3 odds ratios"
    text = "favourable and detected 3; discordant 12; −25 %, 4 months, day 3"
    assert without_small(text, RULE, writing=True) == (
        "favourable and detected < 5; discordant 12; −25 %, 4 months, day 3"
    )


def test_named_values_of_few_patients_are_withheld_with_what_rests_on_them():
    def shown(value, **details):
        extra = {name: details.pop(name) for name in ("k", "counted", "complement") if name in details}
        return withheld_value(Value(name="a.b", definition="x", value=value, **details), RULE, **extra)

    assert shown(3).text == "< 5"
    assert shown(38, n=40).text == "> 35"
    assert shown(3, counted=False).text == "3"
    assert shown(38, n=40, complement=False).text == "38"
    assert shown(1.7, n=40, events=3).missing
    assert shown(92.5, n=40, k=37, unit="%").missing
    assert "fewer than 5" in shown(1.7, n=4).reason
    assert shown(1.7, n=4).n is None
    assert shown(1.7, n=40, low=1.0, high=2.0).interval_text == "1.00–2.00"
    assert shown("3 of 40 patients").text == "< 5 of 40 patients"


def test_what_the_log_holds_of_few_patients_is_withheld():
    entry = {"function": "survival.cox", "given": 42, "n": 40, "events": 3, "estimate": 1.7, "p_value": 0.1}
    shown = withheld_analysis(entry, RULE)
    assert (shown["given"], shown["n"], shown["events"], shown["estimate"]) == (None, 40, None, None)
    assert withheld_analysis(entry, SHOWS_ALL) == entry


def test_numbers_written_in_a_figure_are_withheld_and_those_of_its_axes_stay():
    from matplotlib.figure import Figure

    figure = Figure()
    axes = figure.add_subplot()
    axes.set_xticks([1, 2, 3])
    axes.set_yticks([0, 1], ["rule a: 3 of 40", "rule b: 20 of 40"])
    at_risk, box = axes.text(0, 0, "3"), axes.text(0, 1, "PET at day 14\nn = 2")
    withhold_writing(figure, RULE)
    figure.draw_without_rendering()
    assert (at_risk.get_text(), box.get_text()) == ("< 5", "PET at day 14\nn < 5")
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "2", "3"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["rule a: < 5 of 40", "rule b: 20 of 40"]


def test_a_lone_small_reason_of_the_flow_is_not_named():
    flow = Flow((FlowStep("PET", 44, (("refused", 2),), groups=(("pilot", 2), ("extension", 42))),))
    step = shown_flow(flow, RULE).steps[0]
    assert step.excluded == (("for a reason that is not shown", 2),)
    assert step.groups == ()
    assert shown_flow(flow, SHOWS_ALL) is flow


def test_a_curve_ends_where_few_are_at_risk():
    whole = kaplan_meier([10, 20, 30, 40, 50, 60, 70], [1] * 7)
    cut = whole.until(5)
    assert cut.at_risk.min() == 5
    assert cut.times[-1] == 30
    assert cut.median == whole.median  # it rests on all seven
    assert whole.until(0) is whole


def test_the_rule_holds_for_real_studies_and_not_for_simulated_or_public_ones(study_of):
    from dataclasses import replace

    simulated = study_of(patients=[{"patient_id": "P1"}])
    real = replace(simulated, kind="real")
    assert not small_cells(simulated, load_protocol()).applies
    assert small_cells(real, load_protocol()).applies
    public = small_cells(replace(real, disclosure="public"), load_protocol())
    assert not public.applies
    assert "published" in public.notice
