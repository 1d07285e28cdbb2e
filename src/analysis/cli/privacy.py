"""Commands that take persons out of data."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cli.command import AddCommand

if TYPE_CHECKING:
    from analysis.pet.deidentification.study import StudyReport


def pseudonymise(arguments: argparse.Namespace) -> int:
    """Write a study folder that names nobody, from one that may: tables, images and contours."""
    from analysis.data import new_key, read_key
    from analysis.pet.deidentification import Options
    from analysis.pet.deidentification.study import pseudonymise_study

    key = new_key(arguments.key) if arguments.new_key else read_key(arguments.key)
    report = pseudonymise_study(
        arguments.folder,
        arguments.to,
        key=key,
        options=Options(retain_device=arguments.retain_device),
        workers=arguments.workers,
        dry_run=arguments.dry_run,
        progress=sys.stderr.isatty(),
    )
    print(report.as_text())
    say_what_was_set_aside(report, arguments.key)
    print(
        "pseudonymise: nothing was written"
        if arguments.dry_run
        else "pseudonymise: done; now run check-study on the new folder"
    )
    return 0


def say_what_was_set_aside(report: StudyReport, key: Path) -> None:
    """List files that a person has to look at beside the key, and say how many."""
    from analysis.pet.deidentification.study import write_aside

    if not report.aside:
        return
    file = key.with_name(f"{key.name}.set-aside.json")
    write_aside(report, file)
    print(
        f"pseudonymise: {len(report.aside)} files need a person's eye; they are listed in {file.name}, beside the key"
    )


def register(command: AddCommand) -> None:
    """Add pseudonymise."""
    one = command(
        "pseudonymise",
        pseudonymise,
        epilog="Tables: patients, samples and centres get keyed pseudonyms, every date of a patient moves by one number of days, dates of\n"
        "birth, unknown columns and free text are left out. Images and DICOM contours: PS3.15 Basic Profile, with clock times, dose,\n"
        "weight, height, sex and the private attributes of SUV kept, dates moved as in the tables, UIDs replaced. Pictures that may\n"
        "show writing, and files of nobody in the tables, are set aside and listed beside the key. The source is only read.\n"
        "Example:\n  python -m analysis pseudonymise EXPORT --to data/studies/NAME --key ~/keys/NAME --new-key",
    )
    one.add_argument("folder", type=Path, help="study folder with direct identifiers")
    one.add_argument("--to", type=Path, required=True, help="study folder to make; it must not be there")
    one.add_argument(
        "--key", type=Path, required=True, help="key file, outside the checkout and best on another disk"
    )
    one.add_argument("--new-key", action="store_true", help="make the key file; without it, it must be there")
    one.add_argument(
        "--retain-device", action="store_true", help="keep serial number and station name of the scanner"
    )
    one.add_argument(
        "--dry-run", action="store_true", help="say with counts what would be done; write nothing"
    )
    one.add_argument("--workers", type=int, default=1, help="processes (default 1)")
