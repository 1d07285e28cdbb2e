"""What a result says of itself: estimate, interval, size. Read by its attributes, so that no room is imported here."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

NAMES = {
    "estimate": ("estimate", "median", "value"),
    "low": ("low", "median_low"),
    "high": ("high", "median_high"),
    "p_value": ("p_value", "p_permutation"),
    "n": ("n",),
    "events": ("events", "n_events"),
    "measure": ("measure",),
    "method": ("method",),
    "declared": ("family",),
    "refused": ("reason",),
}
"""Where a field of the log stands in a result: the first of these attributes that it has."""
COUNTS = ("n", "events")
NUMBERS = ("estimate", "low", "high", "p_value")
LABELS = ("name", "marker", "label", "term")
MOST = 200
"""Findings of one call that are listed one by one; more are counted."""


def findings(result: Any, fields: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """Fields of the log for each finding in a result.

    Parameters
    ----------
    result : object
        One result, a tuple, list or mapping of results, or a table with one finding a row.
    fields : mapping of str to str, optional
        Where a field stands in a finding, if elsewhere than usual: dotted attributes, the first that is there of
        several with a blank between. ``{"": "hazard_ratio"}`` names the part that stands for the whole.

    Returns
    -------
    list of dict
        Fields of :class:`analysis.logbook.Analysis`; one empty one where the result says nothing that the log knows.

    A result may hold answers to further questions; its ``further_findings`` lists them as the function that answers
    each, its kind, and the part, so that an analysis made on the way to another is not lost in it.

    Examples
    --------
    >>> from types import SimpleNamespace
    >>> ratio = SimpleNamespace(estimate=2.0, low=1.0, high=4.0)
    >>> findings(SimpleNamespace(ratio=ratio, n=46, name="age"), {"": "ratio"})
    [{'estimate': 2.0, 'low': 1.0, 'high': 4.0, 'n': 46, 'name': 'age'}]
    """
    found = [_fields(one, fields or {}, name) for name, one in _each(result)]
    for function, kind, part in getattr(result, "further_findings", ()):
        found.append({**_fields(part, {}, ""), "function": function, "kind": kind})
    if len(found) <= MOST:
        return found or [{}]
    return [*found[:MOST], {"name": f"{len(found) - MOST} more of the same call"}]


def _each(result: Any) -> Iterator[tuple[str, Any]]:
    if hasattr(result, "columns") and hasattr(result, "to_dict"):
        if "estimate" in result.columns:
            for row in result.to_dict("records"):
                words = [str(value) for value in row.values() if isinstance(value, str)]
                yield " ".join(words[:2]), row
        else:
            yield "", {"n": len(result)}
    elif isinstance(result, Mapping) and "estimate" in result:
        yield "", result
    elif isinstance(result, Mapping):
        for name, one in result.items():
            yield str(name), one
    elif isinstance(result, Sequence) and not isinstance(result, str | bytes):
        for one in result:
            if hasattr(one, "__dataclass_fields__"):
                yield "", one
            elif isinstance(one, Mapping):
                yield from _each(one)
    else:
        yield "", result


def _fields(one: Any, places: Mapping[str, str], name: str) -> dict[str, Any]:
    if isinstance(one, int | float):
        return {"estimate": float(one)}
    part = _at(one, places.get("", ""))
    fields: dict[str, Any] = {}
    for field, usual in NAMES.items():
        own = places[field].split() if field in places else ()
        where = ((one, own),) if own else ((part, usual), (one, usual))
        for source, names in where:
            values = (_plain(field, _at(source, place)) for place in names)
            kept = next((value for value in values if value is not None), None)
            if kept is not None:
                fields[field] = kept
                break
    terms = _at(one, "terms")
    label = " + ".join(map(str, terms)) if isinstance(terms, tuple) else ""
    labels = (_at(one, place) for place in LABELS)
    own = " ".join(str(_at(one, place)) for place in places.get("name", "").split())
    label = name or own or label or next((text for text in labels if isinstance(text, str)), "")
    return {**fields, "name": label} if label else fields


def _at(source: Any, path: str) -> Any:
    for step in filter(None, path.split(".")):
        source = source.get(step) if isinstance(source, Mapping) else getattr(source, step, None)
    return source


def _plain(field: str, value: Any) -> Any:
    if field not in (*COUNTS, *NUMBERS):
        return value if isinstance(value, str) else None
    if getattr(value, "ndim", 0) or callable(value):
        return None
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    if field in COUNTS:
        return None if math.isnan(number) else int(number)
    return number
