"""Which lesion of one scan is which of another: proposed by place and size after alignment, without registration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from analysis.study import load_protocol

_SCALE_MM = 20.0
"""Distance at which the agreement of two places has fallen to 61 %."""
_PRIOR_MM = 60.0
"""By how much two visits' coordinates differ at one body, typically; tells apart shifts that fit equally well."""
_MOST_SHIFTS = 400

COLUMNS = (
    "patient_id", "visit", "lesion_id", "baseline_lesion_id", "state", "score", "doubtful", "reader", "reason",
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Lesions of one scan.

    Parameters
    ----------
    names : sequence of str
        Names of the contours.
    centres : ndarray of float, shape (lesions, 3)
        Centres in patient coordinates, mm: independent of how the patient lay in the scanner.
    volumes : ndarray of float, shape (lesions,)
        Volumes in ml.
    sites : sequence of str
        Organ, empty where it is not known.
    liver : ndarray of float, shape (3,), optional
        Centre of the liver reference, mm: a landmark of the body.
    """

    names: Sequence[str]
    centres: NDArray[np.float64]
    volumes: NDArray[np.float64]
    sites: Sequence[str]
    liver: NDArray[np.float64] | None = None


def shift_between(first: Places, second: Places) -> NDArray[np.float64]:
    """Translation that carries the places of the first scan best onto those of the second, in mm; shape (3,).

    Candidates are no shift, the shift of the liver, and each shift that carries one lesion onto another. The best has
    most lesions near a partner; large departures from the liver's shift (or from none) count against it, as one
    lesion alone fits any shift. Turning and bending are not corrected: the gate must allow for them.

    >>> spots = np.array([[0.0, 0, 0], [50, 0, 0], [0, 80, 10]])
    >>> first = Places("abc", spots, np.ones(3), [""] * 3)
    >>> second = Places("xy", spots[1:] + [0, 0, 30.0], np.ones(2), [""] * 2)
    >>> [float(mm) for mm in shift_between(first, second)]
    [0.0, 0.0, 30.0]
    """
    expected = np.zeros(3)
    if first.liver is not None and second.liver is not None:
        expected = second.liver - first.liver
    if not len(first.centres) or not len(second.centres):
        return expected
    pairs = (second.centres[None] - first.centres[:, None]).reshape(-1, 3)
    # Far shifts cannot win, so that only the nearest to the expected one are tried.
    near = pairs[np.argsort(np.linalg.norm(pairs - expected, axis=1), kind="stable")[:_MOST_SHIFTS]]
    shifts = np.concatenate([np.zeros((1, 3)), expected[None], near])
    gaps = np.linalg.norm(
        first.centres[None, :, None] + shifts[:, None, None] - second.centres[None, None], axis=-1
    )
    nearness = np.exp(-((gaps / _SCALE_MM) ** 2) / 2)
    fit = (nearness.max(axis=2).sum(axis=1) + nearness.max(axis=1).sum(axis=1)) / 2
    departure = np.linalg.norm(shifts - expected, axis=1)
    best = shifts[int(np.argmax(fit - (departure / _PRIOR_MM) ** 2 / 2))]
    return _refined(first, second, best)


def _refined(first: Places, second: Places, shift: NDArray[np.float64]) -> NDArray[np.float64]:
    """The shift moved to the median of the pairs that it brings together, so that no single lesion decides."""
    gaps = second.centres[None] - first.centres[:, None] - shift
    distances = np.linalg.norm(gaps, axis=-1)
    mutual = (distances == distances.min(axis=1, keepdims=True)) & (
        distances == distances.min(axis=0, keepdims=True)
    )
    near = gaps[mutual & (distances <= _SCALE_MM)]
    return shift + np.median(near, axis=0) if len(near) > 2 else shift


def propose_matches(first: Places, second: Places) -> pd.DataFrame:
    """Matches of a follow-up scan's lesions with those of the baseline, each with a score and its doubts.

    Lesions are assigned one to one so that the sum of costs is least: distance after alignment, and half as much the
    ratio of volumes; a different known organ forbids a match. Names are not looked at, but a proposal against equal
    names is doubtful. Uptake is not looked at either: its change is what the match is for.

    Parameters
    ----------
    first, second : Places
        Lesions at baseline and at follow-up.

    Returns
    -------
    DataFrame
        ``lesion_id, baseline_lesion_id, state, score, doubtful, reason``: one row a lesion of the baseline or new at
        follow-up. ``score`` is 1 for the same place and volume. A follow-up scan without any contour says nothing of
        the lesions: ``not_contoured``. A lesion without a partner at baseline is ``new`` where its organ is known not
        to be bone, else ``uncertain`` (a flare cannot be excluded); both are doubtful.

    References
    ----------
    Kuhn HW. The Hungarian method for the assignment problem. Nav Res Logist Q 1955, doi 10.1002/nav.3800020109.
    """
    limits = {
        name: float(load_protocol().value(f"lesion_matching.{name}"))
        for name in ("gate_mm", "doubtful_mm", "doubtful_volume_ratio", "rival_score_ratio")
    }
    gaps = np.linalg.norm(
        second.centres[None] - first.centres[:, None] - shift_between(first, second), axis=-1
    ).reshape(len(first.names), len(second.names))
    ratios = np.exp(np.abs(np.log(second.volumes[None] / first.volumes[:, None])))
    cost = (gaps / _SCALE_MM) ** 2 / 2 + (np.log(ratios) / np.log(limits["doubtful_volume_ratio"])) ** 2 / 4
    differ = np.array(
        [[bool(a) and bool(b) and a != b for b in second.sites] for a in first.sites], bool
    ).reshape(gaps.shape)
    possible = (gaps <= limits["gate_mm"]) & ~differ
    scores = np.where(possible, np.exp(-cost), 0.0)
    pairs = _assigned(np.where(possible, cost, np.inf), limits["gate_mm"])
    rows: list[tuple[str | None, str | None, str, float, list[str]]] = []
    for a, b in pairs:
        doubts = _doubts(first, second, gaps[a, b], ratios[a, b], limits)
        rival = max(np.delete(scores[a], b).max(initial=0.0), np.delete(scores[:, b], a).max(initial=0.0))
        if rival >= limits["rival_score_ratio"] * scores[a, b]:
            doubts.append("another lesion fits nearly as well")
        if second.names[b] != first.names[a] and (
            second.names[b] in first.names or first.names[a] in second.names
        ):
            doubts.append("the names say otherwise")
        rows.append((second.names[b], first.names[a], "same", round(float(scores[a, b]), 3), doubts))
    taken_first, taken_second = {a for a, _ in pairs}, {b for _, b in pairs}
    for a in sorted(set(range(len(first.names))) - taken_first):
        rows.append((None, first.names[a], *_gone(a, second, gaps, differ, limits)))
    for b in sorted(set(range(len(second.names))) - taken_second):
        rows.append((second.names[b], None, *_come(b, first, second, gaps, taken_first)))
    return pd.DataFrame(
        [(*row[:4], bool(row[4]), "; ".join(row[4])) for row in rows],
        columns=["lesion_id", "baseline_lesion_id", "state", "score", "doubtful", "reason"],
    )


def _assigned(cost: NDArray[np.float64], gate_mm: float) -> list[tuple[int, int]]:
    """One-to-one pairs of least total cost; leaving two lesions alone costs as much as the gate."""
    rows, columns = cost.shape
    alone = (gate_mm / _SCALE_MM) ** 2 / 2 + 1.0
    square = np.full((rows + columns, rows + columns), alone / 2)
    square[:rows, :columns] = np.where(np.isfinite(cost), cost, 1e6)
    square[rows:, columns:] = 0.0
    found = zip(*linear_sum_assignment(square), strict=True)
    return [(int(a), int(b)) for a, b in found if a < rows and b < columns]


def _doubts(first: Places, second: Places, gap: float, ratio: float, limits: dict[str, float]) -> list[str]:
    doubts = []
    if gap > limits["doubtful_mm"]:
        doubts.append(f"{gap:.0f} mm apart after alignment")
    if ratio > limits["doubtful_volume_ratio"]:
        doubts.append(f"volumes differ by a factor of {ratio:.1f}")
    if len(first.names) == len(second.names) == 1 and (first.liver is None or second.liver is None):
        doubts.append("a single lesion and no landmark: the place proves nothing")
    return doubts


def _gone(
    a: int, second: Places, gaps: NDArray[np.float64], differ: NDArray[np.bool_], limits: dict[str, float]
) -> tuple[str, float, list[str]]:
    """State, score and doubts of a baseline lesion without a partner."""
    if not second.names:
        return "not_contoured", np.nan, []
    doubts = []
    if (differ[a] & (gaps[a] <= limits["gate_mm"])).any():
        doubts.append("a contour lies near, but is said to be of another organ")
    elif gaps[a].min() <= 2 * limits["gate_mm"]:
        doubts.append(f"the nearest contour is {gaps[a].min():.0f} mm away")
    return "disappeared", np.nan, doubts


def _come(
    b: int, first: Places, second: Places, gaps: NDArray[np.float64], taken: set[int]
) -> tuple[str, float, list[str]]:
    """State, score and doubts of a follow-up lesion without a partner."""
    known_other = bool(second.sites[b]) and second.sites[b] != "bone"
    state = "new" if known_other else "uncertain"
    reach = np.cbrt(3000 * first.volumes / (4 * np.pi)) + np.cbrt(3000 * second.volumes[b] / (4 * np.pi))
    touching = [a for a in sorted(taken) if gaps[a, b] < reach[a]]
    if touching:
        return (
            state,
            np.nan,
            [f"lies within {first.names[touching[0]]}: a part of it (then same), or new beside it"],
        )
    return (
        state,
        np.nan,
        ["no lesion of the baseline near it" + ("" if known_other else "; a flare is not excluded")],
    )
