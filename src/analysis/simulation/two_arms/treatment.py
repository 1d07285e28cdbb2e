"""Simulated treatment of two arms: from the first dose to the last, why it ended, and what came next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.parameters import SimulationParameters
from analysis.simulation.two_arms.course import Observed, by_arm
from analysis.units import DAYS_PER_MONTH


@dataclass(frozen=True, eq=False)
class Treatment:
    """Days since randomisation of each patient, arrays of shape (n,); NaN: never, or still on treatment.

    ``exposed_until`` is the last dose, or the last contact where treatment goes on; NaN for who had no dose.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    reason: NDArray[Any]
    new_therapy: NDArray[np.float64]
    exposed_until: NDArray[np.float64]


def draw_treatment(
    rng: np.random.Generator, patients: pd.DataFrame, observed: Observed, *, parameters: SimulationParameters
) -> Treatment:
    """Draw how long each patient was treated: to progression, toxicity, loss or death, whichever came first.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    patients : DataFrame, n rows
        From :func:`analysis.simulation.two_arms.patients.draw_patients`.
    observed : Observed
        Their courses.
    parameters : SimulationParameters
        Those of ``data/simulation-first-line.yml``.
    """
    n, known = len(patients), parameters
    eve = np.asarray(patients["arm"] == "eve")
    start = np.asarray(patients["treatment_start_day"], float)
    rate = by_arm(eve, known["treatment.toxicity_stop_per_month"]) / DAYS_PER_MONTH
    death = np.where(observed.os_event, observed.os_days, np.inf)
    ends = {
        "progression": observed.found,
        "toxicity": np.ceil(start + rng.exponential(1 / rate)),
        "withdrawal": np.ceil(observed.lost),
        "death": death,
    }
    each = np.stack(list(ends.values()))
    which = np.argmin(np.where(np.isnan(each), np.inf, each), axis=0)
    end = np.maximum(np.take_along_axis(each, which[None], 0)[0], start + 1)
    going_on = ~(end <= observed.os_days)
    end = np.where(going_on, np.nan, np.minimum(end, death))
    reason: NDArray[Any] = np.array(list(ends), dtype=object)[which]
    reason[going_on] = None
    next_day = observed.found + rng.integers(*known["treatment.new_therapy_days"], size=n, endpoint=True)
    goes_on = np.isfinite(observed.found) & (rng.random(n) < by_arm(eve, known["treatment.new_therapy"]))
    return Treatment(
        start=start,
        end=end,
        reason=reason,
        new_therapy=np.where(goes_on & (next_day < observed.os_days), next_day, np.nan),
        exposed_until=np.where(np.isnan(start), np.nan, np.where(going_on, observed.os_days, end)),
    )
