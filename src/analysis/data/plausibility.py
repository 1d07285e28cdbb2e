"""Rules about a whole column: units that every single value would let pass, and results that disagree."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.data.allele_frequencies import frequency_problems
from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error, meant, quoted, warning

ENOUGH = 10
"""Values below which a column is not judged as a whole."""

LONGEST_IN_MONTHS = 60.0
"""A column of survival times none of which exceeds 60 days is taken for months in a trial of this kind."""


def plausibility_problems(tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Columns that look as if they were in another unit, and results that contradict each other."""
    problems = frequency_problems(tables)
    if "outcomes" in tables:
        problems += _times_in_months(tables["outcomes"], tables.get("assessments"))
    if "plasma_samples" in tables:
        problems += _fractions(tables["plasma_samples"], ("max_vaf_percent", "tumour_fraction_percent"))
    if "plasma_variants" in tables:
        problems += _fractions(tables["plasma_variants"], ("vaf_percent",))
    if "patients" in tables:
        problems += _age(tables["patients"])
    if "tissue" in tables:
        problems += _alterations(tables["tissue"])
    if "quality_of_life" in tables:
        problems += _scales(tables["quality_of_life"])
    return problems


def _scales(forms: TypedTable) -> list[Problem]:
    """Names that are no scale of the QLQ-C30: of another questionnaire, or misspelt, and then found nowhere."""
    from analysis.data.intake.cdisc import QLQ_C30

    names = forms.frame["scale"].dropna().astype(str)
    problems = []
    for name in sorted(set(names) - set(QLQ_C30.values())):
        rows = names.index[names == name]
        problems.append(
            warning(
                forms.file,
                f"{len(rows)} rows are of {quoted(name)}, a scale that the QLQ-C30 does not have",
                row=int(rows[0]),
                column=forms.headers["scale"],
                expected="one of its scales, e.g. global_health_status; scales of other questionnaires are left alone",
                do=meant(name, QLQ_C30.values()),
            )
        )
    return problems


def _times_in_months(outcomes: TypedTable, assessments: TypedTable | None) -> list[Problem]:
    """Survival times in months: certain if patients were still being assessed long after."""
    last = (
        assessments.frame["assessed_day"].max()
        if assessments and "assessed" in assessments.headers
        else float("nan")
    )
    problems = []
    for name in ("pfs_days", "os_days"):
        values = outcomes.frame[name].dropna() if name in outcomes.headers else pd.Series(dtype="float64")
        if len(values) < ENOUGH or values.max() > LONGEST_IN_MONTHS:
            continue
        report, reason = warning, ""
        if last > 2 * LONGEST_IN_MONTHS:
            report, reason = error, f", while assessments go on until day {last:g}"
        problems.append(
            report(
                outcomes.file,
                f"no value exceeds {values.max():g}{reason}",
                column=name,
                expected="days since treatment start",
                do="this looks like months: multiply by 30.4375",
            )
        )
    return problems


def _fractions(rows: TypedTable, names: tuple[str, ...]) -> list[Problem]:
    problems = []
    for name in names:
        values = rows.frame[name] if name in rows.headers else pd.Series(dtype="float64")
        positive = values[values > 0]
        if len(positive) >= ENOUGH and positive.max() <= 1:
            problems.append(
                warning(
                    rows.file,
                    f"no value exceeds {positive.max():g}",
                    column=name,
                    expected="percent",
                    do="this looks like fractions: multiply by 100 if it is",
                )
            )
    return problems


def _age(patients: TypedTable) -> list[Problem]:
    """Ages that do not follow from birth and enrolment."""
    if not {"age_years", "birth"} <= set(patients.headers) or not {"enrolment", "treatment_start"} & set(
        patients.headers
    ):
        return []
    day = (
        patients.frame["enrolment_day"]
        if "enrolment" in patients.headers
        else patients.frame["treatment_start_day"]
    )
    off = (patients.frame["age_years"] - (day - patients.frame["birth_day"]) / 365.25).abs()
    # Ages are rounded down, and some centres give the year of birth alone.
    return [
        warning(
            patients.file,
            f"the age differs by {off[line]:.1f} years from what birth and enrolment give",
            row=int(line),
            column="age_years",
            expected="the age at enrolment in years",
            do="correct whichever is wrong",
        )
        for line in off.index[off > 1.5]
    ]


def _alterations(tissue: TypedTable) -> list[Problem]:
    if not {"kind", "value"} <= set(tissue.headers):
        return []
    value = tissue.frame["value"]
    wrong = (
        tissue.frame["kind"].eq("alteration").fillna(False).to_numpy(dtype=bool)
        & (value.notna() & ~value.isin([0, 1])).to_numpy()
    )
    return [
        error(
            tissue.file,
            f"an alteration has the value {value[line]:g}",
            row=int(line),
            column="value",
            expected="1 (altered), 0 (not altered) or empty",
            do="correct value or kind",
        )
        for line in tissue.frame.index[wrong]
    ]
