"""Published shares of patients as targets for matching, and the study's patients in the same characteristics."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import pandas as pd

from analysis.study import PublishedCharacteristic


@dataclass(frozen=True, eq=False)
class MatchingTask:
    """What can be matched: ``patients`` (yes/no columns, index the patient), ``targets`` (shares of 1), ``figures`` used.

    ``lacking`` names the published characteristics that the study does not hold.
    """

    patients: pd.DataFrame
    targets: dict[str, float]
    figures: tuple[PublishedCharacteristic, ...]
    lacking: tuple[str, ...]


def matching_task(
    patients: pd.DataFrame, published: Iterable[PublishedCharacteristic], *, study: str
) -> MatchingTask:
    """Characteristics that both the study and one published trial give as shares.

    Medians are left out: a median is no mean, and matching it would need the patients of the other trial.

    Parameters
    ----------
    patients : pandas.DataFrame
        Table ``patients`` of the study.
    published : iterable of PublishedCharacteristic
        Figures of all trials.
    study : str
        Name of the one to match.

    Examples
    --------
    >>> figure = PublishedCharacteristic("A", "bone", "yes", 75.0, "%", 100, "read", "a table")
    >>> table = pd.DataFrame({"patient_id": ["P1", "P2"], "bone": [True, False]})
    >>> matching_task(table, [figure], study="A").targets
    {'bone': 0.75}
    """
    own = patients.set_index("patient_id")
    columns, targets, used, lacking = {}, {}, [], []
    for figure in published:
        if figure.study != study or figure.unit != "%":
            continue
        name = figure.characteristic if figure.level == "yes" else f"{figure.characteristic} {figure.level}"
        if figure.characteristic not in own or own[figure.characteristic].isna().all():
            lacking.append(name)
            continue
        values = own[figure.characteristic]
        if figure.level == "yes":
            has = values.astype("boolean")
        elif figure.level.endswith("+"):
            has = (values.astype("Float64") >= float(figure.level[:-1])).astype("boolean")
        else:
            has = (values.astype("string") == figure.level).astype("boolean")
        columns[name], targets[name] = has.mask(values.isna()), figure.value / 100
        used.append(figure)
    return MatchingTask(pd.DataFrame(columns, index=own.index), targets, tuple(used), tuple(lacking))
