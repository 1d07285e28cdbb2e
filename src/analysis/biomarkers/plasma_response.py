"""Plasma against metabolic response: the declared families of tests."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.association import Association, binary_association, scale_association
from analysis.biomarkers.families import with_q_values
from analysis.biomarkers.plasma import MARKERS, at_visit, marker_label, visit_words
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.study import Protocol


@logged("association")
def plasma_associations(
    calls: pd.DataFrame,
    protocol: Protocol,
    *,
    response: pd.Series,
    visits: Sequence[str] = ("baseline", "day14"),
) -> tuple[Association, ...]:
    """Associations of plasma with response: two families, declared by ``visits``.

    Family ``plasma, detection``: each marker of ``MARKERS`` at each visit, yes or no. Family ``plasma,
    quantity``: highest allele frequency and tumour fraction at each visit, as ranks, so that values
    below the limit of detection are tied with each other and below all others.

    Parameters
    ----------
    calls : pandas.DataFrame
        As from :func:`analysis.biomarkers.plasma_calls`.
    protocol : Protocol
        Cut-offs, for the markers' names.
    response : pandas.Series of text
        responder or non_responder by patient_id; anything else takes no part.
    visits : sequence of str
        Visits of the families, fixed before the data are seen.
    """
    detected, quantity = [], []
    frequency = calls["max_vaf_percent"]
    limited = frequency.where(~(frequency < calls["lod_vaf_percent"]), calls["lod_vaf_percent"])
    # The limit may differ between samples: what is below its own limit ranks below whatever was found.
    lowest = np.nanmin(limited) if limited.notna().any() else np.nan
    ranked = calls.assign(frequency=limited.mask(frequency < calls["lod_vaf_percent"], lowest))
    for visit in visits:
        when = visit_words(visit)
        for marker in MARKERS:
            values = at_visit(calls, marker, visit=visit)
            name = f"{marker_label(marker, protocol)}, {when}"
            detected.append(binary_association(name, values, response=response))
        for column, words in (
            ("frequency", "Highest allele frequency (%)"),
            ("tumour_fraction_percent", "Tumour fraction (%)"),
        ):
            values = at_visit(ranked, column, visit=visit)
            quantity.append(scale_association(f"{words}, {when}", values, response=response))
    return (
        *with_q_values(detected, family="plasma, detection"),
        *with_q_values(quantity, family="plasma, quantity"),
    )
