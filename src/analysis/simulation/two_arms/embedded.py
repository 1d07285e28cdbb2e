"""The simulated two-arm trial as a complete study folder: the second embedded study."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.data import seal_study, write_study
from analysis.data.writing import lacking_columns
from analysis.simulation.embedded import refuse_to_lose
from analysis.simulation.staging import staged_folder
from analysis.simulation.two_arms.trial import DEFAULT_SEED, draw_two_arms, tabulate_two_arms

ARMS = {"eve": "everolimus and exemestane", "pbo": "placebo and exemestane"}


def simulate_two_arms(destination: Path | str, *, seed: int = DEFAULT_SEED, force: bool = False) -> None:
    """Write a simulated trial of two arms as a study folder; it has no images.

    The folder appears under its name whole, ``study.yml`` included, or not at all. The same seed gives the same bytes.

    Parameters
    ----------
    destination : Path or str
        Study folder to write.
    seed : int
        Root of all random numbers, from 0.
    force : bool
        Whether to replace a simulated study that is there already. No other folder is ever replaced.

    Raises
    ------
    StudyError
        If the destination holds anything that may not be replaced.
    ParameterError
        If the seed cannot be.
    """
    folder = Path(destination).absolute()
    refuse_to_lose(folder, None, force=force)
    tables = tabulate_two_arms(draw_two_arms(seed=seed))
    with staged_folder(folder) as study:
        lacks = {name: gone for name, gone in lacking_columns(tables).items() if gone}
        write_study(study, meta={**_describe(seed), "lacks": lacks}, tables=tables)
        seal_study(study)


def _describe(seed: int) -> dict[str, Any]:
    """Make the content of ``study.yml``."""
    return {
        "id": "first-line-simulated",
        "title": "Two arms with a first-line stratum, SIMULATED in the shape of BOLERO-2",
        "kind": "simulated",
        "design": "randomised",
        "source": f"python -m analysis simulate --design two-arm --seed {seed}",
        "licence": "MIT, as the program that made them",
        "caveats": [
            "These data are SIMULATED: no patient is in them, and nothing follows from them for patients or drugs.",
            "They were drawn to meet what is published of BOLERO-2 on average over many trials; one trial misses it by chance. "
            "Every parameter and its basis stand in data/simulation-first-line.yml.",
        ],
        "arms": ARMS,
        "control": "pbo",
        "strata": ["endocrine_sensitive", "visceral"],
    }
