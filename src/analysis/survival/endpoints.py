"""End-points derived from assessments, death and later treatment, under named rules of censoring."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.survival.censoring_rules import CensoringRules

READABLE = ("CR", "PR", "SD", "PD")
"""An assessment that could not be evaluated (NE) shows neither progression nor its absence."""


@dataclass(frozen=True, eq=False)
class EndPoint:
    """One end-point of every patient.

    Parameters
    ----------
    name : str
        ``pfs``, ``os`` or ``ttp``.
    rules : CensoringRules or None
        Rules of progression-free survival; ``None`` where there are none.
    table : DataFrame
        ``patient_id, time, event, kind, reason, last_free``: days from treatment start; ``kind`` is ``progression``,
        ``death``, ``clinical progression``, ``new therapy`` or ``censored``; ``reason`` says why observation ended;
        ``last_free`` is the last day on which the patient is known to have been free of the event, missing where
        the study does not say.
    """

    name: str
    rules: CensoringRules | None
    table: pd.DataFrame

    def intervals(self) -> tuple[np.ndarray, np.ndarray]:
        """Days between which each event lies, (left, right]: the last visit without it, and the first with it.

        A death without progression seen is the upper end too: progression may have come before it unseen. Right is
        infinite where nothing was seen.

        Raises
        ------
        DesignError
            If the study does not say when patients were last free of the event.
        """
        event = self.table["event"].to_numpy(bool)
        time, free = (self.table[name].to_numpy(float) for name in ("time", "last_free"))
        if np.isnan(free).any():
            raise DesignError(
                "the times are given without the assessments between which the events lie",
                expected="an end-point derived from assessments",
                do="say that the interval-censored analysis cannot be made",
            )
        return np.where(event, free, time), np.where(event, time, np.inf)

    def censoring_table(self) -> pd.DataFrame:
        """Patients by kind of end and its reason, with the median time: ``kind, reason, patients, median_days``."""
        grouped = self.table.groupby(["kind", "reason"], sort=True)["time"]
        return grouped.agg(patients="size", median_days="median").reset_index()


def progression_free_survival(
    assessments: pd.DataFrame,
    outcomes: pd.DataFrame,
    *,
    rules: CensoringRules,
    schedule_days: ArrayLike,
    tolerance_days: float = 14.0,
    reader: str = "local",
) -> EndPoint:
    """Progression-free survival of every patient of ``outcomes``.

    Progression is the first assessment read as PD. A visit is missed before an event when it was planned between the
    last readable assessment and the event, and neither is within the tolerance of it.

    Parameters
    ----------
    assessments : DataFrame
        ``patient_id, assessed_day, reader, response``; missing responses count as not evaluable.
    outcomes : DataFrame
        ``patient_id, death_day, last_contact_day, treatment_end_day, treatment_end_reason, new_therapy_day``;
        a missing day means that it did not happen. Other columns are not read: nothing is taken as typed.
    rules : CensoringRules
        One of ``RULES``, or one of your own.
    schedule_days : array-like of float
        Planned days of assessment, rising.
    tolerance_days : float
        How early or late a visit may be without counting as missed.
    reader : {"local", "central"}
        Whose reading counts.

    Raises
    ------
    DesignError
        If a patient with assessments has no outcome, or death comes before a progression (patients named).

    References
    ----------
    RECIST 1.1, doi 10.1016/j.ejca.2008.10.026; the rules name their own source.
    """
    known = outcomes.set_index("patient_id")
    seen = assessments[(assessments["reader"] == reader) & assessments["response"].isin(READABLE)]
    _refuse_strangers(seen, known)
    first_pd = seen[seen["response"] == "PD"].groupby("patient_id")["assessed_day"].min()
    progression = first_pd.reindex(known.index).to_numpy(float)
    death = known["death_day"].to_numpy(float)
    _refuse_order(known.index, progression, death)
    therapy = known["new_therapy_day"].to_numpy(float)
    stopped = known["treatment_end_day"].where(known["treatment_end_reason"].eq("progression").fillna(False))
    clinical = stopped.to_numpy(float)
    candidates = {
        "progression": progression,
        "clinical progression": clinical,
        "death": death,
        "new therapy": therapy,
    }
    if not rules.clinical_progression:
        candidates.pop("clinical progression")
    if rules.new_therapy != "event":
        candidates.pop("new therapy")
    days = np.column_stack(list(candidates.values()))
    open_ended = np.where(np.isnan(days), np.inf, days)
    event_day, which = open_ended.min(axis=1), open_ended.argmin(axis=1)
    happened = np.isfinite(event_day)
    kind = np.where(happened, np.array(list(candidates))[which], "censored").astype(object)

    stopped_by_therapy = (therapy < event_day) & (rules.new_therapy == "censor")
    last = _last_readable(seen, known.index, np.where(happened, event_day, np.inf), strictly=True)
    planned = np.asarray(schedule_days, float)
    missed = np.searchsorted(planned, np.where(happened, event_day, 0.0) - tolerance_days, side="left")
    missed = missed - np.searchsorted(planned, last + tolerance_days, side="right")
    allowed = np.inf if rules.missed_visits is None else rules.missed_visits
    after_gap = happened & ~stopped_by_therapy & (kind != "new therapy") & (missed > allowed)
    censored = ~happened | stopped_by_therapy | after_gap
    end = np.where(happened, event_day, last)
    end = np.where(after_gap, last, end)
    end = np.where(stopped_by_therapy, _last_readable(seen, known.index, therapy, strictly=False), end)
    reason = np.select(
        [
            stopped_by_therapy,
            after_gap,
            ~censored,
            (end == 0) & censored,
            ~np.isnan(clinical),
        ],
        [
            "another treatment began before progression",
            "event after missed visits",
            "event",
            "no readable assessment after treatment start",
            "treatment ended for progression that no assessment shows",
        ],
        "no progression at the last readable assessment",
    )
    if rules.at_planned_visits:
        end = _on_planned_days(end, censored, kind, planned, tolerance_days)
    table = pd.DataFrame(
        {
            "patient_id": known.index.astype("string"),
            "time": end.astype(float),
            "event": ~censored,
            "kind": pd.array(np.where(censored, "censored", kind).tolist(), dtype="string"),
            "reason": pd.array(reason.tolist(), dtype="string"),
            "last_free": np.where(censored, end, np.minimum(last, end)),
        }
    )
    return EndPoint("pfs", rules, table)


def _on_planned_days(
    end: np.ndarray, censored: np.ndarray, kind: np.ndarray, planned: np.ndarray, tolerance: float
) -> np.ndarray:
    """Progression on the planned day that shows it or the next, censoring on the last planned day; deaths stay."""
    days = np.concatenate([[0.0], planned])
    following = days[np.minimum(np.searchsorted(days, end - tolerance, side="left"), days.size - 1)]
    before = days[np.searchsorted(days, end + tolerance, side="right") - 1]
    return np.where(censored, np.where(end > 0, before, 0.0), np.where(kind == "death", end, following))


def time_to_progression(pfs: EndPoint) -> EndPoint:
    """Time to progression from progression-free survival: deaths without progression compete, and are no events.

    ``kind`` keeps them apart for :func:`analysis.survival.cumulative_incidence`.
    """
    table = pfs.table.copy()
    died = table["kind"].eq("death").to_numpy(bool)
    table["event"] = table["event"].to_numpy(bool) & ~died
    table.loc[died, "reason"] = "death without progression"
    return EndPoint("ttp", pfs.rules, table)


def overall_survival(outcomes: pd.DataFrame) -> EndPoint:
    """Overall survival: death, else censored on the last day known alive.

    Raises
    ------
    DesignError
        If a patient has neither day (patients named).
    """
    death, contact = outcomes["death_day"].to_numpy(float), outcomes["last_contact_day"].to_numpy(float)
    died = ~np.isnan(death)
    time = np.where(died, death, contact)
    lost = outcomes.loc[np.isnan(time), "patient_id"].astype(str).tolist()
    if lost:
        raise DesignError(
            f"{len(lost)} patients have neither a day of death nor a last contact", where="outcomes: " + ", ".join(lost[:8]),
            expected="one of the two", do="ask the site", offenders=lost,
        )  # fmt: skip
    table = pd.DataFrame(
        {
            "patient_id": outcomes["patient_id"].astype("string"),
            "time": time,
            "event": died,
            "kind": pd.array(np.where(died, "death", "censored").tolist(), dtype="string"),
            "reason": pd.array(np.where(died, "event", "alive at last contact").tolist(), dtype="string"),
            "last_free": time,
        }
    )
    return EndPoint("os", None, table.reset_index(drop=True))


def _last_readable(
    seen: pd.DataFrame, patients: pd.Index, limit: np.ndarray, *, strictly: bool
) -> np.ndarray:
    """Day of each patient's last readable assessment without progression up to a limit; 0 where there is none."""
    bounds = pd.Series(np.where(np.isnan(limit), np.inf, limit), index=patients)
    ends = seen["patient_id"].map(bounds).to_numpy(float)
    day = seen["assessed_day"].to_numpy(float)
    before = (day < ends) if strictly else (day <= ends)
    stable = seen[before & seen["response"].ne("PD").to_numpy(bool)]
    last = stable.groupby("patient_id")["assessed_day"].max().reindex(patients)
    return np.maximum(last.fillna(0.0).to_numpy(float), 0.0)


def _refuse_strangers(seen: pd.DataFrame, known: pd.DataFrame) -> None:
    strangers = sorted(set(seen["patient_id"].astype(str)) - set(known.index.astype(str)))
    if strangers:
        raise DesignError(
            f"{len(strangers)} patients have assessments but no outcome", where="assessments: " + ", ".join(strangers[:8]),
            expected="a row of outcomes for each", do="add the row, or correct the patient's name", offenders=strangers,
        )  # fmt: skip


def _refuse_order(patients: pd.Index, progression: np.ndarray, death: np.ndarray) -> None:
    wrong = patients[death < progression].astype(str).tolist()
    if wrong:
        raise DesignError(
            f"death comes before progression in {len(wrong)} patients", where=", ".join(wrong[:8]),
            expected="no assessment after death", do="correct whichever day is wrong", offenders=wrong,
        )  # fmt: skip
