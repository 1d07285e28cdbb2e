"""Participant flow and populations: hand-counted, adding up, and honest about what is lacking."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.cohort import Flow, exclusions, participant_flow, patient_exclusions, populations
from analysis.cohort.reasons import REASONS
from analysis.data import TABLES


def _adds_up(flow: Flow) -> bool:
    return all(
        step.n + sum(n for _, n in step.excluded) == flow.step(step.parent).n
        for step in flow.steps
        if step.n is not None and step.parent is not None
    )


def test_each_step_counts_its_patients(study, protocol):
    flow = participant_flow(study, protocol)
    assert {step.name: step.n for step in flow.steps} == {
        "screened": 8,
        "eligible": 7,
        "treated": 6,
        "pet_baseline": 4,
        "pet_day14": 2,
        "pet_day28": 2,
        "plasma_baseline": 2,
        "plasma_day14": 1,
        "tissue": 1,
        "survival": 1,
    }


def test_everyone_left_out_has_one_reason(study, protocol):
    assert _adds_up(participant_flow(study, protocol))


def test_the_reasons_are_words(study, protocol):
    flow = participant_flow(study, protocol)
    assert flow.step("eligible").excluded == (("criterion I4 not met: HER2 negative", 1),)
    assert flow.step("treated").excluded == (("treatment not started", 1),)
    assert dict(flow.step("pet_baseline").excluded) == {"technical failure": 1, "no record of this scan": 1}
    assert dict(flow.step("pet_day14").excluded) == {"progression before the scan": 1, "not planned": 1}
    assert dict(flow.step("pet_day28").excluded) == {
        "scan not made, reason not recorded": 1,
        "no record of this scan": 1,
    }
    assert dict(flow.step("plasma_baseline").excluded) == {"no sample": 3, "sample without a result": 1}
    assert dict(flow.step("tissue").excluded) == {"no specimen": 4, "specimen not evaluable": 1}
    assert dict(flow.step("survival").excluded) == {"no outcome recorded": 4, "time or event missing": 1}


def test_every_reason_of_the_contract_has_words():
    assert set(TABLES["pet_visits"].column("reason").codes) == set(REASONS)


def test_pilot_and_extension_are_split(study, protocol):
    flow = participant_flow(study, protocol)
    assert flow.step("treated").groups == (("pilot", 4), ("extension", 2))
    assert flow.step("pet_day14").groups == (("pilot", 2), ("extension", 0))


def test_unknown_eligibility_and_scans_outside_their_window_are_noted(study, protocol):
    flow = participant_flow(study, protocol)
    assert flow.step("eligible").notes == ("1 kept although a criterion is unknown.",)
    assert flow.step("pet_day14").notes == ("1 scanned outside day 10 to 18, kept.",)
    assert flow.step("pet_day28").notes == ("1 without the day of the scan, kept.",)


def test_a_refused_scan_leaves_with_its_reason(study, protocol):
    refused = pd.DataFrame({"patient_id": ["P2"], "visit": ["day14"], "reason": ["missing slices"]})
    flow = participant_flow(study, protocol, refused=refused)
    assert flow.step("pet_day14").n == 1
    assert ("not assessable: missing slices", 1) in flow.step("pet_day14").excluded
    assert flow.step("pet_day14").label == "PET evaluable at day 14"
    assert participant_flow(study, protocol).step("pet_day14").label == "PET done at day 14"
    assert _adds_up(flow)


def test_populations_agree_with_the_flow(study, protocol):
    flow, table = participant_flow(study, protocol), populations(study, protocol)
    assert list(table.columns) == ["patient_id", *(step.name for step in flow.steps)]
    assert {name: int(table[name].sum()) for name in table.columns[1:]} == {
        step.name: step.n for step in flow.steps
    }


def test_the_printed_reasons_are_those_of_the_flow_without_patients(study, protocol):
    table = exclusions(participant_flow(study, protocol))
    assert list(table.columns) == ["population", "of", "reason", "n"]
    day14 = table[table["population"] == "PET done at day 14"]
    assert day14.to_numpy(dtype=object).tolist() == [
        ["PET done at day 14", "PET done at baseline", "not planned", 1],
        ["PET done at day 14", "PET done at baseline", "progression before the scan", 1],
    ]


def test_each_patient_keeps_the_first_reason_on_the_way(study, protocol):
    table = patient_exclusions(study, protocol).set_index("patient_id")
    assert table.loc["P8", "pet_day14"] == "criterion I4 not met: HER2 negative"
    assert table.loc["P4", "pet_day28"] == "technical failure"
    assert table.loc["P1"].isna().all()


def test_lacking_tables_leave_steps_unknown_and_say_so(study_of, tables, protocol):
    kept = {name: tables[name] for name in ("patients", "plasma_samples")}
    flow = participant_flow(study_of(**kept), protocol)
    assert flow.step("screened").label == "In the study's data"
    for name in ("eligible", "pet_baseline", "pet_day14", "pet_day28", "tissue", "survival"):
        assert flow.step(name).n is None
        assert flow.step(name).notes[0].startswith("Not known: the study has no ")
    assert flow.step("treated").parent == "screened"
    assert flow.step("plasma_baseline").n == 2
    assert _adds_up(flow)
    assert populations(study_of(**kept), protocol)["pet_day14"].isna().all()
    assert (patient_exclusions(study_of(**kept), protocol)["pet_day14"] == "not known").all()


@pytest.mark.parametrize(
    ("table", "column", "step"),
    [("patients", "treatment_start", "treated"), ("outcomes", "pfs_event", "survival")],
)
def test_a_column_declared_lacking_is_not_taken_for_missing_values(
    study_of, tables, protocol, table, column, step
):
    flow = participant_flow(study_of(**tables, lacks={table: (column,)}), protocol)
    assert flow.step(step).n is None
    assert _adds_up(flow)


def test_the_order_of_patients_changes_nothing(study_of, tables, protocol):
    turned = {name: rows[::-1] for name, rows in tables.items()}
    flow = participant_flow(study_of(**tables), protocol)
    assert participant_flow(study_of(**turned), protocol) == flow


def test_a_step_finds_its_children(study, protocol):
    flow = participant_flow(study, protocol)
    assert [step.name for step in flow.children("pet_baseline")] == ["pet_day14", "pet_day28"]
    with pytest.raises(KeyError):
        flow.step("nowhere")


def test_a_study_without_patients_counts_nobody(study_of, tables, protocol):
    empty = study_of(**{name: [] for name in tables})
    assert {step.n for step in participant_flow(empty, protocol).steps} == {0}
