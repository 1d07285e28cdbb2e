"""Markers against response: directions, q values, and what cannot be tested."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.biomarkers import (
    association_table,
    benjamini_hochberg,
    binary_association,
    in_declared_families,
    scale_association,
    with_q_values,
)
from analysis.errors import DesignError


def _response(resistant: int, sensitive: int) -> pd.Series:
    calls = ["non_responder"] * resistant + ["responder"] * sensitive
    return pd.Series(calls, index=[f"P{i}" for i in range(len(calls))], dtype="string")


def _marker(*values: object) -> pd.Series:
    return pd.Series(values, index=[f"P{i}" for i in range(len(values))])


def test_an_odds_ratio_above_one_goes_with_non_response():
    response = _response(13, 17)
    marker = _marker(*[True] * 10, *[False] * 3, *[True] * 2, *[False] * 15)
    found = binary_association("PIK3CA altered", marker, response=response)
    # R: fisher.test(matrix(c(10, 2, 3, 15), 2)) gives 21.3; see ref_categorical.json.
    assert found.estimate == pytest.approx(21.3053175567503, rel=1e-9)
    assert [(group.label, group.n, group.positive) for group in found.groups] == [
        ("non_responder", 13, 10),
        ("responder", 17, 2),
    ]


def test_a_shift_above_zero_is_higher_in_non_responders():
    found = scale_association("ki67", _marker(30.0, 40.0, 50.0, 10.0, 20.0), response=_response(3, 2))
    assert found.estimate == 25
    assert [group.median for group in found.groups] == [40, 15]


def test_unknown_markers_and_patients_without_a_call_take_no_part():
    response = _response(2, 2)
    response["P9"] = "not_assessable"
    marker = pd.Series([True, None, False, False, True, True], index=["P0", "P1", "P2", "P3", "P9", "P10"])
    found = binary_association("x", marker, response=response)
    assert found.n == 3
    assert [(group.n, group.positive) for group in found.groups] == [(1, 1), (2, 0)]


@pytest.mark.parametrize(
    ("marker", "reason"),
    [
        (_marker(False, False, False), "every patient has the same marker status"),
        (_marker(True, False), "every patient is in the same group"),
        (_marker(None, None), "no patients"),
        (pd.Series(dtype="boolean"), "no patients"),
    ],
)
def test_what_cannot_be_tested_says_why(marker, reason):
    found = binary_association("x", marker, response=_response(2, 1))
    assert found.reason == reason
    assert math.isnan(found.p_value)
    table = association_table(with_q_values([found], family="one"))
    assert math.isnan(table.loc[0, "q_value"])
    assert table.loc[0, "note"] == reason


def test_a_scale_without_values_says_why():
    found = scale_association("x", _marker(1.0, 2.0), response=_response(2, 1))
    assert found.reason == "a group has no values"
    assert math.isnan(found.groups[1].median)


def test_q_values_are_those_of_r(r):
    assert benjamini_hochberg(np.array(r["padjust"]["p"])) == pytest.approx(r["padjust"]["BH"], rel=1e-9)


@given(st.lists(st.floats(0, 1), max_size=20), st.randoms())
def test_q_values_follow_their_p_values_and_are_never_smaller(values, random):
    p = np.array(values)
    q = benjamini_hochberg(p)
    assert (q >= p - 1e-12).all()
    assert (q <= 1).all()
    order = list(range(p.size))
    random.shuffle(order)
    assert benjamini_hochberg(p[order]) == pytest.approx(q[order])


def test_a_test_that_was_not_made_changes_no_q_value():
    q = benjamini_hochberg(np.array([0.01, np.nan, 0.04]))
    assert q[[0, 2]].tolist() == [0.02, 0.04]
    assert math.isnan(q[1])


def test_every_association_of_a_family_is_in_the_table():
    response = _response(3, 3)
    associations = [
        binary_association("a", _marker(True, True, True, False, False, False), response=response),
        binary_association("b", _marker(*[False] * 6), response=response),
        scale_association("c", _marker(1.0, 2.0, 3.0, 4.0, 5.0, 6.0), response=response),
    ]
    table = association_table(with_q_values(associations, family="tissue"))
    assert table["name"].tolist() == ["a", "b", "c"]
    assert table["family"].unique().tolist() == ["tissue"]
    assert table["non_responders_positive"].tolist()[:2] == [3, 0]
    assert table["q_value"].tolist()[::2] == pytest.approx([0.1, 0.1])
    assert "no upper bound" in table.loc[0, "note"]
    assert not np.isinf(table[["estimate", "low", "high"]].to_numpy(dtype=float)).any()


def test_families_of_the_run_file_may_span_sets_and_leave_sets_out():
    # BH by hand, m = 3: q of 0.01, 0.02, 0.04 are 3 × 0.01, 1.5 × 0.02 and 0.04.
    base = binary_association("a", _marker(True, True, True, False, False, False), response=_response(3, 3))
    plasma = [
        replace(base, name="p", p_value=0.01, family="plasma"),
        replace(base, name="q", p_value=0.04, family="plasma"),
    ]
    tissue = [
        replace(base, name="t", p_value=0.02, family="tissue"),
        replace(base, name="e", p_value=0.03, family="expression"),
    ]
    sets = {"by plasma": "plasma", "by tissue": "tissue", "by expression": "expression", "survival": ""}
    one, two = in_declared_families(
        plasma, tissue, families={"markers": ["by plasma", "by tissue"], "other": ["survival"]}, tests=sets
    )
    assert [found.name for found in (*one, *two)] == ["p", "q", "t", "e"]
    assert [found.family for found in (*one, *two)] == ["markers", "markers", "markers", ""]
    assert [found.q_value for found in (*one, two[0])] == pytest.approx([0.03, 0.04, 0.03])
    assert math.isnan(two[1].q_value)


def test_a_patient_who_stands_twice_is_refused():
    response = pd.Series(["responder", "non_responder"], index=["P0", "P0"])
    with pytest.raises(DesignError, match="more than once") as caught:
        binary_association("x", _marker(True), response=response)
    assert caught.value.offenders == ("P0",)


def test_no_association_is_an_empty_table():
    assert association_table([]).empty
