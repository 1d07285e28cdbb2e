"""Rules of ``lesion_matches.csv``: which names a state needs, and which rows contradict each other."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error, warning

_NEEDS = {
    "same": (True, True),
    "disappeared": (False, True),
    "not_contoured": (False, True),
    "new": (True, False),
    "uncertain": (True, False),
}
"""Whether a state has a contour at the visit, and one at baseline."""


def lesion_match_problems(tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Rows whose names do not fit their state, that name an unknown lesion, or say two things of one lesion.

    Parameters
    ----------
    tables : mapping of str to TypedTable
        The study's tables. Whether the contours exist is checked when they are measured.
    """
    rows = tables.get("lesion_matches")
    if rows is None or not {"patient_id", "visit", "lesion_id", "baseline_lesion_id", "state"} <= set(
        rows.headers
    ):
        return []
    return _names(rows) + _unknown(rows, tables.get("lesions")) + _contradictions(rows) + _undecided(rows)


def _undecided(rows: TypedTable) -> list[Problem]:
    """Doubtful rows of an automatic proposal that were taken over unread."""
    if not {"reader", "doubtful"} <= set(rows.headers):
        return []
    unread = (rows.frame["reader"] == "proposal") & rows.frame["doubtful"].eq(True)
    count = int(unread.fillna(False).sum())
    if not count:
        return []
    return [
        warning(
            rows.file,
            f"{count} doubtful match(es) are as the program proposed them",
            column="reader",
            do="look at their pictures, correct them, and write who decided into reader",
        )
    ]


def _names(rows: TypedTable) -> list[Problem]:
    """Names given although the state has none, or missing although it has one."""
    problems = []
    for column, place in (("lesion_id", 0), ("baseline_lesion_id", 1)):
        needs = rows.frame["state"].map({state: need[place] for state, need in _NEEDS.items()})
        given = rows.frame[column].notna()
        for line in rows.frame.index[needs.notna() & (needs.eq(True) != given)]:
            state = rows.frame.loc[line, "state"]
            problems.append(
                error(
                    rows.file,
                    f"the state {state} {'needs' if not given[line] else 'has'} "
                    f"{'a' if not given[line] else 'no'} {column}",
                    row=int(line),
                    column=column,
                    expected="same: both names; new, uncertain: lesion_id only; disappeared, not_contoured: "
                    "baseline_lesion_id only",
                    do="correct the state or the names",
                )
            )
    return problems


def _unknown(rows: TypedTable, lesions: TypedTable | None) -> list[Problem]:
    if lesions is None or not lesions.whole or not {"patient_id", "lesion_id"} <= set(lesions.headers):
        return []
    known = set(lesions.frame[["patient_id", "lesion_id"]].itertuples(index=False, name=None))
    pairs = zip(rows.frame["patient_id"], rows.frame["baseline_lesion_id"], strict=True)
    return [
        error(
            rows.file,
            "the baseline lesion of this line is not in lesions.csv",
            row=int(line),
            column="baseline_lesion_id",
            expected="a lesion of the same patient, spelt the same",
            do="correct the name, or add the lesion to lesions.csv",
        )
        for line, (patient, lesion) in zip(rows.frame.index, pairs, strict=True)
        if pd.notna(lesion) and pd.notna(patient) and (patient, lesion) not in known
    ]


def _contradictions(rows: TypedTable) -> list[Problem]:
    """Contours with two states, and baseline lesions that are both there and gone."""
    problems = []
    for column, noun in (("lesion_id", "contour"), ("baseline_lesion_id", "baseline lesion")):
        given = rows.frame[rows.frame[column].notna() & rows.frame["state"].notna()]
        # `same` may repeat: a lesion in parts, or lesions grown together. Any other state is said once.
        grouped = given.groupby(["patient_id", "visit", column])["state"]
        repeated = (grouped.transform("size") > 1) & (given["state"] != "same")
        problems += [
            error(
                rows.file,
                f"the {noun} of this line has another row at this visit",
                row=int(line),
                column=column,
                expected="several rows of one lesion only if each has the state same",
                do="keep the row that is right",
            )
            for line in given.index[repeated]
        ]
    return problems
