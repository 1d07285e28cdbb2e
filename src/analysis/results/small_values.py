"""A named value whose small number of patients, or the handful it rests on, is withheld."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from analysis.results.small_cells import SmallCells
from analysis.results.small_in_text import without_small
from analysis.results.value import Value


def withheld_value(
    held: Value, rule: SmallCells, *, k: int | None = None, counted: bool = True, complement: bool = True
) -> Value:
    """The value as it may leave ``data/``.

    Parameters
    ----------
    held : Value
        The value with its ``n`` and ``events``.
    rule : SmallCells
        From what size numbers are shown.
    k : int, optional
        Patients of ``n`` that a share stands for: a share of few, or of all but few, is withheld.
    counted : bool
        Whether a whole number without unit counts patients, or what belongs to patients; not so a setting or a dimension of a
        model.
    complement : bool
        Whether a whole number is a part of ``n`` patients, of whom the others count just as much; not so events, whose
        complement only says how long the others were followed.

    Returns
    -------
    Value
        A small count as ``< 5``; a share or estimate that rests on few as missing, with the reason; ``n`` and ``events``
        without what is small; text without small numbers.
    """
    if not rule.applies:
        return held
    sizes: dict[str, Any] = {
        name: None for name in ("n", "events") if rule.small(getattr(held, name)) or getattr(held, name) == 0
    }
    sizes["reason"] = without_small(held.reason, rule)
    if held.missing:
        return replace(held, **sizes)
    if isinstance(held.value, str):
        return replace(held, value=without_small(held.value, rule), **sizes)
    if counted and held.kind == "number" and not held.unit and isinstance(held.value, int):
        text = rule.count_text(held.value, held.n if complement else None)
        return replace(held, **sizes) if text is None else replace(held, value=text, **sizes)
    few = rule.small(held.n) or rule.small(held.events)
    if few or (k is not None and rule.count_text(k, held.n) is not None):
        sizes |= {"value": None, "low": None, "high": None}
        sizes["reason"] = f"it rests on fewer than {rule.smallest} patients, or on all but so few: not shown"
    return replace(held, **sizes)


def withheld_analysis(
    document: dict[str, Any], rule: SmallCells, *, kept_back: bool = False
) -> dict[str, Any]:
    """An entry of the log as it may leave ``data/``: what was asked stays, what came out of few does not.

    ``kept_back`` says that the notebook does not show its result, because a group in it is small: nor are its numbers of patients.
    A number between 0 and 1 that is a whole number of the patients analysed is taken for a share of them.
    """
    if not rule.applies:
        return document
    n, events, estimate = (document.get(name) for name in ("n", "events", "estimate"))
    share = (
        isinstance(estimate, float)
        and n
        and 0 <= estimate <= 1
        and abs(estimate * n - round(estimate * n)) < 1e-6
    )
    few = (
        kept_back
        or rule.small(n)
        or rule.small(events)
        or (share and rule.count_text(round(estimate * n), n) is not None)
    )
    kept = {
        name: without_small(text, rule) if isinstance(text, str) else text for name, text in document.items()
    }
    for name in ("given", "n", "events"):
        if kept_back or rule.small(document.get(name)):
            kept[name] = None
    if n is not None and document.get("given") is not None and rule.small(document["given"] - n):
        kept["given"] = None
    if few:
        kept |= dict.fromkeys(("estimate", "low", "high", "p_value"))
        kept["refused"] = f"made, and not shown: it rests on fewer than {rule.smallest} patients, or may"
    return kept
