"""Series of a plan downloaded by the client of the Imaging Data Commons, and counted.

The client does not say when a download failed: what lies on the disk afterwards decides. A series is complete when
it has as many files and bytes as the index says; complete ones are kept, so that the next call goes on where this one
was interrupted.
"""

from __future__ import annotations

import logging
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

from analysis.data.idc import ENVIRONMENT, Plan, PlannedSeries, how_to_install
from analysis.errors import DownloadError

TIMEOUT_SECONDS = 15


class Client(Protocol):
    """What is used of ``idc_index.IDCClient``."""

    def download_from_selection(
        self,
        downloadDir: str,
        *,
        seriesInstanceUID: list[str],
        dirTemplate: str,
        quiet: bool,
        show_progress_bar: bool,
    ) -> None:
        """Download series, each into its own folder."""


def download(plan: Plan, folder: Path, *, client: Client | None = None) -> Path:
    """All series of a plan below a folder, ``<folder>/<Series Instance UID>/``, each complete.

    Parameters
    ----------
    plan : Plan
        What to download.
    folder : Path
        Made if needed. Complete series in it are kept and not asked for again; parts of a series are deleted.
    client : Client, optional
        By default that of the package ``idc_index``.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    DownloadError
        If the client is not installed, the store cannot be reached, the disk is too small or series are incomplete
        afterwards. What is complete stays for the next call.
    """
    missing = [each for each in plan.series if not complete(each, folder)]
    if not missing:
        return folder
    if client is None:
        client = installed_client(plan.collection.name)
        refuse_unreachable({each.bucket for each in missing})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for each in missing:
            shutil.rmtree(folder / each.series_uid, ignore_errors=True)
        _refuse_small_disk(missing, folder)
        client.download_from_selection(
            str(folder.resolve()),
            seriesInstanceUID=[each.series_uid for each in missing],
            dirTemplate="%SeriesInstanceUID",
            quiet=True,
            show_progress_bar=sys.stderr.isatty(),
        )
    except (OSError, subprocess.SubprocessError, ValueError) as fault:
        raise _incomplete(
            plan, folder, why=str(getattr(fault, "strerror", None) or type(fault).__name__)
        ) from fault
    if not all(complete(each, folder) for each in missing):
        raise _incomplete(plan, folder, why="not every file arrived")
    return folder


def complete(series: PlannedSeries, folder: Path) -> bool:
    """Whether a series below the folder has as many files, and as many bytes in them, as the index says."""
    place = folder / series.series_uid
    sizes = [file.stat().st_size for file in place.iterdir() if file.is_file()] if place.is_dir() else []
    return len(sizes) == series.images and sum(sizes) == series.size


def installed_client(name: str) -> Client:
    """The client of the package, or a DownloadError that says how to install it."""
    try:
        from idc_index import IDCClient  # pyrefly: ignore[missing-import]
    except ImportError:
        raise DownloadError(
            "the client that downloads public PET collections is not installed here",
            expected="the package idc-index",
            do=how_to_install(name),
        ) from None
    logging.getLogger("idc_index").setLevel(logging.CRITICAL)  # its words; what arrived is counted instead
    try:
        return IDCClient()
    except (OSError, subprocess.SubprocessError) as fault:
        raise DownloadError(
            "the client that downloads public PET collections cannot be started",
            do=f"remove {ENVIRONMENT}, {how_to_install(name)}",
        ) from fault


def refuse_unreachable(buckets: set[str]) -> None:
    """Raise a DownloadError unless the store answers: the client would try again for minutes.

    Parameters
    ----------
    buckets : set of str
        Buckets that the index names.
    """
    import requests

    for bucket in sorted(buckets):
        address = f"https://{bucket}.s3.amazonaws.com"
        try:
            requests.head(address, timeout=TIMEOUT_SECONDS)
        except requests.RequestException:
            raise DownloadError(
                "the store of the public PET collections cannot be reached; nothing was downloaded",
                where=address,
                do="try again with internet; `--dry-run` shows what would be downloaded without it",
            ) from None


def _refuse_small_disk(missing: Sequence[PlannedSeries], folder: Path) -> None:
    needed, free = sum(each.size for each in missing), shutil.disk_usage(folder).free
    if free < needed:
        raise DownloadError(
            f"the disk has {free / 1e6:,.0f} MB left",
            where=str(folder),
            expected=f"{needed / 1e6:,.0f} MB",
            do="make room, or download fewer patients by --max-patients",
        )


def _incomplete(plan: Plan, folder: Path, *, why: str) -> DownloadError:
    done = sum(complete(each, folder) for each in plan.series)
    return DownloadError(
        f"{plan.collection.name} is incomplete: {done} of {len(plan.series)} series are whole ({why})",
        where=str(folder),
        expected="as many files and bytes a series as the index says",
        do="run it again: it goes on with the series that are missing",
        offenders=[each.series_uid for each in plan.series if not complete(each, folder)],
    )
