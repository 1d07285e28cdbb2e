"""Simulated tumour genotypes: one a patient, seen in plasma and in tissue alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.parameters import SimulationParameters
from analysis.simulation.plasma import Plasma

VARIANTS: dict[str, tuple[tuple[str, float], ...]] = {
    "PIK3CA": (("p.H1047R", 0.45), ("p.E545K", 0.33), ("p.E542K", 0.22)),
    "ESR1": (("p.D538G", 0.53), ("p.Y537S", 0.28)),
    "TP53": (("p.R175H", 0.30), ("p.R248Q", 0.30), ("p.R273H", 0.25), ("p.Y220C", 0.15)),
    "AKT1": (("p.E17K", 1.0),),
    "PTEN": (("p.R130Q", 0.5), ("p.R233*", 0.5)),
    "ERBB2": (("p.L755S", 0.6), ("p.V777L", 0.4)),
    "KRAS": (("p.G12D", 0.6), ("p.G12V", 0.4)),
    "GATA3": (("p.P409fs", 0.6), ("p.D336fs", 0.4)),
}
"""Recurrent changes of each gene and their shares; frequencies of the genes are parameters."""


@dataclass(frozen=True)
class Genotype:
    """Alterations of each treated patient.

    ``genes`` names the columns of ``altered`` (n, genes) and ``acquired`` (n, genes): acquired ones are
    found in plasma at progression only. ``change`` (n, genes) is the protein change of a gene, ESR1 aside
    when ``both`` (n,) says that a patient has its two.
    """

    genes: tuple[str, ...]
    altered: NDArray[Any]
    acquired: NDArray[Any]
    change: NDArray[Any]
    both: NDArray[Any]


def draw_genotype(rng: np.random.Generator, plasma: Plasma, *, parameters: SimulationParameters) -> Genotype:
    """Draw genotypes; every patient whose plasma is ever positive has an alteration of the panel.

    The frequencies of the parameters are those in all patients; they are rescaled to patients with
    detected ctDNA. In the others the same genes are altered less often: the panel would have seen them.
    """
    frequency = parameters["plasma.genes"]
    genes = tuple(frequency)
    ever = np.asarray((plasma.detected & ~np.isnan(plasma.day)).any(axis=1))
    n = len(ever)
    in_detected = np.minimum(
        np.array(list(frequency.values())) / parameters["plasma.detected"]["baseline"], 1.0
    )
    share = np.where(ever, 1.0, parameters["tissue.share_if_not_in_plasma"])[:, None]
    altered = rng.random((n, len(genes))) < in_detected * share
    none = ever & ~altered.any(axis=1)
    altered[none, rng.choice(len(genes), size=none.sum(), p=in_detected / in_detected.sum())] = True
    emerges = ever & (rng.random(n) < parameters["plasma.emergence"])
    acquired = np.zeros_like(altered)
    # What emerges under endocrine treatment is, more than anything else, ESR1.
    weights = np.where(np.array(genes) == "ESR1", 5.0, 1.0) * in_detected
    acquired[np.arange(n), rng.choice(len(genes), size=n, p=weights / weights.sum())] = emerges
    change = np.empty((n, len(genes)), dtype=object)
    for column, gene in enumerate(genes):
        names, shares = zip(*VARIANTS[gene], strict=True)
        change[:, column] = rng.choice(names, size=n, p=np.array(shares) / sum(shares))
    esr1 = parameters["plasma.esr1"]
    both = rng.random(n) < esr1["both"] / sum(esr1.values())
    return Genotype(genes=genes, altered=altered, acquired=acquired & ~altered, change=change, both=both)


def tabulate_variants(
    rng: np.random.Generator,
    genotype: Genotype,
    plasma: Plasma,
    samples: pd.DataFrame,
    patient_id: NDArray[Any],
) -> pd.DataFrame:
    """Table ``plasma_variants``: one row a variant of a positive sample.

    A patient's variants are the same at every visit; the leading one has the sample's highest frequency
    and the others a share of it that is the patient's own.
    """
    variants = pd.concat(
        [
            _variants(genotype, genotype.altered, emerged=False),
            _variants(genotype, genotype.acquired, emerged=True),
        ],
        ignore_index=True,
    )
    variants["share"] = list(rng.beta(1.2, 1.2, size=len(variants)))
    leading = variants[~variants["emerged"]].groupby("patient")["share"].idxmax()
    variants.loc[leading, "share"] = 1.0
    positive = samples[samples["max_vaf_percent"] > 0]
    positive = positive.assign(
        patient=positive["patient_id"].map({name: number for number, name in enumerate(patient_id)})
    )
    found = positive[["sample_id", "patient", "visit", "max_vaf_percent", "lod_vaf_percent"]].merge(
        variants, on="patient"
    )
    found = found[~found["emerged"] | (found["visit"] == plasma.visits[-1])]
    found["vaf_percent"] = (found["share"] * found["max_vaf_percent"]).round(2)
    found = found[found["vaf_percent"] >= found["lod_vaf_percent"]]
    return found[["sample_id", "gene", "protein_change", "vaf_percent"]].reset_index(drop=True)


def _variants(genotype: Genotype, present: NDArray[Any], *, emerged: bool) -> pd.DataFrame:
    patient, column = np.nonzero(present)
    gene = np.array(genotype.genes)[column]
    first = pd.DataFrame(
        {
            "patient": patient,
            "gene": gene,
            "protein_change": genotype.change[patient, column],
            "emerged": emerged,
        }
    )
    second = first[(first["gene"] == "ESR1") & genotype.both[patient]]
    (one, _), (other, _) = VARIANTS["ESR1"]
    swapped = second["protein_change"].map({one: other, other: one})
    return pd.concat([first, second.assign(protein_change=swapped)], ignore_index=True)
