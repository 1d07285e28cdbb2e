"""What the importers of public data share: reading R data, new numbers of patients, the study folder."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd

from analysis.data.manifest import seal_study
from analysis.data.sources import COLLECTIONS, Source
from analysis.data.staging import refuse_to_overwrite, whole_folder
from analysis.data.writing import lacking_columns, write_study
from analysis.errors import StudyError


def not_the_data(source: Source, raw_file: Path, why: str) -> StudyError:
    """The error for a file that is not what the source says, to be raised by the caller."""
    return StudyError(
        f"this is not the data set {source.title if source.name in COLLECTIONS else source.name}: {why}",
        where=raw_file.name,
        expected=source.origin,
        do=f"fetch it by `python -m analysis fetch {source.name}`",
    )


def read_r_frame(source: Source, raw_file: Path, frame: str) -> pd.DataFrame:
    """Data frame of that name in a file of R data.

    Raises
    ------
    StudyError
        If the file cannot be read, or holds no such data frame.
    """
    from rdata.conversion import DEFAULT_CLASS_MAP, convert
    from rdata.parser import parse_file

    # Tibbles and the classes of some packages are data frames with another way to print themselves.
    plain = DEFAULT_CLASS_MAP["data.frame"]
    classes = {**DEFAULT_CLASS_MAP, "tbl_df": plain, "kmdata": plain, "table": lambda found, _: found}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)  # of attributes that are not read here
            found = convert(parse_file(raw_file), classes)
    except Exception as fault:  # the reader names no errors of its own for damaged files
        raise not_the_data(source, raw_file, "it cannot be read as R data") from fault
    made = found.get(frame) if isinstance(found, dict) else None
    if not isinstance(made, pd.DataFrame):
        raise not_the_data(source, raw_file, f"it holds no data frame {frame}")
    return made.rename(columns=str)


def require_columns(source: Source, raw_file: Path, table: pd.DataFrame, columns: Iterable[str]) -> None:
    """Raise a StudyError that names the columns the table lacks; do nothing when it has all."""
    missing = [name for name in columns if name not in table]
    if missing:
        raise not_the_data(source, raw_file, f"it has no column {', '.join(missing)}")


def new_numbers(names: Iterable[str]) -> dict[str, str]:
    """New number of each patient, in an order that tells nothing of the original one."""
    order = sorted(set(names), key=lambda name: hashlib.sha256(name.encode()).hexdigest())
    return {name: f"P{number:02d}" for number, name in enumerate(order, 1)}


def write_public_study(
    source: Source, destination: Path, tables: Mapping[str, pd.DataFrame], caveats: Sequence[str]
) -> Path:
    """Write, seal and put in place the study folder of a public source, whole or not at all.

    Parameters
    ----------
    source : Source
        Whose id, title, licence and citation ``study.yml`` states; whatever a table does not have is declared lacking.
    destination : Path
        Folder to make, or to replace if it is this study.
    tables : mapping of str to DataFrame
        As :func:`~analysis.data.write_study` takes them.
    caveats : sequence of str
        Sentences that every page made from the study prints.

    Raises
    ------
    StudyError
        If the destination holds something else. Nothing is written then.
    """
    refuse_to_overwrite(destination, source.name)
    meta = {
        "id": source.name,
        "title": source.title,
        "kind": "real",
        "design": "single-arm",
        "source": f"{source.origin}, sha256 {source.sha256}. Cite: {source.citation}",
        "licence": source.licence,
        "disclosure": "public",
        "caveats": list(caveats),
        "lacks": lacking_columns(dict(tables)),
    }
    with whole_folder(destination) as folder:
        write_study(folder, meta=meta, tables=tables)
        seal_study(folder)
    return destination
