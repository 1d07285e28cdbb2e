"""What ties response, plasma and survival of a patient together: one multivariate normal draw."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.errors import ParameterError
from analysis.simulation.parameters import SimulationParameters

_NAMES = ("response", "ctdna", "tumour_fraction", "visceral", "pfs")


@dataclass(frozen=True)
class Latent:
    """Standard normal values of each patient, arrays of shape (n,).

    ``response`` and ``response28``: higher is a larger true decrease of uptake at day 14 and 28;
    ``ctdna``, ``tumour_fraction``: higher is more tumour DNA in plasma; ``visceral``: higher is more
    visceral disease; ``pfs``: higher is a later progression (a Gaussian copula with log-normal PFS).
    """

    response: NDArray[Any]
    response28: NDArray[Any]
    ctdna: NDArray[Any]
    tumour_fraction: NDArray[Any]
    visceral: NDArray[Any]
    pfs: NDArray[Any]


def latent_correlation(parameters: SimulationParameters, *, effect: str) -> NDArray[Any]:
    """Correlation matrix of response, ctDNA, tumour fraction, visceral disease and log PFS, shape (5, 5).

    The correlation of an effect is that of the *measured* decrease with log PFS. Test-retest variation
    and the choice of the least-responding lesion weaken it, so the latent one is larger by that factor.

    Raises
    ------
    ParameterError
        If the effect is unknown, or no such joint distribution exists.
    """
    if effect not in parameters.effects:
        raise ParameterError(
            f"effect {effect!r} is unknown",
            where="simulate",
            expected="one of " + ", ".join(parameters.effects),
            do="choose one of these",
        )
    matrix = np.eye(len(_NAMES))
    for row, first in enumerate(_NAMES):
        for column, second in enumerate(_NAMES[row + 1 :], start=row + 1):
            if (first, second) == ("response", "pfs"):
                value = parameters["effect.rho"][effect] / parameters["effect.attenuation"]
            else:
                value = parameters[f"effect.{first}_{second}"]
            matrix[row, column] = matrix[column, row] = value
    if np.linalg.eigvalsh(matrix)[0] <= 0:
        raise ParameterError(
            f"the correlations of effect {effect!r} contradict each other",
            where="data/simulation.yml, section effect",
            expected="a positive definite correlation matrix",
            do="make one of them smaller",
        )
    return matrix


def draw_latent(rng: np.random.Generator, n: int, *, effect: str, parameters: SimulationParameters) -> Latent:
    """Draw the latent values of n patients."""
    factor = np.linalg.cholesky(latent_correlation(parameters, effect=effect))
    values = factor @ rng.standard_normal((len(_NAMES), n))
    drawn = dict(zip(_NAMES, values, strict=True))
    stay = parameters["response.day28_correlation"]
    later = stay * drawn["response"] + np.sqrt(1 - stay**2) * rng.standard_normal(n)
    return Latent(response28=later, **drawn)
