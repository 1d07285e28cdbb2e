"""A small number outside a part of the patients does not come out by subtraction, nor a small arm out of a total."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from matplotlib.text import Text

from analysis.figures import draw_survival_curves
from analysis.logbook import Logbook
from analysis.results.arm_tables import hold_arms, hold_interaction, interaction_table, shown_forest
from analysis.results.arm_words import arm_sentence, effect_sentence, subgroup_sentence
from analysis.results.nested import complete_groups, part_beside, parts_beside, rows_beside
from analysis.results.quality_course import course_of, hold_difference
from analysis.results.quality_tables import course_table
from analysis.results.reader_tables import cells, reader_table, two_by_two
from analysis.results.small_cells import NOT_SHOWN, SmallCells
from analysis.results.small_tables import Counted, withheld_table
from analysis.results.small_values import withheld_analysis, withheld_value
from analysis.results.survival_numbers import curve_numbers
from analysis.results.survival_values import attempt, hold_early_response
from analysis.results.value import Value
from analysis.survival import (
    compare_arms,
    early_response,
    interaction,
    kaplan_meier,
    reader_agreement,
    subgroup_effects,
)

RULE = SmallCells(5, zeros_shown=True, applies=True)


class Book:
    """Takes values as the session of a study does whose small numbers are withheld."""

    smallest_cell = 5

    def __init__(self, rule=RULE):
        self.values, self.notes, self.too_few, self.rule = {}, [], rule.small, rule
        self.kept_back = []
        self.keep_back = self.kept_back.append

    def value(self, name, value, **details):
        options = {key: details.pop(key) for key in ("k", "counted", "complement") if key in details}
        self.values[name] = withheld_value(Value(name=name, value=value, **details), self.rule, **options)

    def shown_rows(self, rows, *, of):
        kept = [
            all(self.rule.count_text(int(r[k]), int(r[n])) is None for k, n in of.items())
            for r in rows.to_dict("records")
        ]
        return rows[kept]

    def note(self, text):
        self.notes.append(text)


def arms_of(drug_events, placebo_events, *, n=40):
    """Two arms of n, with that many events each, the drug's later."""
    order = np.random.default_rng(3).permutation(2 * n) + 50.0
    time = np.where(np.arange(2 * n) < n, order + 20, order)
    event = np.r_[np.arange(n) < drug_events, np.arange(n) < placebo_events]
    return time, event, ["drug"] * n + ["placebo"] * n


def compared(*events, n=40):
    return compare_arms(
        *arms_of(*events, n=n), control="placebo", end_point="PFS", tau_months=3, rates_at_months=[2]
    )


def test_a_ratio_of_arms_of_which_one_has_few_events_is_not_held():
    book = Book()
    hold_arms(book, "all.pfs", compared(3, 20), otherwise="")
    for name in ("hr", "hr_p", "logrank_p", "rmst_difference", "arm_median", "control_median"):
        assert book.values[f"all.pfs.{name}"].value is None, name
    # 23 events in all, 20 of the control would leave 3.
    assert book.values["all.pfs.events"].value == 23
    assert book.values["all.pfs.control_n"].events is None


def test_a_ratio_of_arms_with_events_enough_is_held_with_all_its_events():
    book = Book()
    hold_arms(book, "all.pfs", compared(10, 20), otherwise="")
    assert book.values["all.pfs.hr"].value == pytest.approx(compared(10, 20).hazard_ratio.estimate)
    assert book.values["all.pfs.hr"].events == 30
    assert book.values["all.pfs.control_n"].events == 20


def test_no_ratio_of_few_events_is_said_in_words():
    few = compared(3, 20)
    assert arm_sentence(few, smallest=5) == "Hazard ratio, drug v placebo: too few events to be shown"
    assert (
        effect_sentence(few, "all", smallest=5)
        == "In all (80 patients) an arm has too few events of PFS to be shown."
    )
    assert "3" not in effect_sentence(few, "all", smallest=5)
    enough = compared(10, 20)
    assert arm_sentence(enough, smallest=5) == arm_sentence(enough)
    assert effect_sentence(enough, "all", smallest=5) == effect_sentence(enough, "all")


@pytest.mark.parametrize(("events", "kept_back"), [((3, 20), ["PFS by arm"]), ((10, 20), [])])
def test_a_comparison_with_few_events_in_an_arm_is_kept_out_of_the_log(events, kept_back):
    book = Book()
    book.log = Logbook(lambda: "")
    assert attempt(book, "PFS by arm", compared, *events) is not None
    assert book.kept_back == kept_back


def test_of_an_analysis_that_is_kept_back_the_log_says_only_that_it_was_asked():
    entry = {"question": "PFS by arm", "n": 80, "events": 23, "given": 80, "estimate": 0.2, "p_value": 0.01}
    assert withheld_analysis(entry, RULE)["estimate"] == 0.2
    kept = withheld_analysis(entry, RULE, kept_back=True)
    assert kept["question"] == "PFS by arm"
    assert {kept[name] for name in ("n", "events", "given", "estimate", "p_value")} == {None}
    assert kept["refused"].startswith("made, and not shown")
    assert withheld_analysis(entry, Book(SmallCells(5, True, applies=False)).rule, kept_back=True) == entry


def interacting(outside):
    """Interaction of a subgroup with 30 events and others with 1 + ``outside`` - 1."""
    first, others = arms_of(10, 20), arms_of(1, outside - 1)
    time, event = (np.r_[a, b] for a, b in zip(first[:2], others[:2], strict=True))
    inside = np.repeat([True, False], 80)
    return interaction(
        time, event, first[2] + others[2], inside, control="placebo", end_point="PFS", name="line"
    )


def test_an_interaction_that_rests_on_few_events_of_one_side_is_neither_held_nor_printed_nor_said():
    book, found = Book(), interacting(3)
    assert found.outside.events == 3
    assert hold_interaction(book, "first.i", found, "PFS", question="Q", otherwise="") is None
    assert book.values["first.i"].value is None
    assert book.values["first.i_p"].value is None
    assert len(book.notes) == 1
    assert book.kept_back == ["Q"]
    counted = Counted(labels=["End-point"], counts=["Events, subgroup", "Events, others"], parts=False)
    [row] = withheld_table(interaction_table({"PFS": found}), RULE, counted).to_dict("records")
    assert row["Events, others"] == "< 5 of 80"
    assert {
        row[name] for name in ("In the subgroup", "In the others", "Ratio of hazard ratios", "Interaction p")
    } == {NOT_SHOWN}
    assert subgroup_sentence(found, "first line", smallest=5).endswith("too few events to be shown.")


def test_an_interaction_goes_with_the_ratio_of_a_subgroup_of_which_one_arm_has_few_events():
    book, found, few = Book(), interacting(12), compared(3, 20)
    assert hold_interaction(book, "first.i", found, "PFS", question="Q", compared=[few], otherwise="") is None
    assert book.values["first.i"].value is None
    assert book.values["first.i_p"].value is None


def test_an_interaction_with_events_enough_is_held_printed_and_said():
    book, found = Book(), interacting(12)
    assert hold_interaction(book, "first.i", found, "PFS", question="Q", otherwise="") is found
    assert book.values["first.i"].value == found.estimate
    assert (book.values["first.i"].n, book.values["first.i"].events) == (160, 42)
    assert book.notes == book.kept_back == []
    assert subgroup_sentence(found, "first line", smallest=5) == subgroup_sentence(found, "first line")


@pytest.mark.parametrize(
    ("whole", "part", "stands"),
    [
        ((10, 22), (10, 20), False),
        ((10, 26), (10, 20), True),
        ((10, 20), (10, 20), True),
        ((12, 28), (9, 20), False),
    ],
)
def test_a_subgroup_is_not_shown_where_few_events_are_left_outside_of_it(whole, part, stands):
    book, own = Book(), compared(*part, n=30)
    assert (part_beside(book, "PFS", compared(*whole), own) is own) == stands
    assert book.kept_back == ([] if stands else ["PFS"])
    assert bool(book.notes) != stands


def test_a_subgroup_without_few_patients_is_not_shown():
    book = Book()
    assert part_beside(book, "PFS", compared(10, 20, n=41), compared(10, 20)) is None


def events(**counts):
    return pd.DataFrame(
        [
            {"Event": term, "Population": population, "Arm": "drug", "Treated": n, "Any grade": k}
            for term, cells_of in counts.items()
            for population, k, n in cells_of
        ]
    )


def test_the_subgroups_row_of_an_event_goes_where_the_whole_less_it_is_few():
    rows = events(
        rash=[("whole trial", 22, 100), ("first line", 20, 60)],
        cough=[("whole trial", 30, 100), ("first line", 20, 60)],
        fever=[("whole trial", 6, 100), ("first line", 4, 60)],
    )
    book = Book()
    left = rows_beside(
        book, rows, column="Population", whole="whole trial", part="first line", by=["Event", "Arm"],
        counts=["Treated", "Any grade"],
    )  # fmt: skip
    assert left[["Event", "Population"]].to_numpy().tolist() == [
        ["rash", "whole trial"],
        ["cough", "whole trial"],
        ["cough", "first line"],
        ["fever", "whole trial"],
        ["fever", "first line"],  # 4 is printed as < 5: what is outside stays 2 to 5
    ]
    assert book.notes[0].startswith("1 rows of first line are left out")
    shows_all = Book(SmallCells(5, zeros_shown=True, applies=False))
    told = {"column": "Population", "whole": "whole trial", "part": "first line", "by": ["Event", "Arm"]}
    assert len(rows_beside(shows_all, rows, counts=["Treated", "Any grade"], **told)) == len(rows)


def test_populations_named_at_the_end_of_a_comparison_belong_together():
    rows = pd.DataFrame(
        {
            "Comparison": ["OS, all patients", "PFS, all patients", "PFS, the subgroup", "OS, the subgroup"],
            "At risk": [30, 22, 20, 20],
        }
    )
    left = rows_beside(
        Book(),
        rows,
        column="Comparison",
        whole=", all patients",
        part=", the subgroup",
        by=[],
        counts=["At risk"],
    )
    assert left["Comparison"].tolist() == ["OS, all patients", "PFS, all patients", "OS, the subgroup"]


def test_levels_that_would_give_back_a_level_left_out_go_with_it():
    rows = pd.DataFrame(
        {"name": ["all", "first", "later", "old", "young"], "family": ["w", "line", "line", "age", "age"]}
    )
    book = Book()
    left = complete_groups(book, rows.drop(index=2), rows, "family")
    assert left["name"].tolist() == ["all", "old", "young"]
    assert len(book.notes) == 1


def readers(both, local_only, central_only, neither, label="all"):
    local = [1] * (both + local_only) + [0] * (central_only + neither)
    central = [1] * both + [0] * local_only + [1] * central_only + [0] * neither
    time = np.arange(len(local)) + 10.0
    return reader_agreement(time, local, time, central, tolerance_days=1, label=label)


def test_a_small_cell_of_the_readers_is_not_given_back_by_sums_or_agreement():
    found = [readers(20, 3, 8, 30), readers(20, 8, 8, 30, label="arm")]
    table = withheld_table(two_by_two(found, smallest=5), RULE, Counted(labels=["Patients", "Local reading"]))
    assert set(table.iloc[:2, 2:].to_numpy().ravel()) == {NOT_SHOWN}
    assert table.iloc[2:, 2:].to_numpy().tolist() == [[20, 8, 28], [8, 30, 38]]
    counted = Counted(labels=["Patients"], counts=["n", "Local only", "Central only"], parts=False)
    few, enough = withheld_table(
        reader_table(found, ["0.63 (0.4–0.8)"] * 2, smallest=5), RULE, counted
    ).to_dict("records")
    assert {name for name, cell in few.items() if cell != NOT_SHOWN} == {"Patients", "n"}
    assert enough["Same time, of events by both"] == "20 of 20"
    assert enough["Local only"] == 8


def test_a_group_of_readings_goes_that_would_give_the_other_group_away():
    everybody, arm, other = readers(40, 10, 12, 60), readers(20, 8, 6, 30), readers(20, 2, 6, 30)
    book = Book()
    assert parts_beside(book, everybody, [arm, other], cells) == [everybody, other]
    assert len(book.notes) == 1


def test_a_difference_in_quality_of_life_of_few_patients_is_not_held():
    found = SimpleNamespace(estimate=-3.1, low=-6.0, high=-0.2, method="mixed model")
    book = Book()
    hold_difference(book, "quality.mixture", found, n=3, reason="")
    hold_difference(book, "quality.difference", found, n=203, reason="")
    assert book.values["quality.mixture"].value is None
    assert book.values["quality.difference"].value == -3.1


@pytest.mark.parametrize(("early", "mixed"), [(3, False), (30, True)])
def test_there_is_no_mixture_with_a_pattern_of_few_patients(monkeypatch, early, mixed):
    sizes = iter([200 + early, early, 200])
    effect = SimpleNamespace(estimate=-3.1, low=-6.0, high=-0.2, std_error=1.0, method="mixed model")

    def made(*_, **__):
        return SimpleNamespace(
            n=next(sizes), without=0, outcome=0, design=0, patients=0, terms=0, difference=lambda: 0
        )

    monkeypatch.setattr("analysis.quality_of_life.course_design", made)
    monkeypatch.setattr(
        "analysis.biomarkers.mixed_contrast", lambda *_, **__: SimpleNamespace(effect=effect, model=None)
    )
    book = Book()
    book.log, book.protocol = Logbook(lambda: ""), SimpleNamespace(value=lambda _: 6)
    scores = pd.DataFrame({"patient_id": ["a"], "day": [1.0], "score": [50.0]})
    course = course_of(book, scores, ["a"], np.array([True]))
    assert any(name.startswith("Pattern mixture") for name, *_ in course.rows) == mixed
    assert (book.values["quality.mixture"].value is not None) == mixed
    assert (200 in [n for *_, n in course.rows]) == mixed  # 203 less 200 would be 3
    assert any("mixture" in note for note in book.notes) != mixed
    assert len(book.kept_back) == (0 if mixed else 2)
    assert book.values["quality.difference"].n == 200 + early


def fitted_course(monkeypatch, *, randomised, without):
    """The course of a trial in which so many have no score; two patterns of 100 and the others."""
    n = randomised - without
    sizes = iter([n, 100, n - 100])
    effect = SimpleNamespace(
        estimate=-3.1, low=-6.0, high=-0.2, std_error=1.0, p_value=0.04, method="mixed model"
    )
    monkeypatch.setattr(
        "analysis.quality_of_life.course_design",
        lambda *_, **__: SimpleNamespace(
            n=next(sizes), without=without, outcome=0, design=0, patients=0, terms=0, difference=lambda: 0
        ),
    )
    monkeypatch.setattr(
        "analysis.biomarkers.mixed_contrast", lambda *_, **__: SimpleNamespace(effect=effect, model=None)
    )
    book = Book()
    book.log, book.protocol = Logbook(lambda: ""), SimpleNamespace(value=lambda _: 6)
    scores = pd.DataFrame({"patient_id": ["a"], "day": [1.0], "score": [50.0]})
    return book, course_of(book, scores, ["a"] * randomised, np.ones(randomised, dtype=bool))


def test_few_patients_without_a_score_are_not_given_back_by_those_of_the_model(monkeypatch):
    book, course = fitted_course(monkeypatch, randomised=240, without=3)
    assert "fewer than 5" in book.notes[-1]
    assert not any(digits in " ".join(book.notes) for digits in ("3 of", "240", "237"))
    assert course_table(course.rows)["Patients"].tolist() == [NOT_SHOWN] * 4
    assert [book.values[f"quality.{name}"].n for name in ("difference", "mixture")] == [None, None]
    assert book.values["quality.difference"].value == -3.1
    assert (
        len(book.kept_back) == 3
    )  # the model and both patterns: their patients add up to those of the model


def test_patients_without_a_score_who_are_many_are_counted(monkeypatch):
    book, course = fitted_course(monkeypatch, randomised=240, without=20)
    assert book.notes[-1].startswith("20 of 240 patients have no score")
    assert course_table(course.rows)["Patients"].tolist() == [220, 100, 120, 220]
    assert book.kept_back == []


def nested_curves(outside):
    """One arm: 30 patients of a part, seen every 10 days, and others of whom each is seen on its day in ``outside``."""
    own = np.arange(30) * 10.0 + 10
    part = kaplan_meier(own, np.ones(30), label="drug")
    return part, kaplan_meier(np.r_[own, outside], np.ones(30 + len(outside)), label="drug")


def test_numbers_at_risk_of_a_part_end_where_few_others_are_at_risk():
    """12 others, one leaving on day 11, 21, ...: after the eighth, on day 81, 4 are left."""
    part, whole = nested_curves(np.arange(12) * 10.0 + 11)
    assert part.safe_until(whole, 5) == 81
    shown = part.until(5, beside=whole)
    assert shown.times[-1] == 80
    for day in np.arange(0.0, 81.5, 0.5):
        assert whole.at_risk_at([day])[0] - part.at_risk_at([day])[0] >= 5
    assert whole.at_risk_at([81.5])[0] - part.at_risk_at([81.5])[0] == 4
    numbers = curve_numbers([part], smallest=5, beside=[whole])
    assert numbers["months"].max() == pytest.approx(80 / 30.4375, abs=1e-3)


def test_a_part_beside_many_others_ends_by_its_own_rule_only():
    part, whole = nested_curves(np.full(12, 400.0))
    assert part.safe_until(whole, 5) == np.inf
    assert part.until(5, beside=whole).times[-1] == part.until(5).times[-1]
    assert part.until(0, beside=whole) is part


def written(figure):
    return [text.get_text() for text in figure.findobj(Text) if text.get_gid() == "at-risk-row"]


def test_rows_below_the_curves_of_a_part_do_not_give_the_others_away():
    part, whole = nested_curves(np.arange(12) * 10.0 + 11)
    alone = written(draw_survival_curves([part], simulated=False, smallest=5))
    beside = written(draw_survival_curves([part], simulated=False, smallest=5, beside=[whole]))
    days = np.arange(len(alone) // 3) * 30.4375  # a tick a month
    at_risk = beside[: len(days)]
    assert at_risk[0] == "30"
    for day, cell in zip(days, at_risk, strict=True):
        others = whole.at_risk_at([day])[0] - part.at_risk_at([day])[0]
        assert (cell == "–") == (day > 81), (day, cell, others)
    assert beside.count("–") > alone.count("–")


def test_a_small_sum_below_a_curve_is_not_given_back_by_the_other():
    """40 patients, 3 of them censored before the first tick: at risk, events and censored add up to 40."""
    time = np.r_[[10.0, 11, 12], np.arange(37) * 8.0 + 70]
    curve = kaplan_meier(time, np.r_[[0] * 3, [1] * 37], label="drug")
    cells_of = np.array(written(draw_survival_curves([curve], simulated=False, smallest=5))).reshape(3, -1)
    assert cells_of[0, 1] == "37"
    assert cells_of[1:, 1].tolist() == ["–", "–"]
    whole = np.array(written(draw_survival_curves([curve], simulated=False))).reshape(3, -1)
    assert whole[:, 1].tolist() == ["37", "0", "3"]


def test_values_of_a_comparison_of_which_a_group_has_few_events_are_not_held():
    time = np.arange(1.0, 41) * 10
    event = np.r_[np.arange(20) < 3, np.ones(20)]
    found = early_response(
        time + 20, event, ["yes"] * 20 + ["no"] * 20, landmark_day=14, reference="yes",
        labels={"no": "non-responders", "yes": "responders"}, end_point="PFS", tau_months=12, rates_at_months=[6], seed=1,
        permutations=999,
    )  # fmt: skip
    assert [curve.n_events for curve in found.curves] == [20, 3]
    book = Book()
    assert hold_early_response(book, "pfs", found, otherwise="") is None
    assert {one.value for one in book.values.values()} == {None}
    assert {one.events for one in book.values.values()} == {None}
    assert "not shown" in book.notes[0]
    shows_all = Book(SmallCells(5, zeros_shown=True, applies=False))
    assert hold_early_response(shows_all, "pfs", found, otherwise="") is found


def test_a_level_of_the_forest_goes_by_the_events_of_an_arm_and_its_characteristic_with_it():
    """20 events of the level old, but 2 of the drug's: 18 of the control would be left."""
    time, event, arm = arms_of(22, 38)
    groups = pd.DataFrame(
        {
            "age": np.r_[["old"] * 2, ["young"] * 38, ["old"] * 18, ["young"] * 22],
            "line": ["first", "later"] * 40,
        }
    )
    groups.loc[25:35, "age"] = "old"  # drug, without an event
    effects = subgroup_effects(time, event, arm, groups, control="placebo", end_point="PFS")
    old = next(one for one in effects if one.level == "old")
    assert old.in_arms == ((13, 2), (18, 18))
    assert (old.n, old.events) == (31, 20)
    whole = compared(22, 38).hazard_ratio
    book = Book()
    forest = shown_forest(book, "Q", effects, whole)
    assert forest["name"].tolist() == ["All patients", "first", "later"]
    assert book.kept_back == ["Q"]


def test_the_size_of_a_small_pattern_of_drop_out_is_not_the_difference_of_two_others():
    frame = pd.DataFrame(
        {
            "Estimate": ["all", "early", "late"],
            "Patients": [203, 3, 200],
            "Difference, points": ["-1.0", "-9.0", "-0.9"],
        }
    )
    shown = withheld_table(frame, RULE, Counted(counts=["Patients"], labels=["Estimate"]))
    assert shown["Patients"].tolist() == [203, "< 5", NOT_SHOWN]
    assert shown["Difference, points"].tolist() == ["-1.0", NOT_SHOWN, NOT_SHOWN]
