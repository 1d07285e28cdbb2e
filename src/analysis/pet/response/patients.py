"""Metabolic response of each patient by a lesion rule and a patient rule, and by every combination side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.logbook import logged
from analysis.pet.measures.study_measures import StudyMeasures
from analysis.pet.response.assessable import not_assessable_reasons
from analysis.pet.response.lesion_arrays import LesionArrays, arrays_of
from analysis.pet.response.lesion_change import lesion_changes
from analysis.pet.response.lesion_rules import LesionRule, lesion_rules, trial_rule
from analysis.pet.response.patient_rules import RULES, PatientRule, decided, lesions_that_count
from analysis.study import load_protocol

RESPONSES = ("responder", "non_responder", "not_assessable")
METRICS = (
    "suv_max",
    "suv_mean",
    "suv_peak",
    "sul_peak",
    "mtv_baseline_threshold_ml",
    "tlg_baseline_threshold_g",
)
"""Measures that are compared; volumes and glycolysis under the baseline's threshold, so that cooling cannot raise them."""


def _share_without_response(table: pd.DataFrame) -> dict[str, float]:
    """For the log: share of non-responders among the patients who could be assessed."""
    known = table["response"][table["response"] != RESPONSES[2]]
    return {"estimate": float((known == RESPONSES[1]).mean()), "n": len(known)}


@logged("classification", measure="share without response", summary=_share_without_response)
def patient_response(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    visit: str,
) -> pd.DataFrame:
    """Response of every patient at one visit; a patient who cannot be assessed is listed with the reason.

    Parameters
    ----------
    measures : StudyMeasures
        From :func:`analysis.pet.measure_study`.
    pet_visits : DataFrame
        Study table ``pet_visits``: every patient in it gets one row.
    lesion_rule : LesionRule
        The measure and what makes a lesion respond.
    patient_rule : PatientRule
        How lesions make the patient's response.
    visit : str
        ``day14`` or ``day28``.

    Returns
    -------
    DataFrame
        ``patient_id, visit, response, change_percent, reason, lesions, progression, new_lesion, comparable``.
        ``change_percent`` is the value that decides. A new lesion (a contour without one at baseline, or as read)
        makes a non-responder unless the rule ignores it; an uncertain one, a possible flare, does not, and the reason
        says so. ``progression``: a lesion increased by more than the rule's limit, or is new.
    """
    seen = assess(measures, pet_visits, lesion_rule=lesion_rule, visit=visit)
    table = seen.patients.copy()
    table["change_percent"] = seen.decided(patient_rule, lesion_rule)
    each = lesion_rule.changes(seen.lesions.before, seen.lesions.after)
    risen = np.any(lesion_rule.progresses(each), axis=-1)
    rising = np.array(seen.lesions.patients, dtype=object)[risen]
    new = seen.new(lesion_rule)
    table["progression"] = pd.array(
        (table["patient_id"].isin(rising).to_numpy(dtype=bool) | new).tolist(), dtype="boolean"
    )
    return _responses(table, new, lesion_rule)


@dataclass(frozen=True, eq=False)
class Assessed:
    """What is known of all patients at one visit before a rule decides.

    Parameters
    ----------
    patients : DataFrame
        ``patient_id, visit, reason, lesions, new_lesion, comparable``; the reason is empty where a response can be
        assessed.
    lesions : LesionArrays
        Of the patients that have lesions.
    """

    patients: pd.DataFrame
    lesions: LesionArrays

    def decided(self, patient_rule: PatientRule, lesion_rule: LesionRule) -> np.ndarray:
        """Deciding change of each patient in percent; missing where it cannot be assessed."""
        arrays = self.lesions
        values = decided(patient_rule, lesion_rule, arrays.deciding, arrays.after, arrays.volume)
        by_name = dict(zip(arrays.patients, values.tolist(), strict=True))
        found = self.patients["patient_id"].map(by_name).astype(float).to_numpy()
        return np.where(self.unknown, np.nan, found)

    @property
    def unknown(self) -> np.ndarray:
        """Whether each patient cannot be assessed."""
        return np.asarray(self.patients["reason"] != "", bool)

    def new(self, lesion_rule: LesionRule) -> np.ndarray:
        """Whether a new lesion counts against each patient."""
        has_new = np.asarray((self.patients["new_lesion"] == "yes").fillna(False), bool)
        return has_new & (lesion_rule.new == "progresses")


def assess(
    measures: StudyMeasures, pet_visits: pd.DataFrame, *, lesion_rule: LesionRule, visit: str
) -> Assessed:
    """Lesions, new lesions and reasons of every patient at one visit, for the measure of a lesion rule."""
    protocol = load_protocol()
    changes = lesion_changes(
        measures.lesions, metric=lesion_rule.metric, scans=measures.scans, matches=measures.matches
    )
    here = changes[changes["visit"] == visit].copy()
    if lesion_rule.disappeared == "unknown":
        here.loc[here["state"] == "disappeared", "change_percent"] = np.nan
    count = lesions_that_count(here, most=int(protocol.value("response.max_target_lesions")))
    reasons = not_assessable_reasons(measures, pet_visits, count, visit=visit)
    table = reasons.rename("reason").reset_index().astype({"patient_id": "string"})
    table["visit"] = visit
    usable = count[count["patient_id"].isin(reasons.index[reasons == ""])]
    table["lesions"] = table["patient_id"].map(usable.groupby("patient_id").size()).fillna(0).astype("Int64")
    table["new_lesion"] = table["patient_id"].map(new_lesions(here, pet_visits, visit=visit)).astype("string")
    scans = measures.scans[measures.scans["visit"] == visit].set_index("patient_id")
    table["comparable"] = table["patient_id"].map(scans["comparable"]).astype("boolean")
    return Assessed(table, arrays_of(here, counted=count))


def every_lesion_rule(
    measures: StudyMeasures, *, cutoffs: Sequence[float] = (15.0, 20.0, 25.0, 30.0)
) -> list[LesionRule]:
    """The trial's kind of rule for every measure there is and every cut-off, and PERCIST's with its smallest change."""
    known = [metric for metric in METRICS if metric in measures.lesions.columns]
    rules = [trial_rule(metric, cutoff) for metric in known for cutoff in cutoffs]
    return [*rules, lesion_rules()["percist"]] if "sul_peak" in known else rules


@logged("classification", measure="response")
def response_by_all_rules(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    visits: Sequence[str] = ("day14", "day28"),
    lesion_rules: Sequence[LesionRule] | None = None,
    patient_rules: Sequence[PatientRule] = tuple(RULES.values()),
) -> pd.DataFrame:
    """Numbers of responders under every combination of lesion rule, patient rule and visit.

    Parameters
    ----------
    lesion_rules : sequence of LesionRule, optional
        :func:`every_lesion_rule` when not given.

    Returns
    -------
    DataFrame
        ``visit, metric, rule, cutoff_percent, smallest_change, responders, non_responders, not_assessable,
        responder_percent, pre_specified``; no patient rows. The pre-specified combination is the protocol's.
    """
    protocol = load_protocol()
    fixed = (
        f"day{protocol.value('response.day')}",
        trial_rule(protocol.value("response.metric"), protocol.value("response.cutoff_percent")),
        protocol.value("response.patient_rule"),
    )
    seen: dict[tuple[str, str, str], Assessed] = {}
    changes: dict[tuple[str, str, str, str, float], np.ndarray] = {}
    rows = []
    for visit in visits:
        for lesion_rule in lesion_rules or every_lesion_rule(measures):
            kind = (visit, lesion_rule.metric, lesion_rule.disappeared)
            if kind not in seen:
                seen[kind] = assess(measures, pet_visits, lesion_rule=lesion_rule, visit=visit)
            new = seen[kind].new(lesion_rule)
            for rule in patient_rules:
                key = (*kind, rule.name, lesion_rule.smallest_change)
                if key not in changes:
                    changes[key] = seen[kind].decided(rule, lesion_rule)
                counts = np.bincount(_classes(changes[key], new, lesion_rule), minlength=3)
                yes, no, missing = (int(count) for count in counts)
                rows.append(
                    {
                        "visit": visit,
                        "metric": lesion_rule.metric,
                        "rule": rule.name,
                        "cutoff_percent": lesion_rule.response_percent,
                        "smallest_change": lesion_rule.smallest_change,
                        "responders": yes,
                        "non_responders": no,
                        "not_assessable": missing,
                        "responder_percent": 100 * yes / (yes + no) if yes + no else np.nan,
                        "pre_specified": (visit, lesion_rule, rule.name) == fixed,
                    }
                )
    return pd.DataFrame(rows)


def new_lesions(here: pd.DataFrame, pet_visits: pd.DataFrame, *, visit: str) -> pd.Series:
    """``yes``, ``uncertain`` or ``no`` of each patient: as read, and ``yes`` where a contour is new."""
    read = (
        pet_visits[pet_visits["visit"] == visit]
        .set_index("patient_id")["new_lesion"]
        .fillna("no")
        .astype(object)
    )
    contoured = set(here.loc[here["state"] == "new", "patient_id"])
    flaring = set(here.loc[here["state"] == "uncertain", "patient_id"])
    # A reader's doubt (flare) outweighs the bare existence of a contour; a reader's plain "no" does not.
    return pd.Series(
        {
            p: "yes"
            if p in contoured and value != "uncertain"
            else "uncertain"
            if p in flaring and value == "no"
            else value
            for p, value in read.items()
        },
        dtype=object,
    )


def _classes(change: np.ndarray, new: np.ndarray, rule: LesionRule) -> np.ndarray:
    """Place of each patient's response in ``RESPONSES``; without a deciding change nobody can be assessed."""
    return np.where(np.isnan(change), 2, np.where(rule.responds(change) & ~new, 0, 1))


def _responses(table: pd.DataFrame, new: np.ndarray, rule: LesionRule) -> pd.DataFrame:
    change = np.asarray(table["change_percent"], np.float64)
    unknown = np.asarray(table["reason"] != "", bool)
    flare = np.asarray((table["new_lesion"] == "uncertain").fillna(False), bool)
    response = np.array(RESPONSES, dtype=object)[_classes(change, new, rule)]
    reason = np.asarray(table["reason"], dtype=object).copy()
    reason[new & ~unknown] = "new lesion"
    reason[flare & ~unknown] = "uncertain new lesion (possible flare), not counted"
    reason[np.isnan(change) & ~unknown] = f"{rule.metric} or what the rule needs beside it was not measured"
    found = table.copy()
    found["response"] = pd.array(response.tolist(), dtype="string")
    found["reason"] = pd.array(reason.tolist(), dtype="string")
    columns = [
        "patient_id", "visit", "response", "change_percent", "reason", "lesions", "progression", "new_lesion", "comparable",
    ]  # fmt: skip
    return found[columns].astype({"visit": "string"})
