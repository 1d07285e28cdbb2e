"""Risks predicted for each patient by a model that has not seen that patient."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.survival.accuracy import with_marker
from analysis.survival.cox import cox
from analysis.survival.prediction import predicted_survival


@logged("prediction", measure="risk, each patient left out")
def left_out_risks(
    time: ArrayLike, event: ArrayLike, marker: ArrayLike, *, day: float, name: str = "marker"
) -> NDArray[np.float64]:
    """Probability of the event by ``day`` from a Cox model of all other patients.

    Risks learnt from the patients in whom they are judged are well calibrated on average whatever the marker is worth;
    these are not.

    Parameters
    ----------
    time, event : array-like, shape (n,)
        From the landmark at which the marker was known, days.
    marker : array-like of float, shape (n,)
        Missing values are refused.
    day : float
        Horizon, days.
    name : str
        Of the marker, for messages.

    Returns
    -------
    numpy.ndarray of float, shape (n,)
        NaN for a patient without whom the model has no finite estimate or nobody is followed so far.

    Raises
    ------
    DesignError
        For impossible data, fewer than four patients or fewer than two events.

    References
    ----------
    Leave-one-out: Stone 1974, doi 10.1111/j.2517-6161.1974.tb00994.x.

    Examples
    --------
    >>> risks = left_out_risks([30, 50, 80, 120, 160, 200], [1, 1, 0, 1, 1, 0], [5, 1, 2, 0, 3, -2], day=100)
    >>> bool(risks[0] > risks[5])
    True
    """
    seen, values = with_marker(time, event, marker)
    if seen.n < 4:
        raise DesignError(
            f"{seen.n} patients cannot be left out one by one",
            expected="at least four patients with the marker",
        )
    if seen.n_events < 2:
        raise DesignError(
            f"there is {seen.n_events or 'no'} event",
            expected="at least two: a model of the others needs one of its own",
        )
    risks = np.full(seen.n, np.nan)
    for at in range(seen.n):
        others = np.arange(seen.n) != at
        if not seen.event[others].any() or np.ptp(values[others]) == 0:
            continue
        fit = cox(seen.time[others], seen.event[others], values[others], terms=(name,))
        if fit.finite:
            risks[at] = predicted_survival(fit, values[[at], None], [day]).risk[0, 0]
    return risks
