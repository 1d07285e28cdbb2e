"""Public files downloaded at a pinned address, or taken from a local copy, always with their checksum."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from analysis.data.inspire import import_inspire
from analysis.data.kmdata import import_kmdata
from analysis.data.pearl_open import import_pearl_open
from analysis.data.sources import COLLECTIONS, SOURCES, Source
from analysis.errors import DownloadError, ParameterError
from analysis.study import project_root

MIRROR = "ANALYSIS_DATA_MIRROR"
"""Environment variable: a folder with local copies of the downloads, searched below it by name and checksum."""

TIMEOUT_SECONDS = 15

_IMPORTERS: dict[str, Callable[[Path, Path], Path]] = {
    "pearl-open": import_pearl_open,
    "inspire": import_inspire,
}


def fetch(name: str, destination: Path | None = None, *, downloads: Path | None = None) -> Path:
    """Folder made from public data, downloaded if there is no copy yet: a study, or a collection of published curves.

    Parameters
    ----------
    name : str
        One of ``SOURCES`` or ``COLLECTIONS``.
    destination : Path, optional
        Folder to make, or to replace if it was made from the same source; by default
        ``data/public/<name>``.
    downloads : Path, optional
        Where downloads are kept; by default ``_downloads`` beside the destination.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ParameterError
        If there is no source of that name.
    DownloadError
        If the file cannot be had, or is not the one with the checksum. The destination is untouched.
    StudyError
        If the destination holds something else, or the file is not what the source says.
    """
    if name not in (*SOURCES, *COLLECTIONS):
        raise ParameterError(
            f"there are no public data named {name!r}",
            expected="one of " + ", ".join((*SOURCES, *COLLECTIONS)),
            do="correct the name",
            offenders=(name,),
        )
    target = destination or project_root() / "data" / "public" / name
    kept = downloads or target.parent / "_downloads"
    if name in COLLECTIONS:
        return import_kmdata({one.title: obtain(one, kept) for one in COLLECTIONS[name].files}, target)
    return _IMPORTERS[name](obtain(SOURCES[name], kept), target)


def obtain(source: Source, downloads: Path) -> Path:
    """Path of the source's file among the downloads, with the right checksum.

    It is copied from a local copy, kept from before, or downloaded. Whichever it was, the next call
    needs neither the copy nor a connection; the checksum is verified each time.

    Parameters
    ----------
    source : Source
        What to get.
    downloads : Path
        Folder of downloads; made if needed.

    Raises
    ------
    DownloadError
        If the variable ``ANALYSIS_DATA_MIRROR`` names a folder without the file, the download fails, or
        the file cannot be stored.
    """
    mirror = os.environ.get(MIRROR)
    if mirror:
        return _kept(_local_copy(source, Path(mirror)), source, downloads)
    return _downloaded(source, downloads)


def _local_copy(source: Source, mirror: Path) -> Path:
    """Find the file below the mirror. A named mirror is meant: nothing is downloaded in its place."""
    if not mirror.is_dir():
        raise DownloadError(
            f"{MIRROR} names a folder that does not exist", where=str(mirror), do="correct or unset it"
        )
    namesakes = [path for path in sorted(mirror.rglob(source.file)) if path.is_file()]
    for path in namesakes:
        if _sha256(path) == source.sha256:
            return path
    what = (
        f"{source.file} lies there with another checksum"
        if namesakes
        else f"there is no {source.file} below it"
    )
    raise DownloadError(
        f"{MIRROR} names a folder that cannot stand in for the download: {what}",
        where=str(mirror),
        expected=f"{source.origin}, sha256 {source.sha256}",
        do=f"put the file there, or unset {MIRROR} to download it",
    )


def _kept(path: Path, source: Source, downloads: Path) -> Path:
    """Copy a file with the right checksum to where a download would lie, in one step."""
    kept = downloads / source.file
    partial = downloads / f".{source.file}.{os.getpid()}.part"
    try:
        if kept.is_file() and _sha256(kept) == source.sha256:
            return kept
        downloads.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copyfile(path, partial)
            if _sha256(partial) != source.sha256:
                raise DownloadError(
                    f"{source.file} changed while it was copied", where=str(path), do="try again"
                )
            partial.replace(kept)
        finally:
            partial.unlink(missing_ok=True)
    except OSError as fault:
        raise _not_stored(fault, downloads) from None
    return kept


def _sha256(path: Path) -> str:
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _not_stored(fault: OSError, downloads: Path) -> DownloadError:
    return DownloadError(
        f"the file cannot be stored: {fault.strerror or 'unknown reason'}",
        where=str(downloads),
        do="make room, or see to it that the folder can be written",
    )


def _downloaded(source: Source, downloads: Path) -> Path:
    import pooch
    import requests

    pooch.get_logger().setLevel("WARNING")
    downloader: Any = pooch.HTTPDownloader(progressbar=sys.stderr.isatty(), timeout=TIMEOUT_SECONDS)
    try:
        return Path(
            pooch.retrieve(
                source.address,
                known_hash=f"sha256:{source.sha256}",
                fname=source.file,
                path=downloads,
                downloader=downloader,
            )
        )
    except requests.HTTPError as fault:
        what = f"the address answers with status {fault.response.status_code}"
    except requests.RequestException as fault:
        what = (
            "the address did not answer in time"
            if isinstance(fault, requests.Timeout)
            else "the address cannot be reached"
        )
    except ValueError:
        what = "what lies at the address is not the file with the known checksum"
    except OSError as fault:
        raise _not_stored(fault, downloads) from None
    raise DownloadError(
        f"{source.name} cannot be downloaded: {what}",
        where=source.address,
        expected=f"{source.file} with sha256 {source.sha256}",
        do=f"try again with internet; or save that file in a folder and name the folder in the variable {MIRROR}",
    ) from None
