import numpy as np
import pandas as pd

from analysis.results.missing_tables import auxiliary_variables, imputation_table, missing_table, reasons_of
from analysis.study import load_protocol
from analysis.survival import impute, missing_and_outcome, pooled_cox

NAMES = [f"P{number}" for number in range(12)]
RESPONSE = pd.DataFrame(
    {
        "patient_id": NAMES * 2,
        "visit": ["day14"] * 12 + ["day28"] * 12,
        "response": ["responder", "non_responder"] * 5 + ["not_assessable"] * 2 + ["responder"] * 12,
        "reason": pd.array([pd.NA] * 10 + ["no lesion measured", pd.NA] + [pd.NA] * 12, dtype="string"),
        "change_percent": np.arange(24.0),
    }
)


def test_the_change_at_the_other_visit_helps_and_the_own_does_not():
    found = auxiliary_variables(pd.Series(NAMES), RESPONSE, None, visit="day14")
    assert list(found) == ["change at day28"]
    assert found["change at day28"].tolist() == list(range(12, 24))


def test_a_marker_known_of_few_patients_is_left_out():
    calls = pd.DataFrame(
        {
            "patient_id": NAMES[:6],
            "visit": ["day14"] * 6,
            "panel": pd.array([True, False] * 2 + [pd.NA] * 2, dtype="boolean"),
        }
    )
    assert "panel at day14" not in auxiliary_variables(pd.Series(NAMES), RESPONSE, calls, visit="day14")


def test_a_response_that_no_rule_could_give_is_missing_with_its_reason(study_of):
    study = study_of(patients=[{"patient_id": name, "treatment_start_day": 0.0} for name in NAMES])
    why, days = reasons_of(study, load_protocol(), RESPONSE, visit="day14")
    assert why["assessed"].dropna().tolist() == ["no lesion measured", "reason not recorded"]
    assert days == {"assessed": 14.0}


def test_tables_say_reasons_and_ways_and_withhold_p_where_the_cut_off_was_searched():
    time, event = np.arange(20.0, 140, 10), np.array([1, 1, 0] * 4)
    reasons = pd.DataFrame(
        {"patient_id": NAMES, "assessed": pd.array(["toxicity"] * 2 + [pd.NA] * 10, dtype="string")}
    )
    outcomes = pd.DataFrame({"patient_id": NAMES, "time_days": time, "event": event.astype(bool)})
    table = missing_table(missing_and_outcome(reasons, outcomes, days={"assessed": 14}))
    assert table["Missing because"].tolist() == ["not missing", "toxicity", "any reason"]
    assert table["Hazard ratio, missing v not"].tolist()[:2] == ["—", "—"]
    member = np.array([1.0, 0] * 5 + [np.nan] * 2)
    pooled = pooled_cox(impute(time, event, {"response": member}, seed=1), model=("response",), of="response")
    ways = {"left out": pooled.complete_cases, "imputed": pooled.hazard_ratio}
    shown, held = (imputation_table(ways, pooled, without_p=without) for without in (False, True))
    assert held["p"].tolist() == ["withheld", "withheld"]
    assert "withheld" not in shown["p"].tolist()
    assert "50 data sets" in shown["Remark"].iloc[1]
