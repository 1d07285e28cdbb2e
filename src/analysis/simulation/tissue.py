"""Simulated tissue: alterations and expression in the primary tumour and in a metastasis."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from analysis.simulation.genotype import Genotype
from analysis.simulation.latent import Latent
from analysis.simulation.parameters import SimulationParameters

SPECIMENS = ("primary", "metastasis")


def tabulate_tissue(
    rng: np.random.Generator,
    genotype: Genotype,
    latent: Latent,
    patient_id: NDArray[Any],
    *,
    parameters: SimulationParameters,
) -> pd.DataFrame:
    """Table ``tissue``: one row a marker of a specimen that could be analysed.

    A metastasis loses some alterations of the primary and gains others; ESR1 is acquired, so that it is
    rare in primaries. Expression: er, pr, ki67 in percent of cells, p4ebp1 as H-score.
    """
    n = len(patient_id)
    primary = genotype.altered.copy()
    metastasis = np.where(
        primary,
        rng.random(primary.shape) >= parameters["tissue.loss"],
        rng.random(primary.shape) < parameters["tissue.gain"],
    )
    esr1 = genotype.genes.index("ESR1")
    share = parameters["tissue.esr1"]
    metastasis[:, esr1] = rng.random(n) < np.where(genotype.altered[:, esr1], 2, 0.5) * share["metastasis"]
    primary[:, esr1] = rng.random(n) < share["primary"]
    expression = _draw_expression(rng, latent, parameters)
    rows = []
    for number, (specimen, altered) in enumerate(zip(SPECIMENS, (primary, metastasis), strict=True)):
        available = rng.random(n) < parameters["tissue.available"][specimen]
        columns = {gene: altered[:, column].astype(float) for column, gene in enumerate(genotype.genes)}
        columns |= {marker: values[:, number] for marker, values in expression.items()}
        wide = pd.DataFrame(columns)
        unknown = rng.random(wide.shape) < parameters["tissue.not_evaluable"]
        wide = wide.mask(unknown).assign(patient_id=list(patient_id), specimen=specimen)[available]
        rows.append(wide.melt(id_vars=["patient_id", "specimen"], var_name="marker"))
    table = pd.concat(rows, ignore_index=True)
    table["kind"] = np.where(table["marker"].isin(genotype.genes), "alteration", "expression")
    columns = ["patient_id", "specimen", "marker", "kind", "value"]
    return table.sort_values(["patient_id", "specimen"], kind="stable", ignore_index=True)[columns]


def _draw_expression(
    rng: np.random.Generator, latent: Latent, parameters: SimulationParameters
) -> dict[str, NDArray[Any]]:
    """Expression of each marker in primary and metastasis, shape (n, 2), correlated between them."""
    n = len(latent.response)

    def pair(agreement: float) -> NDArray[Any]:
        common = rng.standard_normal((n, 1))
        return np.sqrt(agreement) * common + np.sqrt(1 - agreement) * rng.standard_normal((n, 2))

    er = np.clip(np.rint((92 + 12 * pair(0.6)) / 5) * 5, 10, 100)
    er[:, 1] = np.where(rng.random(n) < parameters["tissue.er_loss"], 0.0, er[:, 1])
    pr = np.clip(np.rint((45 + 45 * pair(0.5)) / 5) * 5, 0, 100)
    ki67 = parameters["tissue.ki67_percent"]
    proliferation = np.clip(np.rint(ki67["median"] * np.exp(ki67["sd_log"] * pair(0.5))), 1, 95)
    score = parameters["tissue.p4ebp1"]
    tie = score["response_correlation"]
    p4ebp1 = score["mean"] + score["sd"] * (tie * latent.response[:, None] + np.sqrt(1 - tie**2) * pair(0.5))
    return {"er": er, "pr": pr, "ki67": proliferation, "p4ebp1": np.clip(np.rint(p4ebp1 / 5) * 5, 0, 300)}
