"""End-points of one study: derived from its assessments where it has them, else as the study gives them, and said so."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.errors import DesignError
from analysis.study import AssessmentSchedule
from analysis.survival.censoring_rules import RULES, CensoringRules
from analysis.survival.endpoints import (
    EndPoint,
    overall_survival,
    progression_free_survival,
    time_to_progression,
)

NEEDED = ("death_day", "last_contact_day", "treatment_end_day", "treatment_end_reason", "new_therapy_day")
"""Columns of outcomes without which nothing can be derived."""

SAME_DAY = 1.0
"""Times differing by no more than this are the same: some registries count the first day as day 1."""


@dataclass(frozen=True, eq=False)
class StudyEndPoints:
    """Progression-free and overall survival of a study, and time to progression where it can be derived.

    Parameters
    ----------
    pfs : EndPoint
        By the primary rules, or as given.
    os, ttp : EndPoint or None
        ``None`` where the study does not hold what they need.
    derived : bool
        Whether progression-free survival was derived from assessments; otherwise it is as the study gives it.
    differences : DataFrame
        Patients whose given time or event differs from the derived one, one row each: ``patient_id, derived_days,
        derived_event, given_days, given_event, reason``. Patient rows: they stay in ``data/``.
    given : int
        Patients for whom the study gives a time to compare with.
    """

    pfs: EndPoint
    os: EndPoint | None
    ttp: EndPoint | None
    derived: bool
    differences: pd.DataFrame
    given: int

    @property
    def times(self) -> pd.DataFrame:
        """One row a patient: ``patient_id, pfs_days, pfs_event, os_days, os_event``; missing where there is none."""
        found = _renamed(self.pfs, "pfs")
        if self.os is None:
            return found.assign(os_days=np.nan, os_event=pd.array([pd.NA] * len(found), dtype="boolean"))
        return found.merge(_renamed(self.os, "os"), on="patient_id", how="outer")

    def difference_table(self) -> pd.DataFrame:
        """Differences counted by what differs and why the derived observation ended: ``differs, reason, patients``."""
        rows = self.differences
        event = rows["derived_event"].ne(rows["given_event"]).to_numpy(bool)
        kind = np.where(event, "whether there is an event", "only the time")
        counted = rows.assign(differs=kind).groupby(["differs", "reason"], sort=True)["patient_id"].size()
        return counted.rename("patients").reset_index()


def study_end_points(
    outcomes: pd.DataFrame,
    assessments: pd.DataFrame | None,
    schedule: AssessmentSchedule,
    *,
    rules: CensoringRules = RULES["documented"],
    reader: str = "local",
) -> StudyEndPoints:
    """End-points of all patients of ``outcomes`` that can have one.

    Parameters
    ----------
    outcomes : DataFrame
        As the study's table; a column that the study lacks may be absent or empty.
    assessments : DataFrame or None
        As the study's table; ``None`` or empty: the times given in ``outcomes`` are taken.
    schedule : AssessmentSchedule
        Planned assessments.
    rules : CensoringRules
        The primary set.
    reader : {"local", "central"}
        Whose reading counts.

    Raises
    ------
    DesignError
        If there is neither an assessment nor a given time.
    """
    given = _as_given(outcomes, "pfs")
    derivable = (
        assessments is not None
        and assessments["reader"].eq(reader).any()
        and set(NEEDED) <= set(outcomes)
        and bool((outcomes["death_day"].notna() | outcomes["last_contact_day"].notna()).any())
    )
    if derivable and assessments is not None:
        pfs = progression_free_survival(
            assessments,
            outcomes,
            rules=rules,
            schedule_days=schedule.planned_days(float(assessments["assessed_day"].max())),
            tolerance_days=schedule.tolerance_days,
            reader=reader,
        )
        return StudyEndPoints(
            pfs,
            overall_survival(outcomes),
            time_to_progression(pfs),
            True,
            _differences(pfs, given),
            len(given),
        )
    if given.empty:
        raise DesignError(
            "the study holds neither assessments nor times of progression-free survival",
            expected="assessments with outcomes, or pfs_days and pfs_event",
            do="say that survival cannot be analysed",
        )
    os = _as_given(outcomes, "os")
    return StudyEndPoints(
        EndPoint("pfs", None, given),
        None if os.empty else EndPoint("os", None, os),
        None,
        False,
        _differences(EndPoint("pfs", None, given.head(0)), given.head(0)),
        len(given),
    )


def _as_given(outcomes: pd.DataFrame, name: str) -> pd.DataFrame:
    """The study's own times in the columns of an end-point; patients without one are left out."""
    columns = [f"{name}_days", f"{name}_event"]
    found = outcomes.reindex(columns=["patient_id", *columns]).dropna(subset=columns)
    event = found[f"{name}_event"].astype(bool).to_numpy()
    return pd.DataFrame(
        {
            "patient_id": found["patient_id"].astype("string"),
            "time": found[f"{name}_days"].astype(float),
            "event": event,
            "kind": pd.array(np.where(event, "event", "censored").tolist(), dtype="string"),
            "reason": pd.array(["as given by the study"] * len(found), dtype="string"),
            "last_free": np.nan,
        }
    ).reset_index(drop=True)


def _renamed(end_point: EndPoint, name: str) -> pd.DataFrame:
    found = end_point.table[["patient_id", "time", "event"]].astype({"event": "boolean"})
    return found.rename(columns={"time": f"{name}_days", "event": f"{name}_event"})


def _differences(derived: EndPoint, given: pd.DataFrame) -> pd.DataFrame:
    both = derived.table.merge(
        given[["patient_id", "time", "event"]], on="patient_id", suffixes=("", "_given")
    )
    differs = (both["time"] - both["time_given"]).abs() > SAME_DAY
    differs |= both["event"].astype(bool) != both["event_given"].astype(bool)
    names = {
        "time": "derived_days",
        "event": "derived_event",
        "time_given": "given_days",
        "event_given": "given_event",
    }
    return both.loc[differs, ["patient_id", *names, "reason"]].rename(columns=names).reset_index(drop=True)
