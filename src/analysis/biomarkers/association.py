"""A marker against response: one association a marker."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.biomarkers.contingency import fisher_exact
from analysis.biomarkers.exact_test import ExactTest
from analysis.biomarkers.two_samples import rank_sum
from analysis.errors import refuse_repeated
from analysis.logbook import logged

RESISTANT, SENSITIVE = "non_responder", "responder"
"""Groups of the patient table of PET response; any other value (not_assessable) takes no part."""


@dataclass(frozen=True)
class Group:
    """One group of an association: patients with the marker known, and what the marker is in them.

    ``positive`` is the number with the marker (None for a marker on a scale); ``median``, ``q1`` and
    ``q3`` describe a marker on a scale (NaN otherwise).
    """

    label: str
    n: int
    positive: int | None = None
    median: float = math.nan
    q1: float = math.nan
    q3: float = math.nan


@dataclass(frozen=True)
class Association:
    """A marker's association with response.

    Parameters
    ----------
    name : str
        The marker, in words.
    n : int
        Patients with marker and response both known.
    groups : tuple of Group
        Non-responders first, then responders.
    measure : str
        What ``estimate`` is: ``odds ratio`` (above 1: the marker goes with non-response) or
        ``location shift`` (above 0: the marker is higher in non-responders).
    estimate, low, high : float
        Effect with 95 % interval; NaN where it is not bounded.
    p_value, q_value : float
        Two-sided; q is Benjamini–Hochberg within ``family``. NaN where nothing could be tested.
    family : str
        The declared family of tests; empty before :func:`analysis.biomarkers.with_q_values`.
    method, reason, warnings
        As in :class:`analysis.biomarkers.ExactTest`.
    """

    name: str
    n: int
    groups: tuple[Group, ...]
    measure: str
    estimate: float
    low: float
    high: float
    p_value: float
    method: str
    q_value: float = math.nan
    family: str = ""
    reason: str = ""
    warnings: tuple[str, ...] = ()


def _from(test: ExactTest, name: str, groups: tuple[Group, ...]) -> Association:
    return Association(
        name=name,
        n=test.n,
        groups=groups,
        measure=test.measure,
        estimate=test.estimate,
        low=test.low,
        high=test.high,
        p_value=test.p_value,
        method=test.method,
        reason=test.reason,
        warnings=test.warnings,
    )


def one_a_patient(values: pd.Series, what: str) -> pd.Series:
    """Return the values, or refuse them: a patient who stands twice would be counted twice.

    Raises
    ------
    DesignError
        If an index entry (patient_id) occurs more than once.
    """
    refuse_repeated(values.index, what, do="select one visit")
    return values


def _response(response: pd.Series) -> pd.Series:
    text = one_a_patient(response, "response").astype("string")
    return text[text.isin([RESISTANT, SENSITIVE])]


@logged("association")
def binary_association(name: str, marker: pd.Series, *, response: pd.Series) -> Association:
    """Association of a yes/no marker with response: Fisher's exact test.

    Parameters
    ----------
    name : str
        The marker, in words.
    marker : pandas.Series of "boolean"
        Whether the patient has the marker, by patient_id; <NA> is unknown.
    response : pandas.Series of text
        responder or non_responder, by patient_id; anything else takes no part.

    Returns
    -------
    Association
        The odds ratio is above 1 when the marker goes with non-response.

    Raises
    ------
    DesignError
        If a patient stands more than once.
    """
    known = one_a_patient(marker, name).astype("boolean").dropna()
    called = _response(response)
    shared = known.index.intersection(called.index)
    has = np.asarray(known[shared], dtype=bool)
    resists = np.asarray(called[shared] == RESISTANT, dtype=bool)
    counts = np.array(
        [
            [int((has & resists).sum()), int((has & ~resists).sum())],
            [int((~has & resists).sum()), int((~has & ~resists).sum())],
        ]
    )
    groups = tuple(
        Group(label, int(counts[:, column].sum()), positive=int(counts[0, column]))
        for column, label in enumerate((RESISTANT, SENSITIVE))
    )
    return _from(fisher_exact(counts), name, groups)


@logged("association")
def scale_association(name: str, marker: pd.Series, *, response: pd.Series) -> Association:
    """Association of a marker on a scale with response: Wilcoxon's exact rank-sum test.

    Parameters
    ----------
    name, response
        As in :func:`binary_association`.
    marker : pandas.Series of float
        Value by patient_id; NaN is unknown. Values below a limit of detection stand at the limit.

    Returns
    -------
    Association
        The Hodges–Lehmann shift is above 0 when the marker is higher in non-responders.

    Raises
    ------
    DesignError
        If a patient stands more than once, or a value is infinite.
    """
    known = one_a_patient(marker, name).astype("float64").dropna()
    called = _response(response)
    shared = known.index.intersection(called.index)
    values: dict[str, np.ndarray] = {
        label: np.asarray(known[shared][(called[shared] == label).astype(bool)])
        for label in (RESISTANT, SENSITIVE)
    }
    tested = rank_sum(values[RESISTANT], values[SENSITIVE])
    return _from(tested, name, tuple(_scale_group(label, found) for label, found in values.items()))


def _scale_group(label: str, values: np.ndarray) -> Group:
    if not values.size:
        return Group(label, 0)
    q1, median, q3 = np.quantile(values, np.array([0.25, 0.5, 0.75])).tolist()
    return Group(label, values.size, median=median, q1=q1, q3=q3)
