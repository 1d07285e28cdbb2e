"""Names of the regions of a contour file: each names one region, however the file spells them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def distinct_names(labels: Mapping[int, str], *, kind: str) -> dict[int, str]:
    """A name of its own for each region: its label, with its number where labels are empty or occur again.

    Several segments are often all labelled "Lesion"; to merge them would measure a lesion that nobody drew.

    Parameters
    ----------
    labels : mapping of int to str
        Label of each region, by its number in the file.
    kind : str
        What the file calls a region.

    >>> distinct_names({1: "Lesion", 2: "Liver", 3: "Lesion", 4: ""}, kind="segment")
    {1: 'Lesion (segment 1)', 2: 'Liver', 3: 'Lesion (segment 3)', 4: '(segment 4)'}
    """
    given = list(labels.values())
    return {
        number: label if label and given.count(label) == 1 else f"{label} ({kind} {number})".strip()
        for number, label in labels.items()
    }


def find_name(wanted: str, names: Iterable[str]) -> str | None:
    """The name that is meant: the same text, else the only one that differs in case and blanks alone.

    >>> find_name("gtv  mass ", ["GTV Mass", "Liver"]), find_name("gtv", ["GTV", "Gtv"])
    ('GTV Mass', None)
    """
    known = list(names)
    if wanted in known:
        return wanted
    alike = [name for name in known if _folded(name) == _folded(wanted)]
    return alike[0] if len(alike) == 1 else None


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()
