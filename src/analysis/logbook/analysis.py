"""One analysis as the log holds it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Analysis:
    """What was asked, of whom, how, and what came out.

    Parameters
    ----------
    cell : str
        Label of the notebook cell that was running.
    question : str
        The question in words, where the author has put one (:meth:`Logbook.question`); otherwise empty.
    function : str
        Room and name of the function: ``survival.early_response``.
    kind : str
        One of :data:`analysis.logbook.KINDS`.
    outcome : str
        The end-point, or what stands for it: the name of the time or outcome column.
    variables : tuple of str
        Markers, groupings and covariates by name, each with its visit: ``metabolic response at day14``.
    declared : str
        Set of tests that the function itself names: ``plasma, detection``; otherwise empty.
    landmark_day : float or None
        Day from which a survival time counts, where the function has been told.
    settings : mapping of str to str, int, float, bool or None
        Every other plain argument.
    given, n, events : int or None
        Patients handed over; patients analysed; events among them.
    measure, method : str
        What the estimate is, and how it was made.
    estimate, low, high, p_value : float or None
        The result; None where the analysis has none.
    parts : tuple of str
        Logged functions that it called on its way: they belong to this one analysis.
    refused : str
        Why it was not answered; empty when it was.
    times : int
        How often it was made with the very same result.
    earlier : bool
        Whether it stems from an earlier session of a draft.
    """

    cell: str
    question: str
    function: str
    kind: str
    outcome: str = ""
    variables: tuple[str, ...] = ()
    declared: str = ""
    landmark_day: float | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    given: int | None = None
    n: int | None = None
    events: int | None = None
    measure: str = ""
    method: str = ""
    estimate: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float | None = None
    parts: tuple[str, ...] = ()
    refused: str = ""
    times: int = 1
    earlier: bool = False

    @property
    def identity(self) -> tuple[object, ...]:
        """Equal for two analyses that are one: the same question in the same cell, with the same result."""
        document = self.as_document()
        for name in ("times", "earlier"):
            document.pop(name)
        return tuple(
            (name, tuple(map(str, value.items())) if isinstance(value, dict) else str(value))
            for name, value in document.items()
        )

    def as_document(self) -> dict[str, Any]:
        """The analysis as JSON holds it: no tuple, no NaN; an infinite limit as text."""
        document = asdict(self)
        for name in ("estimate", "low", "high", "p_value", "landmark_day"):
            number = document[name]
            if number is not None and not math.isfinite(number):
                document[name] = None if math.isnan(number) else str(number)
        document["settings"] = {
            name: str(value) if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in self.settings.items()
        }
        for name in ("variables", "parts"):
            document[name] = list(document[name])
        return document

    @classmethod
    def from_document(cls, document: Mapping[str, Any]) -> Analysis:
        """The analysis back from JSON.

        Examples
        --------
        >>> once = Analysis(cell="a", question="", function="survival.cox", kind="association", high=math.inf)
        >>> Analysis.from_document(once.as_document()) == once
        True
        """
        fields = {name: document[name] for name in cls.__dataclass_fields__ if name in document}
        for name in ("variables", "parts"):
            fields[name] = tuple(fields.get(name, ()))
        for name in ("low", "high", "estimate"):
            if isinstance(fields.get(name), str):
                fields[name] = float(fields[name])
        return cls(**fields)
