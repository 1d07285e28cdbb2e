"""The simulated trial as a complete study folder: the embedded default of every command."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from analysis.data import seal_study, write_study
from analysis.errors import StudyError
from analysis.simulation.parameters import load_parameters
from analysis.simulation.scan_list import list_scans
from analysis.simulation.scans import SimulatedScan
from analysis.simulation.staging import staged_folder
from analysis.simulation.trial import DEFAULT_SEED, JointDraw, draw_joint, tabulate_trial
from analysis.simulation.truth import FILE as TRUTH_FILE
from analysis.simulation.truth import truth_folder, write_truth
from analysis.study import load_protocol
from analysis.yaml_text import yaml_content

IMAGING_TABLES = ("pet_visits", "lesions")
"""Tables that a study without images is without."""


def simulate(
    destination: Path | str,
    *,
    patients: int | None = None,
    seed: int = DEFAULT_SEED,
    effect: str = "published",
    workers: int | None = None,
    images: bool = True,
    progress: bool = True,
    force: bool = False,
) -> None:
    """Write a simulated trial as a study folder, and its truth into a folder beside it.

    The study folder appears under its name whole, ``study.yml`` included, or not at all. The same
    arguments give the same bytes, whatever the number of workers.

    Parameters
    ----------
    destination : Path or str
        Study folder to write. The truth goes to the same path with ``-truth`` at its end.
    patients : int, optional
        Treated patients, at least 1; by default those of the published trial. Pilot, extension and
        screening failures keep their shares.
    seed : int
        Root of all random numbers, from 0.
    effect : str
        Association of PET response with PFS: ``published``, ``none`` or ``strong``.
    workers : int, optional
        Processes that write scans; by default one a core, or what an enclosing
        ``joblib.parallel_config`` says (Dask, for one).
    images : bool
        Whether to write PET; without it the study lacks that part.
    progress : bool
        Whether to show a progress bar on standard error.
    force : bool
        Whether to replace a simulated study that is there already. No other folder is ever replaced.

    Raises
    ------
    StudyError
        If the destination holds anything that may not be replaced.
    ParameterError
        If patients, seed or effect cannot be.
    """
    folder = Path(destination).absolute()
    truth = truth_folder(folder)
    refuse_to_lose(folder, truth, force=force)
    count = load_parameters()["design.patients"] if patients is None else patients
    draw = draw_joint(count, seed=seed, effect=effect)
    tables = tabulate_trial(draw)
    with staged_folder(folder) as study, staged_folder(truth) as hidden:
        write_truth(hidden, draw)
        if images:
            _write_scans(list_scans(draw, tables["pet_visits"]), study, workers=workers, progress=progress)
        else:
            tables = {name: table for name, table in tables.items() if name not in IMAGING_TABLES}
        write_study(study, meta=_describe(draw), tables=tables)
        seal_study(study)


def _write_scans(scans: Sequence[SimulatedScan], study: Path, *, workers: int | None, progress: bool) -> None:
    # Together these take a second to import, which a study without images need not wait for.
    import joblib
    from tqdm import tqdm

    from analysis.simulation.dicom import write_scan

    dicom, contours = study / "dicom", study / "contours"
    dicom.mkdir()
    contours.mkdir()
    pool = joblib.Parallel(n_jobs=-1 if workers is None else workers, return_as="generator_unordered")
    written = pool(joblib.delayed(write_scan)(scan, dicom, contours) for scan in scans)
    for _ in tqdm(written, total=len(scans), desc="simulating PET", unit="scan", disable=not progress):
        pass


def _describe(draw: JointDraw) -> dict[str, Any]:
    """Make the content of ``study.yml``."""
    trial = load_protocol().trial
    suffix = "" if draw.effect == "published" else f"-{draw.effect}"
    return {
        "id": f"{trial['name'].lower()}-simulated{suffix}",
        "title": f"{trial['name']}, SIMULATED: {trial['title']}",
        "kind": "simulated",
        "design": "single-arm",
        "source": f"python -m analysis simulate --patients {len(draw.patients)} --seed {draw.seed} --effect {draw.effect}",
        "licence": "MIT, as the program that made them",
        "caveats": [
            "These data are SIMULATED: no patient is in them, and nothing follows from them for patients.",
            f"They were drawn with the effect named {draw.effect!r}; every parameter and its basis stand in data/simulation.yml.",
            "PET at progression, registered in the trial, is not simulated.",
        ],
    }


def refuse_to_lose(folder: Path, truth: Path | None, *, force: bool) -> None:
    """Let through what is absent or empty, and with force what an earlier simulation wrote.

    Raises
    ------
    StudyError
        If the folder, or that of the truth where there is one, holds anything else.
    """
    if truth and truth.exists() and not (truth / TRUTH_FILE).is_file() and any(truth.iterdir()):
        raise StudyError(
            "the folder for the truth holds something else",
            where=str(truth),
            expected="no such folder",
            do="choose another destination",
        )
    if not folder.exists():
        return
    if not folder.is_dir():
        raise StudyError("the destination is a file", where=str(folder), do="choose another destination")
    if not any(folder.iterdir()):
        return
    if not _is_simulated(folder):
        raise StudyError(
            "the destination holds something that is not a simulated study",
            where=str(folder),
            expected="no folder, an empty one, or a simulated study",
            do="choose another destination; it is not replaced even with force",
        )
    if not force:
        raise StudyError(
            "the destination holds a simulated study already",
            where=str(folder),
            do="choose another destination, or replace it with --force",
        )


def _is_simulated(folder: Path) -> bool:
    description = folder / "study.yml"
    if not description.is_file():
        return False
    try:
        content = yaml_content(description.read_text(encoding="utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError):
        return False
    return isinstance(content, dict) and content.get("kind") == "simulated"
