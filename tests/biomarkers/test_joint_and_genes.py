"""PET with ctDNA, and genes by visit: counted by hand, without patients in what is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.biomarkers import JOINT_CLASSES, JOINT_WORDS, gene_counts, joint_classes, oncoprint
from analysis.errors import StudyError


def test_classes_and_counts_are_those_counted_by_hand():
    response = pd.Series(
        {
            "A": "responder",
            "B": "responder",
            "C": "non_responder",
            "D": "non_responder",
            "E": "not_assessable",
        }
    )
    ctdna = pd.Series({"A": False, "B": True, "C": False, "D": True, "E": True, "F": None}, dtype="boolean")
    found = joint_classes(response, ctdna)
    assert found.patients.set_index("patient_id")["joint_class"].dropna().to_dict() == {
        "A": "both_favourable",
        "B": "discordant",
        "C": "discordant",
        "D": "both_unfavourable",
    }
    assert found.counts.to_numpy().tolist() == [[1, 1], [1, 1]]
    assert found.counts.index.tolist() == ["responder", "non_responder"]
    assert found.sizes() == {"both_favourable": 1, "discordant": 2, "both_unfavourable": 1}
    assert found.unclassified == (("PET response not known", 1), ("neither PET nor ctDNA known", 1))
    assert set(JOINT_WORDS) == set(JOINT_CLASSES)


calls = st.dictionaries(
    st.sampled_from("ABCDEFGH"), st.sampled_from(["responder", "non_responder", "not_assessable"]), max_size=8
)
findings = st.dictionaries(st.sampled_from("ABCDEFGH"), st.sampled_from([True, False, None]), max_size=8)


@given(calls, findings)
def test_every_patient_is_in_one_class_or_has_one_reason(response, ctdna):
    found = joint_classes(pd.Series(response, dtype="string"), pd.Series(ctdna, dtype="boolean"))
    assert len(found.patients) == len(set(response) | set(ctdna))
    assert found.n + sum(n for _, n in found.unclassified) == len(found.patients)
    assert found.counts.to_numpy().sum() == found.n == sum(found.sizes().values())
    assert ((found.patients["reason"] == "") == found.patients["joint_class"].notna()).all()


@pytest.fixture
def study(study_of):
    def sample(name, patient, visit, detected):
        return {"sample_id": name, "patient_id": patient, "visit": visit, "panel_detected": detected}

    def variant(name, gene, change, vaf):
        return {"sample_id": name, "gene": gene, "protein_change": change, "vaf_percent": vaf}

    return study_of(
        plasma_samples=[
            sample("S1", "P1", "baseline", True),
            sample("S2", "P2", "baseline", True),
            sample("S3", "P3", "baseline", False),
            sample("S4", "P4", "baseline", None),
            sample("S5", "P1", "day14", False),
        ],
        plasma_variants=[
            variant("S1", "PIK3CA", "p.E545K", 5.0),
            variant("S1", "PIK3CA", "p.H1047R", 8.0),
            variant("S1", "ESR1", "p.D538G", 1.0),
            variant("S2", "PIK3CA", "p.E545K", 2.0),
        ],
    )


def test_a_gene_counts_a_patient_once_among_those_tested(study):
    found = gene_counts(study).set_index(["gene", "visit"])
    assert found.loc[("PIK3CA", "baseline"), ["k", "n"]].tolist() == [2, 3]
    assert found.loc[("ESR1", "baseline"), ["k", "n"]].tolist() == [1, 3]
    assert found.loc[("PIK3CA", "day14"), ["k", "n"]].tolist() == [0, 1]
    assert found.index.get_level_values("gene").unique().tolist() == ["PIK3CA", "ESR1"]


def test_genes_are_counted_within_each_response(study):
    response = pd.Series({"P1": "non_responder", "P2": "responder", "P3": "responder"})
    found = gene_counts(study, response=response).set_index(["group", "gene", "visit"])
    assert found.loc[("non_responder", "PIK3CA", "baseline"), ["k", "n"]].tolist() == [1, 1]
    assert found.loc[("responder", "PIK3CA", "baseline"), ["k", "n"]].tolist() == [1, 2]
    assert found.loc[("responder", "PIK3CA", "day14"), ["k", "n"]].tolist() == [0, 0]


def test_the_oncoprint_sorts_patients_by_pattern_and_names_none(study):
    found = oncoprint(study, "baseline")
    assert found.genes == ("PIK3CA", "ESR1")
    assert np.nan_to_num(found.frequencies).tolist() == [[8, 2, 0], [1, 0, 0]]
    assert found.groups == ()


def test_the_oncoprint_keeps_groups_together(study):
    response = pd.Series({"P1": "responder", "P2": "non_responder"})
    found = oncoprint(study, "baseline", response=response)
    assert found.groups == ("non_responder", "responder", "unknown")
    assert np.nan_to_num(found.frequencies[0]).tolist() == [2, 8, 0]


def test_a_visit_without_samples_is_an_empty_matrix(study):
    assert oncoprint(study, "week12").frequencies.shape == (0, 0)


def test_a_study_without_variants_counts_no_gene(study_of):
    study = study_of(
        plasma_samples=[
            {"sample_id": "S1", "patient_id": "P1", "visit": "baseline", "panel_detected": False}
        ],
        plasma_variants=[],
    )
    assert gene_counts(study).empty
    assert oncoprint(study, "baseline").frequencies.shape == (0, 1)


def test_a_variant_of_no_sample_is_refused(study_of):
    study = study_of(
        plasma_samples=[],
        plasma_variants=[
            {"sample_id": "S9", "gene": "TP53", "protein_change": "p.R175H", "vaf_percent": 1.0}
        ],
    )
    with pytest.raises(StudyError, match="not in plasma_samples"):
        gene_counts(study)
