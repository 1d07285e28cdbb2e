"""Rules between tables: every row belongs to a patient, every code to the protocol."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pandas as pd

from analysis.data.conversion import TypedTable, origin_of
from analysis.data.problems import Problem, error, meant, warning
from analysis.data.pseudonyms import pseudonym_problems
from analysis.study import Protocol

_PLASMA_VISIT = re.compile(r"baseline|day[0-9]{1,3}|week[0-9]{1,3}|progression")


def membership_problems(tables: Mapping[str, TypedTable], protocol: Protocol) -> list[Problem]:
    """Rows whose patient, sample, criterion or visit does not exist, and patients without a row they need."""
    problems = []
    patients = tables.get("patients")
    if patients:
        problems += pseudonym_problems(patients)
    if patients and patients.whole and "patient_id" in patients.headers:
        for name, each in tables.items():
            if name != "patients":
                problems += _strangers(each, "patient_id", patients)
        if "outcomes" in tables:
            problems += _without_row(patients, tables["outcomes"])
        if "eligibility" in tables:
            problems += _without_row(patients, tables["eligibility"])
    samples = tables.get("plasma_samples")
    for name in ("plasma_variants", "plasma_concentrations"):
        if name in tables and samples and samples.whole:
            problems += _strangers(tables[name], "sample_id", samples)
        if name in tables and "plasma_samples" not in tables:
            problems.append(
                error(f"{name}.csv", "there is no plasma_samples.csv to which its samples belong")
            )
    if "eligibility" in tables:
        problems += _unknown_items(tables["eligibility"], protocol)
    if samples:
        problems += _plasma_visits(samples)
    return problems


def _strangers(rows: TypedTable, key: str, owner: TypedTable) -> list[Problem]:
    """Rows whose key is not in the owner's table. The key itself may be a hospital number: it is not printed."""
    if key not in rows.headers or key not in owner.headers:
        return []
    ids = rows.frame[key]
    noun = "patient" if key == "patient_id" else "sample"
    return [
        error(
            rows.file,
            f"the {noun} of this line is not in {owner.file}",
            row=int(line),
            column=key,
            expected=f"a {key} of {owner.file}, spelt the same",
            do=f"correct the {key}, add the {noun} to {owner.file}, or remove the line",
        )
        for line in ids.index[ids.notna() & ~ids.isin(owner.frame[key].dropna())]
    ]


def _without_row(patients: TypedTable, rows: TypedTable) -> list[Problem]:
    if not rows.whole or "patient_id" not in rows.headers:
        return []
    ids = patients.frame["patient_id"]
    report = warning
    if rows.table.name == "outcomes" and origin_of(patients) in patients.headers:
        # Outcomes are counted from day 0: who has one has them, who was never treated or randomised has none.
        ids, report = ids[patients.given(origin_of(patients))], error
    return [
        report(
            patients.file,
            f"the patient of this line has no row in {rows.file}",
            row=int(line),
            column="patient_id",
            do="add the row; cells that are not known stay empty",
        )
        for line in ids.index[ids.notna() & ~ids.isin(rows.frame["patient_id"].dropna())]
    ]


def _unknown_items(eligibility: TypedTable, protocol: Protocol) -> list[Problem]:
    if "item" not in eligibility.headers:
        return []
    items = eligibility.frame["item"]
    return [
        error(
            eligibility.file,
            "the protocol has no such criterion",
            row=int(line),
            column="item",
            expected="one of " + ", ".join(protocol.eligibility),
            do="correct the code, or add the criterion to data/protocol.yml",
        )
        for line in items.index[items.notna() & ~items.isin(list(protocol.eligibility))]
    ]


def _plasma_visits(samples: TypedTable) -> list[Problem]:
    if "visit" not in samples.headers:
        return []
    visits = samples.frame["visit"]
    unknown = visits.notna() & ~visits.map(
        lambda visit: bool(_PLASMA_VISIT.fullmatch(visit)), na_action="ignore"
    ).eq(True)
    problems = [
        error(
            samples.file,
            "this is no visit at which plasma is taken",
            row=int(line),
            column="visit",
            expected="baseline, day<n>, week<n> or progression",
            do=meant(str(visits[line]), ["baseline", "day14", "day28", "progression"]),
        )
        for line in visits.index[unknown]
    ]
    if "patient_id" not in samples.headers:
        return problems
    named = samples.frame[["patient_id", "visit"]].dropna()
    return problems + [
        warning(
            samples.file,
            "the patient has another sample at this visit",
            row=int(line),
            column="visit",
            do="check the visit; an analysis by visit needs one sample",
        )
        for line in named.index[_repeats(named)]
    ]


def _repeats(rows: pd.DataFrame) -> pd.Series:
    return rows.duplicated()
