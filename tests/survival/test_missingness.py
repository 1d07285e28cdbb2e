import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival import hazard_ratio, missing_and_outcome

REASONS = pd.DataFrame(
    {
        "patient_id": list("ABCDEFGH"),
        "pet_day14": pd.array(["progression before the scan", "logistics", *[pd.NA] * 6], dtype="string"),
    }
)
OUTCOMES = pd.DataFrame(
    {
        "patient_id": list("ABCDEFGH"),
        "time_days": [10.0, 100, 200, 50, 300, 80, 120, 90],
        "event": [True, True, False, True, True, True, False, True],
    }
)


def test_each_reason_has_its_patients_and_their_outcome_from_the_day():
    table = missing_and_outcome(REASONS, OUTCOMES, days={"pet_day14": 14})
    rows = table.set_index("reason")
    assert rows["n"].to_dict() == {
        "not missing": 6,
        "progression before the scan": 1,
        "logistics": 1,
        "any reason": 2,
    }
    assert rows.loc["progression before the scan", ["ended_before", "at_risk", "events"]].tolist() == [
        1,
        0,
        0,
    ]
    assert rows.loc["logistics", "median_days"] == 86


def test_missing_is_compared_with_not_missing_among_those_at_risk_alone():
    found = (
        missing_and_outcome(REASONS, OUTCOMES, days={"pet_day14": 14}).set_index("reason").loc["any reason"]
    )
    at_risk = OUTCOMES["time_days"] > 14
    by_hand = hazard_ratio(
        OUTCOMES["time_days"][at_risk] - 14,
        OUTCOMES["event"][at_risk],
        ["missing"] + ["known"] * 6,
        reference="known",
    )
    assert found["estimate"] == pytest.approx(by_hand.estimate)


def test_nobody_missing_has_one_row():
    complete = REASONS.assign(pet_day14=pd.array([pd.NA] * 8, dtype="string"))
    assert missing_and_outcome(complete, OUTCOMES, days={"pet_day14": 14})["reason"].tolist() == [
        "not missing"
    ]


def test_missing_patients_who_are_all_gone_are_described_and_not_compared():
    gone = REASONS.assign(pet_day14=pd.array(["progression before the scan", *[pd.NA] * 7], dtype="string"))
    table = missing_and_outcome(gone, OUTCOMES, days={"pet_day14": 14})
    assert np.isnan(table["estimate"]).all()


def test_a_column_that_is_not_there_is_named():
    with pytest.raises(DesignError, match="'pet_day28'"):
        missing_and_outcome(REASONS, OUTCOMES, days={"pet_day28": 28})
