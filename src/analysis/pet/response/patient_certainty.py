"""How sure the classes of patients are: many truths that could lie behind what was measured, classified alike."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.pet.response.criteria import CLASSES, EortcFacts, PercistFacts
from analysis.pet.response.lesion_rules import LesionRule
from analysis.pet.response.patient_rules import PatientRule, decided
from analysis.pet.response.patients import Assessed
from analysis.pet.response.repeatability import Repeatability

DRAWS = 4_000
_VALUES_AT_ONCE = 250_000


@dataclass(frozen=True, eq=False)
class ResponseCertainty:
    """How sure the responses at one visit are.

    Parameters
    ----------
    patients : DataFrame
        One row an assessable patient: ``patient_id, response, change_percent, low_percent, high_percent`` (95 % interval
        of the true deciding change), ``probability_real`` (that it truly has the measured direction),
        ``probability_responder, probability_progression, probability_misclassified``.
    misclassified, misclassified_low, misclassified_high : float
        Expected number of patients whose true class is the other one, with its 95 % interval.
    draws : int
        Truths drawn.
    """

    patients: pd.DataFrame
    misclassified: float
    misclassified_low: float
    misclassified_high: float
    draws: int


def response_certainty(
    seen: Mapping[str, Assessed],
    *,
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    repeatability: Repeatability,
    seed: int,
    draws: int = DRAWS,
) -> tuple[dict[str, ResponseCertainty], pd.DataFrame]:
    """Certainty of the responses at each visit, and of each patient's switch between the first two visits.

    Truths are drawn with no prior opinion: each lesion's true value at each scan is log-normal around the measured one,
    the baseline scan being the same for all visits. A share of the error may be common to the lesions of a scan. What
    the reader said of new lesions, and which lesions have disappeared, is taken as certain.

    Without a prior the expected number misclassified is right where true changes spread widely against the noise. Where
    patients change alike it is too low (by a quarter for a spread of 14 points and three lesions), and a rule that takes
    an extreme of several lesions is not corrected for having picked the most favourable noise.

    Parameters
    ----------
    seen : mapping of str to Assessed
        By visit, from :func:`analysis.pet.assess` with this lesion rule.
    lesion_rule : LesionRule
        What makes a lesion respond.
    patient_rule : PatientRule
        What makes a patient respond.
    repeatability : Repeatability
        Of the rule's measure.
    seed : int
        Root of the random numbers.
    draws : int
        Truths drawn.

    Returns
    -------
    dict of str to ResponseCertainty
        By visit.
    DataFrame
        ``patient_id, switched, probability_switch``: patients assessable at the first two visits, whether the class
        differs as measured, and the probability that it truly does; empty with one visit.

    Raises
    ------
    DesignError
        If the repeatability is that of another measure.
    """
    if repeatability.metric != lesion_rule.metric:
        raise DesignError(
            f"the repeatability is that of {repeatability.metric}, the rule compares {lesion_rule.metric}",
            expected="one measure",
        )
    everybody = sorted({name for found in seen.values() for name in found.lesions.patients})
    place = {visit: np.searchsorted(everybody, found.lesions.patients) for visit, found in seen.items()}
    before = _baselines(seen, place, len(everybody))
    changes: dict[str, list[NDArray[np.float32]]] = {visit: [] for visit in seen}
    progressing = {visit: np.zeros(len(place[visit])) for visit in seen}
    switching = np.zeros(len(everybody))
    for size, (baseline_seed, *visit_seeds) in _blocks(before.size, draws, seed, 1 + len(seen)):
        truth_before = drawn(before, repeatability, size, baseline_seed)
        classes = np.zeros((len(seen), size, len(everybody)), bool)
        for number, (visit, found) in enumerate(seen.items()):
            lesions = found.lesions
            first = truth_before[:, place[visit], : lesions.before.shape[1]]
            second = drawn(lesions.after, repeatability, size, visit_seeds[number])
            deciding = np.where(lesions.counts, first, np.nan)
            change = decided(patient_rule, lesion_rule, deciding, second, lesions.volume)
            rising = lesion_rule.progresses(lesion_rule.changes(first, second)).any(axis=-1)
            progressing[visit] += rising.sum(axis=0)
            changes[visit].append(change.astype(np.float32))
            classes[number][:, place[visit]] = lesion_rule.responds(change) & ~_new(found, lesion_rule)
        switching += (classes[0] != classes[min(1, len(classes) - 1)]).sum(axis=0)
    certainty = {
        visit: _summary(
            found, lesion_rule, patient_rule, np.concatenate(changes[visit]), progressing[visit] / draws
        )
        for visit, found in seen.items()
    }
    tables = [found.patients for found in certainty.values()][:2]
    if len(tables) < 2:
        return certainty, pd.DataFrame(columns=["patient_id", "switched", "probability_switch"])
    both = tables[0].merge(tables[1], on="patient_id", suffixes=("_first", "_second"))
    probability = dict(zip(everybody, (switching / draws).tolist(), strict=True))
    return certainty, pd.DataFrame(
        {
            "patient_id": both["patient_id"],
            "switched": both["response_first"] != both["response_second"],
            "probability_switch": both["patient_id"].map(probability).astype(float),
        }
    )


def drawn(
    values: NDArray[np.float64], repeatability: Repeatability, draws: int, seed: np.random.SeedSequence
) -> NDArray[np.float64]:
    """True values that could lie behind the measured ones of one scan, shape (draws, patients, lesions).

    Parameters
    ----------
    values : array of float, shape (patients, lesions)
        Measured; 0 stays 0, a missing value stays missing.
    repeatability : Repeatability
        Of the measure.
    draws : int
        How many.
    seed : SeedSequence
        Of these draws alone.
    """
    rng = np.random.default_rng(seed)
    present = ~np.isnan(values)  # most places are empty: few patients have the most lesions
    spread = repeatability.log_sd_at(values[present])
    common = repeatability.shared * math.log1p((repeatability.wcv_percent / 100) ** 2)
    error = rng.standard_normal((draws, spread.size))
    error *= np.sqrt(spread**2 - common)
    if common:
        error += np.sqrt(common) * rng.standard_normal((draws, len(values)))[:, np.nonzero(present)[0]]
    truth = np.full((draws, *values.shape), np.nan)
    truth[:, present] = values[present] * np.exp(error, out=error)
    return truth


def criterion_certainty(
    facts: EortcFacts | PercistFacts,
    *,
    repeatability: Repeatability,
    glycolysis: Repeatability | None = None,
    seed: int,
    draws: int = DRAWS,
) -> pd.DataFrame:
    """Probability of each class of a published criterion, one row an assessable patient.

    Whether the scans are comparable, a lesion measurable, the liver's uptake and what is new are taken as measured; the
    error of TLG is drawn independently of that of SULpeak.

    Parameters
    ----------
    facts : EortcFacts or PercistFacts
        What the criterion needs to know.
    repeatability : Repeatability
        Of the criterion's measure.
    glycolysis : Repeatability, optional
        Of TLG, for PERCIST.
    seed, draws
        As for :func:`response_certainty`.

    Returns
    -------
    DataFrame
        ``patient_id, measured, CMR, PMR, SMD, PMD``: the class as measured, and the probability of each.
    """
    lesions = facts.seen.lesions
    counts = np.zeros((len(CLASSES), len(lesions.patients)))
    for size, seeds in _blocks(lesions.before.size, draws, seed, 4):
        first, second = (
            drawn(v, repeatability, size, s)
            for v, s in zip((lesions.before, lesions.after), seeds[:2], strict=True)
        )
        if isinstance(facts, PercistFacts):
            ratio = None
            if glycolysis is not None:
                sums = [
                    np.nansum(drawn(v, glycolysis, size, s), axis=-1)
                    for v, s in zip((facts.glycolysis_before, facts.glycolysis_after), seeds[2:], strict=True)
                ]
                with np.errstate(invalid="ignore", divide="ignore"):
                    ratio = np.where(sums[0] > 0, sums[1] / sums[0], np.nan)
            classes = facts.classes(second, first, ratio)
        else:
            classes = facts.classes(second, first)
        counts += (classes[..., None] == np.arange(len(CLASSES))).sum(axis=0).T
    measured = facts.classes(lesions.after, lesions.before)
    table = pd.DataFrame({"patient_id": lesions.patients, "measured": np.array(CLASSES)[measured]})
    table[list(CLASSES[:4])] = (counts[:4] / draws).T
    return table[table["measured"] != "not_assessable"].reset_index(drop=True)


def _blocks(
    size: int, draws: int, seed: int, streams: int
) -> Iterator[tuple[int, list[np.random.SeedSequence]]]:
    """Draws in blocks of bounded memory, each with its own independent streams."""
    each = max(1, min(draws, _VALUES_AT_ONCE // max(size, 1)))
    root = np.random.SeedSequence([seed, 3])
    for done in range(0, draws, each):
        yield min(each, draws - done), root.spawn(1)[0].spawn(streams)


def _baselines(
    seen: Mapping[str, Assessed], place: Mapping[str, NDArray[np.int64]], patients: int
) -> NDArray[np.float64]:
    """Baseline values of everybody, the same lesions in the same order as in each visit's arrays."""
    width = max(found.lesions.before.shape[1] for found in seen.values())
    before = np.full((patients, width), np.nan)
    for visit, found in seen.items():
        own = found.lesions.before
        before[place[visit], : own.shape[1]] = own
    return before


def _new(found: Assessed, rule: LesionRule) -> NDArray[np.bool_]:
    new = dict(zip(found.patients["patient_id"], found.new(rule).tolist(), strict=True))
    return np.array([new[name] for name in found.lesions.patients], bool)


def _summary(
    found: Assessed,
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    changes: NDArray[np.float32],
    progressing: NDArray[np.float64],
) -> ResponseCertainty:
    lesions, new = found.lesions, _new(found, lesion_rule)
    measured = decided(patient_rule, lesion_rule, lesions.deciding, lesions.after, lesions.volume)
    unknown = dict(zip(found.patients["patient_id"], found.unknown.tolist(), strict=True))
    known = ~np.isnan(measured) & ~np.array([unknown[name] for name in lesions.patients], bool)
    measured, new, truth = measured[known], new[known], changes[:, known]
    responded = lesion_rule.responds(measured) & ~new
    truly = lesion_rule.responds(truth) & ~new
    wrong = truly != responded
    low, high = np.quantile(truth, (0.025, 0.975), axis=0) if truth.size else np.empty((2, 0))
    patients = pd.DataFrame(
        {
            "patient_id": pd.array(np.array(lesions.patients, dtype=object)[known].tolist(), dtype="string"),
            "response": pd.array(np.where(responded, "responder", "non_responder").tolist(), dtype="string"),
            "change_percent": measured,
            "low_percent": low,
            "high_percent": high,
            "probability_real": np.where(measured < 0, truth < 0, truth > 0).mean(axis=0),
            "probability_responder": truly.mean(axis=0),
            "probability_progression": np.where(new, 1.0, progressing[known]),
            "probability_misclassified": wrong.mean(axis=0),
        }
    )
    counts = wrong.sum(axis=1)
    low, high = np.quantile(counts, (0.025, 0.975))
    return ResponseCertainty(patients, float(counts.mean()), float(low), float(high), len(changes))
