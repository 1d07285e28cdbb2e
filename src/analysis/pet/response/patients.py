"""Metabolic response of each patient by a cut-off and a patient rule, and by every combination side by side."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.pet.measures.study_measures import StudyMeasures
from analysis.pet.response.assessable import not_assessable_reasons
from analysis.pet.response.lesion_change import lesion_changes, reaches_cutoff
from analysis.pet.response.patient_rules import RULES, deciding_change, lesions_that_count
from analysis.study import load_protocol

RESPONSES = ("responder", "non_responder", "not_assessable")
METRICS = ("suv_max", "suv_mean", "suv_peak", "sul_peak")


def patient_response(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    metric: str,
    cutoff_percent: float,
    rule: str,
    visit: str,
) -> pd.DataFrame:
    """Response of every patient at one visit; a patient who cannot be assessed is listed with the reason.

    Parameters
    ----------
    measures : StudyMeasures
        From :func:`analysis.pet.measure_study`.
    pet_visits : DataFrame
        Study table ``pet_visits``: every patient in it gets one row.
    metric : str
        Lesion measure, e.g. ``suv_max``.
    cutoff_percent : float
        Decrease in percent of baseline from which a lesion, or the sum, has responded.
    rule : str
        One of ``RULES``.
    visit : str
        ``day14`` or ``day28``.

    Returns
    -------
    DataFrame
        ``patient_id, visit, response, change_percent, reason, lesions, progression, new_lesion, comparable``.
        ``change_percent`` is the value that decides. A new lesion (a contour without one at baseline, or as read)
        makes a non-responder; an uncertain one, a possible flare, does not, and the reason says so.
        ``progression``: a lesion increased by more than the protocol's limit, or is new.
    """
    table, usable = _assessed(measures, pet_visits, metric=metric, visit=visit)
    table["change_percent"] = _deciding_change(table, usable, rule)
    return _responses(table, cutoff_percent)


def response_by_all_rules(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    visits: Sequence[str] = ("day14", "day28"),
    metrics: Sequence[str] = METRICS,
    cutoffs: Sequence[float] = (15.0, 20.0, 25.0, 30.0),
) -> pd.DataFrame:
    """Numbers of responders under every combination of metric, cut-off, patient rule and visit.

    Returns
    -------
    DataFrame
        ``visit, metric, rule, cutoff_percent, responders, non_responders, not_assessable, responder_percent,
        pre_specified``; no patient rows. The pre-specified combination is the protocol's.
    """
    protocol = load_protocol()
    fixed = (
        f"day{protocol.value('response.day')}",
        protocol.value("response.metric"),
        protocol.value("response.patient_rule"),
        float(protocol.value("response.cutoff_percent")),
    )
    rows = []
    for visit in visits:
        for metric in metrics:
            table, usable = _assessed(measures, pet_visits, metric=metric, visit=visit)
            unknown, new = _unknown(table), _is_new(table, "yes")
            for rule in RULES:
                change = _deciding_change(table, usable, rule).to_numpy(dtype=float)
                for cutoff in cutoffs:
                    counts = np.bincount(_classes(change, unknown, new, cutoff), minlength=3)
                    yes, no, missing = (int(count) for count in counts)
                    rows.append(
                        {
                            "visit": visit,
                            "metric": metric,
                            "rule": rule,
                            "cutoff_percent": float(cutoff),
                            "responders": yes,
                            "non_responders": no,
                            "not_assessable": missing,
                            "responder_percent": 100 * yes / (yes + no) if yes + no else np.nan,
                            "pre_specified": (visit, metric, rule, float(cutoff)) == fixed,
                        }
                    )
    return pd.DataFrame(rows)


def _deciding_change(table: pd.DataFrame, usable: pd.DataFrame, rule: str) -> pd.Series:
    return table["patient_id"].map(deciding_change(usable, rule=rule)).astype(float)


def _assessed(
    measures: StudyMeasures, pet_visits: pd.DataFrame, *, metric: str, visit: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """One row a patient with what is new or progressing and why it cannot be assessed; and the lesions that decide.

    The deciding change itself depends on the rule and is still missing.
    """
    protocol = load_protocol()
    changes = lesion_changes(measures.lesions, metric=metric, scans=measures.scans)
    here = changes[changes["visit"] == visit]
    count = lesions_that_count(here, most=int(protocol.value("response.max_target_lesions")))
    reasons = not_assessable_reasons(measures, pet_visits, count, visit=visit)
    table = reasons.rename("reason").reset_index().astype({"patient_id": "string"})
    table["visit"] = visit
    usable = count[count["patient_id"].isin(reasons.index[reasons == ""])]
    table["change_percent"] = np.nan
    table["lesions"] = table["patient_id"].map(usable.groupby("patient_id").size()).fillna(0).astype("Int64")
    limit = float(protocol.value("response.lesion_progression_percent"))
    risen = set(here.loc[here["change_percent"] > limit + 1e-9, "patient_id"])
    table["new_lesion"] = table["patient_id"].map(new_lesions(here, pet_visits, visit=visit)).astype("string")
    table["progression"] = (table["patient_id"].isin(risen) | (table["new_lesion"] == "yes")).astype(
        "boolean"
    )
    scans = measures.scans[measures.scans["visit"] == visit].set_index("patient_id")
    table["comparable"] = table["patient_id"].map(scans["comparable"]).astype("boolean")
    return table, usable


def new_lesions(here: pd.DataFrame, pet_visits: pd.DataFrame, *, visit: str) -> pd.Series:
    """``yes``, ``uncertain`` or ``no`` of each patient: as read, and ``yes`` where a contour is new."""
    read = (
        pet_visits[pet_visits["visit"] == visit]
        .set_index("patient_id")["new_lesion"]
        .fillna("no")
        .astype(object)
    )
    contoured = set(here.loc[here["state"] == "new", "patient_id"])
    # A reader's doubt (flare) outweighs the bare existence of a contour; a reader's plain "no" does not.
    return pd.Series(
        {p: "yes" if p in contoured and value != "uncertain" else value for p, value in read.items()},
        dtype=object,
    )


def _classes(change: np.ndarray, unknown: np.ndarray, new: np.ndarray, cutoff_percent: float) -> np.ndarray:
    """Place of each patient's response in ``RESPONSES``."""
    responded = reaches_cutoff(change, cutoff_percent) & ~new
    return np.where(unknown, 2, np.where(responded, 0, 1))


def _unknown(table: pd.DataFrame) -> np.ndarray:
    return np.asarray(table["reason"] != "", bool)


def _is_new(table: pd.DataFrame, how: str) -> np.ndarray:
    return np.asarray((table["new_lesion"] == how).fillna(False), bool)


def _responses(table: pd.DataFrame, cutoff_percent: float) -> pd.DataFrame:
    unknown, new, flare = _unknown(table), _is_new(table, "yes"), _is_new(table, "uncertain")
    change = np.asarray(table["change_percent"], np.float64)
    response = np.array(RESPONSES, dtype=object)[_classes(change, unknown, new, cutoff_percent)]
    reason = np.asarray(table["reason"], dtype=object).copy()
    reason[new & ~unknown] = "new lesion"
    reason[flare & ~unknown] = "uncertain new lesion (possible flare), not counted"
    found = table.copy()
    found["response"] = pd.array(response.tolist(), dtype="string")
    found["reason"] = pd.array(reason.tolist(), dtype="string")
    found["change_percent"] = found["change_percent"].mask(found["response"] == "not_assessable")
    columns = [
        "patient_id", "visit", "response", "change_percent", "reason", "lesions", "progression", "new_lesion", "comparable",
    ]  # fmt: skip
    return found[columns].astype({"visit": "string"})
