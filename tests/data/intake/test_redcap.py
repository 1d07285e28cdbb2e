"""A REDCap export by its dictionary: forms, repeats, checkboxes, missing-data codes, labels."""

from __future__ import annotations

import pytest

from analysis.data.intake.folder import read_folder

DICTIONARY = """\
Variable / Field Name,Form Name,Field Type,Field Label,"Choices, Calculations, OR Slider Labels",Text Validation Type OR Show Slider Number,Identifier?
record_id,base,text,Record ID,,,
sex,base,radio,<b>Sex</b>,"1, Female | 2, Male, or other",,
weight,base,text,Weight,,number,
sites,base,checkbox,Sites,"bone, Bone | liv, Liver",,
mrn,base,text,Hospital number,,,y
story,base,notes,Story,,,
drug,visit,text,Drug,,,
day,visit,text,Day,,date_dmy,
"""
RAW = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,sex,weight,sites___bone,sites___liv,mrn,story,drug,day
1,a_arm_1,,,1,70.5,1,0,123,he said,,
1,b_arm_1,visit,1,,,0,0,,,NA,2014-03-01
1,b_arm_1,visit,2,,,0,0,,,x,NASK
2,a_arm_1,,,2,UNK,0,1,,,,
"""
LABELS = """\
Record ID,Event Name,Repeat Instrument,Repeat Instance,Sex,Weight,Sites (choice=Bone),Sites (choice=Liver),Hospital number,Story,Drug,Day
1,A,,,Female,70.5,Checked,Unchecked,123,he said,,
1,B,Visit,1,,,Unchecked,Unchecked,,,NA,2014-03-01
1,B,Visit,2,,,Unchecked,Unchecked,,,x,NASK
2,A,,,"Male, or other",UNK,Unchecked,Checked,,,,
"""


def forms(sent, export):
    sent.write("dictionary.csv", DICTIONARY).write("export.csv", export)
    return read_folder(sent.path)


@pytest.mark.parametrize("export", [RAW, LABELS])
def test_codes_and_labels_give_the_same_forms_with_the_lines_of_the_export(sent, export):
    found = forms(sent, export)
    assert found.problems == ()
    base, visit = found.tables["base"].cells, found.tables["visit"].cells
    assert base[["record_id", "sex", "sites___bone", "sites___liv"]].to_numpy().tolist() == [
        ["1", "1", "1", "0"],
        ["2", "2", "0", "1"],
    ]
    assert (list(base.index), list(visit.index)) == ([2, 5], [3, 4])
    assert found.tables["base"].choices["sex"] == {"1": "Female", "2": "Male, or other"}


def test_missing_data_codes_are_empty_where_they_can_be_nothing_else(sent):
    found = forms(sent, RAW)
    assert found.tables["base"].missing == {"weight": 1}
    assert found.tables["visit"].missing == {"day": 1}
    assert found.tables["visit"].cells["drug"].tolist() == ["NA", "x"]  # a text may be NA


def test_identifiers_and_notes_are_marked_and_do_not_pass(sent):
    assert forms(sent, RAW).tables["base"].refused == {
        "mrn": "an identifier, by the data dictionary",
        "story": "free text (a notes field)",
    }
    sent.mapping("tables: {patients: {from: base, columns: {patient_id: record_id, centre: mrn}}}")
    [problem] = [p for p in sent.imported().problems if p.severity == "error"]
    assert problem.what == "patients, centre: 'mrn' does not pass: an identifier, by the data dictionary"


def test_a_value_that_the_dictionary_forbids_is_named_by_line_and_field(sent):
    found = forms(sent, RAW.replace("1,a_arm_1,,,1,70.5", "1,a_arm_1,,,7,heavy"))
    assert [(p.file, p.row, p.column) for p in found.problems] == [
        ("export.csv", 2, "sex"),
        ("export.csv", 2, "weight"),
    ]


def test_a_label_of_two_fields_cannot_be_told(sent):
    sent.write("dictionary.csv", DICTIONARY.replace("Drug", "Weight")).write("export.csv", LABELS)
    [problem] = read_folder(sent.path).problems
    assert problem.what == "the label of column 6 is that of weight, drug"
