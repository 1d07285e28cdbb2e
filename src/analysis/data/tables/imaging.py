"""What the tables say about PET; the scans themselves are DICOM, matched by their headers."""

from analysis.data.tables.table import Column, Table, patient_id

SUV_TYPES = ("BSA", "BW", "LBM", "LBMJAMES128", "LBMJANMA", "IBW")
"""What SUV Type (0054,1006) may say; BSA goes with the unit CM2ML, the others with GML."""

OVERRIDABLE: dict[str, str | tuple[str, ...]] = {
    "PatientWeight": "a weight above 0 kg",
    "PatientSize": "a height above 0 m",
    "PatientSex": ("F", "M", "O"),
    "RadionuclideTotalDose": "an activity above 0 Bq",
    "RadionuclideHalfLife": "a half-life above 0 s",
    "RadiopharmaceuticalStartTime": "HHMMSS",
    "RadiopharmaceuticalStartDateTime": "YYYYMMDDHHMMSS",
    "SeriesDate": "YYYYMMDD",
    "SeriesTime": "HHMMSS",
    "DecayCorrectionDateTime": "YYYYMMDDHHMMSS",
    "DecayCorrection": ("START", "ADMIN", "NONE"),
    "Units": ("BQML", "CNTS", "GML", "CM2ML"),
    "SUVType": SUV_TYPES,
}
"""Attributes of a PET header that a reader may correct: what a value must be, or the values there are."""

PET_VISITS_IN_ORDER = ("baseline", "retest", "day14", "day28", "follow_up_1", "follow_up_2", "progression")
"""``retest``: a second scan without treatment in between meant. ``follow_up_1``, ``follow_up_2``: scans under
treatment of a study whose plan is not that of the protocol."""

PET_VISITS = Table(
    name="pet_visits",
    meaning="One row a planned PET/CT: whether it was done, and why not",
    part="pet",
    key=("patient_id", "visit"),
    columns=(
        patient_id(),
        Column(
            name="visit",
            kind="code",
            codes=PET_VISITS_IN_ORDER,
            meaning="Planned visit",
            nullable=False,
        ),
        Column(
            name="status",
            kind="code",
            codes=("done", "not_done", "not_planned"),
            meaning="Whether the scan was made",
            nullable=False,
        ),
        Column(
            name="reason",
            kind="code",
            codes=("early_progression", "toxicity", "withdrawal", "death", "technical", "logistics"),
            meaning="Why a planned scan was not made",
        ),
        Column(name="scanned", kind="time", meaning="Day of the scan"),
        Column(
            name="glucose_mmol_l",
            kind="number",
            unit="mmol/l",
            low=1,
            high=40,
            meaning="Blood glucose before injection",
        ),
        Column(
            name="new_lesion",
            kind="code",
            codes=("no", "yes", "uncertain"),
            meaning="New FDG-avid lesion at this visit, as read; uncertain: possible flare",
        ),
    ),
)

SCANS = Table(
    name="scans",
    meaning="Mapping of PET series to patients and visits, for files whose headers do not say it",
    part="pet",
    key=("series_uid",),
    columns=(
        Column(name="series_uid", kind="text", meaning="Series Instance UID (0020,000E)", nullable=False),
        patient_id(),
        Column(
            name="visit",
            kind="code",
            codes=PET_VISITS_IN_ORDER,
            meaning="Visit",
            nullable=False,
        ),
    ),
)

PET_OVERRIDES = Table(
    name="pet_overrides",
    meaning="Corrected header values with their reasons, applied before SUV and audited; none is needed",
    part="pet",
    key=("patient_id", "series_uid", "visit", "field"),
    columns=(
        patient_id(),
        Column(
            name="series_uid", kind="text", meaning="Series Instance UID (0020,000E); empty: every series"
        ),
        Column(
            name="visit",
            kind="code",
            codes=PET_VISITS_IN_ORDER,
            meaning="Visit; empty: every visit",
        ),
        Column(
            name="field",
            kind="code",
            codes=tuple(OVERRIDABLE),
            meaning="Keyword of the DICOM attribute",
            nullable=False,
        ),
        Column(
            name="value",
            kind="text",
            meaning="Value as DICOM writes it, in its unit (kg, m, Bq, s, HHMMSS)",
            nullable=False,
        ),
        Column(name="reason", kind="text", meaning="Why, and where the value comes from", nullable=False),
    ),
)

CONTOURS = Table(
    name="contours",
    meaning="Mapping of contour files to patients and visits, for NIfTI masks and for files without references",
    part="pet",
    key=("file", "label"),
    columns=(
        Column(name="file", kind="text", meaning="File below contours/", nullable=False),
        Column(name="label", kind="text", meaning="Mask value or ROI name; empty: every one", nullable=True),
        patient_id(),
        Column(
            name="visit",
            kind="code",
            codes=PET_VISITS_IN_ORDER,
            meaning="Visit",
            nullable=False,
        ),
        Column(name="lesion_id", kind="text", meaning="Lesion, the same at every visit", nullable=False),
    ),
)

LESIONS = Table(
    name="lesions",
    meaning="One row a lesion: where it is; the id is the contour's label (SEG segment label, RTSTRUCT ROI name)",
    part="pet",
    key=("patient_id", "lesion_id"),
    columns=(
        patient_id(),
        Column(name="lesion_id", kind="text", meaning="Lesion, the same at every visit", nullable=False),
        Column(
            name="site",
            kind="code",
            codes=("bone", "node", "liver", "lung", "breast", "other"),
            meaning="Organ",
            nullable=False,
        ),
        Column(name="target", kind="yes_no", meaning="Target lesion for response"),
    ),
)

LESION_MATCHES = Table(
    name="lesion_matches",
    meaning="Which lesion of the baseline each contour of a follow-up scan is, as a reader decided; without it equal "
    "names mean the same lesion. `python -m analysis match` proposes it. A lesion that fell into parts has one row a "
    "part; lesions that grew together have one row a lesion. They are then measured as one: volumes add up, the "
    "maximum and peak are the highest, the mean is over all voxels",
    part="pet",
    key=("patient_id", "visit", "lesion_id", "baseline_lesion_id"),
    columns=(
        patient_id(),
        Column(
            name="visit",
            kind="code",
            codes=PET_VISITS_IN_ORDER[1:],
            meaning="Follow-up visit; once a patient's visit is in the table, so are all its contours",
            nullable=False,
        ),
        Column(
            name="lesion_id",
            kind="text",
            meaning="Name of the contour at this visit; empty: there is none (disappeared, not_contoured)",
        ),
        Column(
            name="baseline_lesion_id",
            kind="text",
            meaning="Name of the same lesion's contour at baseline; empty: there is none (new, uncertain)",
        ),
        Column(
            name="state",
            kind="code",
            codes=("same", "disappeared", "new", "uncertain", "not_contoured"),
            meaning="uncertain: new, or a flare, which is no progression; not_contoured: nothing is known of it",
            nullable=False,
        ),
        Column(
            name="score",
            kind="number",
            low=0,
            high=1,
            meaning="How well place and size agree, of a proposal; empty: matched by eye",
        ),
        Column(name="doubtful", kind="yes_no", meaning="Whether the proposal should be looked at"),
        Column(
            name="reader", kind="text", meaning="Who decided: a role or pseudonym; `proposal`: nobody yet"
        ),
        Column(name="reason", kind="text", meaning="Why, or what is doubtful"),
    ),
)
