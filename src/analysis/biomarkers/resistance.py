"""Resistance as an outcome of markers: progression within the protocol's months, and power beside each test."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.association import RESISTANT, SENSITIVE, Association
from analysis.biomarkers.power import Power, fisher_power, rank_sum_power
from analysis.units import days

if TYPE_CHECKING:
    from analysis.study import Protocol

SHORT = {"odds ratio": "OR", "probability of superiority": "P", "hazard ratio": "HR"}
"""Effects in a cell of a table; P is the chance that a value of the first group lies above one of the second."""


def early_progression(outcomes: pd.DataFrame, *, months: float) -> pd.Series:
    """Resistant (progressed or dead within the months), sensitive (event-free beyond), or unknown, by patient.

    Parameters
    ----------
    outcomes : pandas.DataFrame
        patient_id, pfs_days, pfs_event; rows without either are unknown.
    months : float
        From treatment start, months of 30.4375 days.

    Returns
    -------
    pandas.Series of "string"
        ``non_responder``, ``responder`` (the groups of :func:`analysis.biomarkers.binary_association`) or <NA>:
        censored within the months.

    Examples
    --------
    >>> early_progression(pd.DataFrame({"patient_id": list("abc"), "pfs_days": [90, 90, 200],
    ...                                 "pfs_event": [True, False, True]}), months=6).tolist()
    ['non_responder', <NA>, 'responder']
    """
    time = outcomes["pfs_days"].to_numpy(dtype=float, na_value=np.nan)
    event = outcomes["pfs_event"].astype("boolean").fillna(False).to_numpy(dtype=bool)
    horizon = days(months)
    groups = np.full(time.size, None, dtype=object)
    groups[(time <= horizon) & event] = RESISTANT
    groups[time > horizon] = SENSITIVE
    index = pd.Index(outcomes["patient_id"], name="patient_id")
    return pd.Series(pd.array(groups.tolist(), dtype="string"), index=index, name="early_progression")


def association_power(association: Association, protocol: Protocol) -> Power | None:
    """What the test of this association could have found, for the effects the protocol names; None without a test."""
    first, second = association.groups
    if math.isnan(association.p_value) or not first.n or not second.n:
        return None
    target = protocol.value("power.target")
    if first.positive is None or second.positive is None:
        return rank_sum_power(
            first.n, second.n, superiority=protocol.value("power.probability_of_superiority"), target=target
        )
    positive = first.positive + second.positive
    return fisher_power(
        (positive, first.n + second.n - positive),
        (first.n, second.n),
        odds_ratio=protocol.value("power.odds_ratio"),
        target=target,
    )


def power_words(power: Power | None) -> str:
    """Power as a cell of a table: the chance to find the effect named beforehand, and the smallest one findable.

    >>> from analysis.biomarkers.power import hazard_power
    >>> power_words(hazard_power(66, 0.5, hazard_ratio=2))
    '80 % for HR 2; 80 % from HR 1.99'
    """
    if power is None:
        return ""
    what = SHORT[power.measure]
    chance, target = f"{100 * power.power:.0f} %", f"{100 * power.target:.0f} %"
    if not math.isfinite(power.detectable):
        return f"{chance} for {what} {power.effect:g}; {target} never"
    digits = 2 if power.detectable < 10 else 0
    return f"{chance} for {what} {power.effect:g}; {target} from {what} {power.detectable:.{digits}f}"


def power_column(associations: Sequence[Association], protocol: Protocol) -> list[str]:
    """:func:`power_words` of every association, in order."""
    return [power_words(association_power(one, protocol)) for one in associations]
