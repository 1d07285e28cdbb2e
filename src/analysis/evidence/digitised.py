"""A published survival curve as points, with its table of numbers at risk: read, and refused line by line."""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.errors import StudyError

CURVE_COLUMNS = ("time", "survival")
RISK_COLUMNS = ("time", "n_risk")
MOST = 30_000
"""Patients of an arm at most; no figure of a trial has more."""
ARM = "arm"
"""Column that tells arms apart in both files; without it there is one arm, named ``all``."""

NOISE = 0.005
"""A rise of the curve up to this is the hand of who digitised it, and is levelled; a larger one is refused."""
REACH = 0.01
"""A number at risk may be printed this share of the axis behind the end of the curve."""


@dataclass(frozen=True, eq=False)
class DigitisedArm:
    """One curve of a figure.

    Parameters
    ----------
    arm : str
        Its name.
    times, survival : numpy.ndarray of float, shape (k,)
        Steps: survival just after each time, falling; the first is (0, 1), the last time is where the curve ends.
    risk_times, at_risk : numpy.ndarray, shape (m,)
        Numbers at risk just before each time, the first at time 0.
    events : int or None
        Events of the arm, where the publication gives them.
    levelled : int
        Points whose small rise was levelled.
    """

    arm: str
    times: NDArray[np.float64]
    survival: NDArray[np.float64]
    risk_times: NDArray[np.float64]
    at_risk: NDArray[np.int64]
    events: int | None = None
    levelled: int = 0

    @property
    def n(self) -> int:
        """Patients of the arm."""
        return int(self.at_risk[0])


def read_figure(
    curve_file: Path, risk_file: Path, *, events: Mapping[str, int] | None = None
) -> tuple[DigitisedArm, ...]:
    """Arms of a digitised figure, in the order of the curve file.

    Parameters
    ----------
    curve_file : Path
        CSV with ``time`` and ``survival`` (share of 1, not percent), one line a point, times rising; ``arm`` where there
        are several. Any unit of time, the same in both files. Both corners of a step may be given, or the lower one.
    risk_file : Path
        CSV with ``time``, ``n_risk`` and ``arm`` as printed below the figure; the first line of each arm is at time 0.
    events : mapping of str to int, optional
        Total events of an arm, from the text of the publication.

    Raises
    ------
    StudyError
        With the line: a curve that rises or goes back in time, survival in percent, a curve that does not begin
        at 1, a number at risk that grows or is not whole, numbers at risk beyond the end of the curve, an arm that stands in one file only.
    """
    points = _read(curve_file, CURVE_COLUMNS)
    printed = _read(risk_file, RISK_COLUMNS)
    for one, other, file in ((points, printed, risk_file), (printed, points, curve_file)):
        absent = [arm for arm in one if arm not in other]
        if absent:
            raise StudyError(
                f"arm {', '.join(absent)} is in one file and not in the other",
                where=file.name,
                expected="the same arms in the curve and in the numbers at risk",
                offenders=absent,
            )
    unknown = [arm for arm in events or {} if arm not in points]
    if unknown:
        raise StudyError(
            f"events are given of arm {', '.join(unknown)}, which the figure does not have",
            where=curve_file.name,
            expected="one of " + ", ".join(points),
            offenders=unknown,
        )
    arms = []
    for arm, rows in points.items():
        times, survival, levelled = _curve(rows, curve_file.name)
        risk_times, at_risk = _at_risk(printed[arm], times[-1], risk_file.name)
        total = (events or {}).get(arm)
        if total is not None and not 0 <= total <= at_risk[0]:
            raise StudyError(
                f"{total} events are given of {at_risk[0]} patients of arm {arm}",
                where=risk_file.name,
                expected=f"0 to {at_risk[0]}",
            )
        arms.append(DigitisedArm(arm, times, survival, risk_times, at_risk, total, levelled))
    return tuple(arms)


def _read(file: Path, columns: tuple[str, str]) -> dict[str, list[tuple[int, float, float]]]:
    """Line, time and value of each row by arm."""
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            rows = csv.DictReader(text)
            names = [name.strip() for name in rows.fieldnames or ()]
            if not set(columns) <= set(names) or len(set(names)) != len(names):
                raise StudyError(
                    f"the columns are {', '.join(names) or 'none'}",
                    where=file.name,
                    expected=", ".join((*columns, f"{ARM} (where there are several)")),
                    do="name the columns so, in the first line",
                )
            rows.fieldnames = names
            arms: dict[str, list[tuple[int, float, float]]] = {}
            for row in rows:
                if None in row:  # the cells beyond the header: a decimal comma, most likely
                    raise StudyError(
                        "the line has more cells than the header",
                        where=f"{file.name}, line {rows.line_num}",
                        expected=f"{len(names)} cells, numbers with a decimal point",
                    )
                arm = (row.get(ARM) or "all").strip()
                time, value = (
                    _number(row[name], name, f"{file.name}, line {rows.line_num}") for name in columns
                )
                arms.setdefault(arm, []).append((rows.line_num, time, value))
    except (OSError, UnicodeDecodeError, csv.Error) as fault:
        raise StudyError(
            "the file cannot be read as CSV", where=file.name, expected="a CSV file in UTF-8"
        ) from fault
    if not arms:
        raise StudyError(
            "the file has no line below its header", where=file.name, expected="one line a point"
        )
    return arms


def _number(text: str | None, name: str, where: str) -> float:
    try:
        value = float(text or "")
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise StudyError(f"{name} is {text!r}", where=where, expected="a number, with a point and no unit")
    return value


def _curve(
    rows: list[tuple[int, float, float]], file: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    """Steps of one curve, the first at (0, 1)."""
    times, survival = [0.0], [1.0]
    levelled, lowest = 0, 1.0
    highest = max(value for _, _, value in rows)
    for line, time, value in rows:
        where = f"{file}, line {line}"
        if highest > 1 + NOISE:
            raise StudyError(
                f"survival is {value:g}" if value > 1 + NOISE else f"survival reaches {highest:g}",
                where=where if value > 1 + NOISE else file,
                expected="a share from 0 to 1",
                do="divide by 100: the figure's axis is in percent",
            )
        if value < 0:
            raise StudyError(f"survival is {value:g}", where=where, expected="a share from 0 to 1")
        if time < times[-1]:
            what = "a time is negative" if time < 0 else f"the time goes back from {times[-1]:g} to {time:g}"
            raise StudyError(what, where=where, expected="times from 0 upwards, in the order of the curve")
        if value > lowest + NOISE:
            raise StudyError(
                f"the curve rises from {lowest:g} to {value:g}",
                where=where,
                expected=f"a survival curve that falls or stays (rises up to {NOISE:g} are levelled)",
                do="digitise this stretch again; a curve of events (1 - survival) is turned round first",
            )
        levelled += value > lowest
        lowest = min(lowest, value)
        if time == 0 and value < 1 - NOISE:
            raise StudyError(
                f"the curve begins at {value:g}",
                where=where,
                expected="survival 1 at time 0",
                do="digitise the curve from its beginning; give events of the first day a time a little above 0",
            )
        if time == times[-1]:
            survival[-1] = lowest if time else 1.0
        else:
            times.append(time)
            survival.append(lowest)
    if len(times) == 1:
        raise StudyError("the curve has no point after time 0", where=file, expected="one line a point")
    return np.array(times), np.array(survival), levelled


def _at_risk(
    rows: list[tuple[int, float, float]], end: float, file: str
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Numbers at risk up to the end of the curve; those behind it can only be 0."""
    before: tuple[float, float] | None = None
    for line, time, number in rows:
        where = f"{file}, line {line}"
        if not 0 <= number <= MOST or number != int(number):
            raise StudyError(
                f"the number at risk is {number:g}",
                where=where,
                expected=f"a whole number from 0 to {MOST}",
                do="look whether columns were exchanged",
            )
        if before is None and (time != 0 or number == 0):
            raise StudyError(
                f"the numbers at risk begin with {number:g} at time {time:g}",
                where=where,
                expected="the number of patients of the arm at time 0",
            )
        if before is not None and time <= before[0]:
            raise StudyError(
                f"the time goes from {before[0]:g} to {time:g}",
                where=where,
                expected="times that rise, each once",
            )
        if before is not None and number > before[1]:
            raise StudyError(
                f"the number at risk grows from {before[1]:g} to {number:g}",
                where=where,
                expected="numbers that fall or stay",
                do="look whether the rows of two arms were mixed",
            )
        if time > end * (1 + REACH) and number > 0:
            raise StudyError(
                f"{number:g} patients are at risk at time {time:g}, beyond the end of the curve at {end:g}",
                where=where,
                expected="a curve digitised to the last patient at risk, in the same unit of time",
                do="digitise the flat end of the curve too, and compare the units of the two files",
            )
        before = (time, number)
    kept = [(time, int(number)) for _, time, number in rows if time <= end]
    return np.array([time for time, _ in kept]), np.array([number for _, number in kept], dtype=np.int64)
