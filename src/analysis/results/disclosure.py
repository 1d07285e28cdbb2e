"""Nothing that points at one patient leaves ``data/``."""

from __future__ import annotations

import re
from collections.abc import Iterable

from analysis.errors import PublicationError

SHORTEST = 3
"""Pseudonyms shorter than this are ordinary words or numbers and cannot be searched for."""


def identifiers_in(text: str, identifiers: Iterable[str]) -> list[str]:
    """Identifiers that occur in a text as whole words.

    >>> identifiers_in("patient P-017 left", ["P-017", "P-01"])
    ['P-017']
    """
    names = sorted({name for name in identifiers if len(name) >= SHORTEST}, key=len, reverse=True)
    if not names:
        return []
    pattern = re.compile(r"(?<!\w)(?:" + "|".join(map(re.escape, names)) + r")(?!\w)")
    return sorted(set(pattern.findall(text)))


def refuse_identifiers(text: str, identifiers: Iterable[str], *, where: str) -> None:
    """Raise where a text that is about to leave ``data/`` names a patient or sample.

    Raises
    ------
    PublicationError
        Without the identifiers themselves in its message.
    """
    found = identifiers_in(text, identifiers)
    if found:
        raise PublicationError(
            f"{len(found)} pseudonym(s) of patients or samples stand in what would leave the data folder",
            where=where,
            expected="aggregates only",
            do="remove them from the notebook's output, or keep the rows with keep(), which writes to data/derived",
            offenders=found,
        )
