"""Cells run as a notebook runs them: what is computed stands in the log, whatever becomes of the cells that show it."""

import json

import IPython
import pytest
from IPython.core.interactiveshell import InteractiveShell

from analysis.results import notebook as module
from analysis.results import places
from analysis.study import Parameters, load_protocol

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
SET_UP = """#| label: set-up
import pandas as pd
from analysis.errors import DesignError
from analysis.survival import grouping, hazard_ratio, landmark

time, change = list(range(20, 240, 10)), [-60, -10, -35, 5] * 5 + [-20, -28]
left = landmark(time, [1] * 22, day=14)"""
COMPARE = """#| label: compare
found = {{}}
for cutoff in {cutoffs}:
    group = ["yes" if value <= -cutoff else "no" for value in change]
    found[cutoff] = hazard_ratio(left.time, left.event, group, reference="yes")"""
TABLE = """#| label: tbl-ratios
#| tbl-cap: "Hazard ratios."
rows = [{{"Cut-off": c, "Ratio": found[c].estimate, "Low": found[c].low, "High": found[c].high}} for c in {shown}]
book.table(pd.DataFrame(rows))"""
REFUSED = """#| label: refused
try:
    hazard_ratio(left.time, left.event, ["yes"] * 22, reference="yes")
except DesignError:
    pass"""


@pytest.fixture
def run(tmp_path, monkeypatch, study_of):
    """Run cells in a session and return its log."""
    monkeypatch.setattr(places, "project_root", lambda: tmp_path)
    monkeypatch.delenv(places.STAGE, raising=False)

    def run(*cells):
        shell = InteractiveShell()
        monkeypatch.setattr(IPython, "get_ipython", lambda: shell)
        study = study_of(patients=[{"patient_id": "PAT-01"}])
        book = module.Notebook("04-survival", "Survival", Parameters(**CHOSEN), study, load_protocol())
        shell.push({"book": book})
        for cell in cells:
            shell.run_cell(cell, store_history=True).raise_error()
        place = places.drafted("primary", "04-survival").values
        place.unlink(missing_ok=True)
        book.close()
        return json.loads(place.read_text())["analyses"]

    return run


def test_an_analysis_whose_table_cell_is_deleted_is_still_in_the_log(run):
    compare = COMPARE.format(cutoffs=[25])
    with_table = run(SET_UP, compare, TABLE.format(shown=[25]))
    without = run(SET_UP, compare)
    assert [one["printed"] for one in with_table] == [["tbl-ratios"]]
    assert [one["printed"] for one in without] == [[]]
    assert [one["estimate"] for one in without] == [one["estimate"] for one in with_table]


def test_two_cut_offs_of_which_one_is_shown_are_both_in_the_log(run):
    log = run(SET_UP, COMPARE.format(cutoffs=[15, 30]), TABLE.format(shown=[30]))
    assert len(log) == 2
    assert [bool(one["printed"]) for one in log] == [False, True]
    assert {one["cell"] for one in log} == {"compare"}


def test_what_was_refused_is_in_the_log_even_if_the_author_says_nothing(run):
    (one,) = run(SET_UP, REFUSED)
    assert "needs at least 2 groups" in one["refused"] or "compares two groups" in one["refused"]
    assert one["status"] == "not planned"
