"""Weights that make one trial's patients look, on average, like those of a published one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linprog, minimize

from analysis.errors import DesignError
from analysis.logbook import logged

FEW = 20.0
"""An effective sample size below this carries no comparison that should be believed."""
HEAVY = 0.1
"""A patient with a larger share of the weight is warned of."""

LEAST_WEIGHT = 1e-6
"""Where no weights of mean 1 have a smallest one above this, the targets lie on the edge of the patients."""


@dataclass(frozen=True, eq=False)
class Matching:
    """Weights of a matching-adjusted indirect comparison.

    Parameters
    ----------
    patients : pandas.Index
        Who is weighted: complete in the matched characteristics.
    weights : numpy.ndarray of float, shape (n,)
        Positive, mean 1.
    balance : pandas.DataFrame
        One row a characteristic: characteristic, before (mean), after (weighted mean), target.
    left_out : int
        Patients without a value of some characteristic.
    """

    patients: pd.Index
    weights: NDArray[np.float64]
    balance: pd.DataFrame
    left_out: int
    method: str = "matching-adjusted indirect comparison, method of moments"

    @property
    def n(self) -> int:
        """Patients weighted."""
        return self.weights.size

    @property
    def effective(self) -> float:
        """Effective sample size, (sum of weights)² / sum of squares: patients of equal weight worth as much."""
        return float(self.weights.sum() ** 2 / (self.weights**2).sum())

    @property
    def estimate(self) -> float:
        """The effective sample size, for the log of analyses."""
        return self.effective

    @property
    def warnings(self) -> tuple[str, ...]:
        """What must be said wherever the weights are used."""
        return self.warnings_told(weight_of_one=True)

    def warnings_told(self, *, weight_of_one: bool) -> tuple[str, ...]:
        """The same; without ``weight_of_one`` no number that belongs to a single patient is in it."""
        said = [
            "Two single arms are compared without a common control: every difference that is not among the matched "
            "characteristics passes for an effect of the trial, and nothing in the data can show that it is none."
        ]
        if self.effective < FEW:
            said.append(
                f"The weights leave an effective sample size of {self.effective:.0f} of {self.n}: too few to compare."
            )
        heaviest = self.weights.max() / self.weights.sum()
        if heaviest > HEAVY:
            said.append(
                f"One patient carries {heaviest:.0%} of the weight."
                if weight_of_one
                else "The weights rest on few patients."
            )
        return tuple(said)


@logged("diagnostic", measure="effective sample size")
def matching_weights(patients: pd.DataFrame, targets: Mapping[str, float]) -> Matching:
    """Weights under which the means of the characteristics equal published ones.

    The weights are exp(a'x), with a such that the weighted means are the targets: of all weights that do so they are
    the closest to equal in the sense of entropy.

    Parameters
    ----------
    patients : pandas.DataFrame
        One row a patient, index the patient; the named columns are numbers or yes/no. A patient without one of them is
        left out and counted.
    targets : mapping of str to float
        Published mean of each characteristic: a share of 1 for yes/no.

    Raises
    ------
    DesignError
        If a characteristic or a published mean is missing, nobody is complete, or no positive weights reach the targets, because they lie
        outside of what these patients are, or on its edge.

    References
    ----------
    Signorovitch JE et al. Pharmacoeconomics 2010;28:935-945, doi 10.2165/11538370-000000000-00000.
    Phillippo DM et al. NICE DSU Technical Support Document 18, 2016.

    Examples
    --------
    >>> patients = pd.DataFrame({"bone": [1, 1, 0, 0]})
    >>> found = matching_weights(patients, {"bone": 0.75})
    >>> found.weights.round(6).tolist(), round(found.effective, 6)
    ([1.5, 1.5, 0.5, 0.5], 3.2)
    """
    absent = [name for name in targets if name not in patients]
    if absent or not targets:
        raise DesignError(
            f"the patients have no {', '.join(absent)}" if absent else "there is nothing to match",
            expected="a column for every published characteristic",
            offenders=absent,
        )
    unknown = [name for name, target in targets.items() if not np.isfinite(target)]
    if unknown:
        raise DesignError(
            f"the published mean of {', '.join(unknown)} is not a number",
            expected="a mean for every characteristic",
            do="leave out what is not published",
            offenders=unknown,
        )
    values = patients[list(targets)].apply(pd.to_numeric, errors="coerce").astype("Float64")
    complete = values.dropna()
    if complete.empty:
        raise DesignError(
            "no patient has all of the characteristics", expected="patients complete in " + ", ".join(targets)
        )
    x = complete.to_numpy(dtype=np.float64)
    target = np.array(list(targets.values()), dtype=np.float64)
    centred = x - target
    # Characteristics that these patients share need no weight; the others are put on one scale.
    spread = centred.std(axis=0)
    scaled = centred / np.where(spread > 0, spread, 1.0)
    _refuse_out_of_reach(scaled, list(targets))

    def objective(a: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        logs = scaled @ a
        top = logs.max()
        raised = np.exp(logs - top)
        return float(top + np.log(raised.sum())), scaled.T @ (raised / raised.sum())

    found = minimize(
        objective, np.zeros(target.size), jac=True, method="BFGS", options={"gtol": 1e-12, "maxiter": 500}
    )
    logs = scaled @ found.x
    weights = np.exp(logs - logs.max())
    weights *= weights.size / weights.sum()
    after = weights @ x / weights.sum()
    if not np.allclose(after, target, atol=1e-6):
        raise DesignError(
            "the weights that reach the published means grow without limit",
            expected="published means well inside of what these patients are",
            do="match fewer characteristics",
        )
    balance = pd.DataFrame(
        {"characteristic": list(targets), "before": x.mean(axis=0), "after": after, "target": target}
    )
    return Matching(complete.index, weights, balance, len(patients) - len(complete))


def _refuse_out_of_reach(scaled: NDArray[np.float64], names: list[str]) -> None:
    """Refuse targets outside the convex hull of the patients, or on its edge, where only weights of 0 reach them.

    Of all weights with mean 1 that reach the targets, the linear programme finds those whose smallest is largest.
    """
    n, p = scaled.shape
    # Each weight is the smallest one (last column) and something from 0 upwards.
    held = np.vstack([np.column_stack([scaled.T, scaled.sum(axis=0)]), np.append(np.ones(n), n)])
    best = linprog(
        np.append(np.zeros(n), -1.0), A_eq=held, b_eq=np.append(np.zeros(p), float(n)), method="highs"
    )
    if best.status == 0 and -best.fun > LEAST_WEIGHT:
        return
    pairs = list(zip(names, scaled.T, strict=True))
    alone = [name for name, own in pairs if own.min() > 0 or own.max() < 0]
    if best.status == 0:
        alone = [name for name, own in pairs if own.any() and (own.min() >= 0 or own.max() <= 0)]
    raise DesignError(
        "no weights can make these patients look like the published ones"
        if best.status != 0
        else "the published means lie on the edge of what these patients are: some patients would have to weigh nothing",
        where=", ".join(alone or names),
        expected="published means inside of what these patients are",
        do="match fewer characteristics, or do not compare",
        offenders=alone or names,
    )
