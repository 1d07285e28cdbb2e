import json

import pandas as pd
import pytest

from analysis.errors import ParameterError, PublicationError
from analysis.figures.canvas import new_figure
from analysis.results import notebook as module
from analysis.results import open_notebook, places
from analysis.results.store import SCHEMA
from analysis.study import Parameters, load_protocol
from analysis.survival import kaplan_meier

CHOSEN = {
    "run": "primary",
    "study": "data/none",
    "metric": "suv_max",
    "cutoff_percent": 25,
    "day": 14,
    "patient_rule": "any_resistant",
    "lean_body_mass": "janmahasatian",
    "pre_specified": True,
    "seed": 1,
}


@pytest.fixture
def book(tmp_path, monkeypatch, study_of):
    monkeypatch.setattr(places, "project_root", lambda: tmp_path)
    monkeypatch.delenv(places.STAGE, raising=False)
    study = study_of(patients=[{"patient_id": "PAT-01"}, {"patient_id": "PAT-02"}])
    return module.Notebook("04-survival", "Survival", Parameters(**CHOSEN), study, load_protocol())


def write(place, **changed):
    place.values.parent.mkdir(parents=True, exist_ok=True)
    document = {
        "schema": SCHEMA,
        "run": "primary",
        "notebook": "02",
        "title": "",
        "study": {},
        "provenance": {},
    }
    document |= {
        "values": {},
        "tables": {},
        "figures": {},
        "notes": [],
        "analyses": [],
        "parameters": {**CHOSEN, **changed},
    }
    place.values.write_text(json.dumps(document))


def test_results_of_other_parameters_are_refused_with_what_differs(book):
    write(places.drafted("primary", "02"), cutoff_percent=40)
    with pytest.raises(PublicationError, match="other parameters: cutoff_percent 40"):
        book.earlier("02")


def test_the_build_stands_in_for_a_draft_with_other_parameters(book):
    write(places.drafted("primary", "02"), cutoff_percent=40)
    write(places.built("primary", "02"))
    assert book.earlier("02").parameters["cutoff_percent"] == 25


def test_a_build_never_reads_a_draft(book, monkeypatch):
    write(places.drafted("primary", "02"))
    monkeypatch.setenv(places.STAGE, ".stage-04")
    with pytest.raises(PublicationError, match="needs the results of 02"):
        book.earlier("02")


def test_nothing_is_written_before_the_session_is_closed(book, tmp_path):
    book.value("a.b", 1.0, definition="x")
    assert not list(tmp_path.rglob("*"))
    book.close()
    assert (
        json.loads(places.drafted("primary", "04-survival").values.read_text())["values"]["a.b"]["text"]
        == "1.00"
    )


def test_a_value_that_names_a_patient_is_not_written(book, tmp_path):
    book.value("a.b", "patient PAT-01 progressed", definition="x")
    with pytest.raises(PublicationError, match="pseudonym"):
        book.close()
    assert not list(tmp_path.rglob("*.json"))


def test_two_values_of_one_name_are_refused(book):
    book.value("a.b", 1, definition="x")
    with pytest.raises(PublicationError, match="two values"):
        book.value("a.b", 2, definition="x")


def test_a_misspelt_parameter_of_a_notebook_run_by_hand_is_refused():
    with pytest.raises(ParameterError, match="unknown parameter cutof"):
        open_notebook("04-survival", "Survival", {**CHOSEN, "cutof": 3})


def test_an_estimate_that_is_made_and_never_shown_is_in_the_results(book):
    kaplan_meier([30, 60, 90], [1, 0, 1], label="all")
    book.close()
    (noted,) = json.loads(places.drafted("primary", "04-survival").values.read_text())["analyses"]
    assert (noted["function"], noted["n"], noted["events"]) == ("survival.kaplan_meier", 3, 2)


def test_what_was_tried_by_hand_before_stays_in_the_draft_with_the_parameter_it_was_tried_with(book):
    kaplan_meier([30, 60, 90], [1, 0, 1])
    book.close()
    again = module.Notebook(
        "04-survival", "Survival", Parameters(**{**CHOSEN, "cutoff_percent": 20}), book.study, book.protocol
    )
    again.close()
    (noted,) = again.log.analyses
    assert noted.earlier
    assert noted.settings["cutoff_percent"] == 25


@pytest.fixture
def drawn(monkeypatch):
    monkeypatch.setattr(module, "label_of", lambda kind: ("fig-x", "A caption"))
    return new_figure(85, 40, simulated=True)


def test_the_numbers_of_a_figure_stand_beside_it_as_csv(book, drawn, tmp_path):
    book.figure(drawn, "It rises.", numbers=pd.DataFrame({"months": [0.0, 1.5], "survival": [1.0, 0.5]}))
    book.close()
    place = places.drafted("primary", "04-survival")
    entry = json.loads(place.values.read_text())["figures"]["fig-x"]
    assert (place.results / entry["csv"]).read_text() == "months,survival\n0.0,1.0\n1.5,0.5\n"


@pytest.mark.parametrize(
    "numbers", [{"patient_id": ["x"], "a": [1.0]}, {"group": ["PAT-01"], "a": [1.0]}], ids=["rows", "names"]
)
def test_numbers_of_a_figure_that_are_patient_rows_are_refused(book, drawn, numbers):
    with pytest.raises(PublicationError, match=r"patient rows|pseudonym"):
        book.figure(drawn, "It rises.", numbers=pd.DataFrame(numbers))


def test_a_figure_without_its_numbers_says_why(book, drawn):
    with pytest.raises(PublicationError, match="without the numbers it draws"):
        book.figure(drawn, "It rises.")
    book.figure(drawn, "It rises.", left_out="Every mark is one patient.")
    book.close()
    entry = json.loads(places.drafted("primary", "04-survival").values.read_text())["figures"]["fig-x"]
    assert entry["left_out"] == "Every mark is one patient."
    assert "csv" not in entry


def test_letters_that_the_font_lacks_are_drawn_as_signs_and_said_once(book, drawn, capsys, monkeypatch):
    axes = drawn.subplots()
    axes.set_xticks([0, 1], ["EGFR-α", "🧬"])
    axes.set_title("中 \N{DEVANAGARI LETTER KA}")
    book.figure(drawn, "It rises.", left_out="Every mark is one patient.")
    monkeypatch.setattr(module, "label_of", lambda kind: ("fig-y", "A caption"))
    book.figure(drawn, "It rises.", left_out="Every mark is one patient.")
    (note,) = book._notes
    assert note.startswith("The font of the figures lacks \N{DEVANAGARI LETTER KA} 中 🧬: ")
    assert capsys.readouterr().err == ""
