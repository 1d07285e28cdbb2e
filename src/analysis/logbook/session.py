"""The open log of a notebook's session, and the mark by which a function reports to it."""

from __future__ import annotations

import contextlib
import functools
import inspect
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, ParamSpec, TypeVar

from analysis.errors import AnalysisError
from analysis.logbook.analysis import Analysis
from analysis.logbook.findings import findings

P = ParamSpec("P")
R = TypeVar("R")

KINDS = (
    "description",
    "comparison",
    "association",
    "prediction",
    "agreement",
    "search",
    "classification",
    "diagnostic",
    "simulation",
)
"""What an analysis is for; descriptions, diagnostics and simulations test nothing that a plan could name."""
ALIKE = 50
"""Different results of one question in one cell that are listed one by one; further ones share a line."""
PLAIN = (str, int, float, bool, type(None))

MEASURES: dict[str, str] = {}
"""What the estimate of each logged function is, for answers to further questions that stand in another's result."""

_open: Logbook | None = None
_calls = threading.local()


class Logbook:
    """All analyses of one session, in the order in which they were made.

    Parameters
    ----------
    cell : callable
        Label of the cell that is running.
    """

    def __init__(self, cell: Callable[[], str]) -> None:
        self._cell = cell
        self._found: dict[tuple[object, ...], Analysis] = {}
        self._alike: dict[tuple[object, ...], int] = {}
        self._question = ""

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """What has been noted so far."""
        return tuple(self._found.values())

    @contextlib.contextmanager
    def question(self, text: str) -> Iterator[None]:
        """Put the question in words to what is made inside: "PFS by metabolic response, scans inside the window"."""
        before, self._question = self._question, text
        try:
            yield
        finally:
            self._question = before

    def note(self, **fields: Any) -> None:
        """Note one analysis; the very same one again is counted, not listed twice."""
        noted = Analysis(cell=self._cell(), question=self._question, **fields)
        if noted.identity not in self._found:
            asked = (noted.cell, noted.question, noted.function, noted.variables)
            self._alike[asked] = self._alike.get(asked, 0) + 1
            if self._alike[asked] > ALIKE:
                noted = Analysis(
                    cell=noted.cell,
                    question=noted.question,
                    function=noted.function,
                    kind=noted.kind,
                    variables=noted.variables,
                    method="further ones of the same kind, on one line",
                )
        before = self._found.get(noted.identity)
        self._found[noted.identity] = replace(before, times=before.times + 1) if before else noted

    def close(self) -> None:
        """Note nothing more."""
        global _open
        if _open is self:
            _open = None

    def carry_on(self, earlier: Iterable[Analysis]) -> None:
        """Take over what an earlier session of the same draft has noted and this one has not."""
        for one in earlier:
            self._found.setdefault(one.identity, replace(one, earlier=True))


def open_logbook(cell: Callable[[], str]) -> Logbook:
    """Open a log that takes the place of the one before; there is one at a time."""
    global _open
    _open = Logbook(cell)
    return _open


def logged(
    kind: str, *, measure: str = "", summary: Callable[[Any], Any] | None = None, **fields: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a public function that estimates something: an open log notes each of its calls.

    What it calls on its way belongs to it and is noted as its parts. An :class:`AnalysisError` is noted as asked and
    not answered, and raised on.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    measure : str
        What the estimate is, where the result does not say so itself: "hazard ratio".
    summary : callable, optional
        Makes of the result what the log reads, where the result is a table of patients.
    **fields : str
        Where a field of the log stands in the result, if not under its own name: ``estimate="kappa"``,
        ``whole="hazard_ratio"`` for the part that stands for the whole; see :func:`findings`.

    Examples
    --------
    >>> @logged("description", measure="mean")
    ... def mean(values):
    ...     return sum(values) / len(values)
    >>> book = open_logbook(lambda: "cell-1")
    >>> mean([1.0, 3.0])
    2.0
    >>> [(one.cell, one.measure, one.given, one.estimate) for one in book.analyses]
    [('cell-1', 'mean', 2, 2.0)]
    >>> book.close()
    """
    if kind not in KINDS:
        raise ValueError(f"{kind!r} is none of {', '.join(KINDS)}")

    places = {"" if field == "whole" else field: place for field, place in fields.items()}

    def mark(function: Callable[P, R]) -> Callable[P, R]:
        signature = inspect.signature(function)
        name = (
            f"{function.__module__.split('.')[1]}.{function.__name__}"
            if "." in function.__module__
            else function.__name__
        )

        MEASURES[name] = measure

        @functools.wraps(function)
        def noting(*arguments: P.args, **settings: P.kwargs) -> R:
            if _open is None:
                return function(*arguments, **settings)
            inside: set[str] | None = getattr(_calls, "parts", None)
            if inside is not None:
                inside.add(name)
                return function(*arguments, **settings)
            _calls.parts = parts = set()
            book, result, refused = _open, None, ""
            try:
                result = function(*arguments, **settings)
            except AnalysisError as error:
                refused = str(error)
                raise
            except Exception as error:
                refused = f"it failed with {type(error).__name__}"
                raise
            finally:
                _calls.parts = None
                asked = _asked(signature, arguments, settings)
                common = {"function": name, "kind": kind, "parts": tuple(sorted(parts))}
                for found in (
                    [{"refused": refused}]
                    if refused
                    else findings(summary(result) if summary else result, places)
                ):
                    found = {"measure": MEASURES.get(found.get("function", name), measure), **found}
                    label = found.pop("name", "")
                    variables = asked["variables"]
                    if label and label not in variables:
                        variables = (*variables, label)
                    book.note(**{**common, **asked, **found, "variables": variables})
            return result

        noting.logged_as = kind  # type: ignore[attr-defined]
        return noting

    return mark


def _asked(signature: inspect.Signature, arguments: tuple, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of the log that the arguments say: outcome, variables, landmark, plain settings, patients handed over."""
    try:
        bound = signature.bind(*arguments, **settings)
    except TypeError:  # the call itself is wrong; Python says so
        return {"variables": ()}
    bound.apply_defaults()
    outcome, variables, plain, given, landmark = "", [], {}, None, None
    for name, value in bound.arguments.items():
        if name == "end_point" and isinstance(value, str):
            outcome = value
        elif name in {"landmark_day", "day"} and isinstance(value, int | float):
            landmark = float(value)
        elif name == "response" and hasattr(value, "index"):
            own = getattr(value, "name", None)
            outcome = "metabolic response" if own in (None, "response") else str(own)
        elif name == "name" and isinstance(value, str):
            variables.append(value)
        elif isinstance(value, PLAIN):
            plain[name] = value
        elif hasattr(value, "__dataclass_fields__") and not hasattr(value, "known_at_days"):
            if isinstance(getattr(value, "name", None), str):  # a rule
                plain[name] = value.name
        elif hasattr(value, "known_at_days"):  # a grouping, with the name that it was given
            variables.append(value.name)
        elif isinstance(getattr(value, "name", None), str) and hasattr(value, "index"):  # a column
            if name.startswith("time"):
                outcome = outcome or value.name.removesuffix("_days").upper()
            elif not name.startswith("event"):
                variables.append(value.name)
        if given is None and not isinstance(value, str | Mapping) and hasattr(value, "__len__"):
            given = len(value)
    return {
        "outcome": outcome,
        "variables": tuple(dict.fromkeys(variables)),
        "landmark_day": landmark,
        "settings": plain,
        "given": given,
    }
