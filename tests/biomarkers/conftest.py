"""R's results for categorical and rank tests, and the trial's own plasma where it lies beside the checkout."""

from __future__ import annotations

import json

import pandas as pd
import pytest

from analysis.study import load_protocol


@pytest.fixture(scope="session")
def protocol():
    return load_protocol()


@pytest.fixture(scope="session")
def r(shared):
    text = (shared / "reference" / "survival" / "ref_categorical.json").read_text(encoding="utf-8")
    return json.loads(text)


@pytest.fixture(scope="session")
def open_plasma(shared, study_of):
    """PEARL's open plasma data (NCT02028364) as a study; see trial.md for its caveats."""
    file = shared / "realdata" / "pearl_ctdna_alfassay" / "pearl_plasma_long.csv"
    if not file.is_file():
        pytest.skip("the trial's open plasma data are not there")
    visits = {"BL": "baseline", "D14": "day14", "PD": "progression"}
    table = pd.read_csv(file)
    samples = [
        {
            "sample_id": f"S{number}",
            "patient_id": row.pid,
            "visit": visits[row.timepoint],
            "panel_detected": {"Positive": True, "Negative": False}.get(row.ctdna_oncofollow),
            "max_vaf_percent": row.max_vaf_pct,
            "tumour_fraction_percent": row.ichorcna_tf_pct,
        }
        for number, row in enumerate(table.itertuples())
    ]
    patients = [{"patient_id": name} for name in dict.fromkeys(table["pid"])]
    return study_of(patients=patients, plasma_samples=samples)
