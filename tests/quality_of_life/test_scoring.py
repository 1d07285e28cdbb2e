"""QLQ-C30 scores worked out by hand from the scoring manual."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.quality_of_life import SCALES, score_items


def form(**answers):
    """One form, 2 everywhere unless named: ``q29=5``."""
    given = np.full((1, 30), 2.0)
    for name, value in answers.items():
        given[0, int(name[1:]) - 1] = value
    return given


@pytest.mark.parametrize(
    ("answers", "scale", "expected"),
    [
        ({"q29": 5, "q30": 6}, "global_health_status", (5.5 - 1) / 6 * 100),  # 75
        (
            {"q1": 1, "q2": 1, "q3": 2, "q4": 3, "q5": 1},
            "physical_functioning",
            (1 - (1.6 - 1) / 3) * 100,
        ),  # 80
        ({"q10": 1, "q12": 3, "q18": 4}, "fatigue", (8 / 3 - 1) / 3 * 100),  # 55.56
        ({"q8": 4}, "dyspnoea", 100.0),
        ({"q28": 1}, "financial_difficulties", 0.0),
        ({"q21": 4, "q22": 4, "q23": 4, "q24": 4}, "emotional_functioning", 0.0),
    ],
)
def test_scores_are_those_of_the_manual(answers, scale, expected):
    assert score_items(form(**answers))[scale].iloc[0] == pytest.approx(expected, abs=1e-12)


def test_half_of_the_items_are_enough_and_one_fewer_is_not():
    nan = np.nan
    half = score_items(form(q21=nan, q22=nan, q23=1, q24=3)).iloc[0]
    assert half["emotional_functioning"] == pytest.approx((1 - (2 - 1) / 3) * 100)
    less = score_items(form(q21=nan, q22=nan, q23=nan, q1=nan, q2=nan, q3=nan, q29=nan, q8=nan)).iloc[0]
    assert less[["emotional_functioning", "physical_functioning", "dyspnoea"]].isna().all()  # 1/4, 2/5, 0/1
    assert less["global_health_status"] == pytest.approx(100 / 6)  # 1/2: item 30 answered 2


def test_every_item_belongs_to_one_scale():
    items = sorted(item for scale in SCALES.values() for item in scale.items)
    assert items == list(range(1, 31))
    assert len(SCALES) == 15


def test_columns_of_a_table_may_stand_in_any_order_beside_others():
    names = [f"item_{i}" for i in range(30, 0, -1)]
    table = pd.DataFrame(form(q29=7)[:, ::-1], columns=names, index=["P1"]).astype("Int64").assign(day=3)
    scores = score_items(table)
    assert scores.index.tolist() == ["P1"]
    assert scores.loc["P1", "global_health_status"] == pytest.approx((4.5 - 1) / 6 * 100)


@pytest.mark.parametrize("answer", [{"q1": 5}, {"q29": 8}, {"q30": 0}, {"q3": 2.5}, {"q4": np.inf}])
def test_an_answer_outside_its_item_is_refused_with_row_and_item(answer):
    with pytest.raises(DesignError, match=f"row 0, item {next(iter(answer))[1:]}:"):
        score_items(form(**answer))


def test_a_lacking_item_is_named():
    table = pd.DataFrame(form(), columns=[f"item_{i}" for i in range(1, 31)]).drop(columns="item_7")
    with pytest.raises(DesignError, match="no column item_7"):
        score_items(table)
