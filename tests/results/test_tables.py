import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import PublicationError
from analysis.results.tables import cell_text, escaped, markdown, printed, write_csv


def test_missing_cells_of_every_kind_are_an_em_dash():
    assert {cell_text(cell, 1) for cell in (None, float("nan"), pd.NA, pd.NaT)} == {"—"}


def test_cells_print_by_their_kind():
    frame = pd.DataFrame(
        {"n": [3], "share": [0.25], "yes": pd.array([True], dtype="boolean"), "x": [np.float32(1.26)]}
    )
    assert printed(frame, 1)[1] == [["3", "0.2", "yes", "1.3"]]


def test_a_table_with_patient_rows_is_refused():
    with pytest.raises(PublicationError, match="patient_id"):
        printed(pd.DataFrame({"patient_id": ["A"]}), 1)


@given(st.text())
def test_no_text_from_data_can_break_the_table_or_become_markup(text):
    made = markdown(["x"], [[cell_text(text, 1)]], [False]).splitlines()
    assert len(made) == 3
    cell = made[2].removeprefix("| ").removesuffix(" |")
    bare = cell.replace("\\\\", "")
    for mark in "<|{`*":
        assert bare.count(mark) == bare.count("\\" + mark)


def test_html_is_escaped():
    assert escaped("<script>") == "\\<script\\>"


def test_no_cell_of_a_csv_file_is_a_formula(tmp_path):
    frame = pd.DataFrame({"gene": ["=cmd|x", "@a", "-b", "TP53", None], "n": [-1, 2, 3, 4, 5]})
    write_csv(frame, tmp_path / "t.csv")
    assert (tmp_path / "t.csv").read_text().splitlines() == [
        "gene,n",
        "'=cmd|x,-1",
        "'@a,2",
        "'-b,3",
        "TP53,4",
        ",5",
    ]


def test_a_small_p_value_is_not_printed_as_zero():
    frame = pd.DataFrame(
        {"p": [0.0004, 0.2], "q": [1e-9, 0.3], "McNemar p": [0.0, 0.5], "Ratio": [0.0004, 1.0]}
    )
    columns, rows = printed(frame, dict.fromkeys(("p", "q", "McNemar p", "Ratio"), 3))
    assert columns == ["p", "q", "McNemar p", "Ratio"]
    assert rows == [["< 0.001", "< 0.001", "< 0.001", "0.000"], ["0.200", "0.300", "0.500", "1.000"]]
