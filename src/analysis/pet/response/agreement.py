"""Day 14 against day 28: whether the two days give the same patients the same response, and the same change."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtri

from analysis.errors import DesignError
from analysis.logbook import logged


@dataclass(frozen=True)
class Agreement:
    """Agreement of two assessments of the same patients; percentages of change are percentage points.

    Parameters
    ----------
    n : int
        Patients assessed at both.
    both_responder, first_only, second_only, neither : int
        Their two-by-two table.
    agreement_percent : float
        Patients with the same response; NaN without patients.
    kappa, kappa_low, kappa_high : float
        Cohen's kappa with its asymptotic 95 % interval; NaN when it is not defined.
    mcnemar_p : float
        Exact McNemar test: does one of the two find more responders?
    pairs : DataFrame
        ``patient_id, first, second, first_response, second_response`` of these patients.
    bias, bias_low, bias_high : float
        Mean of second minus first change, with its 95 % interval.
    sd : float
        Standard deviation of the differences.
    limit_low, limit_high : float
        95 % limits of agreement.
    limit_reach : float
        Half the width of the 95 % interval of each of the limits.
    """

    n: int
    both_responder: int
    first_only: int
    second_only: int
    neither: int
    agreement_percent: float
    kappa: float
    kappa_low: float
    kappa_high: float
    mcnemar_p: float
    pairs: pd.DataFrame
    bias: float
    bias_low: float
    bias_high: float
    sd: float
    limit_low: float
    limit_high: float
    limit_reach: float

    @property
    def switchers(self) -> pd.DataFrame:
        """The patients whose response differs."""
        return self.pairs[self.pairs["first_response"] != self.pairs["second_response"]]


@logged(
    "agreement", measure="kappa", estimate="kappa", low="kappa_low", high="kappa_high", p_value="mcnemar_p"
)
def agreement_of(first: pd.DataFrame, second: pd.DataFrame) -> Agreement:
    """Agreement of two tables of :func:`analysis.pet.patient_response`, such as day 14 and day 28.

    Patients who are not assessable in either are left out, and ``n`` says how many remain.

    Raises
    ------
    DesignError
        If a table has two rows for a patient.

    References
    ----------
    Cohen 1960, doi 10.1177/001316446002000104; Fleiss 1969, doi 10.1037/h0028106 (variance of kappa); McNemar 1947,
    doi 10.1007/BF02295996; Bland and Altman 1986, doi 10.1016/S0140-6736(86)90837-8, and 1999,
    doi 10.1177/096228029900800204 (interval of the limits).
    """
    for table in (first, second):
        if table["patient_id"].duplicated().any():
            raise DesignError("a patient has two responses at one visit", expected="one row a patient")
    known = [t_[t_["response"] != "not_assessable"].set_index("patient_id") for t_ in (first, second)]
    both = known[0].join(known[1], how="inner", lsuffix="_first", rsuffix="_second")
    pairs = pd.DataFrame(
        {
            "patient_id": both.index.to_series().astype("string").to_numpy(),
            "first": both["change_percent_first"].to_numpy(dtype=float),
            "second": both["change_percent_second"].to_numpy(dtype=float),
            "first_response": both["response_first"].to_numpy(),
            "second_response": both["response_second"].to_numpy(),
        }
    )
    yes1, yes2 = (pairs[c].to_numpy() == "responder" for c in ("first_response", "second_response"))
    table = np.array(
        [[(yes1 & yes2).sum(), (yes1 & ~yes2).sum()], [(~yes1 & yes2).sum(), (~yes1 & ~yes2).sum()]]
    )
    n = int(table.sum())
    kappa = cohens_kappa(table)
    discordant = int(table[0, 1] + table[1, 0])
    return Agreement(
        n, int(table[0, 0]), int(table[0, 1]), int(table[1, 0]), int(table[1, 1]),
        100 * float(np.trace(table)) / n if n else math.nan,
        *kappa,
        _mc_nemar(int(table[0, 1]), discordant),
        pairs,
        *_bland_altman(np.asarray(pairs["second"] - pairs["first"], np.float64)),
    )  # fmt: skip


def cohens_kappa(table: NDArray[np.int64]) -> tuple[float, float, float]:
    """Cohen's kappa of a two-by-two table, with its asymptotic 95 % interval; NaN when chance agreement is perfect.

    >>> tuple(round(float(v), 3) for v in cohens_kappa(np.array([[20, 5], [10, 15]])))
    (0.4, 0.151, 0.649)
    """
    n = table.sum()
    if n == 0:
        return math.nan, math.nan, math.nan
    p = table / n
    rows, columns = p.sum(axis=1), p.sum(axis=0)
    observed, expected = float(np.trace(p)), float(rows @ columns)
    if expected >= 1:
        return math.nan, math.nan, math.nan
    kappa = (observed - expected) / (1 - expected)
    diagonal = sum(p[i, i] * ((1 - expected) - (rows[i] + columns[i]) * (1 - observed)) ** 2 for i in (0, 1))
    off = (1 - observed) ** 2 * sum(
        p[i, j] * (columns[i] + rows[j]) ** 2 for i in (0, 1) for j in (0, 1) if i != j
    )
    variance = (diagonal + off - (observed * expected - 2 * expected + observed) ** 2) / (
        n * (1 - expected) ** 4
    )
    reach = float(ndtri(0.975)) * math.sqrt(max(variance, 0.0))
    return kappa, max(kappa - reach, -1.0), min(kappa + reach, 1.0)


def _mc_nemar(first: int, discordant: int) -> float:
    from scipy.stats import (
        binomtest,
    )  # half of the time that a process which only measures would take to start

    return float(binomtest(first, discordant, 0.5).pvalue) if discordant else 1.0


def _bland_altman(differences: NDArray[np.float64]) -> tuple[float, ...]:
    from scipy.stats import t

    known = differences[np.isfinite(differences)]
    if known.size < 2:
        mean = float(known.mean()) if known.size else math.nan
        return mean, math.nan, math.nan, math.nan, math.nan, math.nan, math.nan
    mean, sd = float(known.mean()), float(known.std(ddof=1))
    z, error = float(ndtri(0.975)), sd / math.sqrt(known.size)
    quantile = float(t.ppf(0.975, known.size - 1))
    # Variance of mean ± z sd: sd² (1 / n + z² / 2(n − 1)), Bland and Altman 1999.
    of_limit = quantile * sd * math.sqrt(1 / known.size + z**2 / (2 * (known.size - 1)))
    return mean, mean - quantile * error, mean + quantile * error, sd, mean - z * sd, mean + z * sd, of_limit
