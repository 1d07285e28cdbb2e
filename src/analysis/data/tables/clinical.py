"""Assessments, outcomes, adverse events and quality of life."""

from analysis.data.tables.table import Column, Table, patient_id

ASSESSMENTS = Table(
    name="assessments",
    meaning="One row a tumour assessment by RECIST 1.1",
    part="assessments",
    key=("patient_id", "assessed", "reader"),
    columns=(
        patient_id(),
        Column(name="assessed", kind="time", meaning="Day of the assessment", nullable=False),
        Column(name="reader", kind="code", codes=("local", "central"), meaning="Who read it", nullable=False),
        Column(
            name="response",
            kind="code",
            codes=("CR", "PR", "SD", "PD", "NE"),
            meaning="Overall response",
            nullable=False,
        ),
        Column(
            name="target_sum_mm",
            kind="number",
            unit="mm",
            low=0,
            high=2000,
            meaning="Sum of target-lesion diameters",
        ),
        Column(name="new_lesion", kind="yes_no", meaning="New lesion seen"),
    ),
)

OUTCOMES = Table(
    name="outcomes",
    meaning="One row a patient: times since treatment start, and what ended them",
    part="outcomes",
    key=("patient_id",),
    columns=(
        patient_id(),
        Column(
            name="pfs_days",
            kind="number",
            unit="days",
            low=0,
            high=20000,
            meaning="Progression-free survival: time to progression, death or last assessment",
        ),
        Column(name="pfs_event", kind="yes_no", meaning="Progression or death observed; no: censored"),
        Column(
            name="os_days",
            kind="number",
            unit="days",
            low=0,
            high=20000,
            meaning="Overall survival: time to death or last contact",
        ),
        Column(name="os_event", kind="yes_no", meaning="Death observed; no: censored"),
        Column(name="last_contact", kind="time", meaning="Last day the patient was known to be alive"),
        Column(name="death", kind="time", meaning="Death; empty: not observed"),
        Column(name="treatment_end", kind="time", meaning="Last dose; empty: still on treatment"),
        Column(
            name="treatment_end_reason",
            kind="code",
            codes=("progression", "toxicity", "withdrawal", "death", "other"),
            meaning="Why treatment ended",
        ),
        Column(
            name="new_therapy", kind="time", meaning="Start of the next anticancer treatment; empty: none"
        ),
        Column(
            name="pfs_central_days",
            kind="number",
            unit="days",
            low=0,
            high=20000,
            optional=True,
            meaning="Progression-free survival as the central readers see it, where pfs_days is the local one",
        ),
        Column(
            name="pfs_central_event",
            kind="yes_no",
            optional=True,
            meaning="Progression by central reading, or death; no: censored",
        ),
    ),
)

ADVERSE_EVENTS = Table(
    name="adverse_events",
    meaning="One row an adverse event",
    part="adverse_events",
    key=("patient_id", "term", "onset"),
    columns=(
        patient_id(),
        Column(name="term", kind="text", meaning="CTCAE term, lower case", nullable=False),
        Column(name="grade", kind="whole", low=1, high=5, meaning="Worst CTCAE grade", nullable=False),
        Column(name="onset", kind="time", meaning="First day", nullable=False),
        Column(name="resolved", kind="time", meaning="Last day; empty: ongoing"),
        Column(name="serious", kind="yes_no", meaning="Serious adverse event"),
    ),
)

QUALITY_OF_LIFE = Table(
    name="quality_of_life",
    meaning="One row a questionnaire scale and visit (EORTC QLQ-C30, scored 0-100)",
    part="quality_of_life",
    key=("patient_id", "completed", "scale"),
    columns=(
        patient_id(),
        Column(name="completed", kind="time", meaning="Day the form was filled in", nullable=False),
        Column(name="scale", kind="text", meaning="Scale, e.g. global_health_status", nullable=False),
        Column(
            name="score",
            kind="number",
            unit="points",
            low=0,
            high=100,
            meaning="Linear score; empty: fewer than half of the items answered",
        ),
    ),
)

LAST_OF_FOUR = 28
"""Items 1 to 28 of the QLQ-C30 are answered on 1 to 4, items 29 and 30 on 1 to 7."""

QUALITY_OF_LIFE_ITEMS = Table(
    name="quality_of_life_items",
    meaning="One row a filled-in EORTC QLQ-C30, item by item; it is scored where quality_of_life is not there",
    part="quality_of_life",
    key=("patient_id", "completed"),
    columns=(
        patient_id(),
        Column(name="completed", kind="time", meaning="Day the form was filled in", nullable=False),
        *(
            Column(
                name=f"item_{number}",
                kind="whole",
                low=1,
                high=4 if number <= LAST_OF_FOUR else 7,
                meaning=f"Answer to item {number}; empty: not answered",
            )
            for number in range(1, 31)
        ),
    ),
)
