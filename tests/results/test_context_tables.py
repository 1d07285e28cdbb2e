"""Published evidence reaches print with its mark, or not at all."""

from __future__ import annotations

import json
import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import PublicationError
from analysis.evidence import MatchingTask, WeightedComparison, matching_task, matching_weights
from analysis.figures import describe_associations
from analysis.results import context_tables as words
from analysis.results.small_cells import NOT_SHOWN, SmallCells
from analysis.results.small_tables import Counted, withheld_table
from analysis.study import (
    FACTS,
    MarkedFact,
    PublishedCharacteristic,
    context_studies,
    corrections,
    published_trials,
)
from analysis.survival import kaplan_meier

RECALLED = "recalled, not verified"
NO_TASK = MatchingTask(pd.DataFrame(), {}, (), ())
RULE = SmallCells(5, zeros_shown=True, applies=True)


def test_every_recalled_result_carries_its_mark_in_the_table_and_no_other_does():
    studies = context_studies()
    table = words.studies_table(studies)
    assert [known == RECALLED for known in table["Result known"]] == [
        one.basis == "recalled" for one in studies
    ]
    assert RECALLED in set(table["Result known"])


def test_every_recalled_ratio_carries_its_mark_in_figure_and_alternative_text():
    recalled = [replace(one, basis="recalled") for one in context_studies()]
    rows = words.forest_rows(recalled)
    assert len(rows) > 5
    assert rows["name"].str.contains(RECALLED).all()
    assert describe_associations(rows, measure="Hazard ratio").count(RECALLED) == len(rows)


@pytest.mark.parametrize("name", FACTS)
@pytest.mark.parametrize("result", ["read", "computed"])
def test_a_recalled_fact_of_a_study_is_printed_behind_its_mark_and_no_read_one_is(name, result):
    """Alone among facts that were read, whatever fact it is and however the result is known."""
    known = {fact: MarkedFact("7" if fact == "n" else f"the {fact}", "read") for fact in FACTS}
    known[name] = MarkedFact("77" if name == "n" else "remembered", "recalled")
    one = replace(context_studies()[0], basis=result, **known)
    row = words.studies_table([one]).iloc[0]
    where = {
        "n": "Study",
        "timing": "Marker, day, cut-off",
        "metric": "Marker, day, cut-off",
        "cutoff": "Marker, day, cut-off",
    }
    cell = where.get(name, "Design, patients, treatment")
    assert row[cell].endswith(f"n = 77, {RECALLED})" if name == "n" else f"{RECALLED}: remembered")
    assert [RECALLED in text for text in row] == [column == cell for column in row.index]
    in_figure = words.forest_rows([one]).iloc[0]["name"]
    label = {
        "treatment": "treatment",
        "timing": "day",
        "metric": "metric",
        "cutoff": "cut-off",
        "n": "n",
    }.get(name)
    assert (f"{label}: {RECALLED}" in in_figure) == (RECALLED in in_figure) == (label is not None)
    said = words.context_answer(None, [one], None, None)
    assert f"Of 1 others the design, the patients, the day, the cut-off or their number is {RECALLED}" in said


def test_a_fact_cannot_be_put_into_a_sentence_without_its_mark():
    with pytest.raises(PublicationError, match="without its mark: 'day 14'"):
        f"{MarkedFact('day 14', 'recalled')}"


def test_a_fact_that_does_not_say_how_it_is_known_is_not_printed():
    for name in FACTS:
        with pytest.raises(PublicationError, match="not said how"):
            words.studies_table([replace(context_studies()[0], **{name: MarkedFact("7", "sure")})])


def test_the_weights_say_which_of_the_shares_they_aim_at_are_not_verified():
    figures = [
        PublishedCharacteristic("A", name, "yes", 50.0, "%", 9, basis, "a table")
        for name, basis in (("bone", "recalled"), ("visceral", "read"))
    ]
    patients = pd.DataFrame(
        {
            "patient_id": list("PQRS"),
            "bone": [True, False, True, False],
            "visceral": [True, True, False, False],
        }
    )
    task = matching_task(patients, figures, study="A")
    matching = matching_weights(task.patients, task.targets)
    found = WeightedComparison(0.9, 0.5, 1.4, 0.8, 60, 40, matching, samples=300, one_sided=0, failed=0)
    said = f"aim at 2 published shares, of which 1 (bone) is {RECALLED}."
    for sentence in (
        words.matching_sentence(matching, task),
        words.comparison_sentence(found, task),
        words.context_answer(None, context_studies(), matching, task),
    ):
        assert said in sentence
    verified = replace(task, figures=tuple(replace(one, basis="read") for one in figures))
    assert RECALLED not in words.matching_sentence(matching, verified)


def test_every_recalled_trial_target_and_correction_carries_its_mark():
    row = {
        **dict.fromkeys(("trial", "comparison", "endpoint", "caution"), "x"),
        **{f"{p}{n}{s}": 1.0 for p in ("", "printed_") for n in ("hr", "median", "control_median") for s in ("", "_low", "_high")},
        "patients": 3,
        "basis": "recalled",
    }  # fmt: skip
    assert words.trials_table(pd.DataFrame([row]))["Printed figures"].tolist() == [RECALLED]
    figure = PublishedCharacteristic("A", "bone", "yes", 50.0, "%", 9, "recalled", "a table")
    task = matching_task(pd.DataFrame({"patient_id": ["P", "Q"], "bone": [True, False]}), [figure], study="A")
    table = words.balance_table(matching_weights(task.patients, task.targets), task)
    assert table["Known"].tolist() == [RECALLED]
    assert words.corrections_table([replace(corrections()[0], basis="recalled")])["Known"].tolist() == [
        RECALLED
    ]


def test_a_figure_that_does_not_say_how_it_is_known_is_not_printed():
    with pytest.raises(PublicationError, match="not said how"):
        words.studies_table([replace(context_studies()[0], basis="sure")])


def test_ratios_of_good_v_poor_are_inverted_with_their_limits_exchanged():
    (one,) = [s for s in context_studies() if s.study == "SoMore 2015" and s.outcome == "PFS"]
    row = words.forest_rows([one]).iloc[0]
    assert row["estimate"] == pytest.approx(1 / 0.34)
    assert (row["low"], row["high"]) == (pytest.approx(1 / 0.56), pytest.approx(1 / 0.21))


def test_a_ratio_without_interval_is_in_the_table_and_not_in_the_figure():
    without = [one for one in context_studies() if one.measure == "HR" and math.isnan(one.low)]
    assert len(without) == 1
    assert words.forest_rows(without).empty
    assert "interval not known" in words.studies_table(without)["Result"].iloc[0]
    assert "1 more has no interval" in words.not_pooled(context_studies())


def test_the_errors_in_circulation_are_corrected():
    text = " ".join(f"{one.circulating} {one.correct}" for one in corrections())
    for said in (
        "137 women",
        "37 placebo",
        "10 points of the scale, not per cent",
        "hazard ratio is 0.36",
        "0.72",
        "0.12",
    ):
        assert said in text


def test_the_main_pair_of_bolero_2_is_never_printed_together_as_right():
    for one in corrections():
        if "10.6 v 4.1" in one.correct:
            assert "0.36" in one.correct
    for trial in published_trials():
        assert (trial.median[0], trial.hazard_ratio[0]) != (10.6, 0.43)


def test_an_arm_has_no_share_behind_its_last_time_and_no_limits_where_there_are_none():
    short = kaplan_meier([100.0, 150.0, 250.0], [0, 1, 0], label="a")
    row = words.arms_table({"a": short}, known_as={"a": "here"}).iloc[0]
    assert row["% at 12 months"] == "–"
    assert row["% at 6 months"].startswith("50 (")
    assert (
        words.arms_table({"a": short}, at_months=[1], known_as={"a": "here"}).iloc[0]["% at 1 months"]
        == "100"
    )


def test_limits_that_are_not_known_are_not_called_unreached():
    row = {f"printed_{n}{s}": np.nan for n in ("hr", "median", "control_median") for s in ("_low", "_high")}
    row |= {"printed_hr": 0.797, "printed_median": 14.95, "printed_control_median": 14.0}
    row |= {f"{n}{s}": 1.0 for n in ("hr", "median", "control_median") for s in ("", "_low", "_high")}
    row |= {
        "trial": "T",
        "comparison": "a v b",
        "endpoint": "PFS",
        "caution": "",
        "patients": 3,
        "basis": "read",
    }
    printed = words.trials_table(pd.DataFrame([row])).iloc[0]
    assert printed["HR, printed"] == "0.797"
    assert printed["Months, printed"] == "14.95 v 14.0"


def test_the_sentence_on_the_weights_holds_every_warning():
    patients = pd.DataFrame({"bone": [1] * 3 + [0] * 57})
    matching = matching_weights(patients, {"bone": 0.9})
    sentence = words.matching_sentence(matching, NO_TASK)
    assert "effective sample size" in sentence
    assert all(text in sentence for text in matching.warnings)


def test_the_sentence_on_the_comparison_says_how_many_samples_have_no_finite_ratio():
    matching = matching_weights(pd.DataFrame({"bone": [1, 0, 0]}), {"bone": 0.5})
    found = WeightedComparison(0.9, 0.5, 1.4, 0.8, 60, 40, matching, samples=300, one_sided=7, failed=2)
    said = words.comparison_sentence(found, NO_TASK)
    assert "7 of 300 samples have events on one side only" in said
    assert "2 of 300 samples could not be weighted" in said
    assert "samples" not in words.comparison_sentence(replace(found, failed=0, one_sided=0), NO_TASK)


def test_an_end_of_the_interval_that_is_infinite_is_printed_as_such():
    matching = matching_weights(pd.DataFrame({"bone": [1, 0, 0]}), {"bone": 0.5})
    found = WeightedComparison(0.9, 0.0, math.inf, 0.8, 60, 40, matching, samples=300, one_sided=9, failed=0)
    assert "0.00–∞" in words.comparison_sentence(found, NO_TASK)


def test_the_weight_of_one_patient_is_not_said_where_small_numbers_are_withheld():
    matching = matching_weights(pd.DataFrame({"bone": [1] * 3 + [0] * 57}), {"bone": 0.9})
    assert "One patient carries 30%" in words.matching_sentence(matching, NO_TASK)
    said = words.matching_sentence(matching, NO_TASK, smallest=5)
    assert "One patient" not in said
    assert "The weights rest on few patients." in said


def test_shares_of_few_patients_are_withheld_from_the_balance():
    figure = PublishedCharacteristic("BOLERO-2", "bone", "yes", 50.0, "%", 9, "read", "a table")
    patients = pd.DataFrame({"patient_id": [f"P{i}" for i in range(40)], "bone": [True] * 3 + [False] * 37})
    task = matching_task(patients, [figure], study="BOLERO-2")
    matching = matching_weights(task.patients, task.targets)
    counted = Counted(shares_of=matching.n, labels=["Characteristic", "BOLERO-2, %", "Known"])
    [row] = withheld_table(words.balance_table(matching, task), RULE, counted).to_dict("records")
    assert (row["Study, %"], row["BOLERO-2, %"]) == (NOT_SHOWN, "50")


def test_what_others_have_published_is_printed_as_it_is():
    table = words.studies_table(context_studies())
    assert "11 of 14" in " ".join(table["Result"])
    pd.testing.assert_frame_equal(withheld_table(table, RULE, Counted(published=True)), table)
    assert "11 of 14" not in " ".join(withheld_table(table, RULE)["Result"])


def test_every_table_of_the_notebook_says_what_it_counts(project):
    cells = json.loads((project / "notebooks" / "08-context.ipynb").read_text())["cells"]
    code = ["".join(cell["source"]) for cell in cells if cell["cell_type"] == "code"]
    tables = [cell for cell in code if "book.table(" in cell]
    assert len(tables) == 5
    assert all("counted=Counted(" in cell for cell in tables)


def test_the_answer_counts_what_was_computed_apart_and_what_is_not_verified():
    one = replace(context_studies()[0], **{name: MarkedFact("7", "read") for name in FACTS})
    studies = [replace(one, basis=basis) for basis in ("read", "recalled", "recalled", "computed")]
    said = words.context_answer(None, studies, None, None)
    assert "3 published results of early markers and 1 computed from open data, from 1 studies" in said
    assert "2 of them are recalled, not verified." in said
    assert "recalled" not in words.context_answer(None, studies[:1], None, None)


def test_the_notebook_prints_published_facts_by_these_words_only(project):
    """A fact's own numbers are never read in the notebook, so that none passes without its mark."""
    cells = json.loads((project / "notebooks" / "08-context.ipynb").read_text())["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    for field in (".hazard_ratio", ".control_median", ".median[", "one.estimate", "read_csv"):
        assert field not in code
