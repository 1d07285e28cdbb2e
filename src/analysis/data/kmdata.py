"""Published curves that others have reconstructed: the data sets of the R package kmdata as one table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
import yaml

from analysis.data.public_study import not_the_data, read_r_frame, require_columns
from analysis.data.sources import COLLECTIONS, Source
from analysis.data.staging import whole_folder
from analysis.data.writing import write_text
from analysis.errors import StudyError
from analysis.study import project_root
from analysis.units import DAYS_PER_MONTH
from analysis.yaml_text import yaml_content

TABLE, ABOUT = "patients.csv", "source.yml"
WEEKS = ("BOLERO3_2",)
"""Data sets whose times are weeks; those of the others are months. The package's key says so, the files do not."""
COLUMNS = ("time", "event", "arm")


def import_kmdata(files: Mapping[str, Path], destination: Path) -> Path:
    """Folder with the reconstructed patients of all data sets, and where they come from.

    ``patients.csv`` has one line a patient: dataset, arm, days, event. They are no real patients: their times are what
    a published figure implies.

    Parameters
    ----------
    files : mapping of str to Path
        File of R data by data set, see ``COLLECTIONS["kmdata"]``.
    destination : Path
        Folder to make, or to replace if it is one of these.

    Returns
    -------
    Path
        The destination.

    Raises
    ------
    StudyError
        If a file is not its data set, or the destination holds something else. Nothing is written then.
    """
    sources = {source.title: source for source in COLLECTIONS["kmdata"].files}
    tables = [_patients(sources[dataset], dataset, file) for dataset, file in files.items()]
    _refuse_to_overwrite(destination)
    about = {
        "id": "kmdata",
        "kind": "reconstructed from published figures",
        "licence": COLLECTIONS["kmdata"].licence,
        "source": COLLECTIONS["kmdata"].origin,
        "files": {dataset: sources[dataset].sha256 for dataset in files},
    }
    with whole_folder(destination) as folder:
        write_text(folder / TABLE, pd.concat(tables).to_csv(index=False, lineterminator="\n"))
        write_text(folder / ABOUT, yaml.safe_dump(about, sort_keys=False))
    return destination


def _patients(source: Source, dataset: str, file: Path) -> pd.DataFrame:
    frame = read_r_frame(source, file, dataset)
    require_columns(source, file, frame, COLUMNS)
    time = pd.to_numeric(frame["time"], errors="coerce").to_numpy(dtype=float)
    event = pd.to_numeric(frame["event"], errors="coerce").to_numpy(dtype=float)
    if not (np.isfinite(time) & (time >= 0)).all() or not np.isin(event, (0, 1)).all():
        raise not_the_data(source, file, "a time or an event is impossible")
    arm = frame["arm"].astype(str)
    if arm.nunique() != 2:
        raise not_the_data(source, file, f"it has {arm.nunique()} arms and not two")
    days = time * (7.0 if dataset in WEEKS else DAYS_PER_MONTH)
    return pd.DataFrame({"dataset": dataset, "arm": arm, "days": days.round(6), "event": event.astype(int)})


def _refuse_to_overwrite(destination: Path) -> None:
    if not destination.exists() or (destination.is_dir() and not any(destination.iterdir())):
        return
    about = destination / ABOUT
    if not about.is_file() or yaml_content(about.read_text(encoding="utf-8")).get("id") != "kmdata":
        raise StudyError(
            "the folder holds something else than the reconstructed curves, and is left alone",
            where=str(destination),
            do="name another folder, or remove it",
        )


def fetched_kmdata() -> pd.DataFrame | None:
    """The table in ``data/public/kmdata``, or None where it was not fetched."""
    folder = project_root() / "data" / "public" / "kmdata"
    return read_kmdata(folder) if (folder / TABLE).is_file() else None


def read_kmdata(folder: Path) -> pd.DataFrame:
    """The table that :func:`import_kmdata` wrote: dataset, arm, days, event.

    Raises
    ------
    StudyError
        If there is none, or it is not that table.
    """
    file = folder / TABLE
    if not file.is_file():
        raise StudyError(
            "the reconstructed curves of published trials are not there",
            where=str(folder),
            do="fetch them by `make data` or `python -m analysis fetch kmdata`",
        )
    table = pd.read_csv(file, dtype={"dataset": str, "arm": str})
    if list(table.columns) != ["dataset", "arm", "days", "event"] or table.isna().any(axis=None):
        raise StudyError("this is not the table of reconstructed curves", where=TABLE, do="fetch it again")
    return table
