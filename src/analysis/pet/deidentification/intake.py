"""What a hospital exported with names in it, as a study folder without them: import and pseudonyms in one step."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from analysis.data import PseudonymKey, seal_study
from analysis.data.intake.importing import Imported, import_study
from analysis.pet.deidentification.study import StudyReport, put_together, refuse_places


def import_pseudonymised(
    source: Path,
    target: Path,
    *,
    key: PseudonymKey,
    mapping: Path | None = None,
    dry_run: bool = False,
    **how: Any,
) -> tuple[Imported, StudyReport | None]:
    """Make a sealed study folder that names nobody from exports that do.

    Tables get their pseudonyms before they are checked; images and contours that the mapping names follow by the same key.

    Parameters
    ----------
    source : Path
        Folder with the exports.
    target : Path
        Study folder to make; anything that is there is left alone.
    key : PseudonymKey
        The study's key.
    mapping : Path, optional
        Mapping file; by default ``mapping.yml`` in the source.
    dry_run : bool
        Say what would be done; nothing is written.
    **how
        ``options``, ``workers`` and ``progress`` of :func:`~analysis.pet.deidentification.study.put_together`.

    Returns
    -------
    Imported
        What was read and converted, and every error; its ``written`` says whether the study was made.
    StudyReport or None
        What was done to tables and images; None where the import found errors.

    Raises
    ------
    StudyError
        If the target is there or lies inside the source, or there is nothing to read.
    """
    refuse_places(source, target)
    with tempfile.TemporaryDirectory(prefix="import-") as place:
        tables = Path(place) / "tables"
        found = import_study(source, tables, mapping=mapping, key=key)
        if not found.written or found.persons is None:
            return found, None
        texts = {file.stem: file.read_text(encoding="utf-8") for file in sorted(tables.glob("*.csv"))}
        report = put_together(tables, target, texts, found.persons, key=key, dry_run=dry_run, **how)
    if not dry_run:
        seal_study(target)
    return replace(found, written=not dry_run, persons=None), report
