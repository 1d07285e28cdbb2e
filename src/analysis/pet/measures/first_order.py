"""First-order statistics of the uptake in a region, as IBSI defines them: population moments, natural units."""

from __future__ import annotations

import numpy as np


def first_order(values: np.ndarray) -> dict[str, float]:
    """IBSI's 18 intensity-based statistics (family UHIW).

    Variance, skewness and kurtosis are those of the population; kurtosis is in excess of the normal distribution's.
    Percentiles are interpolated linearly. Of a region of one uptake, skewness and kurtosis are 0 (IBSI); a ratio whose
    denominator is 0 is nan, and so is the robust deviation where no value lies between the 10th and 90th percentile.

    Parameters
    ----------
    values : ndarray of float, shape (voxels,)
        Uptake of the region's voxels in any order; at least one.

    Returns
    -------
    dict of str to float
        By IBSI tag, ``stat_mean`` to ``stat_rms``; in units of the uptake, energy in its square.

    References
    ----------
    IBSI reference manual, section 3.3, doi 10.1148/radiol.2020191145.

    >>> found = first_order(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> found["stat_mean"], found["stat_var"], found["stat_energy"]
    (2.5, 1.25, 30.0)
    """
    values = np.asarray(values, float)
    mean, median = values.mean(), np.median(values)
    deviation = values - mean
    variance = float(np.mean(deviation**2))
    # Rounding leaves a variance of about 1e-32 where all values are alike.
    flat = variance <= (1e-12 * max(abs(mean), np.finfo(float).tiny)) ** 2
    p10, p25, p75, p90 = np.percentile(values, (10, 25, 75, 90))
    # A percentile that falls on a value may come out of the interpolation beside it.
    edge = 1e-12 * max(abs(p10), abs(p90))
    middle = values[(values >= p10 - edge) & (values <= p90 + edge)]
    with np.errstate(divide="ignore", invalid="ignore"):
        found = {
            "mean": mean,
            "var": variance,
            "skew": 0.0 if flat else np.mean(deviation**3) / variance**1.5,
            "kurt": 0.0 if flat else np.mean(deviation**4) / variance**2 - 3,
            "median": median,
            "min": values.min(),
            "p10": p10,
            "p90": p90,
            "max": values.max(),
            "iqr": p75 - p25,
            "range": np.ptp(values),
            "mad": np.abs(deviation).mean(),
            "rmad": np.abs(middle - middle.mean()).mean() if middle.size else np.nan,
            "medad": np.abs(values - median).mean(),
            "cov": np.sqrt(variance) / mean,
            "qcod": (p75 - p25) / (p75 + p25),
            "energy": np.sum(values**2),
            "rms": np.sqrt(np.mean(values**2)),
        }
    return {f"stat_{name}": float(value) for name, value in found.items()}
