"""A named value: the number a sentence prints, with everything needed to trace it."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from analysis.errors import PublicationError

NAME = re.compile(r"[a-z][a-z0-9]*(?:[_-][a-z0-9]+)*(?:\.[a-z0-9]+(?:[_-][a-z0-9]+)*)*")
MISSING = "—"
"""What is printed for a value that is not there; its reason is kept beside it."""


@dataclass(frozen=True, kw_only=True)
class Value:
    """One result by its name.

    Parameters
    ----------
    name : str
        Dotted lower-case name, e.g. ``pfs.hr``.
    value : float, int, str or None
        The result; None or NaN is a missing value and needs a ``reason``.
    definition : str
        What it is, in one phrase a reader understands.
    unit : str
        Unit, printed after the number when the text asks for it.
    low, high : float, optional
        Limits of the 95 % interval; infinite or missing limits print as "not reached".
    digits : int
        Decimals printed.
    n, events : int, optional
        Patients (or lesions, samples: the definition says) and events behind it.
    method : str
        Statistical method, with the interval's.
    reason : str
        Why a value is missing; ignored when there is one.
    cell : str
        Label of the notebook cell that made it.
    kind : str
        ``number``, or ``p`` for a p value, which prints with its sign of relation.
    """

    name: str
    value: float | int | str | None
    definition: str
    unit: str = ""
    low: float | None = None
    high: float | None = None
    digits: int = 2
    n: int | None = None
    events: int | None = None
    method: str = ""
    reason: str = ""
    cell: str = ""
    kind: str = "number"

    def __post_init__(self) -> None:
        if not NAME.fullmatch(self.name):
            raise PublicationError(
                f"{self.name!r} is not a name for a value",
                expected="lower-case words joined by dots, hyphens or underscores, e.g. pfs.hr",
                do="rename the value in its notebook cell",
            )
        if self.missing and not self.reason:
            raise PublicationError(
                f"the value {self.name!r} is missing without a reason",
                expected="a number or text, or a reason why there is none",
                do="give reason='...' beside the missing value",
            )

    def _repr_markdown_(self) -> str:
        parts = [
            f"`{self.name}` = {self.text}",
            self.unit,
            f"({self.interval_text})" if self.interval_text else "",
        ]
        return " ".join(filter(None, parts))

    @property
    def missing(self) -> bool:
        """Whether there is no value."""
        return self.value is None or (isinstance(self.value, float) and math.isnan(self.value))

    @property
    def text(self) -> str:
        """The value as a sentence prints it, without its unit."""
        if self.value is None or self.missing:
            return MISSING
        if isinstance(self.value, str):
            return self.value
        return p_text(self.value) if self.kind == "p" else number(self.value, self.digits)

    @property
    def interval_text(self) -> str:
        """The interval as a sentence prints it, with "to" where a dash would stand beside a minus sign; may be empty."""
        if self.missing or not any(_finite(value) for value in (self.low, self.high)):
            return ""
        low, high = limit(self.low, self.digits), limit(self.high, self.digits)
        return f"{low} to {high}" if "−" in low + high else f"{low}–{high}"


def _finite(value: float | None) -> bool:
    return value is not None and math.isfinite(value)


def number(value: float | int, digits: int) -> str:
    """A number with fixed decimals and a true minus sign; infinity is "not reached".

    >>> number(-0.004, 2), number(2.5, 1), number(7, 1), number(float("inf"), 1)
    ('0.00', '2.5', '7', 'not reached')
    """
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise PublicationError(f"{value!r} is not a number", expected="an int or a float")
    if isinstance(value, int):
        return f"{value}".replace("-", "−")
    if math.isinf(value):
        return "not reached"
    text = f"{value:.{digits}f}"
    return text.removeprefix("-") if float(text) == 0 else text.replace("-", "−")


def limit(value: float | None, digits: int) -> str:
    """One limit of an interval; a missing or infinite one was not reached."""
    if value is None or math.isnan(value) or math.isinf(value):
        return "not reached"
    return number(float(value), digits)


def p_text(p_value: float | None) -> str:
    """A p value as it is printed after "p": with its sign of relation.

    >>> p_text(0.0004), p_text(0.0314), p_text(0.2), p_text(None)
    ('< 0.001', '= 0.031', '= 0.20', '—')
    """
    if p_value is None or math.isnan(p_value):
        return MISSING
    if p_value < 0.001:
        return "< 0.001"
    return f"= {p_value:.3f}" if p_value < 0.1 else f"= {p_value:.2f}"
