"""The landmark: whoever is still event-free when the group is known, with the clock started there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class LandmarkSet:
    """Patients event-free and followed beyond the landmark.

    Parameters
    ----------
    day : float
        Nominal landmark, days since treatment start.
    time, event : numpy.ndarray, shape (n,)
        Days since the patient's own landmark, and whether the event was seen, of the kept patients.
    kept : numpy.ndarray of bool, shape (all patients,)
        Mask over the patients given.
    n, n_events : int
        Kept patients and their events.
    excluded, excluded_events : int
        Patients whose time ended on or before the landmark, and how many of them by an event.
    late : int
        Kept patients whose group became known after the nominal day: their clock starts when it did.
    """

    day: float
    time: NDArray[np.float64]
    event: NDArray[np.bool_]
    kept: NDArray[np.bool_]
    n: int
    n_events: int
    excluded: int
    excluded_events: int
    late: int = 0
