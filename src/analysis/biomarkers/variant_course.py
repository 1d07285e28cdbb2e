"""Variants in plasma from one visit to another: which are new, which persist, which are gone, gene by gene."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers.families import benjamini_hochberg
from analysis.biomarkers.genes import tested_samples
from analysis.biomarkers.paired_calls import mcnemar
from analysis.logbook import logged

if TYPE_CHECKING:
    from analysis.data import Study

FAMILY = "genes at progression"


@dataclass(frozen=True, eq=False)
class VariantCourse:
    """Variants of the patients whose plasma was tested at both visits.

    Parameters
    ----------
    first, second : str
        The visits.
    n : int
        Patients tested at both.
    one_visit : int
        Patients tested at one of them only, left out.
    genes : pandas.DataFrame
        One row a gene: gene; new, persisting, cleared (variants: a protein change of a patient counts once);
        gained, lost, kept (patients in whom the gene was altered only later, only before, at both);
        odds_ratio, low, high, p_value (McNemar's exact test of gained against lost), q_value within the family of
        all genes found at either visit, note. Genes with most new variants first.
    new, persisting, cleared : int
        Variants in all.
    patients_with_new : int
        Patients with at least one new variant.
    """

    first: str
    second: str
    n: int
    one_visit: int
    genes: pd.DataFrame
    new: int
    persisting: int
    cleared: int
    patients_with_new: int


@logged("comparison", measure="counts", whole="genes")
def variant_course(study: Study, *, first: str = "baseline", second: str = "progression") -> VariantCourse:
    """What became of the variants between two visits.

    A variant is new if it is found at the second visit and not at the first, in a patient tested at both: below
    the limit of detection it may have been there before.

    Parameters
    ----------
    study : Study
        Needs ``plasma_samples`` and ``plasma_variants``.
    first, second : str
        The visits.

    Raises
    ------
    StudyError
        If the study lacks a table, or a variant belongs to no sample.
    """
    tested = tested_samples(study)
    at = {visit: set(tested.loc[tested["visit"] == visit, "patient_id"]) for visit in (first, second)}
    both = at[first] & at[second]
    found = study.table("plasma_variants").merge(tested[["sample_id", "patient_id", "visit"]], on="sample_id")
    found = found[found["patient_id"].isin(both) & found["visit"].isin([first, second])]
    key = ["patient_id", "gene", "protein_change"]
    variants = _before_and_after(found, key, first, second)
    of_gene = _before_and_after(found, key[:2], first, second)
    rows = [
        _gene_row(str(gene), variants[variants["gene"] == gene], of_gene[of_gene["gene"] == gene], len(both))
        for gene in sorted(set(variants["gene"]))
    ]
    columns = ["gene", "new", "persisting", "cleared", "gained", "lost", "kept"]
    columns += ["odds_ratio", "low", "high", "p_value", "note"]
    genes = pd.DataFrame(rows, columns=columns)
    genes.insert(len(columns) - 1, "q_value", benjamini_hochberg(genes["p_value"].to_numpy(dtype=float)))
    genes = genes.sort_values(["new", "gene"], ascending=[False, True], ignore_index=True)
    new = variants["after"] & ~variants["before"]
    return VariantCourse(
        first=first,
        second=second,
        n=len(both),
        one_visit=len(at[first] ^ at[second]),
        genes=genes,
        new=int(new.sum()),
        persisting=int((variants["after"] & variants["before"]).sum()),
        cleared=int((variants["before"] & ~variants["after"]).sum()),
        patients_with_new=int(variants.loc[new, "patient_id"].nunique()),
    )


def _before_and_after(found: pd.DataFrame, key: list[str], first: str, second: str) -> pd.DataFrame:
    """One row a key, with the truth values ``before`` and ``after``."""
    at = [found.loc[found["visit"] == visit, key].drop_duplicates() for visit in (first, second)]
    wide = at[0].merge(at[1], on=key, how="outer", indicator="side")
    before, after = wide["side"] != "right_only", wide["side"] != "left_only"
    return wide[key].assign(before=before, after=after)


def _gene_row(gene: str, variants: pd.DataFrame, patients: pd.DataFrame, n: int) -> dict[str, object]:
    was, is_ = (np.asarray(patients[name], dtype=bool) for name in ("before", "after"))
    gained, lost = int((is_ & ~was).sum()), int((was & ~is_).sum())
    test, _ = mcnemar(gained, lost, n=n)
    before, after = (np.asarray(variants[name], dtype=bool) for name in ("before", "after"))
    return {
        "gene": gene,
        "new": int((after & ~before).sum()),
        "persisting": int((after & before).sum()),
        "cleared": int((before & ~after).sum()),
        "gained": gained,
        "lost": lost,
        "kept": int((was & is_).sum()),
        "odds_ratio": test.estimate,
        "low": test.low,
        "high": test.high,
        "p_value": test.p_value,
        "note": "; ".join(filter(None, (test.reason, *test.warnings))),
    }
