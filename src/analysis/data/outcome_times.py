"""Rules about one row of outcomes: times of survival that agree with each other and with the dates."""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.data.conversion import TypedTable
from analysis.data.problems import Problem, error
from analysis.units import DAYS_PER_MONTH

TOLERANCE_DAYS = 1.0
"""Times and dates may differ by one day: some registries count the first day as day 1."""


def outcome_problems(outcomes: TypedTable) -> list[Problem]:
    """Survival times that contradict each other or the dates beside them."""
    pfs, os = outcomes.values("pfs_days"), outcomes.values("os_days")
    death, contact = outcomes.values("death"), outcomes.values("last_contact")
    pfs_event, os_event = outcomes.values("pfs_event"), outcomes.values("os_event")
    # A death that is given but illegible is still the end: its last contact is not.
    end = death.where(outcomes.given("death"), contact)
    off = (os - end).abs() > TOLERANCE_DAYS
    in_months = off & (os > 0) & ((os * DAYS_PER_MONTH - end).abs() <= np.maximum(0.05 * end, DAYS_PER_MONTH))
    rules = [
        (
            pfs > os,
            "pfs_days",
            "progression-free survival is longer than overall survival",
            "pfs_days up to os_days",
        ),
        (
            pfs - end > TOLERANCE_DAYS,
            "pfs_days",
            "progression-free survival goes beyond death or last contact",
            "a time up to it",
        ),
        (
            off,
            "os_days",
            "overall survival does not end at death or last contact",
            "the day of death, else of last contact",
        ),
        (
            (pfs_event == 1) & ~outcomes.given("pfs_days"),
            "pfs_days",
            "there is an event without its time",
            "the time of the event",
        ),
        (
            (os_event == 1) & ~outcomes.given("os_days"),
            "os_days",
            "there is a death without its time",
            "the time of death",
        ),
        (
            (pfs_event == 0) & ~outcomes.given("pfs_days"),
            "pfs_days",
            "there was no event, and until when is not said",
            "the time without it",
        ),
        (
            (os_event == 0) & ~outcomes.given("os_days"),
            "os_days",
            "there was no death, and until when is not said",
            "the time to last contact",
        ),
        (
            pfs.notna() & ~outcomes.given("pfs_event"),
            "pfs_event",
            "there is a time without whether it ended in an event",
            "yes or no",
        ),
        (
            os.notna() & ~outcomes.given("os_event"),
            "os_event",
            "there is a time without whether it ended in death",
            "yes or no",
        ),
        (
            (os_event == 0) & outcomes.given("death"),
            "os_event",
            "os_event says no, yet there is a day of death",
            "yes",
        ),
    ]
    rules += _central_rules(outcomes, os, end)
    if "death" in outcomes.headers:
        rules.append(
            (
                (os_event == 1) & ~outcomes.given("death"),
                "death",
                "os_event says yes, yet there is no day of death",
                "the day of death",
            )
        )
    problems = []
    for wrong, name, what, expected in rules:
        if name not in outcomes.headers:
            continue
        for line in outcomes.frame.index[wrong.to_numpy(dtype=bool)]:
            months = name == "os_days" and bool(in_months[line])
            problems.append(
                error(
                    outcomes.file,
                    what,
                    row=int(line),
                    column=outcomes.headers[name],
                    expected=expected,
                    do="this looks like months: multiply by 30.4375"
                    if months
                    else "correct whichever of the two is wrong",
                )
            )
    return problems


def _central_rules(
    outcomes: TypedTable, os: pd.Series, end: pd.Series
) -> list[tuple[pd.Series, str, str, str]]:
    """The same for progression-free survival as the central readers see it."""
    time, event = outcomes.values("pfs_central_days"), outcomes.values("pfs_central_event")
    return [
        (
            (time > os) | (time - end > TOLERANCE_DAYS),
            "pfs_central_days",
            "progression-free survival by central reading is longer than survival",
            "a time up to death or last contact",
        ),
        (
            (event == 1) & ~outcomes.given("pfs_central_days"),
            "pfs_central_days",
            "there is an event without its time",
            "the time of the event",
        ),
        (
            (event == 0) & ~outcomes.given("pfs_central_days"),
            "pfs_central_days",
            "there was no event, and until when is not said",
            "the time without it",
        ),
        (
            time.notna() & ~outcomes.given("pfs_central_event"),
            "pfs_central_event",
            "there is a time without whether it ended in an event",
            "yes or no",
        ),
    ]
