"""The forms in which a simulated trial can be sent, and the folder that each makes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

import pandas as pd

from analysis.data import whole_folder
from analysis.errors import ParameterError, StudyError
from analysis.simulation.embedded import IMAGING_TABLES
from analysis.simulation.exports.cdisc import write_dataset_json, write_xpt
from analysis.simulation.exports.delimited import write_contract_csv, write_parquet, write_spreadsheet_csv
from analysis.simulation.exports.redcap import write_redcap
from analysis.simulation.exports.variant_files import write_maf, write_vcf
from analysis.simulation.trial import DEFAULT_SEED, draw_joint, tabulate_trial

Tables = Mapping[str, pd.DataFrame]

_CDISC = ("patients", "outcomes", "assessments", "quality_of_life", "adverse_events", "plasma_variants")
_REDCAP = (
    "patients",
    "outcomes",
    "assessments",
    "quality_of_life",
    "adverse_events",
    "eligibility",
    "plasma_samples",
    "plasma_variants",
)


def _with_cdisc(write: Callable[[Path, Tables], None], folder: Path, tables: Tables) -> None:
    """ADaM for what it has data sets for, VCF for the variants, and CSV for the rest."""
    write(folder, tables)
    variants = tables["plasma_variants"]
    write_vcf(folder / "variants.vcf.gz", variants, list(tables["plasma_samples"]["sample_id"]))
    write_contract_csv(folder, {name: frame for name, frame in tables.items() if name not in _CDISC})


def _with_redcap(folder: Path, tables: Tables, *, labels: bool) -> None:
    """One REDCap project, MAF for the variants, and CSV for tissue."""
    write_redcap(folder, tables, labels=labels)
    write_maf(folder / "variants.maf", tables["plasma_variants"])
    write_contract_csv(folder, {name: frame for name, frame in tables.items() if name not in _REDCAP})


FORMS: dict[str, Callable[[Path, Tables], None]] = {
    "csv": write_contract_csv,
    "csv-spreadsheet": write_spreadsheet_csv,
    "parquet": write_parquet,
    "redcap-raw": partial(_with_redcap, labels=False),
    "redcap-labels": partial(_with_redcap, labels=True),
    "cdisc-xpt": partial(_with_cdisc, write_xpt),
    "cdisc-json": partial(_with_cdisc, write_dataset_json),
    "cdisc-ndjson": partial(_with_cdisc, partial(write_dataset_json, lines=True)),
}
"""What can be sent, by name."""


def send_trial(
    destination: Path, form: str, *, patients: int = 46, seed: int = DEFAULT_SEED, effect: str = "published"
) -> None:
    """Write a simulated trial's tables as a sender would: an example of a way in.

    The same arguments draw the same trial as :func:`analysis.simulation.simulate` without images.

    Parameters
    ----------
    destination : Path
        Folder to make; it must be absent or empty.
    form : str
        One of ``FORMS``.
    patients, seed, effect
        As for :func:`analysis.simulation.simulate`.

    Raises
    ------
    ParameterError
        If there is no such form, or no such trial.
    StudyError
        If the destination holds anything.
    """
    if form not in FORMS:
        raise ParameterError(f"there is no form {form!r}", expected="one of " + ", ".join(FORMS))
    if destination.exists() and (not destination.is_dir() or any(destination.iterdir())):
        raise StudyError("the destination holds something", where=destination.name, do="choose another")
    tables = tabulate_trial(draw_joint(patients, seed=seed, effect=effect))
    with whole_folder(destination) as folder:
        FORMS[form](folder, {name: frame for name, frame in tables.items() if name not in IMAGING_TABLES})
