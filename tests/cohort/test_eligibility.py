"""Eligibility: every criterion counted, and nobody eligible by a guess."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.cohort import eligibility_items, eligible_patients
from analysis.errors import StudyError
from analysis.study.protocol import EligibilityItem


def test_every_criterion_counts_met_not_met_and_unknown(study, protocol):
    found = eligibility_items(study, protocol).set_index("item")
    assert list(found.index) == list(protocol.eligibility)
    assert found.loc["I1", ["met", "not_met", "unknown"]].tolist() == [8, 0, 0]
    assert found.loc["I3", ["met", "not_met", "unknown"]].tolist() == [7, 0, 1]
    assert found.loc["I4", ["met", "not_met", "unknown"]].tolist() == [7, 1, 0]


def test_a_failed_criterion_makes_ineligible_and_an_unknown_one_makes_unknown(study, protocol):
    found = eligible_patients(study, protocol).set_index("patient_id")
    assert found.loc["P1", "eligible"]
    assert found.loc["P7", "eligible"] is pd.NA
    assert not found.loc["P8", "eligible"]
    assert found.loc["P8", "failed"] == "I4, I5"
    assert found.loc["P7", "unknown"] == "I3"


def test_a_patient_without_rows_is_unknown_for_every_criterion(study_of, protocol):
    study = study_of(patients=[{"patient_id": "P1"}], eligibility=[])
    assert (eligibility_items(study, protocol)["unknown"] == 1).all()
    assert eligible_patients(study, protocol)["eligible"].isna().all()


def test_a_met_exclusion_criterion_excludes(study_of, protocol):
    item = EligibilityItem("E1", "exclusion", "Another cancer")
    protocol = dataclasses.replace(protocol, eligibility={"E1": item})
    study = study_of(
        patients=[{"patient_id": "P1"}, {"patient_id": "P2"}],
        eligibility=[
            {"patient_id": "P1", "item": "E1", "met": True},
            {"patient_id": "P2", "item": "E1", "met": False},
        ],
    )
    assert eligible_patients(study, protocol)["eligible"].tolist() == [False, True]
    assert eligibility_items(study, protocol).loc[0, ["met", "not_met"]].tolist() == [1, 1]


def test_a_criterion_the_protocol_does_not_know_is_refused(study_of, protocol):
    study = study_of(
        patients=[{"patient_id": "P1"}], eligibility=[{"patient_id": "P1", "item": "X9", "met": True}]
    )
    with pytest.raises(StudyError, match="X9") as caught:
        eligibility_items(study, protocol)
    assert caught.value.offenders == ("X9",)
