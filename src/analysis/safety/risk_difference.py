"""Difference of two shares of patients, with an interval that keeps its coverage when events are few."""

from __future__ import annotations

import math
from dataclasses import dataclass

import pandas as pd

from analysis.cohort import proportion
from analysis.errors import DesignError
from analysis.logbook import logged

METHOD = "Newcombe's hybrid score interval (method 10)"


@dataclass(frozen=True)
class RiskDifference:
    """Share of the group minus share of the reference, as fractions of 1; ``n`` patients and ``events`` of both."""

    estimate: float
    low: float
    high: float
    n: int
    events: int
    label: str = ""
    method: str = METHOD


@logged("comparison", measure="risk difference")
def risk_difference(k: int, n: int, k_reference: int, n_reference: int, *, label: str = "") -> RiskDifference:
    """Difference of two independent shares with Newcombe's interval.

    Parameters
    ----------
    k, n : int
        Patients with the event, and patients, of the group.
    k_reference, n_reference : int
        The same of the reference.
    label : str
        What is compared, for tables.

    Raises
    ------
    DesignError
        If a count exceeds its number of patients, or a group is empty.

    References
    ----------
    Newcombe RG. Stat Med 1998;17:873-890, method 10,
    doi 10.1002/(SICI)1097-0258(19980430)17:8<873::AID-SIM779>3.0.CO;2-I.

    Examples
    --------
    >>> found = risk_difference(56, 70, 48, 80)
    >>> round(found.estimate, 4), round(found.low, 4), round(found.high, 4)
    (0.2, 0.0524, 0.3339)
    """
    if not (n and n_reference):
        raise DesignError("a group has no patient", expected="patients in both groups")
    one = proportion(k, n, method="wilson")
    two = proportion(k_reference, n_reference, method="wilson")
    difference = one.estimate - two.estimate
    return RiskDifference(
        difference,
        difference - math.hypot(one.estimate - one.low, two.high - two.estimate),
        difference + math.hypot(one.high - one.estimate, two.estimate - two.low),
        n + n_reference,
        k + k_reference,
        label,
    )


@logged("comparison", measure="risk difference", n="patients", events="patients_with_event")
def risk_differences(
    table: pd.DataFrame, *, group: str, reference: str, severe: bool = False
) -> pd.DataFrame:
    """Risk difference of every term of :func:`~analysis.safety.event_table`, group minus reference.

    There is no p value: terms are many and none was singled out in advance.

    Parameters
    ----------
    table : pandas.DataFrame
        Of :func:`~analysis.safety.event_table`.
    group, reference : str
        Two of its groups.
    severe : bool
        Of grade 3 or more, instead of any grade.

    Returns
    -------
    pandas.DataFrame
        term, estimate, low and high in percentage points, patients, patients_with_event, method; in the order of the
        table.

    Raises
    ------
    DesignError
        If a group is not in the table.
    """
    absent = [name for name in (group, reference) if name not in set(table["group"])]
    if absent:
        raise DesignError(
            f"there is no group {', '.join(absent)} in the table of events",
            expected="two of " + ", ".join(map(str, dict.fromkeys(table["group"]))),
            offenders=absent,
        )
    column = "severe" if severe else "any"
    counts = table.set_index(["term", "group"])[[column, "patients"]].astype(int)
    rows = []
    for term in dict.fromkeys(table["term"]):
        (k, n), (k0, n0) = counts.loc[(term, group)], counts.loc[(term, reference)]
        one = risk_difference(int(k), int(n), int(k0), int(n0), label=term)
        rows.append([term, 100 * one.estimate, 100 * one.low, 100 * one.high, one.n, one.events, METHOD])
    columns = ["term", "estimate", "low", "high", "patients", "patients_with_event", "method"]
    return pd.DataFrame(rows, columns=columns)
