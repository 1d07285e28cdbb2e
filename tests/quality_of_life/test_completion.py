"""Completion of questionnaires, counted by hand."""

import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.quality_of_life import completion


def test_forms_belong_to_the_nearest_visit_and_are_expected_of_those_still_answering():
    table = completion(
        ["A", "A", "A", "B", "C"],
        [-3, 45, 60, 0, 80],  # A: baseline, week 6 (45), week 6 again? 60 is nearer to 42 than to 84
        patients=["A", "B", "C"],
        until_day=[90, 41, 30],
        group=["x", "x", "y"],
    )
    rows = table.set_index(["week", "group"])[["expected", "received"]].to_dict("index")
    assert rows[(0, "x")] == {"expected": 2, "received": 2}
    assert rows[(0, "y")] == {"expected": 1, "received": 0}
    assert rows[(6, "x")] == {"expected": 1, "received": 1}  # B ended on day 41
    assert rows[(12, "x")] == {"expected": 1, "received": 0}
    assert rows[(12, "y")] == {"expected": 1, "received": 1}  # unexpected, and counted on both sides
    assert np.isnan(table.set_index(["week", "group"]).loc[(6, "y"), "percent_of_expected"])


def test_a_form_of_nobody_analysed_is_refused():
    with pytest.raises(DesignError, match="patients Z"):
        completion(["Z"], [0], patients=["A"], until_day=[10])


def test_a_form_soon_after_day_0_is_no_baseline_and_of_no_visit():
    table = completion(["A", "A", "B"], [5, 21, 22], patients=["A", "B"], until_day=[50, 50])
    assert table[["week", "expected", "received"]].to_numpy().tolist() == [[0, 2, 0], [6, 2, 1]]


def test_a_patient_named_twice_is_refused():
    with pytest.raises(DesignError, match="more than once") as caught:
        completion(["A"], [0], patients=["A", "B", "A"], until_day=[10, 10, 10])
    assert caught.value.offenders == ("A",)
