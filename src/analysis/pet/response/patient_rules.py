"""How the changes of a patient's lesions become the patient's one deciding change.

Every rule is written so that the patient responds exactly if the deciding change reaches the cut-off. So one value
a patient serves every cut-off, and the waterfall shows the value that decided.
"""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from analysis.errors import DesignError


def _any_resistant(changes: pd.DataFrame) -> pd.Series:
    """Non-responder if any lesion is resistant: the least decrease decides."""
    return changes.groupby("patient_id")["change_percent"].max()


def _all_resistant(changes: pd.DataFrame) -> pd.Series:
    """Non-responder only if all lesions are resistant: the greatest decrease decides."""
    return changes.groupby("patient_id")["change_percent"].min()


def _majority(changes: pd.DataFrame) -> pd.Series:
    """Responder if more than half of the lesions respond: of n decreases in order, number n // 2 + 1 decides."""
    ordered = changes.sort_values(["patient_id", "change_percent"])
    groups = ordered.groupby("patient_id")
    place, size = groups.cumcount(), groups["change_percent"].transform("size")
    return ordered[place == size // 2].set_index("patient_id")["change_percent"]


def _hottest(changes: pd.DataFrame) -> pd.Series:
    """Hottest lesion at each time; it may be another one at follow-up."""
    highest = (
        changes.assign(follow_up=changes["follow_up"].fillna(0.0))
        .groupby("patient_id")[["baseline", "follow_up"]]
        .max()
    )
    return (highest["follow_up"] / highest["baseline"] - 1) * 100


def _mean(changes: pd.DataFrame) -> pd.Series:
    """Mean of the lesions' changes in percent."""
    return changes.groupby("patient_id")["change_percent"].mean()


def _sum(changes: pd.DataFrame) -> pd.Series:
    """Change of the sum over lesions; one that has disappeared adds nothing."""
    total = (
        changes.assign(follow_up=changes["follow_up"].fillna(0.0))
        .groupby("patient_id")[["baseline", "follow_up"]]
        .sum()
    )
    return (total["follow_up"] / total["baseline"] - 1) * 100


RULES: dict[str, Callable[[pd.DataFrame], pd.Series]] = {
    "any_resistant": _any_resistant,
    "all_resistant": _all_resistant,
    "majority": _majority,
    "hottest": _hottest,
    "mean": _mean,
    "sum": _sum,
}
"""The patient rules by name."""


def deciding_change(changes: pd.DataFrame, *, rule: str) -> pd.Series:
    """Deciding change in percent of each patient, by ``patient_id``.

    Parameters
    ----------
    changes : DataFrame
        Lesions that count, at one visit, all with a change: ``patient_id, baseline, follow_up, change_percent``.
    rule : str
        One of ``RULES``.

    Raises
    ------
    DesignError
        If the rule is unknown.

    >>> lesions = pd.DataFrame({"patient_id": ["A", "A", "A"], "baseline": [10.0, 5.0, 4.0],
    ...     "follow_up": [6.0, 4.5, 2.0], "change_percent": [-40.0, -10.0, -50.0]})
    >>> {rule: round(float(deciding_change(lesions, rule=rule)["A"])) for rule in ("any_resistant", "majority", "hottest")}
    {'any_resistant': -10, 'majority': -40, 'hottest': -40}
    """
    if rule not in RULES:
        raise DesignError(f"patient rule {rule!r} is unknown", expected="one of " + ", ".join(RULES))
    if changes.empty:
        return pd.Series(dtype=float, index=pd.Index([], name="patient_id"))
    return RULES[rule](changes).astype(float)


def lesions_that_count(changes: pd.DataFrame, *, most: int) -> pd.DataFrame:
    """The lesions that decide: those marked as targets, or the hottest at baseline where none of a patient's is marked.

    Parameters
    ----------
    changes : DataFrame
        From :func:`analysis.pet.response.lesion_change.lesion_changes`, at one visit.
    most : int
        How many lesions a patient may have; the hottest at baseline are taken.
    """
    old = changes[changes["baseline"].notna()]
    target = old["target"].fillna(False).astype(bool)
    marked = target.groupby(old["patient_id"]).transform("any")
    chosen = old[target | ~marked].sort_values(
        ["patient_id", "baseline", "lesion_id"], ascending=[True, False, True]
    )
    return chosen[chosen.groupby("patient_id").cumcount() < most].sort_index()
