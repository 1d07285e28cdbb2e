"""Tissue: which specimen speaks, families of markers, and primary against metastasis."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.biomarkers import concordance, concordance_table, tissue_associations, tissue_values
from analysis.errors import DesignError, StudyError


def _row(patient, specimen, marker, value, kind="alteration"):
    return {"patient_id": patient, "specimen": specimen, "marker": marker, "kind": kind, "value": value}


@pytest.fixture
def study(study_of):
    return study_of(
        tissue=[
            _row("P1", "primary", "PIK3CA", 0),
            _row("P1", "metastasis", "PIK3CA", 1),
            _row("P2", "primary", "PIK3CA", 1),
            _row("P2", "metastasis", "PIK3CA", None),
            _row("P3", "metastasis", "PIK3CA", 0),
            _row("P4", "primary", "PIK3CA", 0),
            _row("P4", "metastasis", "PIK3CA", 0),
            _row("P1", "primary", "ki67", 10.0, "expression"),
            _row("P1", "metastasis", "ki67", 30.0, "expression"),
            _row("P3", "metastasis", "ki67", 5.0, "expression"),
        ]
    )


RESPONSE = pd.Series({"P1": "non_responder", "P2": "non_responder", "P3": "responder", "P4": "responder"})


def test_the_metastasis_speaks_first_and_the_primary_stands_in(study):
    found = tissue_values(study).set_index(["patient_id", "marker"])
    assert found.loc[("P1", "PIK3CA"), ["specimen", "value"]].tolist() == ["metastasis", 1]
    assert found.loc[("P2", "PIK3CA"), ["specimen", "value"]].tolist() == ["primary", 1]
    assert found.loc[("P1", "ki67"), "value"] == 30


@pytest.mark.parametrize(
    ("rule", "patients"),
    [
        ("primary", ["P1", "P2", "P4"]),
        ("metastasis", ["P1", "P3", "P4"]),
        ("primary_first", ["P1", "P2", "P3", "P4"]),
    ],
)
def test_a_rule_keeps_to_its_specimens(study, rule, patients):
    found = tissue_values(study, specimen=rule)
    assert found.loc[found["marker"] == "PIK3CA", "patient_id"].tolist() == patients


def test_markers_are_tested_in_two_families(study):
    altered, expressed = tissue_associations(study, response=RESPONSE)
    assert (altered.name, altered.family) == ("PIK3CA altered", "tissue, alterations")
    # 2 of 2 against 0 of 2: p = 2 / 6.
    assert altered.p_value == pytest.approx(1 / 3)
    assert altered.q_value == altered.p_value
    assert (expressed.name, expressed.family) == ("Ki-67 expression", "tissue, expression")
    assert expressed.estimate == 25


def test_primary_and_metastasis_are_compared_in_the_same_patients(study):
    altered, expressed = concordance(study)
    assert (altered.n, altered.only_primary, altered.only_metastasis) == (2, 1, 1)
    # Rows are the primary: P1 gained, P4 stayed without.
    assert altered.calls.table == ((0, 0), (1, 1))
    assert altered.shift is None
    assert (expressed.n, expressed.shift.estimate) == (1, 20)
    assert expressed.calls is None


def test_the_printed_concordance_leaves_empty_what_does_not_apply(study):
    table = concordance_table(concordance(study)).set_index("Marker")
    assert table.loc["PIK3CA", "Same call, %"] == 50
    assert table.loc["PIK3CA", "McNemar p"] == 1
    assert pd.isna(table.loc["PIK3CA", "Signed-rank p"])
    assert table.loc["Ki-67", "Shift (metastasis − primary)"] == 20
    assert pd.isna(table.loc["Ki-67", "Kappa"])
    assert concordance_table(()).columns.tolist() == ["Marker", *table.columns]


def test_markers_of_one_specimen_only_are_compared_in_nobody(study_of):
    (found,) = concordance(study_of(tissue=[_row("P1", "primary", "ESR1", 1)]))
    assert (found.n, found.only_primary) == (0, 1)
    assert found.calls.mcnemar.reason == "no patient's two calls differ"


def test_an_alteration_that_is_neither_there_nor_not_is_refused(study_of):
    with pytest.raises(StudyError, match="neither 0 nor 1") as caught:
        tissue_values(study_of(tissue=[_row("P1", "primary", "TP53", 2)]))
    assert caught.value.offenders == ("TP53",)


def test_an_unknown_rule_is_refused(study):
    with pytest.raises(DesignError, match="metastasis_first"):
        tissue_values(study, specimen="biopsy")


def test_no_evaluable_tissue_gives_no_association(study_of):
    empty = study_of(tissue=[_row("P1", "primary", "ESR1", None)])
    assert tissue_associations(empty, response=RESPONSE) == ()
    assert concordance(empty) == ()
