"""Reconstructed patients as a CSV file."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path

from analysis.errors import StudyError
from analysis.evidence.reconstruction import ReconstructedArm
from analysis.work.whole_file import write_whole

COLUMNS = ("time", "event", "arm")


def write_patients(file: Path, arms: Iterable[ReconstructedArm]) -> None:
    """Write one line a patient, whole or not at all.

    Parameters
    ----------
    file : Path
        CSV with the columns time (in the figure's unit, 6 significant digits), event (1 or 0) and arm.
    arms : iterable of ReconstructedArm
        In the order in which they shall stand there.

    Raises
    ------
    StudyError
        If the file cannot be written.
    """
    text = io.StringIO(newline="")
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(COLUMNS)
    for one in arms:
        rows.writerows(
            (f"{time:.6g}", int(event), one.arm) for time, event in zip(one.time, one.event, strict=True)
        )
    try:
        write_whole(file, text.getvalue())
    except OSError as fault:
        raise StudyError(
            f"the table of patients cannot be written: {fault.strerror or 'unknown reason'}",
            where=file.name,
            expected="a folder that can be written",
        ) from None
