"""Simulated adverse events of two arms, in the published shares of patients."""

from __future__ import annotations

import numpy as np
import pandas as pd
from scipy import stats

from analysis.simulation.parameters import SimulationParameters
from analysis.simulation.two_arms.treatment import Treatment

GRACE_DAYS = 28
"""Adverse events are recorded until 28 days after the last dose."""
ONSET_SHAPE = 2.0
"""Of the gamma distribution of the first day."""
BEFORE_STOP = 9
"""The event for which treatment is stopped began at most so many days before."""
LEAST_GRADE = 2
"""Nobody stops for less."""


def draw_adverse_events(
    rng: np.random.Generator,
    patients: pd.DataFrame,
    treatment: Treatment,
    *,
    watched_until: np.ndarray,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``adverse_events`` with day columns, of the patients who took a dose.

    The published share of an arm is that of patients with the event while they were watched. Who is watched longer has it
    more often: a patient's chance is proportional to the distribution of its first day at the end of watching, scaled so
    that the arm's mean is the share. Whoever stopped for toxicity has an event of grade 2 or more that had begun shortly
    before and was there on that day; it is one of the published share, not beyond it.

    Parameters
    ----------
    rng : numpy.random.Generator
        Random numbers.
    patients : DataFrame, n rows
        With ``patient_id`` and ``arm``.
    treatment : Treatment
        Who was treated, from when to when.
    watched_until : numpy.ndarray, shape (n,)
        Last day on which anything can be recorded: death or last contact.
    parameters : SimulationParameters
        Those of ``data/simulation-first-line.yml``.
    """
    known = parameters
    shares = {**known["adverse_events.probability"], **known["adverse_events.probability_recalled"]}
    terms = np.array(list(shares))
    treated = ~np.isnan(treatment.start)
    eve = np.asarray(patients["arm"] == "eve")
    until = np.minimum(treatment.exposed_until + GRACE_DAYS, watched_until)
    watched = np.where(treated, np.maximum(until - treatment.start, 0.0), 0.0)
    mean = np.array([known["adverse_events.onset_days"][term] for term in terms])
    severe = known["adverse_events.severe_share"]
    severe = np.array([severe.get(name, severe["other"]) for name in terms])
    reached = stats.gamma.cdf(watched[:, None], ONSET_SHAPE, scale=mean / ONSET_SHAPE)
    share = np.where(eve[:, None], *np.array([shares[term] for term in terms]).T[:, None])
    cause = _causes(rng, treatment, reached * share * severe)
    chance = np.zeros_like(reached)
    for of_arm in (eve, ~eve):
        rows = np.flatnonzero(of_arm & treated)
        chance[rows] = _chances(reached[rows], cause[rows], share[rows[0]])
    occurs = rng.random(chance.shape) < chance
    patient, term = np.nonzero(occurs)
    quantile = rng.random(len(patient)) * reached[patient, term]
    onset = np.ceil(
        treatment.start[patient] + stats.gamma.ppf(quantile, ONSET_SHAPE, scale=mean[term] / ONSET_SHAPE)
    )
    onset = np.minimum(onset, np.floor(until[patient]))
    stopped, stop = cause[patient, term], treatment.end[patient]
    shortly = np.maximum(
        stop - rng.integers(0, BEFORE_STOP, size=len(patient), endpoint=True), treatment.start[patient]
    )
    onset = np.where(stopped, shortly, onset)
    often = severe[term] * np.where(eve[patient], 1.0, known["adverse_events.severe_in_control"])
    m = len(patient)
    grade = np.where(rng.random(m) < often, 3, rng.choice([1, 2], size=m, p=[0.6, 0.4]))
    grade = np.where((grade == 3) & (rng.random(m) < known["adverse_events.grade_4"]), 4, grade)
    grade = np.where(stopped, np.maximum(grade, LEAST_GRADE), grade)
    duration = known["adverse_events.duration_days"]
    resolved = onset + np.ceil(duration["median"] * np.exp(duration["sd_log"] * rng.standard_normal(m)))
    resolved = np.where(stopped, np.maximum(resolved, stop + 1), resolved)
    ongoing = (rng.random(m) < known["adverse_events.unresolved"]) | (resolved > watched_until[patient])
    table = pd.DataFrame(
        {
            "patient_id": np.asarray(patients["patient_id"])[patient],
            "term": terms[term],
            "grade": grade,
            "onset_day": onset,
            "resolved_day": np.where(ongoing, np.nan, resolved),
            "serious": (grade >= 3) & (rng.random(m) < known["adverse_events.serious"]),
        }
    )
    again = _again(rng, table, until[patient], parameters=known)
    both = pd.concat([table, again], ignore_index=True)
    return both.sort_values(["patient_id", "onset_day", "term"], kind="stable", ignore_index=True)


def _causes(rng: np.random.Generator, treatment: Treatment, weight: np.ndarray) -> np.ndarray:
    """For which term each patient stopped who stopped for toxicity, shape (n, terms): the severe ones most often."""
    sums = np.cumsum(weight, axis=1)
    drawn = rng.random(len(weight)) * sums[:, -1]
    found = np.zeros(weight.shape, dtype=bool)
    rows = np.flatnonzero(treatment.reason == "toxicity")
    found[rows, (sums[rows] <= drawn[rows, None]).sum(axis=1)] = True
    return found


def _chances(reached: np.ndarray, cause: np.ndarray, share: np.ndarray) -> np.ndarray:
    """Chance of each event of the patients of one arm: 1 where it is known, and what is left of the share for the others."""
    free = np.where(cause, 0.0, reached)
    left = np.maximum(share * len(reached) - cause.sum(axis=0), 0.0)
    return np.where(cause, 1.0, np.minimum(free * left / free.sum(axis=0), 1.0))


def _again(
    rng: np.random.Generator, table: pd.DataFrame, until: np.ndarray, *, parameters: SimulationParameters
) -> pd.DataFrame:
    """Second episodes, after the first has gone: of grade 1 or 2."""
    start = table["resolved_day"] + np.ceil(rng.exponential(60, len(table)))
    comes = (start <= until) & (rng.random(len(table)) < parameters["adverse_events.again"])
    second = table[comes].assign(onset_day=start[comes], resolved_day=np.nan, serious=False)
    return second.assign(grade=np.minimum(second["grade"], 2))
