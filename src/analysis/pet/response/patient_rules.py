"""How the changes of a patient's lesions become the patient's one deciding change.

Every rule is written so that the patient responds exactly if the deciding change reaches the lesion rule's cut-off. So
one value a patient serves every cut-off, and the waterfall shows the value that decided. Rules work on arrays whose
last axis is the lesion and the one before it the patient; whatever stands before (draws, visits) is carried along.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.pet.response.lesion_arrays import arrays_of
from analysis.pet.response.lesion_rules import LesionRule

Floats = NDArray[np.float64]
Change = Callable[[Floats, Floats], Floats]


@dataclass(frozen=True)
class PatientRule:
    """A rule with its name, its definition in words and its source.

    ``decide(before, after, volume, change)`` takes values of shape (…, patients, lesions), missing where there is no
    lesion that counts, the lesions' baseline volume and the lesion rule's :meth:`LesionRule.changes`; it gives the
    deciding change in percent, shape (…, patients).
    """

    name: str
    definition: str
    source: str
    decide: Callable[[Floats, Floats, Floats, Change], Floats]


def _any_resistant(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    return np.where(np.isnan(before), -np.inf, change(before, after)).max(axis=-1)


def _all_resistant(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    return np.where(np.isnan(before), np.inf, change(before, after)).min(axis=-1)


def _majority(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    """Of n changes in order, number n // 2 + 1 decides."""
    ordered = np.sort(np.where(np.isnan(before), np.inf, change(before, after)), axis=-1)
    middle = (~np.isnan(before)).sum(axis=-1, keepdims=True) // 2
    return np.take_along_axis(ordered, np.minimum(middle, before.shape[-1] - 1), axis=-1)[..., 0]


def _majority_by_volume(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    """Of the changes in order, the first at which the lesions so far hold more than half of the volume."""
    absent = np.isnan(before)
    changes = np.where(absent, np.inf, change(before, after))
    order = np.argsort(changes, axis=-1, kind="stable")
    held = np.where(absent, 0.0, volume)
    running = np.cumsum(np.take_along_axis(np.broadcast_to(held, changes.shape), order, axis=-1), axis=-1)
    total = running[..., -1:]
    # Half within rounding is not more than half.
    place = np.argmax(running > total * (0.5 + 1e-12), axis=-1)[..., None]
    decided = np.take_along_axis(np.take_along_axis(changes, order, axis=-1), place, axis=-1)[..., 0]
    return np.where(np.isnan(total[..., 0]), np.nan, decided)


def _hottest(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    return change(_largest(before), _largest(after, of=before))


def _hottest_at_baseline(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    place = np.argmax(np.where(np.isnan(before), -np.inf, before), axis=-1)[..., None]
    first, second = (np.take_along_axis(values, place, axis=-1)[..., 0] for values in (before, after))
    return change(first, second)


def _mean(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    present = ~np.isnan(before)
    with np.errstate(invalid="ignore"):
        return np.where(present, change(before, after), 0.0).sum(axis=-1) / present.sum(axis=-1)


def _sum(before: Floats, after: Floats, volume: Floats, change: Change) -> Floats:
    present = ~np.isnan(before)
    return change(np.where(present, before, 0).sum(axis=-1), np.where(present, after, 0).sum(axis=-1))


def _largest(values: Floats, *, of: Floats | None = None) -> Floats:
    """Maximum over the lesions that are there; a missing value of one that is there stays missing."""
    present = ~np.isnan(values if of is None else of)
    return np.where(present, values, -np.inf).max(axis=-1)


RULES: dict[str, PatientRule] = {
    rule.name: rule
    for rule in (
        PatientRule(
            "any_resistant",
            "no response if any lesion is resistant: the least decrease decides",
            "Hendlisz 2015 (SoMore), recalled",
            _any_resistant,
        ),
        PatientRule(
            "all_resistant",
            "no response only if all lesions are resistant: the greatest decrease decides",
            "the opposite extreme",
            _all_resistant,
        ),
        PatientRule(
            "majority",
            "response if more than half of the lesions respond; exactly half is no majority",
            "a variant",
            _majority,
        ),
        PatientRule(
            "majority_by_volume",
            "response if the responding lesions hold more than half of the baseline volume",
            "a variant",
            _majority_by_volume,
        ),
        PatientRule(
            "hottest",
            "change from the hottest lesion at baseline to the hottest at the visit, which may be another",
            "Wahl 2009 (PERCIST 1.0), doi 10.2967/jnumed.108.057307",
            _hottest,
        ),
        PatientRule(
            "hottest_at_baseline",
            "change of the lesion hottest at baseline",
            "a variant",
            _hottest_at_baseline,
        ),
        PatientRule("mean", "mean of the lesions' changes in percent", "a variant", _mean),
        PatientRule(
            "sum",
            "change of the sum over lesions; a lesion gone adds nothing",
            "Young 1999 (EORTC), doi 10.1016/S0959-8049(99)00229-4",
            _sum,
        ),
    )
}
"""The patient rules by name."""


def patient_rule(name: str) -> PatientRule:
    """The rule of this name.

    Raises
    ------
    DesignError
        If there is none.
    """
    if name not in RULES:
        raise DesignError(f"patient rule {name!r} is unknown", expected="one of " + ", ".join(RULES))
    return RULES[name]


def decided(
    rule: PatientRule, lesion_rule: LesionRule, before: Floats, after: Floats, volume: Floats
) -> Floats:
    """Deciding change in percent, shape (…, patients); missing for a patient without lesions that count."""
    before = np.broadcast_to(before, after.shape)
    with np.errstate(invalid="ignore", divide="ignore"):
        found = rule.decide(before, after, volume, lesion_rule.changes)
    return np.where(np.isnan(before).all(axis=-1), np.nan, found)


def deciding_change(changes: pd.DataFrame, rule: PatientRule, *, lesion_rule: LesionRule) -> pd.Series:
    """Deciding change in percent of each patient, by ``patient_id``.

    Parameters
    ----------
    changes : DataFrame
        Lesions that count, at one visit, all with a change: ``patient_id, baseline, follow_up, change_percent``, and
        for the rule by volume ``volume_ml``, the volume at baseline.
    rule : PatientRule
        One of ``RULES``.
    lesion_rule : LesionRule
        Whose smallest change counts; its cut-offs play no part.

    >>> from analysis.pet.response.lesion_rules import trial_rule
    >>> lesions = pd.DataFrame({"patient_id": ["A", "A", "A"], "baseline": [10.0, 5.0, 4.0],
    ...     "follow_up": [6.0, 4.5, 2.0], "change_percent": [-40.0, -10.0, -50.0]})
    >>> [round(float(deciding_change(lesions, RULES[name], lesion_rule=trial_rule("suv_max", 25))["A"]))
    ...     for name in ("any_resistant", "majority", "hottest")]
    [-10, -40, -40]
    """
    lesions = arrays_of(changes)
    values = decided(rule, lesion_rule, lesions.before, lesions.after, lesions.volume)
    return pd.Series(values, index=pd.Index(lesions.patients, name="patient_id"), dtype=float)


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
