"""Small numbers of patients in words: sentences, alternative texts, cells that hold text, the writing in a figure.

Only forms that say what they count are recognised in prose, so that "day 3" or "grade 4" stay. In a figure and its
alternative text every bare number that no unit follows is taken for a count: they are made of little else, and a number
withheld too often costs less there than one printed too often.
"""

from __future__ import annotations

import re

from analysis.results.small_cells import NOT_SHOWN, SmallCells

_NOUNS = (
    r"(?:(?:evaluable|assessable|treated|screened|eligible|enrolled|metabolic|follow-up|new|more|of these|other|further)\s+){0,3}"
    r"(?:patients?|wom[ae]n|m[ae]n|persons?|participants?|scans?|series|lesions?|samples?|specimens?|events?|deaths?|"
    r"progressions?|(?:non-?)?responders?|are proposals|not classified|scanned|excluded|left out|"
    r"ended (?:on or )?before|with(?:out)? (?:a |an |one |response)|of them by an event)\b"
)
_FREE = r"(?<![\w.,−–\-<>/])"  # no digit, decimal point, range or sign before it
_DAYS = r"(?<!day )(?<!week )(?<!month )(?<!grade )(?<!visit )(?<!version )(?<!item )"

_OF = re.compile(
    rf"{_FREE}(?<!about )(\d+)( of (?:the |these |those )?)(\d+)(\b(?!\.\d))((?: \([^()]*%[^()]*\)|, \d+(?:\.\d+)? ?%)?)"
)
_RATIO = re.compile(rf"{_FREE}(\d+)( / )(\d+)(?![\d.%])")
_SHARE = re.compile(rf"{_FREE}(\d+)( \()(\d+(?:\.\d+)?) ?%[^()]*\)")
_SIZE = re.compile(r"(\bn ?= ?)(\d+)\b(?!\.\d)")
_NAMED = re.compile(rf"{_FREE}{_DAYS}(\d+)(\N{{NO-BREAK SPACE}}| )(?={_NOUNS})", re.IGNORECASE)
_HAS = re.compile(r"(\bha(?:s|ve|d) (?:only )?)(\d+)\b(?!\.\d|\s?%)")
_LISTED = re.compile(r"(?<=[^\W\d]\s)\((\d+)\)")
_EXTREMES = re.compile(r"\s*\\?\[[−-]?\d[\d.]*\s?(?:–|to)\s?[−-]?\d[\d.]*\\?\]")
_UNIT = (
    r"(?!\d|[.,]\d|\s?%|–\d|\s?to\s[\d−]|[-\N{NO-BREAK SPACE} ]?(?:percent|points?|months?|weeks?|days?|years?|hours?|min|MBq|SUV|"
    r"ml|mm|cm|kg|g/ml|g\b|mg|pg|Gy|SD|CI|×|panels?|genes?|rules?|criteria|visits?\b|planes?|columns?|rows?|markers?|estimates?|(?:odds|hazard) ratios?|ratios?|tests?))"
)
_BARE = re.compile(
    rf"(?<![\w.,−–\-<>/=≥≤])(?<!day )(?<!Day )(?<!week )(?<!Week )(?<!month )(?<!grade )(?<!PERCIST )(?<!RECIST )(?<!from )(?<!to )"
    rf"(\d+)\b{_UNIT}"
)


def _shown(rule: SmallCells, k: int, n: int | None = None) -> str:
    return rule.count_text(k, n) or str(k)


def without_small(text: str, rule: SmallCells, *, writing: bool = False) -> str:
    """A text whose small numbers of patients are withheld.

    Parameters
    ----------
    text : str
        A sentence, a cell, or what stands in a figure.
    rule : SmallCells
        From what size numbers are shown.
    writing : bool
        Whether it stands in a figure or is its alternative text: then every bare number counts.

    Examples
    --------
    >>> rule = SmallCells(5, zeros_shown=True, applies=True)
    >>> without_small("At day 4, 3 of 40 patients (7.5 %) had no response; n = 12.", rule)
    'At day 4, < 5 of 40 patients (not shown) had no response; n = 12.'
    >>> without_small("2 (4 %), 61 (55–67) [37–75], 38 of 40 scans", rule)
    '< 5, 61 (55–67), > 35 of 40 scans'
    """
    if not rule.applies or not text:
        return text
    changed = _SIZE.sub(lambda m: f"n {rule.label}" if rule.small(int(m[2])) else m[0], text)
    changed = _OF.sub(lambda m: _of(m, rule), changed)
    changed = _RATIO.sub(lambda m: f"{_shown(rule, int(m[1]))}{m[2]}{_shown(rule, int(m[3]))}", changed)
    changed = _SHARE.sub(lambda m: rule.label if rule.small(int(m[1])) else m[0], changed)
    changed = _NAMED.sub(lambda m: f"{_shown(rule, int(m[1]))}{m[2]}", changed)
    changed = _HAS.sub(lambda m: f"{m[1]}{_shown(rule, int(m[2]))}", changed)
    changed = _LISTED.sub(lambda m: f"({_shown(rule, int(m[1]))})", changed)
    changed = _EXTREMES.sub("", changed)
    if writing:
        changed = _BARE.sub(lambda m: _shown(rule, int(m[1])), changed)
    # A share or interval in brackets after a withheld number would give it back.
    return _AFTER.sub(lambda m: f"{m[1]}({NOT_SHOWN})", changed)


_AFTER = re.compile(
    r"([<>] \d+(?: of (?:the |these |those )?\d+)?(?:\s+[\w-]+){0,5}?\s*)\([^()]*\d[^()]*%[^()]*\)"
)


def _of(match: re.Match[str], rule: SmallCells) -> str:
    k, n = int(match[1]), int(match[3])
    if k > n:
        return match[0]
    if rule.small(n):
        return f"{rule.label}{match[2]}{rule.label}"
    hidden = rule.count_text(k, n)
    return match[0] if hidden is None else f"{hidden}{match[2]}{match[3]}"


def count_in(cell: str) -> tuple[int, int | None] | None:
    """Count and, where it stands beside it, total of a cell that is a number of patients; None if it is not.

    >>> count_in("34 (74 %)"), count_in("15 of 40"), count_in("7"), count_in("61 (55–67)")
    ((34, None), (15, 40), (7, None), None)
    """
    for pattern, total in _CELLS:
        found = pattern.fullmatch(cell.strip())
        if found:
            return int(found[1]), int(found[2]) if total else None
    return None


_CELLS = (
    (re.compile(r"(\d+)"), False),
    (re.compile(r"(\d+) \(<?\s?\d+(?:\.\d+)? ?%\)"), False),
    (re.compile(r"(\d+) of (\d+)(?: \(.*\))?"), True),
    (re.compile(r"\d+ / (\d+)"), False),  # patients and events
)
ESTIMATE = re.compile(r"\d\.\d|\d ?%|\d(?:–| to |\s?±\s?)[−-]?\d|^[−-]?\d+(?:\.\d+)?$| v ")
"""A text cell that holds an estimate."""
SIZE_IN_HEADER = re.compile(r"\bn ?= ?(\d+)\b")
