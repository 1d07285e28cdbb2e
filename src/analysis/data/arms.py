"""Rules of a two-arm study: every patient in a declared arm, and prior treatment that does not contradict itself."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.data.conversion import TypedTable
from analysis.data.description import FILE, Description
from analysis.data.problems import Problem, error, meant, warning
from analysis.data.schemas import CODE


def arm_problems(description: Description, tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Arms that are unknown, missing or empty, strata without values, and first-line patients with earlier lines.

    Parameters
    ----------
    description : Description
        From ``study.yml``.
    tables : mapping of str to TypedTable
        In study days.
    """
    patients = tables.get("patients")
    if patients is None:
        return []
    problems = _prior_treatment(patients)
    if description.design == "single-arm" and "arm" in patients.headers:
        problems.append(
            error(
                patients.file,
                "the study is single-arm, yet its patients have arms",
                column="arm",
                do=f"say design: randomised in {FILE}, with arms and control, or remove the column",
            )
        )
    if description.design != "randomised" or not description.arms:
        return problems
    if "arm" not in patients.headers:
        return [
            *problems,
            error(patients.file, "the study is randomised, and the column arm is missing", do="add it"),
        ]
    return [*problems, *_arms(patients, description), *_strata(patients, description), *_before(patients)]


def _arms(patients: TypedTable, description: Description) -> list[Problem]:
    arms, codes = patients.frame["arm"], list(description.arms)
    randomised = patients.given("randomised") if "randomised" in patients.headers else True
    problems = [
        error(
            patients.file,
            "the patient was randomised, and to which arm is not said",
            row=int(line),
            column="arm",
            expected="one of " + ", ".join(codes),
            do="fill it",
        )
        for line in arms.index[~patients.given("arm") & randomised]
    ]
    problems += [
        error(
            patients.file,
            f"the study has no such arm: {str(arms[line])!r}"
            if CODE.fullmatch(str(arms[line]))
            else "the study has no such arm",
            row=int(line),
            column="arm",
            expected="one of " + ", ".join(codes),
            do=meant(str(arms[line]), codes),
        )
        for line in arms.index[arms.notna() & ~arms.isin(codes)]
    ]
    problems += [
        error(
            patients.file,
            f"nobody is in the arm {code}",
            column="arm",
            do=f"correct the codes, here or in {FILE}",
        )
        for code in codes
        if not (arms == code).any()
    ]
    return problems


def _strata(patients: TypedTable, description: Description) -> list[Problem]:
    problems = []
    for name in description.strata:
        if name not in patients.headers:
            problems.append(
                error(
                    patients.file, f"the column {name} is missing, by which the randomisation was stratified"
                )
            )
            continue
        values = patients.given(name)
        problems += [
            warning(
                patients.file,
                "the stratum of this patient is not known: stratified analyses leave the patient out",
                row=int(line),
                column=patients.headers[name],
                do="fill it",
            )
            for line in values.index[~values]
        ]
    return problems


def _before(patients: TypedTable) -> list[Problem]:
    """Treatment before randomisation."""
    if not {"randomised", "treatment_start"} <= set(patients.headers):
        return []
    early = patients.values("treatment_start") < patients.values("randomised")
    return [
        error(
            patients.file,
            "treatment starts before randomisation",
            row=int(line),
            column=patients.headers["treatment_start"],
            expected="a day from randomisation on",
            do="correct whichever of the two times is wrong",
        )
        for line in early.index[early]
    ]


def _prior_treatment(patients: TypedTable) -> list[Problem]:
    """Whose last treatment was adjuvant has had none for metastatic disease: who is first-line must not be in doubt."""
    if not {"last_treatment", "prior_lines"} <= set(patients.headers):
        return []
    last, lines = patients.frame["last_treatment"], patients.values("prior_lines")
    return [
        error(
            patients.file,
            f"the last treatment was adjuvant, yet there were {lines[line]:g} lines for metastatic disease",
            row=int(line),
            column="prior_lines",
            expected="0",
            do="correct whichever of the two is wrong: it decides who is treated first line",
        )
        for line in last.index[(last == "adjuvant").fillna(False) & (lines > 0)]
    ]
