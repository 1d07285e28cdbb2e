"""Rules about the patients' pseudonyms: they name files and are searched for in what leaves the study."""

from __future__ import annotations

import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error
from analysis.data.schemas import is_clean

PSEUDONYM = r"[A-Za-z0-9][A-Za-z0-9._-]*"
"""Letters without accents, digits, dot, hyphen and underscore, beginning with a letter or digit."""


def pseudonym_problems(patients: TypedTable) -> list[Problem]:
    """Pseudonyms that cannot stand in a file's name, and pairs that a file system would take for one.

    Only ``patients.csv`` is looked at: whoever stands in another table must stand there, spelt the same.
    The pseudonym itself is not repeated, as it may be a name.
    """
    if "patient_id" not in patients.headers:
        return []
    ids = patients.frame["patient_id"].dropna()
    # What begins with a blank or cannot be printed has been refused already.
    ids = ids[is_clean(ids)]
    problems = [
        error(
            patients.file,
            "the pseudonym holds a character that cannot stand in it",
            row=int(line),
            column="patient_id",
            expected="letters without accents, digits, dot, hyphen and underscore, a letter or digit first",
            do="rename the patient in every table, in the images' Clinical Trial Subject ID or Patient ID, "
            "and keep the key to the old names outside the study",
        )
        for line in ids.index[~ids.str.fullmatch(PSEUDONYM).astype(bool)]
    ]
    folded = ids.str.casefold()
    first = pd.Series(ids.index, index=folded.index).groupby(folded).transform("first")
    return problems + [
        error(
            patients.file,
            f"the pseudonym differs from that of line {first[line]} in upper and lower case only",
            row=int(line),
            column="patient_id",
            expected="pseudonyms that differ in more than case",
            do="correct it if they are one patient; else rename one of the two everywhere",
        )
        for line in ids.index[folded.duplicated() & ~ids.duplicated()]
    ]
