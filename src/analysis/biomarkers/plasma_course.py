"""Plasma over the visits: how much ctDNA falls and rises, with values below the limit of detection as what they are."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.association import RESISTANT, SENSITIVE
from analysis.biomarkers.censored_model import censored_model
from analysis.biomarkers.mixed_model import FixedEffect, mixed_model
from analysis.biomarkers.plasma import visit_order, visit_words
from analysis.errors import DesignError
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.study import Protocol

CENSORED = "below the limit as censored (leads)"
AT_LIMIT = "below the limit set at it"
AT_HALF = "below the limit set at half of it"
SMALLEST = "below the smallest value found as censored"
WAYS = (CENSORED, SMALLEST, AT_LIMIT, AT_HALF)
"""How values below the limit are taken: by their likelihood, the same with nothing claimed between the limit and the
smallest value found (a limit may be assumed, or values rounded), or set to the limit or to half of it."""

QUANTITIES = {
    "max_vaf_percent": "Highest allele frequency",
    "tumour_fraction_percent": "Tumour fraction",
}
COLUMNS = ["quantity", "way", "effect", "estimate", "low", "high", "degrees_of_freedom", "p_value", "n"]
COLUMNS += ["measurements", "below", "method", "note"]


@dataclass(frozen=True, eq=False)
class _Design:
    columns: np.ndarray
    terms: tuple[str, ...]
    effects: dict[str, np.ndarray]
    """Weights of the fixed effects for each effect that is reported."""


@logged("comparison", measure="ratio of geometric means")
def plasma_course(
    calls: pd.DataFrame,
    protocol: Protocol,
    *,
    visits: Sequence[str],
    response: pd.Series | None = None,
) -> pd.DataFrame:
    """Change of ctDNA since the first visit, as a ratio of geometric means, by mixed models of its logarithm.

    Each quantity is modelled four ways: a value below its limit enters by its likelihood (the estimate that
    leads; large-sample inference); the same with the smallest value found in place of a lower limit; or it stands at
    the limit or at half of it (REML with Satterthwaite's degrees of freedom). Where these differ, what is assumed
    of the values that were not measured makes the result, not the data.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`analysis.biomarkers.plasma_calls`.
    protocol : Protocol
        The tumour fraction's limit: below its cut-off it is not told from none.
    visits : sequence of str
        Visits of the model, the first being the reference; those without a measurement are left out.
    response : pandas.Series of text, optional
        responder or non_responder by patient_id: changes are then given for each of the two, with their ratio
        (interaction); patients with neither take no part.

    Returns
    -------
    pandas.DataFrame
        One row a quantity, way and effect: quantity, way (one of ``WAYS``), effect in words, estimate, low, high
        (ratios; 1 is no change), degrees_of_freedom (infinite for a large-sample test), p_value, n (patients),
        measurements, below (of these below the limit), method, note (why there is no estimate).
    """
    limits = {
        "max_vaf_percent": calls["lod_vaf_percent"],
        "tumour_fraction_percent": pd.Series(
            protocol.value("plasma.tumour_fraction_cutoff_percent"), index=calls.index
        ),
    }
    rows: list[dict[str, object]] = []
    for column, words in QUANTITIES.items():
        known = calls[calls[column].notna() & calls["visit"].isin(list(visits))]
        known = known.assign(limit=limits[column].reindex(known.index), value=known[column])
        if response is not None:
            group = known["patient_id"].map(response.astype("string"))
            known = known.assign(group=group)[group.isin([RESISTANT, SENSITIVE]).to_numpy(dtype=bool)]
        if known.empty:
            continue
        rows += _rows_of(known, words, response is not None)
    return pd.DataFrame(rows, columns=COLUMNS)


def _rows_of(known: pd.DataFrame, words: str, by_response: bool) -> list[dict[str, object]]:
    below = np.asarray(known["value"] < known["limit"], dtype=bool)
    limit = np.asarray(known["limit"], dtype=float)
    level = np.log10(np.where(below, limit, np.asarray(known["value"], dtype=float)))
    patients = known["patient_id"].to_numpy()
    design = _design(known, by_response)
    shared = {
        "quantity": words,
        "n": int(known["patient_id"].nunique()),
        "measurements": len(known),
        "below": int(below.sum()),
    }
    rows = []
    smallest = np.min(level[~below], initial=np.inf)
    for way in WAYS:
        try:
            if way in (CENSORED, SMALLEST):
                bound = level if way == CENSORED else np.where(below, np.maximum(level, smallest), level)
                found = censored_model(
                    bound, below, design.columns, patients, terms=design.terms, contrasts=design.effects
                )
                effects = [(one.term, one) for one in found.effects]
            else:
                put = level - np.where(below & (way == AT_HALF), math.log10(2), 0.0)
                model = mixed_model(put, design.columns, patients, terms=design.terms)
                effects = [
                    (name, model.contrast(weights, name=name)) for name, weights in design.effects.items()
                ]
        except DesignError as error:
            rows.append(shared | {"way": way, "note": str(error)})
            continue
        rows += [
            shared | {"way": way, "effect": name, "note": ""} | _as_ratio(found) for name, found in effects
        ]
    return rows


def _design(known: pd.DataFrame, by_response: bool) -> _Design:
    """Fixed effects of visits, and of visits by response: cell means of change, so that each effect is one term."""
    present = sorted(set(known["visit"]), key=visit_order)
    later = present[1:]
    at = {visit: np.asarray(known["visit"] == visit, dtype=float) for visit in later}
    words = {visit: visit_words(visit) for visit in present}
    one = np.ones(len(known))
    if not by_response:
        terms = ("level", *(f"{words[visit]} against {words[present[0]]}" for visit in later))
        columns = np.column_stack([one, *at.values()])
        eye = np.eye(len(terms))
        return _Design(columns, terms, {terms[i]: eye[i] for i in range(1, len(terms))})
    resists = np.asarray(known["group"] == RESISTANT, dtype=float)
    names = ["level", "non-responders, level"]
    columns = [one, resists]
    for visit in later:
        names += [
            f"{words[visit]} against {words[present[0]]}, responders",
            f"{words[visit]}, change of non-responders against that of responders",
        ]
        columns += [at[visit], at[visit] * resists]
    eye = np.eye(len(names))
    effects = {f"{words[present[0]]}, non-responders against responders": eye[1]}
    for place, visit in enumerate(later):
        own, extra = eye[2 + 2 * place], eye[3 + 2 * place]
        effects[names[2 + 2 * place]] = own
        effects[f"{words[visit]} against {words[present[0]]}, non-responders"] = own + extra
        effects[names[3 + 2 * place]] = extra
    return _Design(np.column_stack(columns), tuple(names), effects)


def _as_ratio(found: FixedEffect) -> dict[str, object]:
    return {
        "estimate": 10**found.estimate,
        "low": 10**found.low,
        "high": 10**found.high,
        "degrees_of_freedom": found.degrees_of_freedom,
        "p_value": found.p_value,
        "method": found.method,
    }
