"""Published response criteria of each patient: EORTC 1999 and PERCIST 1.0.

The classes are computed on arrays whose last axis is the patient, so that the same code classifies what was measured
and the many truths that could lie behind it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.logbook import logged
from analysis.pet.measures.study_measures import StudyMeasures
from analysis.pet.response.assessable import MISSING_MEASURE
from analysis.pet.response.lesion_arrays import arrays_of
from analysis.pet.response.lesion_change import lesion_changes
from analysis.pet.response.lesion_rules import LesionRule, lesion_rules
from analysis.pet.response.patient_rules import RULES, decided
from analysis.pet.response.patients import Assessed, assess

CLASSES = ("CMR", "PMR", "SMD", "PMD", "not_assessable")
"""Complete and partial metabolic response, stable metabolic disease, progressive metabolic disease."""

CMR, PMR, SMD, PMD, NOT_ASSESSABLE = range(5)
EXTENT = "max_diameter_mm"
"""Column of the lesions with the longest dimension, if it was measured."""

_GROWTH_PERCENT, _GLYCOLYSIS_RATIO, _ROUNDING = 20.0, 1.75, 1e-9


@logged("classification", measure="response")
def eortc_1999(
    measures: StudyMeasures,
    pet_visits: pd.DataFrame,
    *,
    visit: str,
    metric: str = "suv_max",
    after_one_cycle: bool = True,
) -> pd.DataFrame:
    """EORTC 1999 class of every patient at one visit.

    PMD: a new lesion; a lesion or the sum of the lesions that count increased by more than 25 %; or the longest
    dimension of a lesion that counts grew by more than 20 %, where it was measured on contours that a reader drew: one
    at a percentage of the maximum grows as the lesion cools. CMR: all that count have
    disappeared. PMR: the sum decreased by 15 % or more after one cycle, by more than 25 % after more. SMD: neither.

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
    rule = replace(
        lesion_rules()["eortc_one_cycle" if after_one_cycle else "eortc_more_cycles"], metric=metric
    )
    seen = assess(measures, pet_visits, lesion_rule=rule, visit=visit)
    facts = eortc_facts(measures, seen, rule, visit=visit)
    return facts.table(visit, facts.classes(seen.lesions.after))


@dataclass(frozen=True, eq=False)
class EortcFacts:
    """What EORTC 1999 needs to know of the patients that have lesions; arrays over patients."""

    seen: Assessed
    rule: LesionRule
    new: NDArray[np.bool_]
    grown: NDArray[np.bool_]
    reason: NDArray[np.object_]

    def changes(self, after: NDArray[np.float64], before: NDArray[np.float64] | None = None):
        """Change of the sum and of every lesion, percent; ``after`` may have axes before patients and lesions."""
        lesions = self.seen.lesions
        first = lesions.before if before is None else before
        deciding = np.where(lesions.counts, first, np.nan)
        return decided(RULES["sum"], self.rule, deciding, after, lesions.volume), self.rule.changes(
            first, after
        )

    def classes(
        self, after: NDArray[np.float64], before: NDArray[np.float64] | None = None
    ) -> NDArray[np.int64]:
        """Place of each patient's class in ``CLASSES``, shape (…, patients)."""
        total, each = self.changes(after, before)
        lesions = self.seen.lesions
        risen = self.rule.progresses(each).any(axis=-1) | self.rule.progresses(total)
        gone = (lesions.disappeared | ~lesions.counts).all(axis=-1)
        return np.select(
            [self.reason != "", self.new | self.grown | risen, gone, self.rule.responds(total)],
            [NOT_ASSESSABLE, PMD, CMR, PMR],
            default=SMD,
        )

    def table(self, visit: str, classes: NDArray[np.int64]) -> pd.DataFrame:
        """Patient rows of the classes of what was measured, with the reason."""
        total, each = self.changes(self.seen.lesions.after)
        risen = self.rule.progresses(each).any(axis=-1) | self.rule.progresses(total)
        why = np.select(
            [self.reason != "", self.new, risen, classes == PMD, classes == CMR],
            [
                self.reason,
                "new lesion",
                "uptake increased by more than 25 %",
                "longest dimension increased by more than 20 %",
                "all lesions disappeared",
            ],
            default="",
        )
        found = pd.DataFrame({"eortc": classes, "change_percent": total, "reason": why})
        return _table(self.seen, found, "eortc", visit, self.rule)


def eortc_facts(measures: StudyMeasures, seen: Assessed, rule: LesionRule, *, visit: str) -> EortcFacts:
    """Facts of the patients of ``seen.lesions`` for EORTC 1999."""
    reason, new = _of_patients(seen, rule)
    grown = np.zeros(len(new), bool)
    if EXTENT in measures.lesions.columns:
        drawn = measures.lesions
        if "proposal" in drawn:
            drawn = drawn.assign(**{EXTENT: drawn[EXTENT].mask(drawn["proposal"].fillna(False).astype(bool))})
        longest = lesion_changes(drawn, metric=EXTENT, scans=measures.scans, matches=measures.matches)
        # Of one voxel at baseline the length is 0 between centres: no growth can be told from it.
        longest = longest[
            (longest["visit"] == visit)
            & (longest["baseline"] > 0)
            & (longest["change_percent"] > _GROWTH_PERCENT + _ROUNDING)
        ]
        marked = longest["target"].fillna(True).astype(bool)
        grown = np.isin(seen.lesions.patients, longest.loc[marked, "patient_id"].astype(str))
    return EortcFacts(seen, rule, new, grown, reason)


@logged("classification", measure="response")
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
    rule = lesion_rules()["percist"]
    seen = assess(measures, pet_visits, lesion_rule=rule, visit=visit)
    facts = percist_facts(measures, seen, rule, visit=visit)
    return facts.table(visit, facts.classes(seen.lesions.after, seen.lesions.before))


@dataclass(frozen=True, eq=False)
class PercistFacts:
    """What PERCIST 1.0 needs to know of the patients that have lesions; arrays over patients."""

    seen: Assessed
    rule: LesionRule
    new: NDArray[np.bool_]
    reason: NDArray[np.object_]
    liver: NDArray[np.float64]
    glycolysis_before: NDArray[np.float64]
    glycolysis_after: NDArray[np.float64]

    def hottest(self, after: NDArray[np.float64], before: NDArray[np.float64]):
        """SULpeak of the hottest lesion at both times, shape (…, patients)."""
        there = ~np.isnan(self.seen.lesions.before)
        return (np.where(there, values, -np.inf).max(axis=-1) for values in (before, after))

    def classes(
        self,
        after: NDArray[np.float64],
        before: NDArray[np.float64],
        glycolysis_ratio: NDArray[np.float64] | None = None,
    ) -> NDArray[np.int64]:
        """Place of each patient's class in ``CLASSES``, shape (…, patients)."""
        first, second = self.hottest(after, before)
        change = self.rule.changes(first, second)
        ratio = self.glycolysis_ratio() if glycolysis_ratio is None else glycolysis_ratio
        with np.errstate(invalid="ignore"):
            grown = ratio >= _GLYCOLYSIS_RATIO - _ROUNDING
            return np.select(
                [
                    (self.reason != "") & ~self.new,
                    self.new | self.rule.progresses(change) | grown,
                    second < self.liver,
                    self.rule.responds(change),
                ],
                [NOT_ASSESSABLE, PMD, CMR, PMR],
                default=SMD,
            )

    def glycolysis_ratio(self) -> NDArray[np.float64]:
        """Sum of TLG at the visit over that at baseline; missing without one at baseline."""
        with np.errstate(invalid="ignore", divide="ignore"):
            ratio = np.nansum(self.glycolysis_after, axis=-1) / np.nansum(self.glycolysis_before, axis=-1)
        return np.where(np.isfinite(ratio), ratio, np.nan)

    def table(self, visit: str, classes: NDArray[np.int64]) -> pd.DataFrame:
        """Patient rows of the classes of what was measured, with the reason."""
        first, second = self.hottest(self.seen.lesions.after, self.seen.lesions.before)
        risen = self.rule.progresses(self.rule.changes(first, second))
        why = np.select(
            [self.new, self.reason != "", risen, classes == PMD, classes == CMR],
            [
                "new lesion",
                self.reason,
                "SULpeak increased by more than 30 % and 0.8",
                "TLG increased by 75 % or more",
                "no lesion above the liver's mean",
            ],
            default="",
        )
        found = pd.DataFrame(
            {
                "percist": classes,
                "change_percent": (second / first - 1) * 100,
                "change_sul": second - first,
                "reason": why,
            }
        )
        return _table(self.seen, found, "percist", visit, self.rule)


def percist_facts(measures: StudyMeasures, seen: Assessed, rule: LesionRule, *, visit: str) -> PercistFacts:
    """Facts of the patients of ``seen.lesions`` for PERCIST 1.0: comparability, liver, measurability, glycolysis."""
    names = seen.lesions.patients
    reason, new = _of_patients(seen, rule)
    new &= reason == ""  # without both scans nothing can be said
    scans = {(str(row["patient_id"]), str(row["visit"])): row for row in measures.scans.to_dict("records")}
    liver = np.full(len(names), np.nan)
    for place, name in enumerate(names):
        first, second = scans.get((name, "baseline")), scans.get((name, visit))
        if reason[place] or first is None or second is None:
            continue
        liver[place] = second["liver_sul_mean"]
        hottest = np.nanmax(seen.lesions.before[place])
        if not first["comparable"] or not second["comparable"]:
            problem = second["comparability_reason"] or f"baseline: {first['comparability_reason']}"
            reason[place] = f"not comparable: {problem}"
        elif hottest < 1.5 * first["liver_sul_mean"] + 2 * first["liver_sul_sd"]:
            reason[place] = "no measurable lesion: SULpeak below 1.5 × liver mean + 2 SD"
    volumes = lesion_changes(measures.lesions, metric="tlg_g", scans=measures.scans, matches=measures.matches)
    glycolysis = arrays_of(volumes[volumes["visit"] == visit])
    place = {name: row for row, name in enumerate(glycolysis.patients)}
    width = glycolysis.before.shape[1]
    empty = np.full(width, np.nan)
    before, after = (
        np.array([values[place[name]] if name in place else empty for name in names]).reshape(-1, width)
        for values in (glycolysis.before, glycolysis.after)
    )
    return PercistFacts(seen, rule, new, reason, liver, before, after)


def _of_patients(seen: Assessed, rule: LesionRule) -> tuple[NDArray[np.object_], NDArray[np.bool_]]:
    """Reason and new lesion of each patient of the arrays."""
    table = seen.patients.assign(new=seen.new(rule)).set_index("patient_id").loc[seen.lesions.patients]
    return table["reason"].to_numpy(dtype=object, copy=True), table["new"].to_numpy(dtype=bool, copy=True)


def _table(seen: Assessed, found: pd.DataFrame, name: str, visit: str, rule: LesionRule) -> pd.DataFrame:
    """All patients: those of the arrays with their class, the others with the reason why there is none."""
    found = found.assign(patient_id=seen.lesions.patients)
    found[name] = np.array(CLASSES, dtype=object)[found[name].to_numpy()]
    everybody = seen.patients[["patient_id", "reason"]].merge(
        found, on="patient_id", how="left", suffixes=("_before", "")
    )
    everybody["reason"] = everybody["reason"].fillna(everybody["reason_before"])
    everybody[name] = everybody[name].fillna("not_assessable")
    everybody["visit"] = visit
    # A new lesion is progression even where no value is known to compare.
    alone = seen.new(rule) & (seen.patients["reason"] == MISSING_MEASURE).to_numpy(dtype=bool)
    everybody.loc[alone, [name, "reason"]] = ["PMD", "new lesion"]
    unknown = seen.unknown
    sul = ["change_sul"] if name == "percist" else []
    for column in ("change_percent", *sul):
        everybody[column] = everybody[column].astype(float).mask(unknown)
    columns = ["patient_id", "visit", name, "change_percent", *sul, "reason"]
    return everybody[columns].astype(dict.fromkeys(["patient_id", "visit", name, "reason"], "string"))
