"""Patients at baseline, and their eligibility item by item."""

from analysis.data.tables.table import Column, Table, patient_id

PATIENTS = Table(
    name="patients",
    meaning="One row a patient: who they are at baseline",
    part="patients",
    key=("patient_id",),
    columns=(
        patient_id(),
        Column(name="centre", kind="text", meaning="Centre"),
        Column(
            name="phase",
            kind="code",
            codes=("pilot", "extension"),
            meaning="Part of the trial the patient was enrolled in",
        ),
        Column(name="sex", kind="code", codes=("F", "M"), meaning="Sex"),
        Column(
            name="birth",
            kind="time",
            meaning="Birth; used to check dates, then dropped (age_years is analysed)",
        ),
        Column(name="age_years", kind="number", unit="years", low=18, high=110, meaning="Age at enrolment"),
        Column(name="enrolment", kind="time", meaning="Enrolment (informed consent)"),
        Column(
            name="treatment_start",
            kind="time",
            meaning="First dose: day 0 of every other time, unless there is a randomisation",
        ),
        Column(name="height_cm", kind="number", unit="cm", low=120, high=220, meaning="Height"),
        Column(name="weight_kg", kind="number", unit="kg", low=30, high=250, meaning="Weight"),
        Column(name="ecog", kind="whole", low=0, high=4, meaning="ECOG performance status"),
        Column(name="measurable", kind="yes_no", meaning="Measurable disease by RECIST 1.1"),
        Column(name="visceral", kind="yes_no", meaning="Visceral metastases"),
        Column(name="bone", kind="yes_no", meaning="Bone metastases"),
        Column(name="liver", kind="yes_no", meaning="Liver metastases"),
        Column(name="lung", kind="yes_no", meaning="Lung metastases"),
        Column(name="nodes", kind="yes_no", meaning="Distant lymph-node metastases"),
        Column(name="sites", kind="whole", low=1, high=20, meaning="Number of organs with metastases"),
        Column(
            name="prior_lines",
            kind="whole",
            low=0,
            high=20,
            meaning="Earlier lines of treatment for metastatic disease",
        ),
        Column(
            name="arm",
            kind="text",
            optional=True,
            meaning="Arm that the patient was randomised to: a code that study.yml declares under arms",
        ),
        Column(
            name="randomised",
            kind="time",
            optional=True,
            meaning="Randomisation; where the column is there, it is day 0 of every other time, treated or not",
        ),
        Column(
            name="last_treatment",
            kind="code",
            codes=("adjuvant", "metastatic"),
            optional=True,
            meaning="Setting of the last treatment before the study: (neo)adjuvant, or for metastatic disease",
        ),
        Column(
            name="endocrine_sensitive",
            kind="yes_no",
            optional=True,
            meaning="Documented sensitivity to earlier endocrine treatment",
        ),
    ),
)

ELIGIBILITY = Table(
    name="eligibility",
    meaning="One row a patient and criterion; criteria are those of protocol.yml",
    part="eligibility",
    key=("patient_id", "item"),
    columns=(
        patient_id(),
        Column(name="item", kind="text", meaning="Code of the criterion in protocol.yml", nullable=False),
        Column(name="met", kind="yes_no", meaning="Criterion met; empty: unknown"),
    ),
)
