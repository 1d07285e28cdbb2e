"""Groups of patients: coded without guessing, and refused when known only after the clock started."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.survival.observations import missing, numbers, refuse


@dataclass(frozen=True, eq=False)
class Grouping:
    """A grouping that carries the day on which it became known.

    Comparing it from an earlier day is refused everywhere in this room: a patient must live event-free
    until the scan to be called a responder at all, and that guaranteed time would be counted for the
    group (immortal time).

    Parameters
    ----------
    name : str
        What groups the patients, for messages: "metabolic response at day 14".
    values : tuple
        Group of each patient; None where it is unknown.
    known_at_days : numpy.ndarray of float, shape (n,)
        Days since treatment start; 0 or negative for what was known at the start. NaN is allowed where
        the group is unknown.
    """

    name: str
    values: tuple[object, ...]
    known_at_days: NDArray[np.float64]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Plain values for any function that takes an array; refused when known only after the clock started."""
        self.refuse_before(0.0)
        return np.array(self.values, dtype=object if dtype is None else dtype)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Patients whose group is known, shape (n,)."""
        return np.array([value is not None for value in self.values])

    def take(self, kept: NDArray[np.bool_]) -> Grouping:
        """Give the grouping of the patients in the mask ``kept``."""
        values = tuple(value for value, keep in zip(self.values, kept, strict=True) if keep)
        return Grouping(self.name, values, self.known_at_days[kept])

    def refuse_before(self, days: float | NDArray[np.float64]) -> None:
        """Raise unless every known group was known on or before ``days`` (one, or one a patient)."""
        _refuse_late(self.name, "comparing its groups", self.known & (self.known_at_days > days))


@dataclass(frozen=True, eq=False)
class TimedMarker:
    """A continuous marker that carries the day on which it became known.

    It is refused, as a :class:`Grouping` is, by every function of this room that would count time before that day:
    whoever has the marker must have lived until it was measured. A landmark gives plain numbers back.

    Parameters
    ----------
    name : str
        What it is, for messages: "change of SUVmax at day 14".
    values : numpy.ndarray of float, shape (n,)
        NaN where it is unknown.
    known_at_days : numpy.ndarray of float, shape (n,)
        Days since treatment start; 0 or negative for what was known at the start.
    """

    name: str
    values: NDArray[np.float64]
    known_at_days: NDArray[np.float64]

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Plain numbers for any function that takes an array; refused when known only after the clock started."""
        self.refuse_before(0.0)
        return np.array(self.values, dtype=dtype)

    @property
    def known(self) -> NDArray[np.bool_]:
        """Patients whose marker is known, shape (n,)."""
        return ~np.isnan(self.values)

    def take(self, kept: NDArray[np.bool_]) -> TimedMarker:
        """Give the marker of the patients in the mask ``kept``."""
        return TimedMarker(self.name, self.values[kept], self.known_at_days[kept])

    def refuse_before(self, days: float | NDArray[np.float64]) -> None:
        """Raise unless every known value was known on or before ``days`` (one, or one a patient)."""
        _refuse_late(self.name, "relating it to survival", self.known & (self.known_at_days > days))


def _refuse_late(name: str, what: str, late: NDArray[np.bool_]) -> None:
    refuse(
        f"The {name} was not yet known when the clock starts: {what} from there counts "
        "as survival benefit the time a patient had to live to be classified (immortal time). It is late",
        late,
        expected="a clock that starts when it is known",
        do="compare from a landmark: early_response, or landmark() and the times it returns; or give "
        "window_days, so that late patients start at their own day; or let it change over time: "
        "delayed_entry, mantel_byar",
    )


def timed_marker(
    values: Iterable[Any], known_at_days: Iterable[Any] | float, *, name: str = "marker"
) -> TimedMarker:
    """Attach to a continuous marker the day on which it was known.

    Parameters
    ----------
    values : array-like of float, shape (n,)
        Missing values mean unknown.
    known_at_days : array-like of float, shape (n,), or float
        Days since treatment start on which it was known (the scan, the plasma sample).
    name : str
        Printed in messages.

    Raises
    ------
    DesignError
        If a known value has no day.

    Examples
    --------
    >>> from analysis.survival import hazard_ratio_per
    >>> change = timed_marker([-30.0, -5.0], 14, name="change of SUVmax")
    >>> hazard_ratio_per([100, 50], [1, 1], change, step=10, name="change")  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    analysis.errors.DesignError: The change of SUVmax was not yet known when the clock starts: ...
    """
    numeric = numbers(list(values), "marker")
    found = TimedMarker(name, numeric, _days(known_at_days, numeric.size, "values"))
    refuse(
        f"The day on which the {name} was known is missing",
        found.known & np.isnan(found.known_at_days),
        expected="the day of the scan or sample for every patient with a value",
    )
    return found


def _days(known_at_days: Iterable[Any] | float, size: int, what: str) -> NDArray[np.float64]:
    if isinstance(known_at_days, Iterable):
        days = numbers(list(known_at_days), "known_at_days")
    else:
        days = np.full(size, float(known_at_days))
    if days.size != size:
        raise DesignError(f"{days.size} days for {size} {what}", expected="one day a patient")
    return days


def grouping(
    group: Iterable[Any], known_at_days: Iterable[Any] | float, *, name: str = "grouping"
) -> Grouping:
    """Attach to a grouping the day on which it was known.

    Parameters
    ----------
    group : array-like, shape (n,)
        Any hashable values; None, NaN and pandas NA mean unknown.
    known_at_days : array-like of float, shape (n,), or float
        Days since treatment start on which the group was known (the scan, the plasma sample).
    name : str
        Printed in messages.

    Raises
    ------
    DesignError
        If a known group has no day.

    Examples
    --------
    >>> from analysis.survival import logrank
    >>> response = grouping(["yes", "no"], 14, name="metabolic response")
    >>> logrank([100, 50], [1, 1], response)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
    ...
    analysis.errors.DesignError: The metabolic response was not yet known when the clock starts: ...
    """
    values = tuple(cells(group))
    found = Grouping(name, values, _days(known_at_days, len(values), "groups"))
    refuse(
        f"The day on which the {name} was known is missing",
        found.known & np.isnan(found.known_at_days),
        expected="the day of the scan or sample for every classified patient",
    )
    return found


def cells(group: Iterable[Any]) -> list[object]:
    """Plain Python values of a grouping, None for missing."""
    return [None if missing(v) else (v.item() if isinstance(v, np.generic) else v) for v in group]


def coded(
    group: Iterable[Any] | Grouping, n: int, *, order: tuple[object, ...] | None = None, least: int = 2
) -> tuple[NDArray[np.int64], tuple[object, ...]]:
    """Integer code of each patient's group, and the groups in the order of the codes.

    Parameters
    ----------
    group : array-like, shape (n,)
        Any hashable values; missing ones (None, NaN, pandas NA) are refused. A :class:`Grouping` known
        after time zero is refused.
    n : int
        Number of patients expected.
    order : tuple, optional
        The groups that may occur, in the wanted order; otherwise those found, sorted.
    least : int
        Fewest groups that make sense.

    Raises
    ------
    DesignError
        For a missing or unknown group (positions named), or fewer than ``least`` groups.
    """
    if isinstance(group, Grouping):
        group.refuse_before(0.0)
    values = list(group.values) if isinstance(group, Grouping) else cells(group)
    if len(values) != n:
        raise DesignError(f"{len(values)} groups stand beside {n} patients", expected="one group a patient")
    refuse(
        "The group is missing",
        np.array([v is None for v in values]),
        expected="a group for every patient compared",
        do="list these patients as not assessable and leave them out before the comparison",
    )
    found = sorted(set(values), key=lambda v: (str(type(v)), v))  # type: ignore[arg-type, return-value]
    known = tuple(found) if order is None else order
    refuse(
        "The group is none of the named ones",
        np.array([v not in known for v in values]),
        expected="one of " + ", ".join(str(k) for k in known),
    )
    absent = [str(k) for k in known if k not in found]
    if absent or len(known) < least:
        counts = ", ".join(f"{k}: {values.count(k)}" for k in known)
        raise DesignError(
            f"a comparison needs at least {least} groups with patients, and there is: {counts}",
            expected="patients in every group compared",
            do="describe the one group by its curve; do not compare",
            offenders=absent,
        )
    codes = {value: i for i, value in enumerate(known)}
    return np.array([codes[v] for v in values], dtype=np.int64), known


def values_at_start(group: Iterable[Any] | Grouping) -> list[Any]:
    """The values of a grouping that is known when the clock starts, as a list.

    Raises
    ------
    DesignError
        If it was known only later.
    """
    if not isinstance(group, Grouping):
        return list(group)
    group.refuse_before(0.0)
    return list(group.values)


def two_groups(
    group: Iterable[Any] | Grouping, n: int, *, reference: object, labels: Mapping[object, str] | None = None
) -> tuple[NDArray[np.bool_], str, str]:
    """Membership of the compared group, its label and the reference's label.

    Parameters
    ----------
    group : array-like, shape (n,)
        Exactly two different values.
    n : int
        Number of patients expected.
    reference : hashable
        Value of the reference group.
    labels : mapping from value to str, optional
        Printed names; by default the values themselves.

    Raises
    ------
    DesignError
        For missing groups, or anything but two groups of which one is the reference.
    """
    found, names = coded(group, n, order=None if labels is None else tuple(labels))
    if len(names) != 2 or reference not in names:
        raise DesignError(
            "a hazard ratio compares two groups, and there is: " + ", ".join(str(name) for name in names),
            expected=f"two groups, one of them the reference {reference!r}",
            do="name the reference as it stands in the data, or compare in pairs",
        )
    base = names.index(reference)
    printed = [str(name) if labels is None else labels[name] for name in names]
    return found != base, printed[1 - base], printed[base]
