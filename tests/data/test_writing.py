"""Writing a study folder."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd
import pytest
import yaml

from analysis.data import write_study, write_table
from analysis.errors import StudyError


def eligibility(**columns):
    return pd.DataFrame({"patient_id": ["P01", "P02"], "item": ["I1", "I1"], "met": [True, None], **columns})


def test_cells_take_the_form_of_the_contract(tmp_path):
    frame = pd.DataFrame(
        {
            "onset_date": [pd.Timestamp("2014-03-01"), datetime.date(2014, 3, 2), "2014-03-03"],
            "resolved_day": [12.5, np.nan, 1 / 3],
            "patient_id": ["P01", "P02", "P03"],
            "term": ["rash", "rash, of the face", 'a "quoted" one'],
            "grade": pd.array([1, 2, 3], dtype="Int64"),
            "serious": pd.array([True, False, None], dtype="boolean"),
        }
    )
    write_table(frame, tmp_path / "adverse_events.csv")
    assert (tmp_path / "adverse_events.csv").read_text(encoding="utf-8") == (
        "patient_id,term,grade,onset_date,resolved_day,serious\n"
        "P01,rash,1,2014-03-01,12.5,yes\n"
        'P02,"rash, of the face",2,2014-03-02,,no\n'
        'P03,"a ""quoted"" one",3,2014-03-03,0.3333333333,\n'
    )


def test_a_column_that_is_declared_lacking_may_be_absent(tmp_path):
    write_study(
        tmp_path,
        meta={"id": "s", "lacks": {"eligibility": ["met"]}},
        tables={"eligibility": eligibility().drop(columns="met")},
    )
    assert (tmp_path / "eligibility.csv").read_text() == "patient_id,item\nP01,I1\nP02,I1\n"
    assert yaml.safe_load((tmp_path / "study.yml").read_text()) == {
        "id": "s",
        "lacks": {"eligibility": ["met"]},
    }


@pytest.mark.parametrize(
    ("frame", "said"),
    [
        (eligibility(colour=["red", "blue"]), "no column colour"),
        (eligibility().drop(columns="met"), "is without met"),
        (eligibility(met=["yes", "no"]), "met cannot be written as yes_no"),
    ],
)
def test_a_table_that_breaks_the_contract_is_refused_and_not_written(tmp_path, frame, said):
    with pytest.raises(StudyError, match=said):
        write_study(tmp_path, meta={"id": "s"}, tables={"eligibility": frame})
    assert list(tmp_path.iterdir()) == []


def test_an_unknown_table_is_refused(tmp_path):
    with pytest.raises(StudyError, match="no table of a study is named patient"):
        write_study(tmp_path, meta={"id": "s"}, tables={"patient": eligibility()})
