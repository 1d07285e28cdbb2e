"""Reconstructed trials beside what their publications print."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.study import PublishedTrial
from analysis.survival import SurvivalCurve, hazard_ratio, kaplan_meier
from analysis.units import months


def arm_of(patients: pd.DataFrame, trial: PublishedTrial, arm: str) -> pd.DataFrame:
    """Reconstructed patients of one arm: days and event.

    Parameters
    ----------
    patients : pandas.DataFrame
        Of :func:`analysis.data.read_kmdata`: dataset, arm, days, event.
    trial : PublishedTrial
        The figure.
    arm : str
        ``trial.experimental`` or ``trial.control``.

    Raises
    ------
    DesignError
        If there are no such patients.
    """
    own = patients[(patients["dataset"] == trial.dataset) & (patients["arm"] == arm)]
    if own.empty:
        raise DesignError(
            f"the reconstructed data hold no arm {arm} of {trial.dataset}",
            expected="the arms named in data/published_trials.csv",
            do="fetch them again by `python -m analysis fetch kmdata`",
        )
    return own[["days", "event"]].reset_index(drop=True)


def arm_curve(patients: pd.DataFrame, trial: PublishedTrial, arm: str, *, label: str = "") -> SurvivalCurve:
    """Kaplan-Meier curve of one reconstructed arm, times in days."""
    own = arm_of(patients, trial, arm)
    return kaplan_meier(own["days"], own["event"], label=label or arm)


@logged("description", measure="hazard ratios of other trials")
def reconstructed_and_printed(patients: pd.DataFrame, trials: Iterable[PublishedTrial]) -> pd.DataFrame:
    """One row a figure: hazard ratio and medians of the reconstructed patients, and those printed.

    Parameters
    ----------
    patients : pandas.DataFrame
        Of :func:`analysis.data.read_kmdata`.
    trials : iterable of PublishedTrial
        Figures whose data set is not among the patients have no row.

    Returns
    -------
    pandas.DataFrame
        dataset, trial, endpoint, comparison, patients, events; hr, hr_low, hr_high (Cox, Efron, Wald limits as
        publications give them) and printed_hr, …; median and control_median in months with limits (log-log) and
        printed_…; gap (absolute difference of the log hazard ratios); basis, source, caution. NaN: not reached, or not
        printed.
    """
    rows = []
    for trial in trials:
        own = patients[patients["dataset"] == trial.dataset]
        if own.empty:
            continue
        arms = {arm: arm_curve(patients, trial, arm) for arm in (trial.experimental, trial.control)}
        ratio = hazard_ratio(
            own["days"], own["event"], own["arm"].tolist(), reference=trial.control, interval="wald"
        )
        row: dict[str, object] = {
            "dataset": trial.dataset,
            "trial": trial.trial,
            "population": trial.population,
            "endpoint": trial.endpoint,
            "comparison": f"{trial.experimental_name} v {trial.control_name}",
            "patients": len(own),
            "events": int(own["event"].sum()),
        }
        numbers = {
            "hr": ((ratio.estimate, ratio.low, ratio.high), trial.hazard_ratio),
            "median": (_median(arms[trial.experimental]), trial.median),
            "control_median": (_median(arms[trial.control]), trial.control_median),
        }
        for name, (ours, printed) in numbers.items():
            for prefix, values in (("", ours), ("printed_", printed)):
                names = (f"{prefix}{name}", f"{prefix}{name}_low", f"{prefix}{name}_high")
                row.update(zip(names, values, strict=True))
        gap = float(abs(np.log(ratio.estimate / trial.hazard_ratio[0])))
        rows.append(
            {**row, "gap": gap, "basis": trial.basis, "source": trial.source, "caution": trial.caution}
        )
    return pd.DataFrame(rows)


def _median(curve: SurvivalCurve) -> tuple[float, float, float]:
    return months(curve.median), months(curve.median_low), months(curve.median_high)
