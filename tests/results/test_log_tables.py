"""The run's logs as tables; by hand where numbers are made."""

from types import SimpleNamespace

import pytest

from analysis.logbook import Analysis
from analysis.results.log_tables import (
    analysis_table,
    descriptive_table,
    family_table,
    log_of,
    result_text,
    unprinted_table,
)
from analysis.results.plan_tables import deviation_sentence, plan_table, unplanned_table
from analysis.results.reporting_items import GUIDELINES, PERSON, guideline_table, marker_table, slots
from analysis.study import load_protocol


def entry(**changed):
    asked = {"cell": "c", "question": "", "function": "survival.early_response", "kind": "comparison"}
    own = {name: value for name, value in changed.items() if name in Analysis.__dataclass_fields__}
    rest = {
        "status": "secondary",
        "planned": "",
        "plan_question": "",
        "difference": "",
        "family": "",
        "printed": [],
    }
    document = Analysis(**{**asked, **own}).as_document()
    return {**document, **rest, **{name: value for name, value in changed.items() if name not in own}}


def log(*entries, notebook="04-survival"):
    return log_of([SimpleNamespace(notebook=notebook, analyses=entries)])


def test_q_values_are_benjamini_and_hochbergs_within_the_family():
    # p = 0.01, 0.03, 0.04 of 3: 0.01 * 3 = 0.03; min(0.03 * 3 / 2, 0.04) = 0.04; 0.04. The other family has one.
    found = log(
        *(entry(p_value=p, family="a", estimate=p) for p in (0.04, 0.01, 0.03)),
        entry(p_value=0.02, family="b", estimate=1.0),
        entry(p_value=0.02, estimate=2.0),
    )
    assert [one["q_value"] for one in found] == pytest.approx([0.04, 0.03, 0.04, 0.02, None])
    assert [one["family_size"] for one in found] == [3, 3, 3, 1, 0]


def test_one_analysis_made_in_two_cells_counts_once_in_its_family():
    twice = [entry(cell=cell, p_value=0.02, family="a", printed=[cell]) for cell in ("one", "two")]
    (found,) = log(*twice)
    assert (found["family_size"], found["times"], found["printed"]) == (1, 2, ["one", "two"])


def test_the_table_of_families_says_size_and_what_is_in_none():
    found = log(entry(p_value=0.02, family="a"), entry(p_value=0.5, status="primary", estimate=1.0))
    table = family_table(found, {"a": ("x",), "empty": ("y",)}, rate=0.1)
    assert table["Family"].tolist() == ["a", "empty", "in no family of the run file"]
    assert table["With a p value"].tolist() == [1, 0, 1]
    assert table["q below 0.1"].tolist()[:2] == [1, 0]


def test_every_analysis_is_in_the_table_whatever_it_found_and_the_refused_say_why():
    refused = entry(refused="no patient has a group. Expected: two groups.")
    table = analysis_table(log(refused, entry(p_value=0.9, estimate=1.1, low=0.5, high=2.0)))
    assert len(table) == 2
    assert "not answered: no patient has a group" in table["Result"].tolist()


def test_descriptions_are_counted_and_not_listed():
    found = log(*(entry(status="descriptive", estimate=float(k)) for k in range(3)))
    assert analysis_table(found).empty
    assert descriptive_table(found)["Estimates"].tolist() == [3]


def test_what_is_not_found_in_print_is_listed_with_its_cell():
    table = unprinted_table(log(entry(estimate=1.0), entry(estimate=2.0, printed=["tbl-a"])))
    assert table["Made in"].tolist() == ["04-survival, cell c"]


def test_days_are_printed_in_months_and_an_open_limit_as_not_reached():
    text = result_text(entry(measure="median, days", estimate=60.875, low=30.4375))
    assert text == "median, months 2.00 (1.00 to not reached)"


def test_a_planned_analysis_that_was_not_made_says_what_the_study_lacks():
    plan = {
        name: load_protocol().plan[name] for name in ("pfs-by-response", "os-by-response", "pfs-by-ctdna")
    }
    done = log(
        entry(planned="pfs-by-response", status="primary", estimate=1.5),
        entry(planned="os-by-response", status="post hoc", difference="cutoff percent 15 instead of 25"),
    )
    table = plan_table(plan, done, parts=("pet", "outcomes"))
    assert table["Made"].tolist() == ["as planned", "otherwise", "no"]
    assert table["How, or why not"].tolist()[1:] == [
        "cutoff percent 15 instead of 25",
        "the study lacks plasma",
    ]


def test_a_planned_analysis_with_two_different_results_says_so():
    plan = {"pfs-by-response": load_protocol().plan["pfs-by-response"]}
    twice = log(*(entry(planned="pfs-by-response", status="primary", estimate=e) for e in (1.5, 2.5)))
    assert plan_table(plan, twice, parts=())["Made"].tolist() == ["as planned, with 2 different results"]


def test_the_sentence_counts_what_the_tables_hold():
    plan = {name: load_protocol().plan[name] for name in ("pfs-by-response", "os-by-response")}
    found = log(entry(planned="pfs-by-response", status="primary", estimate=1.5), entry(status="not planned"))
    sentence = deviation_sentence(
        plan_table(plan, found, parts=("pet", "outcomes")), unplanned_table(found), unprinted_table(found)
    )
    assert "Planned analyses: 2. Made as planned: 1; otherwise: 0; not made or not answered: 1" in sentence
    assert "not planned so: 1" in sentence


@pytest.mark.parametrize("guideline", GUIDELINES)
def test_an_item_says_what_is_known_or_that_it_is_not_known_and_never_a_brace(guideline):
    table = guideline_table(guideline, {"cohort.age": "61"}, ["tbl-baseline"])
    assert not table["In this run"].str.contains("{", regex=False).any()
    assert (table["In this run"] != "").all()
    assert slots(table) == table["In this run"].str.contains(PERSON, regex=False).sum() > 0


def test_the_guidelines_hold_the_items_that_were_asked_for():
    items = {guideline: guideline_table(guideline, {}, [])["Item"].tolist() for guideline in GUIDELINES}
    assert items["REMARK"] == [str(number) for number in range(6, 20)]
    assert items["STROBE"] == [str(number) for number in range(12, 18)]


def test_every_value_and_label_that_an_item_names_is_made_by_some_notebook(project):
    import re

    text = (project / "src/analysis/results/reporting_items.yml").read_text()
    notebooks = "".join(path.read_text() for path in (project / "notebooks").glob("*.ipynb"))
    labels = {label for labels in re.findall(r"see: \[([^\]]*)\]", text) for label in labels.split(", ")}
    assert {label for label in labels if f"label: {label}\\n" not in notebooks} == set()


def test_markers_are_listed_with_the_outcomes_they_were_used_for():
    found = log(
        entry(variables=("panel at day14",), outcome="PFS", n=40),
        entry(variables=("panel at day14",), outcome="OS", n=38, estimate=1.0),
    )
    table = marker_table(found)
    assert table.to_dict("records") == [
        {"Marker": "panel at day14", "Analyses": 2, "Outcomes": "PFS, OS", "Patients": "38 to 40"}
    ]


def test_a_comparison_of_survival_by_a_searched_cut_off_has_no_p_value_and_a_searched_cut_off_its_corrected_one():
    changed = {"status": "post hoc", "difference": "cutoff percent 15 instead of 25", "p_value": 0.01}
    found = log(
        entry(**changed, family="a"),
        entry(**{**changed, "kind": "search", "function": "survival.search_cutoff"}),
        entry(**{**changed, "function": "biomarkers.plasma_associations"}),
    )
    assert analysis_table(found)["p"].tolist() == ["withheld", "0.010", "0.010"]
    assert family_table(found, {"a": ()}, rate=0.1)["With a p value"].tolist() == [0, 2]
