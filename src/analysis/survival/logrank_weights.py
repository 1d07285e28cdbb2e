"""How much each event time counts in a log-rank test."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError

Floats = NDArray[np.float64]

WEIGHTS = ("log-rank", "gehan", "tarone-ware", "peto", "fleming-harrington")
"""``log-rank``: all alike; ``gehan``: number at risk; ``tarone-ware``: its square root; ``peto``: a survival estimate;
``fleming-harrington``: S(t−)^rho · (1 − S(t−))^gamma."""


def refuse_unknown_weights(weights: str, rho: float, gamma: float) -> None:
    """Refuse a name that is none of :data:`WEIGHTS`, and exponents that are negative or would be ignored."""
    if weights not in WEIGHTS:
        raise DesignError(f"weights {weights!r} are unknown", expected="one of " + ", ".join(WEIGHTS))
    if not (np.isfinite([rho, gamma]).all() and rho >= 0 and gamma >= 0):
        raise DesignError(f"rho {rho} and gamma {gamma}", expected="numbers from 0 upwards")
    if (rho or gamma) and weights not in ("log-rank", "fleming-harrington"):
        raise DesignError(
            f"weights {weights!r} have no rho and gamma", expected="weights='fleming-harrington'"
        )


def event_weights(dead: Floats, alive: Floats, *, weights: str, rho: float, gamma: float) -> Floats:
    """Weight of each distinct time, shape (k,), from the pooled events ``dead`` and numbers at risk ``alive``.

    References
    ----------
    Gehan 1965, doi 10.1093/biomet/52.1-2.203; Tarone and Ware 1977, doi 10.1093/biomet/64.1.156; Peto and Peto 1972,
    doi 10.2307/2344317; Fleming and Harrington 1991. R's survdiff(rho) is ``fleming-harrington`` with that rho.
    """
    if weights == "gehan":
        return alive.astype(float)
    if weights == "tarone-ware":
        return np.sqrt(alive)
    if weights == "peto":
        return np.asarray(np.cumprod(1 - dead / (alive + 1)), dtype=np.float64)
    if not (rho or gamma):
        return np.ones(alive.shape)
    before = np.concatenate([[1.0], np.cumprod(1 - dead / alive)[:-1]])
    return before**rho * (1 - before) ** gamma


def weights_text(weights: str, rho: float, gamma: float) -> str:
    """Name of the test, as it is printed."""
    names = {
        "gehan": "Gehan-Breslow-Wilcoxon test",
        "tarone-ware": "Tarone-Ware test",
        "peto": "Peto-Peto test",
    }
    if weights in names:
        return names[weights]
    if not (rho or gamma):
        return "log-rank test"
    return f"weighted log-rank test, rho {rho:g}" + (f", gamma {gamma:g}" if gamma else "")
