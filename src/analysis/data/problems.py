"""What can be wrong with a study folder, one finding at a time, and the error that carries them all."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from analysis.errors import StudyError

SHOWN = 20
"""Findings printed in the text of the error; all of them are in its ``problems``."""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_ .%-]{0,39}")


@dataclass(frozen=True, kw_only=True)
class Problem:
    """One finding of :func:`analysis.data.check_study`.

    Parameters
    ----------
    severity : {"error", "warning"}
        An error keeps the study from being loaded; a warning is for a person to look at.
    file : str
        File in the study folder.
    what : str
        What is wrong. Holds numbers and codes of the offending cell, never its text or date, which
        may identify a person.
    row : int, optional
        Line in the file, the header being line 1.
    column : str, optional
        Column as it stands in the file.
    expected : str
        What would have been right.
    do : str
        What to do about it.
    """

    severity: Literal["error", "warning"]
    file: str
    what: str
    row: int | None = None
    column: str | None = None
    expected: str = ""
    do: str = ""

    @property
    def where(self) -> str:
        """File, line and column as one phrase."""
        parts = [self.file]
        if self.row is not None:
            parts.append(f"line {self.row}")
        if self.column is not None:
            parts.append(f"column {self.column}")
        return ", ".join(parts)

    def __str__(self) -> str:
        parts = [f"{self.severity}: {self.where}: {_sentence(self.what)}"]
        if self.expected:
            parts.append(f"Expected: {_sentence(self.expected)}")
        if self.do:
            parts.append(f"Do: {_sentence(self.do)}")
        return " ".join(parts)


def _sentence(text: str) -> str:
    return text if text.endswith(("?", ".")) else text + "."


class FaultyStudyError(StudyError):
    """A study folder that was read and found wrong; every finding is in ``problems``."""

    def __init__(self, study: str, problems: Sequence[Problem]) -> None:
        errors = [problem for problem in problems if problem.severity == "error"]
        self.problems = tuple(problems)
        shown = [f"\n  {problem}" for problem in errors[:SHOWN]]
        if len(errors) > SHOWN:
            shown.append(f"\n  and {len(errors) - SHOWN} more")
        super().__init__(
            f"the study has {len(errors)} error{'s' if len(errors) > 1 else ''}:" + "".join(shown) + "\n",
            where=study,
            do="correct the files; `python -m analysis check-study` lists everything",
            offenders=[problem.where for problem in errors],
        )

    def __str__(self) -> str:
        return f"{self.what.rstrip()}\nDo: {self.do}. [{self.where}]"


def error(file: str, what: str, **details: object) -> Problem:
    """Make a finding that keeps the study from being loaded."""
    return Problem(severity="error", file=file, what=what, **details)  # pyrefly: ignore[bad-argument-type]


def warning(file: str, what: str, **details: object) -> Problem:
    """Make a finding for a person to look at."""
    return Problem(severity="warning", file=file, what=what, **details)  # pyrefly: ignore[bad-argument-type]


def meant(name: str, known: Iterable[str]) -> str:
    """Advice naming the known name that is closest to a wrong one, or all known names.

    >>> meant("weight", ["height_cm", "weight_kg"])
    'did you mean weight_kg?'
    """
    names = list(known)
    close = difflib.get_close_matches(name.strip().lower(), names, n=1, cutoff=0.6)
    return f"did you mean {close[0]}?" if close else "use one of " + ", ".join(names)


def quoted(name: str) -> str:
    """Name of a column or key if it looks like one; otherwise it may be data, and is not repeated.

    >>> quoted("weight"), quoted("12 March 1951, Mons")
    ("'weight'", 'a name that is not shown here')
    """
    return repr(name) if _NAME.fullmatch(name) else "a name that is not shown here"
