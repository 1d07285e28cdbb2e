"""How sure the classes of patients are: many truths that could lie behind what was measured, classified alike."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.errors import DesignError
from analysis.logbook import logged
from analysis.pet.response.change_prior import Prior, chosen_prior
from analysis.pet.response.criteria import CLASSES, EortcFacts, PercistFacts
from analysis.pet.response.lesion_rules import LesionRule
from analysis.pet.response.patient_rules import PatientRule, decided
from analysis.pet.response.patients import Assessed
from analysis.pet.response.repeatability import Repeatability
from analysis.pet.response.true_values import draw_true_values

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
    responders, responders_low, responders_high : float
        Expected number of patients who respond in truth, with its 95 % interval.
    draws : int
        Truths drawn.
    prior : {"study", "flat"}
        Of the true change; ``flat`` where the study is too small for its own.
    """

    patients: pd.DataFrame
    misclassified: float
    misclassified_low: float
    misclassified_high: float
    responders: float
    responders_low: float
    responders_high: float
    draws: int
    prior: Prior


@logged(
    "description",
    measure="expected misclassified",
    estimate="misclassified",
    low="misclassified_low",
    high="misclassified_high",
)
def response_certainty(
    seen: Mapping[str, Assessed],
    *,
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    repeatability: Repeatability,
    seed: int,
    prior: Prior = "study",
    draws: int = DRAWS,
) -> tuple[dict[str, ResponseCertainty], pd.DataFrame]:
    """Certainty of the responses at each visit, and of each patient's switch between the first two visits.

    True values are drawn as :func:`analysis.pet.response.true_values.draw_true_values` says; a share of the error may be
    common to the lesions of a scan. Each visit is judged from the baseline and itself alone, a switch from all three
    scans. What the reader said of new lesions, and which lesions have disappeared, is taken as certain.

    With the prior of the study the expected numbers are those of a trial like this one, and the least or greatest of
    several lesions' changes is corrected for the noise picked with it. With the flat prior they are what the measurement
    alone says, and too low wherever patients change alike: by a fifth for a spread of 14 points and three lesions.

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
    prior : {"study", "flat"}
        Of the true change; the study's falls back to the flat one with fewer than ten patients, as the result says.
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
    certainty = {}
    for visit, found in seen.items():
        lesions, after = found.lesions, found.lesions.after[:, None]
        chosen = chosen_prior(prior, lesions.before, after, repeatability)
        changes, progressing = [], np.zeros(len(lesions.patients))
        for size, block in _blocks(after.size, draws, seed):
            first, second = draw_true_values(
                lesions.before, after, repeatability, prior=chosen, draws=size, seed=block
            )
            deciding = np.where(lesions.counts, first, np.nan)
            change = decided(patient_rule, lesion_rule, deciding, second[:, 0], lesions.volume)
            progressing += (
                lesion_rule.progresses(lesion_rule.changes(first, second[:, 0])).any(axis=-1).sum(axis=0)
            )
            changes.append(change.astype(np.float32))
        certainty[visit] = _summary(
            found,
            lesion_rule,
            patient_rule,
            np.concatenate(changes),
            progressing / draws,
            "flat" if chosen is None else "study",
        )
    if len(seen) < 2:
        return certainty, pd.DataFrame(columns=["patient_id", "switched", "probability_switch"])
    one, two = (found.patients for found in list(certainty.values())[:2])
    both = one.merge(two, on="patient_id", suffixes=("_first", "_second"))
    probability = _switching(
        list(seen.values())[:2], lesion_rule, patient_rule, repeatability, prior, draws, seed
    )
    return certainty, pd.DataFrame(
        {
            "patient_id": both["patient_id"],
            "switched": both["response_first"] != both["response_second"],
            "probability_switch": both["patient_id"].map(probability).astype(float),
        }
    )


def _switching(
    seen: list[Assessed],
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    repeatability: Repeatability,
    prior: Prior,
    draws: int,
    seed: int,
) -> dict[str, float]:
    """Probability of each patient of two visits that the true classes differ; both changes share the baseline."""
    everybody = sorted(set(seen[0].lesions.patients) & set(seen[1].lesions.patients))
    rows = [np.searchsorted(found.lesions.patients, everybody) for found in seen]
    width = max(found.lesions.before.shape[1] for found in seen)
    before = np.full((len(everybody), width), np.nan)
    after = np.full((len(everybody), 2, width), np.nan)
    for number, (found, row) in enumerate(zip(seen, rows, strict=True)):
        own = found.lesions.before[row]
        before[:, : own.shape[1]] = own  # the same lesions in the same order at every visit
        after[:, number, : own.shape[1]] = found.lesions.after[row]
    chosen = chosen_prior(prior, before, after, repeatability)
    switching = np.zeros(len(everybody))
    for size, block in _blocks(after.size, draws, seed):
        first, second = draw_true_values(before, after, repeatability, prior=chosen, draws=size, seed=block)
        classes = []
        for number, (found, row) in enumerate(zip(seen, rows, strict=True)):
            counts, volume = found.lesions.counts[row], found.lesions.volume[row]
            wide = counts.shape[1]
            deciding = np.where(counts, first[..., :wide], np.nan)
            change = decided(patient_rule, lesion_rule, deciding, second[:, number, :, :wide], volume)
            classes.append(lesion_rule.responds(change) & ~_new(found, lesion_rule)[row])
        switching += (classes[0] != classes[1]).sum(axis=0)
    return dict(zip(everybody, (switching / draws).tolist(), strict=True))


@logged("description", measure="probabilities of classes")
def criterion_certainty(
    facts: EortcFacts | PercistFacts,
    *,
    repeatability: Repeatability,
    glycolysis: Repeatability | None = None,
    seed: int,
    prior: Prior = "study",
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
    seed, prior, draws
        As for :func:`response_certainty`.

    Returns
    -------
    DataFrame
        ``patient_id, measured, CMR, PMR, SMD, PMD, prior``: the class as measured, the probability of each, and the
        prior it was found with.
    """
    lesions = facts.seen.lesions
    after = lesions.after[:, None]
    chosen = chosen_prior(prior, lesions.before, after, repeatability)
    counts = np.zeros((len(CLASSES), len(lesions.patients)))
    for size, block in _blocks(after.size, draws, seed):
        own, other = block.spawn(2)
        first, second = draw_true_values(
            lesions.before, after, repeatability, prior=chosen, draws=size, seed=own
        )
        if isinstance(facts, PercistFacts):
            ratio = None if glycolysis is None else _glycolysis_ratio(facts, glycolysis, prior, size, other)
            classes = facts.classes(second[:, 0], first, ratio)
        else:
            classes = facts.classes(second[:, 0], first)
        counts += (classes[..., None] == np.arange(len(CLASSES))).sum(axis=0).T
    measured = facts.classes(lesions.after, lesions.before)
    table = pd.DataFrame({"patient_id": lesions.patients, "measured": np.array(CLASSES)[measured]})
    table[list(CLASSES[:4])] = (counts[:4] / draws).T
    table["prior"] = "flat" if chosen is None else "study"
    return table[table["measured"] != "not_assessable"].reset_index(drop=True)


def _glycolysis_ratio(
    facts: PercistFacts, repeatability: Repeatability, prior: Prior, draws: int, seed: np.random.SeedSequence
) -> NDArray[np.float64]:
    """Draws of the sum of TLG at the visit over that at baseline, missing without one at baseline."""
    before, after = facts.glycolysis_before, facts.glycolysis_after[:, None]
    chosen = chosen_prior(prior, before, after, repeatability)
    first, second = draw_true_values(before, after, repeatability, prior=chosen, draws=draws, seed=seed)
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio = np.nansum(second[:, 0], axis=-1) / np.nansum(first, axis=-1)
    return np.where(np.isfinite(ratio), ratio, np.nan)


def _blocks(size: int, draws: int, seed: int) -> Iterator[tuple[int, np.random.SeedSequence]]:
    """Draws in blocks of bounded memory, each with its own independent stream."""
    each = max(1, min(draws, _VALUES_AT_ONCE // max(size, 1)))
    root = np.random.SeedSequence([seed, 3])
    for done in range(0, draws, each):
        yield min(each, draws - done), root.spawn(1)[0]


def _new(found: Assessed, rule: LesionRule) -> NDArray[np.bool_]:
    new = dict(zip(found.patients["patient_id"], found.new(rule).tolist(), strict=True))
    return np.array([new[name] for name in found.lesions.patients], bool)


def _summary(
    found: Assessed,
    lesion_rule: LesionRule,
    patient_rule: PatientRule,
    changes: NDArray[np.float32],
    progressing: NDArray[np.float64],
    prior: Prior,
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
    numbers = []
    for counts in (wrong.sum(axis=1), truly.sum(axis=1)):
        low, high = np.quantile(counts, (0.025, 0.975))
        numbers += [float(counts.mean()), float(low), float(high)]
    return ResponseCertainty(patients, *numbers, draws=len(changes), prior=prior)
