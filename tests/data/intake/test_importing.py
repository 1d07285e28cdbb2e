"""An import: units, codes, dates and look-ups by hand; all or nothing; findings in the sender's own terms."""

from __future__ import annotations

import pytest

from analysis.data import check_study, load_study
from analysis.data.intake.cell_values import is_free_text
from analysis.errors import StudyError

PATIENTS = (
    "pid,start,ht,wt,glu,note\nA1,01/03/2014,1.65,154,yes,met Dr X on 3/4/2014\nA2,15/03/2014,1.58,110,no,\n"
)
BASE = """\
tables:
  patients:
    from: base
    columns:
      patient_id: pid
      treatment_start: {column: start, date: "%d/%m/%Y"}
      height_cm: {column: ht, unit: m}
      weight_kg: {column: wt, unit: lb}
      measurable: glu
"""


def test_units_and_dates_become_the_contracts_and_nothing_else_passes(sent):
    found = sent.write("base.csv", PATIENTS).mapping(BASE).imported()
    assert found.written
    patients = load_study(sent.destination).table("patients")
    assert patients["height_cm"].tolist() == [165.0, 158.0]
    assert patients["weight_kg"].tolist() == pytest.approx([154 * 0.45359237, 110 * 0.45359237], rel=1e-9)
    assert patients["treatment_start_day"].tolist() == [0.0, 0.0]
    written = "".join(path.read_text() for path in sent.destination.iterdir())
    assert "2014" not in written
    assert "Dr X" not in written
    assert found.left_out == ("base, note: not in the mapping",)
    assert check_study(sent.destination) == []


def test_the_day_of_treatment_start_stays_only_if_the_mapping_says_so(sent):
    sent.write("base.csv", PATIENTS).mapping(BASE)
    text = (
        (sent.path / "mapping.yml").read_text().replace("id: sent,", "id: sent, keep_treatment_start: yes,")
    )
    assert sent.write("mapping.yml", text).imported().written
    assert "2014-03-15" in (sent.destination / "patients.csv").read_text()
    assert "keep" not in (sent.destination / "study.yml").read_text()


@pytest.mark.parametrize(
    ("rule", "cell", "days"),
    [
        ("{column: x, unit: months}", "2", 60.875),
        ("{column: x, unit: weeks}", "8", 56.0),
        ("{column: x, unit: days_from_1}", "57", 56.0),
        ("{column: x, date: iso}", "2014-04-26", 56.0),
        ("{column: x, date: excel}", "41755", 56.0),  # 41755 is 26 April 2014, 56 days after 1 March
    ],
)
def test_a_survival_time_in_any_unit_is_days_since_treatment_start(sent, rule, cell, days):
    sent.write("base.csv", f"pid,start,x\nA1,2014-03-01,{cell}\n").mapping(
        "tables:\n"
        "  patients: {from: base, columns: {patient_id: pid, treatment_start: {column: start, date: iso}}}\n"
        f"  outcomes: {{from: base, columns: {{patient_id: pid, pfs_days: {rule}, pfs_event: {{value: yes}}}}}}\n"
    )
    assert sent.imported().written
    assert load_study(sent.destination).table("outcomes")["pfs_days"].tolist() == [days]


def test_cdisc_study_days_have_no_day_0_and_ours_have(sent, findings):
    tables = (
        "tables:\n"
        "  patients: {from: base, columns: {patient_id: pid, treatment_start: {column: start, unit: days}}}\n"
        "  adverse_events: {from: ae, columns: {patient_id: pid, term: t, grade: g, onset: {column: ASTDY, unit: cdisc_day}}}\n"
    )
    sent.write("base.csv", "pid,start\nA1,0\n").write(
        "ae.csv", "pid,t,g,ASTDY\nA1,rash,1,1\nA1,pain,1,-1\nA1,itch,2,15\n"
    )
    assert sent.mapping(tables).imported().written
    assert load_study(sent.destination).table("adverse_events")["onset_day"].tolist() == [0.0, -1.0, 14.0]
    sent.write("ae.csv", "pid,t,g,ASTDY\nA1,rash,1,0\n")
    assert findings(sent.imported())[0] == (
        "ae.csv", 2, "ASTDY", "there is no day 0 in CDISC's study days (adverse_events.onset)"
    )  # fmt: skip


def test_long_tables_are_looked_up_by_parameter_and_other_tables_by_patient(sent):
    sent.write("adtte.csv", "ID,P,D,C\nA1,PFS,60,0\nA1,OS,100,1\nA2,PFS,80,2\nA2,OS,90,0\n")
    sent.write("base.csv", "pid,died\nA2,90\nA1,\n")
    sent.mapping(
        "tables:\n"
        "  patients: {from: base, columns: {patient_id: pid}}\n"
        "  outcomes:\n"
        "    from: adtte\n"
        "    one_row_per: [ID]\n"
        "    columns:\n"
        "      patient_id: ID\n"
        "      pfs_days: {column: D, where: {P: PFS}}\n"
        "      pfs_event: {column: C, where: {P: PFS}, codes: {0: yes, 1: no, 2: no}}\n"
        "      os_days: {column: D, where: {P: OS}}\n"
        "      os_event: {column: C, where: {P: OS}, codes: {0: yes, 1: no, 2: no}}\n"
        "      death: {column: died, from: base, join: {ID: pid}, unit: days}\n"
    )
    assert sent.imported().written
    outcomes = load_study(sent.destination).table("outcomes").set_index("patient_id")
    assert outcomes["pfs_days"].to_dict() == {"A1": 60.0, "A2": 80.0}
    assert outcomes["pfs_event"].to_dict() == {"A1": True, "A2": False}
    assert outcomes["os_event"].to_dict() == {"A1": False, "A2": True}
    assert outcomes["death_day"].fillna(-1).to_dict() == {"A1": -1.0, "A2": 90.0}


def test_two_answers_to_one_question_are_an_error_and_the_same_twice_is_none(sent, findings):
    tables = (
        "tables:\n"
        "  patients: {from: base, columns: {patient_id: pid, ecog: {column: E, from: other, join: pid}}}\n"
    )
    sent.write("base.csv", "pid,a\nA1,1\n").mapping(tables)
    assert sent.write("other.csv", "pid,E\nA1,1\nA1,1\n").imported().written
    sent.write("other.csv", "pid,E\nA1,1\nA1,2\n")
    assert findings(sent.imported()) == [
        ("other.csv", 3, "E", "the row gives another answer to the same question than an earlier one")
    ]


def test_every_fault_of_every_file_is_listed_at_once_in_the_senders_terms_and_nothing_is_written(
    sent, findings
):
    sent.write(
        "base.csv", PATIENTS.replace("1.65", "165").replace("15/03/2014", "31/02/2014").replace("A2,", "A1,")
    )
    sent.write("cut.xpt", b"HEADER RECORD")
    found = sent.mapping(
        BASE.replace("measurable: glu", "measurable: {column: glu, codes: {yes: yes}}")
    ).imported()
    assert not found.written
    assert not sent.destination.exists()
    assert findings(found) == [
        ("cut.xpt", None, None, "the file cannot be read as SAS transport (XPT)"),
        ("base.csv", 3, "start", "the cell is not a date of that format (patients.treatment_start)"),
        ("base.csv", 3, "glu", "the code is not in the mapping (patients.measurable)"),
        ("base.csv", 2, "ht", "the value 16500 is out of range (patients.height_cm)"),
        ("base.csv", 3, "pid", "the patient stands already on line 2 (patients.patient_id)"),
    ]


def test_no_message_repeats_a_cell(sent):
    secret = "Doe, Jane 1951"
    sent.write("base.csv", f'pid,start,ht,wt,glu\n"{secret}","{secret}","{secret}","{secret}","{secret}"\n')
    found = sent.mapping(BASE.replace("tables:", "tables:", 1)).imported()
    assert len(found.problems) >= 5
    assert not any("Doe" in str(problem) or "1951" in str(problem) for problem in found.problems)


def test_free_text_does_not_pass_even_if_it_is_mapped(sent, findings):
    sent.write("base.csv", PATIENTS).mapping(BASE.replace("measurable: glu", "centre: note"))
    assert findings(sent.imported()) == [
        ("base.csv", 2, "note", "the cell looks like free text (patients.centre)")
    ]
    sent.mapping("tables: {lesion_matches: {from: base, columns: {reason: note}}}")
    assert "lesion_matches, reason: free text does not pass" in [
        what for *_, what in findings(sent.imported())
    ]


@pytest.mark.parametrize(
    "term", ["blood creatine phosphokinase increased", "1.2.840.113619.2.55.3", "p.E545K", "C1"]
)
def test_terms_and_codes_are_no_free_text(term):
    assert not is_free_text(term)


@pytest.mark.parametrize(
    "text", ["a@b.org", "seen 2014-03-01", "+32 2 541 31 11", "one\ntwo", "x" * 81, "a b c d e f g h i"]
)
def test_prose_and_what_gives_a_person_away_is_free_text(text):
    assert is_free_text(text)


def test_an_open_decision_stops_the_import(sent, findings):
    sent.write("base.csv", PATIENTS)
    sent.mapping(
        BASE.replace("measurable: glu", 'measurable: "?"\n      sex: {column: glu, codes: {yes: "?", no: M}}')
    )
    sent.write("mapping.yml", (sent.path / "mapping.yml").read_text().replace("kind: simulated", 'kind: "?"'))
    assert {"patients, measurable is open", "patients, sex is open", "study: kind is open"} <= {
        what for *_, what in findings(sent.imported())
    }


def test_stacked_columns_become_rows_whose_faults_name_their_own_column(sent, findings):
    sent.write("base.csv", "pid,i_1,i_2\nA1,1,0\nA2,,7\n")
    sent.mapping(
        "tables:\n"
        "  patients: {from: base, columns: {patient_id: pid}}\n"
        "  eligibility:\n"
        "    from: base\n"
        "    stack: {i_1: I1, i_2: I2}\n"
        "    columns: {patient_id: pid, item: (name), met: {column: (value), codes: {1: yes, 0: no}}}\n"
    )
    assert findings(sent.imported()) == [
        ("base.csv", 3, "i_2", "the code is not in the mapping (eligibility.met)")
    ]
    sent.write("base.csv", "pid,i_1,i_2\nA1,1,0\nA2,,1\n")
    assert sent.imported().written
    met = load_study(sent.destination).table("eligibility").set_index(["patient_id", "item"])["met"]
    assert met["A1", "I1"]
    assert not met["A1", "I2"]
    assert met["A2", "I2"]
    assert met.isna()["A2", "I1"]


def test_another_study_at_the_destination_is_left_alone(sent):
    sent.write("base.csv", PATIENTS).mapping(BASE)
    sent.destination.mkdir(parents=True)
    (sent.destination / "thesis.txt").write_text("do not delete")
    with pytest.raises(StudyError, match="something else"):
        sent.imported()
    assert (sent.destination / "thesis.txt").exists()


@pytest.mark.parametrize(
    ("tables", "what"),
    [
        ("tables: {patients: {from: bas, columns: {patient_id: pid}}}", "patients: there is no table 'bas'"),
        ("tables: {patients: {from: base, columns: {patient_id: pit}}}", "patients, patient_id: base has no column 'pit'"),
        ("tables: {patient: {}}", "a study has no table 'patient'"),
        ("tables: {patients: {from: base, columns: {ecog: glu}}}", "patients: the column patient_id is not mapped"),
        ("tables: {patients: {from: base, columns: {patient_id: pid, height_cm: {column: ht, unit: feet}}}}", "patients, height_cm: unknown unit 'feet'"),
        ("tables: {patients: {from: base, colums: {}}}", "patients: unknown key 'colums'"),
        ("tables: {patients: {from: base, columns: {patient_id: pid, ecog: {column: glu, where: {pid: A1}}}}}", "patients, ecog: `where` of a column needs `one_row_per`"),
        ("tables: {patients: [1]}", "patients: this is not a list of `key: value`"),
        ("tables: [", "this is not valid YAML: expected the node content, but found '<stream end>'"),
        ("tables: {}", "there is no patient"),
    ],
)  # fmt: skip
def test_a_wrong_mapping_says_what_is_wrong_with_it(sent, findings, tables, what):
    sent.write("base.csv", PATIENTS).mapping(tables)
    assert what in [found[3] for found in findings(sent.imported())]
