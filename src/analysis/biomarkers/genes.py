"""Genes in plasma by visit: counts to print, and the nameless matrix that an oncoprint draws."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.association import RESISTANT, SENSITIVE
from analysis.biomarkers.plasma import visit_order
from analysis.cohort import proportion
from analysis.errors import StudyError
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.data import Study


def tested_samples(study: Study) -> pd.DataFrame:
    """Return samples that the panel gave a result for: only there is a gene without variant a gene not altered."""
    samples = study.table("plasma_samples")
    variants = study.table("plasma_variants")
    strangers = sorted(set(variants["sample_id"]) - set(samples["sample_id"]))
    if strangers:
        raise StudyError(
            f"{len(strangers)} samples of plasma_variants are not in plasma_samples",
            where=f"{study.id}, plasma_variants, column sample_id",
            expected="every sample to have its row in plasma_samples",
            offenders=strangers,
        )
    result = samples["panel_detected"].notna() if "panel_detected" in samples else False
    return samples[result | samples["sample_id"].isin(variants["sample_id"])]


def _highest(study: Study) -> pd.DataFrame:
    """Highest allele frequency of each gene by patient and visit, over the samples tested."""
    tested = tested_samples(study)[["sample_id", "patient_id", "visit"]]
    found = study.table("plasma_variants").merge(tested, on="sample_id")
    found = found.sort_values("vaf_percent", ascending=False)
    return found.drop_duplicates(["patient_id", "visit", "gene"])


@logged("description", measure="counts")
def gene_counts(study: Study, *, response: pd.Series | None = None) -> pd.DataFrame:
    """One row a gene and visit: how many patients have a variant in it. An aggregate, without patients.

    Parameters
    ----------
    study : Study
        Needs ``plasma_samples`` and ``plasma_variants``.
    response : pandas.Series of text, optional
        responder or non_responder by patient_id: the counts are made for each of the two instead.

    Returns
    -------
    pandas.DataFrame
        group (``all``, or the response), gene, visit, k, n (patients tested at the visit), estimate,
        low, high. Genes by how often they are altered at any visit, visits by time.

    Raises
    ------
    StudyError
        If the study lacks a table, or a variant belongs to no sample.
    """
    tested = tested_samples(study)[["patient_id", "visit"]].drop_duplicates()
    highest = _highest(study)
    genes = _frequent_first(highest)
    rows = []
    for group, members in _members(tested, response).items():
        of_group = tested[tested["patient_id"].isin(members)]
        altered = highest[highest["patient_id"].isin(members)]
        for gene in genes:
            for visit in sorted(tested["visit"].unique(), key=visit_order):
                n = int((of_group["visit"] == visit).sum())
                k = int(((altered["gene"] == gene) & (altered["visit"] == visit)).sum())
                share = proportion(k, n)
                row = {"group": group, "gene": gene, "visit": visit, "k": k, "n": n}
                rows.append(row | {"estimate": share.estimate, "low": share.low, "high": share.high})
    return pd.DataFrame(rows, columns=["group", "gene", "visit", "k", "n", "estimate", "low", "high"])


def _members(tested: pd.DataFrame, response: pd.Series | None) -> dict[str, set]:
    if response is None:
        return {"all": set(tested["patient_id"])}
    text = response.astype("string")
    return {name: set(text.index[(text == name).fillna(False)]) for name in (RESISTANT, SENSITIVE)}


def _frequent_first(highest: pd.DataFrame) -> list[str]:
    carriers = highest.groupby("gene")["patient_id"].nunique()
    return sorted((str(gene) for gene in carriers.index), key=lambda gene: (-int(carriers[gene]), gene))


@dataclass(frozen=True, eq=False)
class Oncoprint:
    """Patients by genes at one visit, without names.

    Parameters
    ----------
    visit : str
        The visit.
    genes : tuple of str
        Rows, the most often altered first.
    frequencies : numpy.ndarray of float, shape (genes, patients)
        Highest allele frequency, percent; NaN where no variant was found. Columns are patients tested
        at the visit, sorted by their pattern, so that their order says nothing about who they are.
    groups : tuple of str
        Group of each column; empty without ``response``.
    """

    visit: str
    genes: tuple[str, ...]
    frequencies: np.ndarray
    groups: tuple[str, ...]


@logged("description", measure="counts")
def oncoprint(study: Study, visit: str, *, response: pd.Series | None = None) -> Oncoprint:
    """Matrix of genes by patients at one visit, for drawing.

    Parameters
    ----------
    study : Study
        Needs ``plasma_samples`` and ``plasma_variants``.
    visit : str
        The visit.
    response : pandas.Series of text, optional
        By patient_id: columns are grouped, non-responders first, then responders, then ``unknown``.
    """
    tested = tested_samples(study)
    patients = pd.Index(sorted(set(tested.loc[tested["visit"] == visit, "patient_id"])))
    highest = _highest(study)
    highest = highest[highest["visit"] == visit]
    genes = _frequent_first(highest)
    matrix = np.full((len(genes), len(patients)), np.nan)
    rows = pd.Index(genes).get_indexer(pd.Index(highest["gene"]))
    matrix[rows, patients.get_indexer(pd.Index(highest["patient_id"]))] = highest["vaf_percent"]
    groups = np.full(len(patients), "", dtype=object)
    rank = np.zeros(len(patients))
    if response is not None:
        text = response.astype("string").reindex(patients)
        groups = text.where(text.isin([RESISTANT, SENSITIVE])).fillna("unknown").to_numpy(dtype=object)
        rank = np.array([(RESISTANT, SENSITIVE, "unknown").index(name) for name in groups])
    # lexsort takes its last key first: group, then the most frequent gene, then the next.
    keys = [np.nan_to_num(-row) for row in matrix[::-1]]
    order = np.lexsort([*keys, rank])
    return Oncoprint(
        visit, tuple(genes), matrix[:, order], tuple(groups[order]) if response is not None else ()
    )
