"""Course of the ctDNA: the mixed model on the logarithm, values below the limit as what they are."""

import numpy as np
import pandas as pd
import pytest

from analysis.biomarkers import early_progression, mixed_model, plasma_course
from analysis.biomarkers.plasma_course import AT_HALF, AT_LIMIT, CENSORED, WAYS
from analysis.study import load_protocol


def calls(seed=1, patients=40, drop=0.7, extra=0.0, limit=0.1):
    """Allele frequencies at baseline and day 14; the truth is a fall by 10 ** -drop, less by ``extra`` in odd patients."""
    rng = np.random.default_rng(seed)
    level = rng.normal(0.3, 0.7, patients)
    odd = np.arange(patients) % 2
    first = level + rng.normal(0, 0.25, patients)
    second = level - drop + extra * odd + rng.normal(0, 0.25, patients)
    names = [f"p{i:02d}" for i in range(patients)]
    return pd.DataFrame(
        {
            "patient_id": names * 2,
            "visit": ["baseline"] * patients + ["day14"] * patients,
            "max_vaf_percent": 10 ** np.concatenate([first, second]),
            "lod_vaf_percent": limit,
            "tumour_fraction_percent": np.nan,
        }
    )


def test_without_values_below_the_limit_the_ways_agree_and_are_the_mixed_model():
    table = calls(limit=1e-9)
    found = plasma_course(table, load_protocol(), visits=("baseline", "day14")).set_index("way")
    visit = (table["visit"] == "day14").to_numpy(float)
    model = mixed_model(
        np.log10(table["max_vaf_percent"]),
        np.column_stack([np.ones(len(table)), visit]),
        table["patient_id"],
        terms=("level", "change"),
    )
    assert found.loc[AT_LIMIT, "estimate"] == pytest.approx(10 ** model.effect("change").estimate)
    assert found.loc[AT_LIMIT, "degrees_of_freedom"] == pytest.approx(39, abs=0.01)
    assert found["estimate"].to_numpy() == pytest.approx(found.loc[AT_LIMIT, "estimate"], rel=1e-3)
    assert (found["below"] == 0).all()


def test_the_fall_is_found_though_half_of_the_second_values_lie_below_the_limit():
    found = [
        plasma_course(
            calls(seed, patients=60, limit=0.8), load_protocol(), visits=("baseline", "day14")
        ).set_index("way")["estimate"]
        for seed in range(3)
    ]
    censored = np.mean([np.log10(one[CENSORED]) for one in found])
    assert censored == pytest.approx(-0.7, abs=0.09)
    assert np.mean([np.log10(one[AT_LIMIT]) for one in found]) > -0.5


def test_by_response_each_group_has_its_change_and_the_interaction_is_their_ratio():
    table = calls(patients=60, extra=0.5)
    response = pd.Series(
        [
            "non_responder" if int(name[1:]) % 2 else "responder"
            for name in dict.fromkeys(table["patient_id"])
        ],
        index=pd.Index(dict.fromkeys(table["patient_id"]), name="patient_id"),
    )
    found = plasma_course(table, load_protocol(), visits=("baseline", "day14"), response=response)
    for way in WAYS:
        of_way = found[found["way"] == way].set_index("effect")["estimate"]
        ratio = (
            of_way["day 14 against baseline, non-responders"] / of_way["day 14 against baseline, responders"]
        )
        assert of_way["day 14, change of non-responders against that of responders"] == pytest.approx(
            ratio, rel=1e-6
        )
        assert 0.25 < np.log10(ratio) < 0.75


def test_patients_in_another_order_give_the_same_numbers():
    table = calls()
    shuffled = table.sample(frac=1, random_state=1)
    one, two = (
        plasma_course(each, load_protocol(), visits=("baseline", "day14")) for each in (table, shuffled)
    )
    assert two["estimate"].to_numpy() == pytest.approx(one["estimate"].to_numpy(), rel=1e-4)


def test_too_few_values_above_the_limit_are_said_and_not_modelled():
    found = plasma_course(calls(limit=1e4), load_protocol(), visits=("baseline", "day14")).set_index("way")
    assert "above the limit" in found.loc[CENSORED, "note"]
    assert found.loc[AT_HALF, "note"]
    assert found["estimate"].isna().all()


def test_censored_before_the_months_is_neither_resistant_nor_sensitive():
    outcomes = pd.DataFrame(
        {
            "patient_id": list("abcd"),
            "pfs_days": [182.6, 182.0, 183.0, np.nan],
            "pfs_event": [True, False, True, None],
        }
    )
    found = early_progression(outcomes.astype({"pfs_event": "boolean"}), months=6)  # 182.625 days
    assert found.fillna("?").tolist() == ["non_responder", "?", "responder", "?"]
