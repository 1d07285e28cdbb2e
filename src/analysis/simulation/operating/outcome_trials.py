"""Many simulated trials without images: uptake, scans and progression of every patient as arrays.

The model is that of the simulated trial, function for function; all patients of a batch are drawn together and dealt
to trials, which is the same as drawing trial after trial because patients are drawn alike.
"""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import ParameterError
from analysis.simulation.parameters import SimulationParameters, load_parameters
from analysis.simulation.pet_visits import tabulate_pet_visits
from analysis.simulation.response import VISITS, deciding_decrease
from analysis.simulation.streams import stream
from analysis.simulation.trial import draw_joint

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class OutcomeTrials:
    """What is true of the patients of many trials and what is seen of it, arrays of shape (trials, n).

    Parameters
    ----------
    time, event : numpy.ndarray
        PFS as observed, days since treatment start, and whether it ended with an event.
    true_time, true_event : numpy.ndarray
        PFS as it would be with an assessment every day: until progression itself or the end of observation.
    last_without, first_with : numpy.ndarray
        Days between which progression happened as far as the visits tell; ``first_with`` is infinite without an event.
    decrease14, decrease28 : numpy.ndarray
        Measured decrease of the deciding lesion, percent of baseline; known to the trial only if scanned.
    true_decrease14 : numpy.ndarray
        The same without test-retest variation.
    new14, new28 : numpy.ndarray of bool
        A new lesion is there, so that the patient has not responded.
    scan_day14, scan_day28 : numpy.ndarray
        Day of the scan; NaN: missed.
    pilot : numpy.ndarray of bool
        Patients with scans planned at both days.
    """

    time: Floats
    event: Flags
    true_time: Floats
    true_event: Flags
    last_without: Floats
    first_with: Floats
    decrease14: Floats
    decrease28: Floats
    true_decrease14: Floats
    new14: Flags
    new28: Flags
    scan_day14: Floats
    scan_day28: Floats
    pilot: Flags

    @property
    def trials(self) -> int:
        """Number of trials."""
        return self.time.shape[0]

    @property
    def n(self) -> int:
        """Treated patients of each."""
        return self.time.shape[1]


def draw_outcome_trials(
    trials: int, n: int, *, seed: int, effect: str, parameters: SimulationParameters | None = None
) -> OutcomeTrials:
    """Draw the outcomes of many trials.

    Parameters
    ----------
    trials, n : int
        Trials, and treated patients in each; from 1.
    seed : int
        Root of all random numbers, from 0.
    effect : str
        One of the effects of ``data/simulation.yml``.
    parameters : SimulationParameters, optional
        Other facts than those of ``data/simulation.yml``.

    Raises
    ------
    ParameterError
        If trials, n, seed or effect cannot be.

    Examples
    --------
    >>> drawn = draw_outcome_trials(3, 46, seed=1, effect="none")
    >>> drawn.time.shape, drawn.pilot.sum(axis=1).tolist()
    ((3, 46), [30, 30, 30])
    """
    if trials < 1:
        raise ParameterError(f"{trials} trials cannot be simulated", where="operating characteristics", expected="at least 1")  # fmt: skip
    known = parameters or load_parameters()
    drawn = draw_joint(trials * n, seed=seed, effect=effect, parameters=known)
    course, lesions = drawn.course, drawn.lesions
    # Both follow-up scans of everybody: which of them the trial plans for a patient is asked afterwards.
    visits = tabulate_pet_visits(
        stream(seed, "pet_visits"),
        course,
        drawn.patients.assign(phase="pilot"),
        lesions,
        wait=drawn.wait,
        parameters=known,
    )
    scans = np.asarray(visits["scanned_day"], float).reshape(-1, len(VISITS))
    new = lesions["new"].to_numpy(bool)
    appeared = {
        visit: np.bincount(
            lesions["patient"][new], weights=lesions[f"true_{visit}"][new].notna(), minlength=trials * n
        )
        > 0
        for visit in VISITS[1:]
    }
    end = np.fmin(course.observed_until, course.new_therapy)
    flat = OutcomeTrials(
        time=course.pfs_days,
        event=course.pfs_event,
        true_time=np.minimum(course.progression_true, end),
        true_event=course.progression_true <= end,
        **_between_visits(course.visits, course.pfs_days, course.pfs_event),
        decrease14=deciding_decrease(lesions, "day14"),
        decrease28=deciding_decrease(lesions, "day28"),
        true_decrease14=deciding_decrease(lesions, "day14", prefix="true"),
        new14=appeared["day14"],
        new28=appeared["day28"],
        scan_day14=scans[:, 1],
        scan_day28=scans[:, 2],
        pilot=np.zeros(trials * n, dtype=bool),
    )
    # Patients come in the order of enrolment: dealt at random, every trial spans the whole of it.
    place = np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(len(VISITS), trials, n)))
    dealt = place.permutation(trials * n).reshape(trials, n)
    dealt.sort(axis=1)
    shaped = replace(flat, **{field.name: getattr(flat, field.name)[dealt] for field in fields(flat)})
    shaped.pilot[:, : round(n * known["design.pilot_share"])] = True
    return shaped


def _between_visits(visits: NDArray[Any], time: Floats, event: Flags) -> dict[str, Floats]:
    """Interval (last visit without, first with] of each patient; death without progression is seen on its day."""
    before = np.where(visits < time[:, None], visits, 0.0)
    last = np.where(event, np.fmax.reduce(before, axis=1, initial=0.0), time)
    return {"last_without": last, "first_with": np.where(event, time, np.inf)}
