"""Everything that can be wrong with a study folder is named by file, line and column."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data import TABLES, Problem, check_study


def place(problem: Problem) -> tuple[str, str, int | None, str | None]:
    return problem.severity, problem.file, problem.row, problem.column


def only(study, severity="error") -> Problem:
    """Take the one finding of that severity; errors of other kinds would be a cascade."""
    found = [problem for problem in check_study(study.path) if problem.severity == severity]
    assert len(found) == 1, "\n".join(map(str, found))
    return found[0]


def test_nothing_is_wrong_with_a_right_study(study):
    assert check_study(study.path) == []


CELLS = [
    # file, old, new, line, column, what, advice
    ("patients.csv", ",pilot,", ",pilo,", 2, "phase", "the code 'pilo'", "did you mean pilot?"),
    (
        "patients.csv",
        "165,70.5",
        "1.65,70.5",
        2,
        "height_cm",
        "1.65 is out of range",
        "this looks like metres",
    ),
    (
        "patients.csv",
        "165,70.5",
        "165,70500",
        2,
        "weight_kg",
        "70500 is out of range",
        "this looks like grams",
    ),
    (
        "patients.csv",
        "1950-05-01,63",
        "1950-05-01,23011",
        2,
        "age_years",
        "23011 is out of range",
        "looks like days",
    ),
    ("patients.csv", "165,70.5", '165,"70,5"', 2, "weight_kg", "decimal comma", "decimal point"),
    ("patients.csv", "165,70.5", "165,inf", 2, "weight_kg", "text where a number belongs", "empty cell"),
    ("patients.csv", "165,70.5", "165,7_0", 2, "weight_kg", "text where a number belongs", "empty cell"),
    ("patients.csv", "165,70.5", "165,1e999", 2, "weight_kg", "is not a number", ""),
    ("patients.csv", "70.5,1,yes", "70.5,1.5,yes", 2, "ecog", "1.5 is not a whole number", ""),
    ("patients.csv", "70.5,1,yes", "70.5,1,TRUE", 2, "measurable", "the code 'TRUE'", "use one of yes, no"),
    ("patients.csv", "1950-05-01", "01/05/1950", 2, "birth_date", "not a date", "ISO"),
    ("patients.csv", "1950-05-01", "1950-02-30", 2, "birth_date", "not a date", "ISO"),
    (
        "patients.csv",
        "1950-05-01",
        "2014-05-01",
        2,
        "enrolment_date",
        "before the patient's birth",
        "correct",
    ),
    ("patients.csv", "2014-01-10", "2013-12-10", 2, "treatment_start_date", "before enrolment", "correct"),
    ("patients.csv", "P02,ext", "P01,ext", 3, "patient_id", "the patient stands already on line 2", "remove"),
    ("patients.csv", "P02,ext", ",ext", 3, "patient_id", "the cell is empty", "fill it"),
    (
        "assessments.csv",
        "P01,2014-01-05",
        "P09,2014-01-05",
        2,
        "patient_id",
        "not in patients.csv",
        "add the patient",
    ),
    (
        "assessments.csv",
        "P01,2014-01-05",
        "p01,2014-01-05",
        2,
        "patient_id",
        "not in patients.csv",
        "add the patient",
    ),
    (
        "assessments.csv",
        "P01,2014-01-05",
        "P01 ,2014-01-05",
        2,
        "patient_id",
        "begins or ends with a blank",
        "remove",
    ),
    (
        "assessments.csv",
        "11,central",
        "11,local",
        4,
        "patient_id, assessed_date, reader",
        "already on line 3",
        "remove",
    ),
    ("assessments.csv", "2014-01-05", "2013-12-31", 2, "assessed_date", "before enrolment", "correct"),
    ("assessments.csv", "2014-01-05", "1949-01-05", 2, "assessed_date", "before", "correct"),
    (
        "assessments.csv",
        "2014-01-05",
        "2014-04-21",
        2,
        "assessed_date",
        "after the patient's death",
        "correct",
    ),
    ("assessments.csv", "2014-01-05", "", 2, "assessed_date", "the cell is empty", "fill it"),
    ("adverse_events.csv", "14,20.5", "14,12", 2, "resolved_day", "ends before it begins", "correct"),
    ("adverse_events.csv", "14,20.5", "14,100.5", 2, "resolved_day", "after the patient's death", "correct"),
    ("adverse_events.csv", "rash,2", "rash,6", 2, "grade", "6 is out of range", ""),
    (
        "outcomes.csv",
        "2014-04-20",
        "2014-01-09",
        2,
        "death_date",
        "death lies before treatment start",
        "correct",
    ),
    (
        "outcomes.csv",
        "P02,120,no,120",
        "P02,121,no,120",
        3,
        "pfs_days",
        "longer than overall survival",
        "correct",
    ),
    ("outcomes.csv", "P02,120,no,120", "P02,,yes,120", 3, "pfs_days", "an event without its time", "correct"),
    ("outcomes.csv", "P02,120,no,120", "P02,,no,120", 3, "pfs_days", "until when is not said", "correct"),
    ("outcomes.csv", "P02,120,no,120", "P02,120,,120", 3, "pfs_event", "without whether it ended", "correct"),
    (
        "outcomes.csv",
        "P03,14.5,yes,300",
        "P03,14.5,yes,303",
        4,
        "os_days",
        "does not end at death",
        "correct",
    ),
    (
        "outcomes.csv",
        "P03,14.5,yes,300",
        "P03,1,yes,9.86",
        4,
        "os_days",
        "does not end at death",
        "looks like months",
    ),
    ("outcomes.csv", "300,no", "300,yes", 4, "death_date", "os_event says yes", "correct"),
    ("outcomes.csv", "100,yes,2014", "100,no,2014", 2, "os_event", "os_event says no", "correct"),
    ("eligibility.csv", "P02,I1", "P02,I9", 3, "item", "the protocol has no such criterion", "protocol.yml"),
    (
        "plasma_samples.csv",
        "P01,day14",
        "P01,day 14",
        3,
        "visit",
        "no visit at which plasma is taken",
        "day14?",
    ),
    ("plasma_variants.csv", "S01", "S09", 2, "sample_id", "not in plasma_samples.csv", "add the sample"),
    (
        "pet_visits.csv",
        "toxicity,,,",
        "toxicity,2014-03-10,,",
        4,
        "scanned_date",
        "not made, yet it has a day",
        "",
    ),
    ("tissue.csv", "alteration,1", "alteration,45", 2, "value", "an alteration has the value 45", ""),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "what", "advice"),
    CELLS,
    ids=[f"{each[0]} {each[5]}" for each in CELLS],
)
def test_a_wrong_cell_is_named_with_what_to_do(study, file, old, new, line, column, what, advice):
    study.change(file, old, new)
    found = [
        each
        for each in check_study(study.path)
        if each.severity == "error" and (each.file, each.row) == (file, line)
    ]
    named = [each for each in found if each.column == column and what in each.what]
    assert named, "\n".join(map(str, check_study(study.path)))
    assert advice in named[0].do


WARNINGS = [
    ("pet_visits.csv", "2014-01-24", "2014-02-01", 3, "scanned_date", "day 22"),
    ("pet_visits.csv", "done,,2014-01-24", "done,,", 3, "scanned_date", "its day is missing"),
    ("patients.csv", "1950-05-01,63", "1950-05-01,60", 2, "age_years", "differs by 3.7 years"),
    ("plasma_samples.csv", "yes,12.5", "no,12.5", 2, "panel_detected", "contradict"),
    ("eligibility.csv", "P03,I1,\n", "", 4, "patient_id", "no row in eligibility"),
    ("plasma_samples.csv", "P01,day14,2014-01-24", "P01,baseline,2014-01-08", 3, "visit", "another sample"),
]


@pytest.mark.parametrize(
    ("file", "old", "new", "line", "column", "what"), WARNINGS, ids=[each[-1] for each in WARNINGS]
)
def test_what_a_person_should_look_at_is_a_warning(study, file, old, new, line, column, what):
    study.change(file, old, new)
    found = only(study, "warning")
    assert (found.row, found.column) == (line, column)
    assert what in found.what
    assert [each for each in check_study(study.path) if each.severity == "error"] == []


def test_a_patient_overwritten_by_another_is_repeated_and_missing(study):
    study.change("patients.csv", "P03,extension", "P01,extension")
    errors = [each for each in check_study(study.path) if each.severity == "error"]
    assert {place(each) for each in errors} == {
        ("error", "outcomes.csv", 4, "patient_id"),
        ("error", "eligibility.csv", 4, "patient_id"),
        ("error", "patients.csv", 4, "patient_id"),
    }


@pytest.mark.parametrize(
    ("file", "old", "new", "only_row"),
    [
        ("patients.csv", "1950-05-01", "2030-05-01", ("patients.csv", 2)),
        ("patients.csv", "2014-01-01", "2024-01-01", ("patients.csv", 2)),
        ("outcomes.csv", "2014-04-20", "2013-04-20", ("outcomes.csv", 2)),
    ],
)
def test_one_wrong_date_does_not_make_every_other_row_of_the_patient_wrong(study, file, old, new, only_row):
    study.change(file, old, new)
    errors = [each for each in check_study(study.path) if each.severity == "error"]
    assert {(each.file, each.row) for each in errors} == {only_row}


def test_everything_wrong_is_reported_at_once(study):
    study.change("patients.csv", "165,70.5", "1.65,70500").change("tissue.csv", "alteration,1", "alteraton,1")
    study.change("study.yml", "kind: real", "kind: reel")
    found = {(each.file, each.column) for each in check_study(study.path)}
    assert found == {
        ("patients.csv", "height_cm"),
        ("patients.csv", "weight_kg"),
        ("tissue.csv", "kind"),
        ("study.yml", None),
    }


@pytest.mark.parametrize(
    ("content", "line", "what"),
    [
        (b"", None, "the file is empty"),
        (b"\n \n", None, "the file is empty"),
        (b"patient_id;item;met\nP01;I1;yes\n", 1, "separated by semicolons"),
        (b"patient_id\titem\tmet\n", 1, "separated by tabs"),
        ("patient_id,item,met\nP01,I1,yes\nP02,I1,\xe9\n".encode("latin-1"), 3, "not UTF-8"),
        ("patient_id,item,met\n".encode("utf-16"), 1, "not UTF-8"),
        (b"patient_id,item,met\nP01,I1\n", 2, "the line has 2 cells"),
        (b"patient_id,item,met\n\nP01,I1,yes,no\n", 3, "the line has 4 cells"),
        (b'patient_id,item,met\nP01,"I1,yes\nP02,I1,yes\n', 2, "cannot be split"),
        (b'patient_id,item,met\nP01,"I1"x,yes\n', 2, "cannot be split"),
        (b"P01,I1,yes\nP02,I1,yes\n", 1, "the first line names no column"),
        (b"patient_id,item,met,colour\nP01,I1,yes,red\n", 1, "unknown column 'colour'"),
        (b"patient_id,item,mett\nP01,I1,yes\n", 1, "unknown column 'mett'"),
        (b"patient_id,item\nP01,I1\n", 1, "the column met is missing"),
        (b"patient_id,item,met,met\nP01,I1,yes,yes\n", 1, "given twice"),
        (b"patient_id,item,met,\nP01,I1,yes,\n", 1, "unknown column without a name"),
        (b"patient_id,item,met\nP01,I1,<b>yes</b>\n", 2, "a text is not one of this column's codes"),
        (b"patient_id,item,met\nP01,I1,=HYPERLINK(1)\n", 2, "a text is not one of this column's codes"),
        (b"patient_id,item,met\nP01,I\x001,yes\n", 2, "cannot be printed"),
    ],
)
def test_a_file_that_is_no_proper_table_is_named(study, content, line, what):
    study.write("eligibility.csv", content)
    found = [each for each in check_study(study.path) if each.file == "eligibility.csv" and what in each.what]
    assert found, "\n".join(map(str, check_study(study.path)))
    assert found[0].severity == "error"
    assert found[0].row == line


def test_a_misspelt_column_is_told_which_one_is_meant(study):
    study.change("eligibility.csv", "patient_id,item", "patientid,item")
    assert "did you mean patient_id?" in [each.do for each in check_study(study.path)]


def test_a_folder_in_place_of_a_table_is_named(study):
    (study.path / "quality_of_life.csv").mkdir()
    assert only(study).what == "the file cannot be opened"


def test_a_scale_that_the_questionnaire_does_not_have_is_warned_of_once(study):
    rows = ("P01,0,global health,50", "P01,42,global health,60", "P01,0,pain,0")
    (study.path / "quality_of_life.csv").write_text(
        "\n".join(["patient_id,completed_day,scale,score", *rows, ""])
    )
    found = only(study, "warning")
    assert found.what.startswith("2 rows are of 'global health'")
    assert "did you mean global_health_status?" in found.do


def test_a_time_given_as_date_and_as_day_is_refused(study):
    study.change("adverse_events.csv", "onset_day,resolved_day,serious", "onset_day,resolved_day,onset_date")
    assert ("error", "adverse_events.csv", 1, "onset_date") in [
        place(each) for each in check_study(study.path)
    ]


def test_a_time_given_neither_as_date_nor_as_day_is_missing(study):
    study.change("adverse_events.csv", "onset_day", "begin")
    assert any(
        "the column onset_date or onset_day is missing" in each.what for each in check_study(study.path)
    )


def test_a_column_declared_lacking_must_not_be_there(study):
    study.change("study.yml", "[centre]", "[centre, ecog]")
    assert place(only(study)) == ("error", "patients.csv", 1, "ecog")


def test_dates_without_a_date_of_treatment_start_are_refused(study):
    study.change("study.yml", "[centre]", "[centre, treatment_start]")
    text = (study.path / "patients.csv").read_text().splitlines()
    kept = [",".join(cell for place, cell in enumerate(line.split(",")) if place != 6) for line in text]
    study.write("patients.csv", "\n".join(kept))
    found = {(each.file, each.column) for each in check_study(study.path) if each.severity == "error"}
    assert ("plasma_samples.csv", "sampled_date") in found
    assert ("adverse_events.csv", "onset_day") not in found


def test_treatment_must_start_on_day_0(study):
    for file in (
        "assessments.csv",
        "outcomes.csv",
        "plasma_samples.csv",
        "plasma_variants.csv",
        "pet_visits.csv",
    ):
        (study.path / file).unlink()
    text = (study.path / "patients.csv").read_text()
    text = text.replace("_date", "_day").replace("1950-05-01", "-23266").replace("1960-05-01", "-19600")
    text = text.replace("1955-05-01", "-21000").replace("2014-01-01,2014-01-10", "-9,1")
    text = text.replace("2014-02-01,2014-02-10", "-9,0").replace("2014-03-01,2014-03-03", "-2,0")
    study.write("patients.csv", text)
    assert place(only(study)) == ("error", "patients.csv", 2, "treatment_start_day")


def test_a_patient_who_never_started_treatment_is_a_warning(study):
    study.change("patients.csv", "2014-03-01,2014-03-03", "2014-03-01,")
    found = [each for each in check_study(study.path) if "no treatment start" in each.what]
    assert [place(each) for each in found] == [("warning", "patients.csv", 4, "treatment_start_date")]


def test_a_treated_patient_without_outcome_is_an_error(study):
    study.change("outcomes.csv", "P03,14.5,yes,300,no,2014-12-28,,2014-03-18,toxicity,\n", "")
    found = only(study)
    assert place(found) == ("error", "patients.csv", 4, "patient_id")
    assert "no row in outcomes.csv" in found.what


def test_a_patient_who_never_started_treatment_needs_no_outcome(study):
    study.change("patients.csv", "2014-03-01,2014-03-03", "2014-03-01,")
    study.change("outcomes.csv", "P03,14.5,yes,300,no,2014-12-28,,2014-03-18,toxicity,\n", "")
    assert "no treatment start" in only(study, "warning").what


def test_survival_in_months_is_noticed(study):
    ids = [f"P{number:02d}" for number in range(4, 20)]
    header = "patient_id,treatment_start_date\n"
    lacks = [c.name for c in TABLES["patients"].columns if c.name not in ("patient_id", "treatment_start")]
    study.change(
        "study.yml",
        "{patients: [centre]}",
        f"{{patients: [{', '.join(lacks)}], outcomes: [os_days, os_event, last_contact, death, treatment_end, treatment_end_reason, new_therapy]}}",
    )
    everyone = ["P01", "P02", "P03", *ids]
    study.write("patients.csv", header + "".join(f"{each},2014-01-10\n" for each in everyone))
    study.write(
        "outcomes.csv", "patient_id,pfs_days,pfs_event\n" + "".join(f"{each},4.5,yes\n" for each in everyone)
    )
    study.write("eligibility.csv", "patient_id,item,met\n" + "".join(f"{each},I1,yes\n" for each in everyone))
    study.change("plasma_samples.csv", "2014-05-05", "2014-04-05")  # still week 12
    # What the assessments say of a single row is looked at elsewhere: here they confirm nothing.
    study.write(
        "assessments.csv",
        "patient_id,assessed_date,reader,response,target_sum_mm,new_lesion\nP01,2014-03-11,local,NE,,\n",
    )
    found = only(study, "warning")
    assert (found.column, found.do) == ("pfs_days", "this looks like months: multiply by 30.4375")
    study.change("assessments.csv", "2014-03-11,local", "2014-12-11,local")
    assert "assessments go on until day 335" in only(study).what


def test_vaf_in_fractions_is_noticed(study):
    rows = "".join(f"X{number},P01,week{number},,yes,0.{number:02d},,\n" for number in range(10, 22))
    study.write(
        "plasma_samples.csv",
        (study.path / "plasma_samples.csv").read_text().replace("yes,12.5", "yes,0.125") + rows,
    )
    (study.path / "plasma_variants.csv").unlink()
    study.change("plasma_samples.csv", "yes,0.125,0.1", "yes,0.125,0.01")
    assert only(study, "warning").do == "this looks like fractions: multiply by 100 if it is"


def test_an_unknown_csv_file_is_a_warning_with_the_name_that_is_meant(study):
    study.write("plasma_sample.csv", "a\n").write("assessments.xlsx", b"PK").write("notes.md", "free text")
    found = [each for each in check_study(study.path) if "not read" in each.what]
    assert [(each.severity, each.file) for each in found] == [
        ("warning", "assessments.xlsx"),
        ("warning", "plasma_sample.csv"),
    ]
    assert "name it plasma_samples.csv" in found[1].do


def test_a_study_without_patients_is_refused(study):
    (study.path / "patients.csv").unlink()
    assert place(check_study(study.path)[0]) == ("error", "patients.csv", None, None)


def test_a_patients_file_with_a_header_only_is_refused(study):
    text = (study.path / "patients.csv").read_text()
    study.write("patients.csv", text.splitlines()[0] + "\n")
    assert "there is no patient" in [each.what for each in check_study(study.path)]


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ("title:", "tittle:", "unknown key 'tittle'"),
        ("title: A small study\n", "", "the key title is missing"),
        ("kind: real", "kind: fake", "the key kind does not hold"),
        ("design: single-arm", "design: 7", "the key design does not hold"),
        ("id: small", "id: Small Study", "the key id does not hold"),
        ("[It is small.]", "It is small.", "the key caveats does not hold"),
        ("[centre]", "[center]", "unknown column 'center' of patients"),
        ("[centre]", "[centre, patient_id]", "patients.patient_id cannot be lacking"),
        ("{patients:", "{patient:", "unknown table 'patient'"),
        ("licence: none", "licence: none\nlicence: MIT", "a key is given twice"),
        ("licence: none", "licence: [none", "this is not valid YAML"),
        ("licence: none", "dicom: elsewhere\nlicence: none", "the folder named under dicom does not exist"),
    ],
)
def test_a_wrong_description_is_named(study, old, new, what):
    study.change("study.yml", old, new)
    found = [each for each in check_study(study.path) if each.file == "study.yml"]
    assert any(what in each.what for each in found), "\n".join(map(str, found))
    assert found[0].severity == "error"


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe",
        b"[1, 2]",
        b"",
        b"a: !!python/object:os.system x",
        b"? [a]\n: b",
        b"2020-13-45: 1",
        b"&a [*a]",
    ],
)
def test_a_description_that_is_no_mapping_is_named(study, content):
    study.write("study.yml", content)
    assert any((each.file, each.severity) == ("study.yml", "error") for each in check_study(study.path))


def test_a_folder_without_a_description_is_unfinished(study):
    (study.path / "study.yml").unlink()
    assert any(each.what == "the file is missing" for each in check_study(study.path))


def test_no_message_repeats_a_text_or_a_date_of_the_study(study):
    study.write(
        "patients.csv",
        (study.path / "patients.csv")
        .read_text()
        .replace("70.5", "Dupont Marie")
        .replace("1950-05-01", "1.5.1950"),
    )
    study.write("eligibility.csv", "Dupont Marie,12.03.1951\n1,2\n")
    study.change("assessments.csv", "P01,2014-01-05", "Dupont Marie,2014-01-05")
    text = "\n".join(map(str, check_study(study.path)))
    assert "Dupont" not in text
    assert "1950" not in text
    assert "1951" not in text


cells = st.text(alphabet=st.characters(codec="utf-8"), max_size=8) | st.sampled_from(
    [
        "",
        "P01",
        "yes",
        "1e309",
        "-0",
        "nan",
        "2014-01-10",
        "9999-12-31",
        "0001-01-01",
        "=1+1",
        "<script>",
        "１２",
        '"',
        "\x00",
        "\r",
    ]
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(
    name=st.sampled_from(sorted(TABLES)),
    rows=st.lists(st.lists(cells, max_size=20), max_size=5),
    right_header=st.booleans(),
)
def test_arbitrary_cells_lead_to_findings_and_never_to_a_crash(study, name, rows, right_header):
    header = [each.name + ("_date" if each.kind == "time" else "") for each in TABLES[name].columns]
    lines = [header, *[(row + [""] * 30)[: len(header)] for row in rows]] if right_header else rows
    previous = study.path / f"{name}.csv"
    before = previous.read_bytes() if previous.exists() else None
    study.write(f"{name}.csv", "\n".join(",".join(line) for line in lines).encode("utf-8", "surrogatepass"))
    assert all(isinstance(each, Problem) for each in check_study(study.path))
    study.write(f"{name}.csv", before) if before is not None else previous.unlink()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=20)
@given(
    name=st.sampled_from([*sorted(f"{table}.csv" for table in TABLES), "study.yml"]),
    junk=st.binary(max_size=200),
)
def test_arbitrary_bytes_lead_to_findings_and_never_to_a_crash(study, name, junk):
    previous = study.path / name
    before = previous.read_bytes() if previous.exists() else None
    study.write(name, junk)
    assert all(isinstance(each, Problem) for each in check_study(study.path))
    study.write(name, before) if before is not None else previous.unlink()
