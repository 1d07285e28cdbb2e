"""Rules between outcomes and assessments: an event of progression-free survival is one that the trial saw."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error, warning
from analysis.units import DAYS_PER_MONTH

NEAR_DAYS = 7.0
"""The day of a scan and the day its progression is noted differ by a few days; a week is allowed."""

_NO_PROGRESSION = ("CR", "PR", "SD")
_MONTHS = "this looks like months: multiply by 30.4375"


def progression_problems(outcomes: TypedTable, assessments: TypedTable) -> list[Problem]:
    """Events at which nothing happened, and events before an assessment that showed no progression.

    What can end progression-free survival is a PD assessment of either reader, death, or the end of
    treatment for progression, as RECIST does not see clinical progression. Patients with a day that
    cannot be read, or without day 0, are not judged.

    Parameters
    ----------
    outcomes, assessments : TypedTable
        Times in study days.

    Returns
    -------
    list of Problem
        Errors where the assessments contradict the time; warnings where they do not bear it out.

    References
    ----------
    RECIST 1.1, doi 10.1016/j.ejca.2008.10.026.
    """
    needed = {"patient_id", "pfs_days", "pfs_event"}, {"patient_id", "assessed", "reader", "response"}
    if not (needed[0] <= set(outcomes.headers) and needed[1] <= set(assessments.headers)):
        return []
    if not assessments.whole:
        return []
    seen = _evidence(outcomes, assessments)
    event, censored = seen["event"] == 1, seen["event"] == 0
    early = seen["last_stable"] > seen["pfs"] + 1
    away = event & ~seen["at_end"]
    wrong = away & (seen["progressed"] | early | seen["months"])
    problems = []
    for line, row in seen[wrong].iterrows():
        what = f"there is an event on day {row['pfs']:g}, but no progression and no death near it"
        if early[line]:
            what += f", and an assessment without progression on day {row['last_stable']:g}"
        problems.append(
            error(
                outcomes.file,
                what,
                row=int(str(line)),
                column=outcomes.headers["pfs_days"],
                expected="the day of a PD assessment, of death, or of the end of treatment for progression, "
                f"within {NEAR_DAYS:g} days",
                do=_MONTHS if row["months"] else "correct whichever is wrong; the time is in days",
            )
        )
    looked_for = seen["last_stable"].notna() | seen["died"]
    again = event & (seen["stable_again"] > seen["pfs"])
    in_months = censored & seen["months"] & ~seen["at_assessment"] & (seen["last"] > seen["pfs"] + NEAR_DAYS)
    for rows, what, do in (
        (
            seen[away & ~wrong & looked_for],
            "no PD assessment, death or end of treatment for progression bears out the event",
            "check the time, and add the assessment if it was made",
        ),
        (
            seen[again],
            "the reader who saw the progression saw none at a later assessment",
            "check the assessments and the time",
        ),
        (
            seen[in_months],
            "the time is censored on a day without an assessment, and assessments go on long after",
            f"{_MONTHS} if it is",
        ),
    ):
        problems += [
            warning(outcomes.file, what, row=int(str(line)), column=outcomes.headers["pfs_days"], do=do)
            for line in rows.index
        ]
    return problems


def _evidence(outcomes: TypedTable, assessments: TypedTable) -> pd.DataFrame:
    """What is known of the end of each outcome that can be judged, by line of outcomes.

    Columns: ``pfs`` and ``event``; ``at_end``, whether something that can end it lies near, and ``months``,
    whether something would, were the time in months; ``at_assessment``; ``progressed`` and ``died``, ever;
    ``last_stable`` and ``last``, the days of the last assessment without progression and of any;
    ``stable_again``, the last one without progression by a reader who saw the progression near.
    """
    rows = _judged(outcomes, assessments.frame)
    visits = rows.reset_index(names="line").merge(
        assessments.frame[["patient_id", "assessed_day", "response", "reader"]], on="patient_id"
    )
    visits["progressive"] = visits["response"].eq("PD").astype(bool)
    visits["stable"] = visits["response"].isin(_NO_PROGRESSION).astype(bool)
    visits["near"] = (visits["assessed_day"] - visits["pfs"]).abs() <= NEAR_DAYS
    visits["fits"] = _fits_months(visits["pfs"], visits["assessed_day"])
    visits["seen_near"] = visits["progressive"] & visits["near"]
    visits["seen_near"] = visits.groupby(["line", "reader"], dropna=False)["seen_near"].transform("any")

    def any_of(marked: pd.Series) -> pd.Series:
        return pd.Series(rows.index.isin(visits.loc[marked, "line"]), index=rows.index)

    def last_of(marked: pd.Series) -> pd.Series:
        return visits[marked].groupby("line")["assessed_day"].max().reindex(rows.index)

    ends = rows[["death", "stopped"]]
    found = rows[["pfs", "event"]].copy()
    found["at_end"] = any_of(visits["progressive"] & visits["near"])
    found["at_end"] |= (ends.sub(rows["pfs"], axis=0).abs() <= NEAR_DAYS).any(axis=1)
    found["at_assessment"] = any_of(visits["near"])
    found["progressed"] = any_of(visits["progressive"])
    found["died"] = rows["death"].notna()
    found["last_stable"] = last_of(visits["stable"])
    found["last"] = last_of(visits["assessed_day"].notna())
    found["stable_again"] = last_of(visits["stable"] & visits["seen_near"])
    fits_end = _fits_months(rows["pfs"], rows["death"]) | _fits_months(rows["pfs"], rows["stopped"])
    fits_end |= any_of(visits["progressive"] & visits["fits"])
    # Nobody knows when an unseen progression was: in months it would at least come after the last without.
    in_months = rows["pfs"] * DAYS_PER_MONTH + DAYS_PER_MONTH
    fits_end |= (
        ~found["progressed"]
        & (found["last_stable"] > rows["pfs"] + 1)
        & (rows["pfs"] > 0)
        & (in_months >= found["last_stable"])
    )
    found["months"] = fits_end.where(rows["event"] == 1, _fits_months(rows["pfs"], found["last"]))
    return found


def _judged(outcomes: TypedTable, assessments: pd.DataFrame) -> pd.DataFrame:
    """Outcomes that can be judged, by line: the time, its kind, and the days beside it that may end it."""
    stopped = outcomes.values("treatment_end")
    if "treatment_end_reason" in outcomes.headers:
        for_progression = outcomes.frame["treatment_end_reason"].eq("progression").fillna(False)
        stopped = stopped.where(for_progression.astype(bool))
    else:
        stopped[:] = np.nan
    unclear = assessments["assessed_day"].isna() | assessments["response"].isna()
    patient = outcomes.frame["patient_id"]
    rows = pd.DataFrame(
        {
            "patient_id": patient,
            "pfs": outcomes.values("pfs_days"),
            "event": outcomes.values("pfs_event"),
            "death": outcomes.values("death"),
            "stopped": stopped,
        }
    )
    judged = rows["pfs"].notna() & patient.notna() & ~patient.duplicated()
    judged &= ~patient.isin(assessments.loc[unclear, "patient_id"].dropna())
    judged &= ~outcomes.illegible("death") & ~outcomes.illegible("treatment_end")
    return rows[judged.astype(bool)]


def _fits_months(time: pd.Series, day: pd.Series) -> pd.Series:
    """Whether a time in months would be that day, as far as times in months are rounded."""
    off = (time * DAYS_PER_MONTH - day).abs()
    return (time > 0) & ((off <= DAYS_PER_MONTH) | (off <= 0.05 * day))
