"""Dates and date-times moved by whole days: clock times stay, and with them everything that decays in between."""

from __future__ import annotations

import re
from datetime import date, timedelta

_DATE = re.compile(r"(\d{4})([.\-/]?)(\d{2})\2(\d{2})", re.ASCII)
_MOMENT = re.compile(r"(\d{8})(\d{2}.*|[+-]\d{4})?", re.ASCII | re.DOTALL)


def shifted_date(text: str, days: int) -> str | None:
    """A DA value moved; None if it is none. Missing stays missing.

    >>> shifted_date("20140301", -1), shifted_date("2014.03.01", -1), shifted_date("March", -1), shifted_date("", -1)
    ('20140228', '20140228', None, '')
    """
    bare = text.strip(" \0")
    if not bare:
        return ""
    found = _DATE.fullmatch(bare)
    try:
        moved = date(int(found[1]), int(found[3]), int(found[4])) + timedelta(days=days) if found else None
    except (ValueError, OverflowError):
        return None
    return None if moved is None else f"{moved:%Y%m%d}".rjust(8, "0")


def shifted_moment(text: str, days: int) -> str | None:
    """A DT value moved by whole days, its clock time and offset from UTC untouched; None if it has no day.

    >>> shifted_moment("20140301235959.90+0100", -1), shifted_moment("201403", -1)
    ('20140228235959.90+0100', None)
    """
    bare = text.strip(" \0")
    if not bare:
        return ""
    found = _MOMENT.fullmatch(bare)
    day = shifted_date(found[1], days) if found else None
    return None if day is None or found is None else day + (found[2] or "")


def shifted(text: str, vr: str, days: int) -> str | None:
    """A value of VR DA or DT moved, each of several; None if one of them cannot be."""
    move = shifted_date if vr == "DA" else shifted_moment
    moved = [move(part, days) for part in text.split("\\")]
    return None if None in moved else "\\".join(part for part in moved if part is not None)
