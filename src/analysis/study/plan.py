"""What was to be analysed, as ``data/protocol.yml`` says: the list that a run's log is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from analysis.errors import ParameterError

STATUSES = ("primary", "secondary", "exploratory")
"""What a planned analysis may be; everything else is made by comparison with the log."""
RESPONSE_CHOICES = {
    "metric": "response.metric",
    "cutoff_percent": "response.cutoff_percent",
    "day": "response.day",
    "patient_rule": "response.patient_rule",
    "lean_body_mass": "suv.lean_body_mass",
}
"""Parameters of a run that decide who is a responder, and the fact of the protocol that each was planned to be."""


@dataclass(frozen=True, kw_only=True)
class PlannedAnalysis:
    """One line of the plan.

    Parameters
    ----------
    name : str
        By which families name it.
    question : str
        In words.
    status : str
        One of ``STATUSES``.
    method : str
        Logged function that answers it, e.g. ``survival.early_response``.
    sensitivity : tuple of str
        Logged functions that answer the same question with other assumptions.
    outcome : str
        End-point, as the log names it; empty where the method has none.
    marker, visit : str
        Marker and visit, as the log names them ("metabolic response" at "day14"); empty where the method has none.
    tests : str
        Set of tests that the method names itself: "plasma, detection".
    by_response : bool
        Whether it rests on who is a responder: another cut-off makes it another analysis.
    needs : tuple of str
        Parts of a study without which it cannot be made.
    basis : str
        How far it is known that this was planned.
    """

    name: str
    question: str
    status: str
    method: str
    basis: str
    sensitivity: tuple[str, ...] = ()
    outcome: str = ""
    marker: str = ""
    visit: str = ""
    tests: str = ""
    by_response: bool = False
    needs: tuple[str, ...] = ()


def read_plan(
    document: Mapping[str, Any], *, bases: tuple[str, ...], file: str = "data/protocol.yml"
) -> dict[str, PlannedAnalysis]:
    """The plan of a protocol, in its order.

    Parameters
    ----------
    document : mapping
        Section ``plan`` of the protocol.
    bases : tuple of str
        Allowed bases.
    file : str
        Where it stands, for messages.

    Raises
    ------
    ParameterError
        If an entry has an unknown, missing or wrong field.
    """
    known = set(PlannedAnalysis.__dataclass_fields__) - {"name"}
    needed = {"question", "status", "method", "basis"}
    plan = {}
    for name, entry in document.items():
        where = f"{file}, plan, {name}"
        if set(entry) - known or needed - set(entry):
            raise ParameterError(
                f"the entry has the fields {', '.join(sorted(entry))}",
                where=where,
                expected=f"{', '.join(sorted(needed))}; also allowed: {', '.join(sorted(known - needed))}",
                do="correct the names",
            )
        for field, allowed in (("status", STATUSES), ("basis", bases)):
            if entry[field] not in allowed:
                raise ParameterError(
                    f"{field} is {entry[field]!r}", where=where, expected="one of " + ", ".join(allowed)
                )
        fields: dict[str, Any] = dict(entry)
        fields |= {field: tuple(entry.get(field, ())) for field in ("sensitivity", "needs")}
        plan[name] = PlannedAnalysis(name=name, **fields)
    return plan
