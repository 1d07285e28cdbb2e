"""Published response criteria of each patient: EORTC 1999 and PERCIST 1.0."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pandas as pd

from analysis.pet.measures.study_measures import StudyMeasures
from analysis.pet.response.assessable import not_assessable_reasons
from analysis.pet.response.lesion_change import lesion_changes
from analysis.pet.response.patient_rules import lesions_that_count
from analysis.pet.response.patients import new_lesions
from analysis.study import load_protocol

CLASSES = ("CMR", "PMR", "SMD", "PMD", "not_assessable")
"""Complete and partial metabolic response, stable metabolic disease, progressive metabolic disease."""

_EPSILON = 1e-9


def eortc_1999(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    visit: str,
    metric: str = "suv_max",
    after_one_cycle: bool = True,
) -> pd.DataFrame:
    """EORTC 1999 class of every patient at one visit.

    PMD: a new lesion, or a lesion or the sum of the lesions that count increased by more than 25 %. CMR: all of them
    have disappeared. PMR: the sum decreased by 15 % or more after one cycle, by more than 25 % after more. SMD:
    neither. The criterion's growth of extent (20 % in the longest dimension) is not measured.

    Parameters
    ----------
    measures, pet_visits
        As for :func:`analysis.pet.patient_response`.
    visit : str
        Follow-up visit.
    metric : str
        Measure of uptake.
    after_one_cycle : bool
        Whether one cycle of treatment had been given.

    Returns
    -------
    DataFrame
        ``patient_id, visit, eortc, change_percent, reason``.

    References
    ----------
    Young 1999, doi 10.1016/S0959-8049(99)00229-4.
    """
    rows = []
    for patient, reason, lesions, every, new in _patients(measures, pet_visits, visit, metric):
        change = np.nan
        if not reason:
            change = (lesions["follow_up"].fillna(0).sum() / lesions["baseline"].sum() - 1) * 100
        response, why = _eortc_class(reason, change, lesions, every, new, after_one_cycle)
        rows.append(
            {
                "patient_id": patient,
                "visit": visit,
                "eortc": response,
                "change_percent": change,
                "reason": why,
            }
        )
    return _table(rows, "eortc")


def _eortc_class(
    reason: str, change: float, lesions: pd.DataFrame, every: pd.DataFrame, new: str, one_cycle: bool
) -> tuple[str, str]:
    if reason:
        return "not_assessable", reason
    if new == "yes":
        return "PMD", "new lesion"
    if (every["change_percent"] > 25 + _EPSILON).any() or change > 25 + _EPSILON:
        return "PMD", "uptake increased by more than 25 %"
    if (lesions["state"] == "disappeared").all():
        return "CMR", "all lesions disappeared"
    responded = change <= -15 + _EPSILON if one_cycle else change < -25 - _EPSILON
    return ("PMR" if responded else "SMD"), ""


def percist_1_0(measures: StudyMeasures, pet_visits: pd.DataFrame, *, visit: str) -> pd.DataFrame:
    """PERCIST 1.0 class of every patient at one visit.

    SULpeak of the hottest lesion at each time, which may be another one. Measurable: SULpeak at baseline of at least
    1.5 × liver mean + 2 SD. PMD: a new lesion; +30 % and +0.8, boundaries: > 30 %, ≥ 0.8; or TLG (sum, 41 % of each
    maximum) +75 % or more. CMR: no lesion above the liver's mean. PMR: -30 % and -0.8, both boundaries included.
    Scans that are not comparable make the patient not assessable, unless a lesion is new.

    Returns
    -------
    DataFrame
        ``patient_id, visit, percist, change_percent, change_sul, reason``.

    References
    ----------
    Wahl 2009, doi 10.2967/jnumed.108.057307.
    """
    scans = {
        (str(row["patient_id"]), str(row["visit"])): {str(k): v for k, v in row.items()}
        for row in measures.scans.to_dict("records")
    }
    volumes = lesion_changes(measures.lesions, metric="tlg_g", scans=measures.scans)
    sums = volumes[volumes["visit"] == visit].groupby("patient_id")[["baseline", "follow_up"]].sum()
    glycolyses = {str(patient): (float(b), float(f)) for patient, b, f in sums.itertuples(name=None)}
    rows = []
    for patient, reason, _lesions, every, new in _patients(measures, pet_visits, visit, "sul_peak"):
        row: dict[str, Any] = {
            "patient_id": patient,
            "visit": visit,
            "change_percent": np.nan,
            "change_sul": np.nan,
        }
        if reason:
            row |= {"percist": "not_assessable", "reason": reason}
        else:
            before = float(every["baseline"].max())
            after = float(every["follow_up"].fillna(0.0).max())
            row |= {"change_percent": (after / before - 1) * 100, "change_sul": after - before}
            glycolysis = glycolyses.get(patient)
            first, second = scans[patient, "baseline"], scans[patient, visit]
            row["percist"], row["reason"] = _percist_class(row, before, after, first, second, glycolysis, new)
        rows.append(row)
    return _table(rows, "percist")


def _percist_class(
    row: dict[str, Any],
    before: float,
    after: float,
    first: Mapping[str, Any],
    second: Mapping[str, Any],
    glycolysis: tuple[float, float] | None,
    new: str,
) -> tuple[str, str]:
    if new == "yes":
        return "PMD", "new lesion"
    if np.isnan(before) or np.isnan(after):
        return "not_assessable", "no SUL: height, weight or sex is not known"
    if not first["comparable"] or not second["comparable"]:
        problem = second["comparability_reason"] or f"baseline: {first['comparability_reason']}"
        return "not_assessable", f"not comparable: {problem}"
    if before < 1.5 * first["liver_sul_mean"] + 2 * first["liver_sul_sd"]:
        return "not_assessable", "no measurable lesion: SULpeak below 1.5 × liver mean + 2 SD"
    change, difference = row["change_percent"], row["change_sul"]
    if change > 30 + _EPSILON and difference >= 0.8 - _EPSILON:
        return "PMD", "SULpeak increased by more than 30 % and 0.8"
    if glycolysis is not None and glycolysis[0] > 0 and glycolysis[1] / glycolysis[0] >= 1.75 - _EPSILON:
        return "PMD", "TLG increased by 75 % or more"
    if after < second["liver_sul_mean"]:
        return "CMR", "no lesion above the liver's mean"
    if change <= -30 + _EPSILON and difference <= -0.8 + _EPSILON:
        return "PMR", ""
    return "SMD", ""


def _patients(
    measures: StudyMeasures, pet_visits: pd.DataFrame, visit: str, metric: str
) -> Iterator[tuple[str, str, pd.DataFrame, pd.DataFrame, str]]:
    """Yield patient, reason, lesions that count, all lesions of the baseline, and whether a lesion is new."""
    changes = lesion_changes(measures.lesions, metric=metric, scans=measures.scans)
    here = changes[changes["visit"] == visit]
    count = lesions_that_count(here, most=int(load_protocol().value("response.max_target_lesions")))
    reasons = not_assessable_reasons(measures, pet_visits, count, visit=visit)
    new = new_lesions(here, pet_visits, visit=visit)
    for patient, reason in reasons.items():
        counted, every = count[count["patient_id"] == patient], here[here["patient_id"] == patient]
        yield str(patient), str(reason), counted, every, str(new.get(patient, "no"))


def _table(rows: list[dict[str, Any]], name: str) -> pd.DataFrame:
    columns = [
        "patient_id",
        "visit",
        name,
        "change_percent",
        *(["change_sul"] if name == "percist" else []),
        "reason",
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.astype({"patient_id": "string", "visit": "string", name: "string", "reason": "string"})
