"""How many of the forms that were expected came, visit by visit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.quality_of_life.visits import NO_VISIT, places, planned_visit

COLUMNS = ["week", "group", "patients", "expected", "received", "percent_of_expected", "percent_of_patients"]


@logged("description", measure="completion of questionnaires")
def completion(
    patient: Sequence[Any],
    day: ArrayLike,
    *,
    patients: Sequence[Any],
    until_day: ArrayLike,
    group: Sequence[Any] | None = None,
    every_weeks: int = 6,
) -> pd.DataFrame:
    """Forms expected and received at each planned visit.

    A form up to day 0 is of the baseline, a later one of the planned visit whose day is nearest; one that came after day 0
    but no nearer to the first planned visit than to day 0 is of no visit and counts nowhere, as in
    :func:`~analysis.quality_of_life.course_design`. Of two that belong to one visit, one counts. A form is expected of
    those who are still answering by plan on the planned day, and of everybody at baseline. A form that came of somebody
    from whom none was expected counts as expected too, so that no share is above 100 %.

    Parameters
    ----------
    patient : sequence, shape (m,)
        Patient of each form.
    day : array-like of float, shape (m,)
        Day it was filled in.
    patients : sequence, shape (n,)
        Everybody analysed.
    until_day : array-like of float, shape (n,)
        Last day on which a form is planned: end of treatment, progression or death, as the protocol says.
    group : sequence, shape (n,), optional
        Arm of each patient; without it there is one group, "all".
    every_weeks : int
        Weeks between planned forms.

    Returns
    -------
    pandas.DataFrame
        week, group, patients (of the group), expected, received, percent_of_expected (NaN where none was expected) and
        percent_of_patients; in the order of week and group.

    Raises
    ------
    DesignError
        For a form of nobody analysed, a patient named twice, a missing day, or lengths that do not agree.

    Examples
    --------
    >>> table = completion(["A", "A", "B"], [0, 40, 0], patients=["A", "B"], until_day=[60, 50])
    >>> table[["week", "expected", "received"]].values.tolist()
    [[0, 2, 2], [6, 2, 1]]
    """
    place = places(patients)
    strange = sorted({str(one) for one in patient if one not in place})
    days, until = np.asarray(day, dtype=np.float64), np.asarray(until_day, dtype=np.float64)
    groups = ["all"] * len(patients) if group is None else list(group)
    if strange or days.size != len(patient) or not until.size == len(groups) == len(patients):
        raise DesignError(
            "forms, patients and groups do not fit together",
            where="patients " + ", ".join(strange[:8]) if strange else None,
            expected="forms of the patients analysed, one last day and one group a patient",
            offenders=strange,
        )
    if not (np.isfinite(days).all() and np.isfinite(until).all()):
        raise DesignError("a day is missing or infinite", expected="a day for every form and every patient")
    step = 7.0 * every_weeks
    visit_of = planned_visit(days, every_weeks=every_weeks)
    visits = max(int(until.max(initial=0.0) // step), int(visit_of.max(initial=0))) + 1
    received = np.zeros((len(patients), visits), dtype=bool)
    who, placed = np.array([place[one] for one in patient], dtype=np.int64), visit_of != NO_VISIT
    received[who[placed], visit_of[placed]] = True
    expected = (until[:, None] >= step * np.arange(visits)) | received
    expected[:, 0] = True
    rows = []
    for visit in range(visits):
        for name in dict.fromkeys(groups):
            own = np.array([one == name for one in groups])
            asked, came = int(expected[own, visit].sum()), int(received[own, visit].sum())
            share = 100 * came / asked if asked else np.nan
            rows.append([visit * every_weeks, name, own.sum(), asked, came, share, 100 * came / own.sum()])
    return pd.DataFrame(rows, columns=COLUMNS).astype(
        {"week": int, "patients": int, "expected": int, "received": int}
    )
