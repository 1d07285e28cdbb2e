"""How many patients of each group had an adverse event, by term and worst grade."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.cohort import proportion
from analysis.logbook import logged
from analysis.safety.checked_events import GRADES, SEVERE, checked_events, checked_groups

ANY = "any adverse event"
"""Term of the row that counts every patient with at least one event, at its worst grade."""
COLUMNS = ["term", "group", "patients", "events", "any", "percent", "low", "high", "severe"]
COLUMNS += ["percent_severe", "low_severe", "high_severe", *(f"grade_{grade}" for grade in GRADES)]


@logged("description", measure="adverse events")
def event_table(events: pd.DataFrame, groups: pd.Series) -> pd.DataFrame:
    """Patients with each adverse event, by group and worst grade.

    A patient counts once a term, at the worst grade of all its events of that term.

    Parameters
    ----------
    events : pandas.DataFrame
        patient_id, term, grade (1-5); one row an event. A missing grade is refused, not counted as mild.
    groups : pandas.Series
        Group (arm) of everybody analysed, index the patient; also of those without any event. A missing group is
        refused.

    Returns
    -------
    pandas.DataFrame
        One row a term and group, the most frequent term first, above all :data:`ANY`: term, group, patients (of the
        group), events (rows), any (patients with it), percent with exact limits low and high; severe (patients whose
        worst grade is 3 or more) with its percent and limits; grade_1 … grade_5 (patients by worst grade).

    Raises
    ------
    DesignError
        For an event without grade or term, of nobody analysed, or a group that is missing.

    References
    ----------
    Intervals: Clopper and Pearson 1934, doi 10.1093/biomet/26.4.404.

    Examples
    --------
    >>> events = pd.DataFrame({"patient_id": ["A", "A"], "term": ["rash", "rash"], "grade": [1, 3]})
    >>> event_table(events, pd.Series({"A": "x", "B": "x"}))[["term", "any", "percent", "severe", "events"]].values.tolist()
    [['any adverse event', 1, 50.0, 1, 2], ['rash', 1, 50.0, 1, 2]]
    """
    arms = checked_groups(groups)
    found = checked_events(events, groups.index)
    found["group"] = arms.reindex(found["patient_id"]).to_numpy()
    both = pd.concat([found.assign(term=ANY), found], ignore_index=True)
    worst = both.groupby(["term", "group", "patient_id"], sort=False)["grade"].max()
    by_grade: dict[tuple[str, str], list[int]] = {}
    for key, grade in worst.to_dict().items():
        by_grade.setdefault(key[:2], [0] * len(GRADES))[GRADES.index(grade)] += 1
    rows_of = both.groupby(["term", "group"]).size().to_dict()
    names = list(dict.fromkeys(arms))
    order = worst.groupby(level="term").size().drop(ANY, errors="ignore")
    terms = sorted(order.index, key=lambda term: (-order[term], term))
    rows = [
        _row(term, name, int((arms == name).sum()), by_grade, rows_of)
        for term in (ANY, *terms)
        for name in names
    ]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(
    term: str,
    name: str,
    patients: int,
    by_grade: dict[tuple[str, str], list[int]],
    rows_of: dict[tuple[str, str], int],
) -> dict[str, object]:
    counts = by_grade.get((term, name), [0] * len(GRADES))
    any_, severe = proportion(sum(counts), patients), proportion(sum(counts[SEVERE - 1 :]), patients)
    return {
        "term": term,
        "group": name,
        "patients": patients,
        "events": rows_of.get((term, name), 0),
        "any": any_.k,
        "severe": severe.k,
        **{"percent": 100 * any_.estimate, "low": 100 * any_.low, "high": 100 * any_.high},
        **{
            "percent_severe": 100 * severe.estimate,
            "low_severe": 100 * severe.low,
            "high_severe": 100 * severe.high,
        },
        **{f"grade_{grade}": count for grade, count in zip(GRADES, counts, strict=True)},
    }


def most_frequent(table: pd.DataFrame, least_percent: float) -> pd.DataFrame:
    """Rows of :func:`event_table` whose term reaches a share in some group, for figures; all grades.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`event_table`.
    least_percent : float
        Percent of a group's patients, any grade.
    """
    highest = table.groupby("term")["percent"].transform("max")
    return table[np.asarray(highest >= least_percent)].reset_index(drop=True)
