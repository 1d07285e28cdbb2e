"""The histogram of the uptake in a region and its cumulative form, as IBSI defines their features."""

from __future__ import annotations

import numpy as np

from analysis.errors import ParameterError
from analysis.pet.measures.first_order import first_order

_MOST_BINS = 100_000
_SHARED = (
    "mean", "var", "skew", "kurt", "median", "min", "p10", "p90", "max", "iqr", "range", "mad", "rmad", "medad", "cov",
    "qcod",
)  # fmt: skip


def levels_of(values: np.ndarray, *, bin_width: float, lowest: float) -> np.ndarray:
    """Number of the bin of each value, from 1: bins of one width from a fixed start ("fixed bin size").

    Parameters
    ----------
    values : ndarray of float
        Uptake.
    bin_width : float
        Width of a bin, in units of the uptake; above 0.
    lowest : float
        Lower edge of bin 1; no value lies below it.

    Raises
    ------
    ParameterError
        If the width is not above 0, a value lies below the start, or there would be more than 100,000 bins.

    References
    ----------
    IBSI reference manual, section 2.7 (fixed bin size, Q3RU).

    >>> levels_of(np.array([0.0, 0.24, 0.25, 1.0]), bin_width=0.25, lowest=0.0)
    array([1, 1, 2, 5])
    """
    if not bin_width > 0:
        raise ParameterError(f"the bin width is {bin_width:g}", expected="a width above 0")
    if values.min() < lowest:
        raise ParameterError(
            f"uptake {values.min():g} lies below the first bin's edge", expected=f"{lowest:g} or more",
            do="choose a lower start of the histogram",
        )  # fmt: skip
    if (values.max() - lowest) / bin_width >= _MOST_BINS:
        raise ParameterError(
            f"a bin width of {bin_width:g} makes more than {_MOST_BINS} bins", expected="a wider bin"
        )
    return np.floor((values - lowest) / bin_width).astype(np.int64) + 1


def intensity_histogram(levels: np.ndarray) -> dict[str, float]:
    """IBSI's 23 features of the histogram (family ZVCW).

    Of several modes the one closest to the mean counts. The gradient is the central difference of the counts, at both
    ends the one-sided one, over the bins 1 to the highest that is occupied.

    Parameters
    ----------
    levels : ndarray of int, shape (voxels,)
        Bin of each voxel, from 1.

    Returns
    -------
    dict of str to float
        By IBSI tag, ``ih_mean`` to ``ih_min_grad_g``; in bin numbers, entropy in bits.

    References
    ----------
    IBSI reference manual, section 3.4, doi 10.1148/radiol.2020191145.
    """
    statistics = first_order(levels)
    found = {f"ih_{name}": statistics[f"stat_{name}"] for name in _SHARED}
    counts = np.bincount(levels)[1:].astype(float)
    share = counts[counts > 0] / counts.sum()
    modes = np.flatnonzero(counts == counts.max()) + 1
    gradient = np.gradient(counts) if len(counts) > 1 else np.zeros(1)
    found |= {
        "ih_mode": float(modes[np.abs(modes - statistics["stat_mean"]).argmin()]),
        "ih_entropy": float(-(share * np.log2(share)).sum()) + 0.0,
        "ih_uniformity": float((share**2).sum()),
        "ih_max_grad": float(gradient.max()),
        "ih_max_grad_g": float(gradient.argmax() + 1),
        "ih_min_grad": float(gradient.min()),
        "ih_min_grad_g": float(gradient.argmin() + 1),
    }
    return found


def intensity_volume_histogram(levels: np.ndarray, *, bin_width: float, lowest: float) -> dict[str, float]:
    """IBSI's six features of the intensity-volume histogram (family P88C).

    The volume fraction of a bin is the share of voxels in it or above; the intensity fraction runs from 0 in the
    lowest occupied bin to 1 in the highest. A bin's intensity is its lower edge, at or above which that share lies.

    Parameters
    ----------
    levels : ndarray of int, shape (voxels,)
        Bin of each voxel, from 1.
    bin_width, lowest : float
        As for :func:`levels_of`.

    Returns
    -------
    dict of str to float
        ``ivh_v10, ivh_v90`` and their difference as fractions; ``ivh_i10, ivh_i90`` and theirs as uptake.

    References
    ----------
    IBSI reference manual, section 3.5, doi 10.1148/radiol.2020191145.
    """
    counts = np.bincount(levels)
    first, last = int(levels.min()), int(levels.max())
    # Share of voxels at or above bin i, for i up to one beyond the last, where it is 0.
    above = np.append(np.cumsum(counts[::-1])[::-1], 0) / len(levels)
    steps = np.arange(len(above))
    intensity = (steps - first) / max(last - first, 1)

    def volume(share: float) -> float:
        return float(above[steps >= first][np.argmax(intensity[steps >= first] >= share - 1e-12)])

    def uptake(share: float) -> float:
        place = first + int(np.argmax(above[first:] <= share + 1e-12))
        return lowest + (place - 1) * bin_width

    v10, v90 = (volume(0.1), volume(0.9)) if last > first else (1.0, 1.0)
    i10, i90 = uptake(0.1), uptake(0.9)
    return {
        "ivh_v10": v10, "ivh_v90": v90, "ivh_i10": i10, "ivh_i90": i90,
        "ivh_diff_v10_v90": v10 - v90, "ivh_diff_i10_i90": i10 - i90,
    }  # fmt: skip
