"""Commands at the door: draft a mapping, import what was sent, seal a study folder."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from analysis.cli.command import AddCommand
from analysis.cli.privacy import say_what_was_set_aside


def map_folder(arguments: argparse.Namespace) -> int:
    """Draft how a hospital's or CRO's exports become a study."""
    from analysis.data.intake.draft_text import draft_mapping
    from analysis.data.intake.folder import MAPPING
    from analysis.data.writing import write_text
    from analysis.errors import StudyError

    out = arguments.out or arguments.folder / MAPPING
    if out.exists() and not arguments.force:
        raise StudyError(
            "there is a mapping already", where=out.name, do="edit it, or draft it anew with --force"
        )
    drafted = draft_mapping(arguments.folder)
    write_text(out, drafted.text)
    for problem in drafted.intake.problems:
        print(f"map: {problem}", file=sys.stderr)
    for name, table in drafted.intake.tables.items():
        print(f"map: {name}: {len(table.cells)} {table.row_noun}s, {len(table.cells.columns)} columns")
        for note in table.notes:
            print(f"map: {name}: {note}")
    print(f"map: {drafted.mapped} columns mapped, {drafted.open} decisions open -> {out}")
    return 1 if drafted.intake.problems else 0


def import_folder(arguments: argparse.Namespace) -> int:
    """Make a study folder of what was sent, as its mapping says."""
    from analysis.data.intake.importing import import_study
    from analysis.data.problem_page import write_problem_page

    report = None
    if arguments.pseudonymise:
        from analysis.data import new_key, read_key
        from analysis.pet.deidentification.intake import import_pseudonymised

        make_key = new_key if arguments.new_key else read_key
        found, report = import_pseudonymised(
            arguments.folder,
            arguments.to,
            key=make_key(arguments.pseudonymise),
            mapping=arguments.mapping,
            dry_run=arguments.dry_run,
            progress=sys.stderr.isatty(),
        )
    else:
        found = import_study(
            arguments.folder, arguments.to, mapping=arguments.mapping, dry_run=arguments.dry_run
        )
    if report is not None and not arguments.json:
        say_what_was_set_aside(report, arguments.pseudonymise)
    errors = sum(problem.severity == "error" for problem in found.problems)
    if arguments.html:
        write_problem_page(arguments.html, found.problems, title=f"Import of {arguments.folder.name}")
    if arguments.json:
        document = {
            "written": found.written,
            "rows": dict(found.rows),
            "left_out": list(found.left_out),
            "notes": list(found.notes),
            "problems": [vars(problem) for problem in found.problems],
            "pseudonymised": report.as_text().splitlines() if report is not None else None,
        }
        print(json.dumps(document, indent=1, ensure_ascii=False))
        return 1 if errors else 0
    for problem in found.problems:
        print(problem)
    for note in found.notes:
        print(f"note: {note}")
    for line in found.left_out:
        print(f"left behind: {line}")
    for name, rows in found.rows.items():
        print(f"{name}: {rows} row(s)")
    if report is not None:
        print(report.as_text())
    print(f"{arguments.folder}: {errors} error(s), {len(found.problems) - errors} warning(s)")
    print(f"import: -> {arguments.to}, sealed" if found.written else "import: nothing was written")
    return 1 if errors else 0


def seal(arguments: argparse.Namespace) -> int:
    """Write the checksum of every file of a study into its manifest.sha256."""
    from analysis.data import seal_study

    made = seal_study(arguments.folder)
    print(f"seal: {made.files} files, {made.megabytes:.1f} MB -> {made.path}")
    return 0


def register(command: AddCommand) -> None:
    """Add map, import and seal."""
    one = command(
        "map",
        map_folder,
        epilog=(
            "Reads CSV (any separator, encoding, decimal sign), Excel, Parquet, REDCap exports with their data dictionary,\n"
            "CDISC data sets as SAS transport (.xpt) or Dataset-JSON, MAF and VCF, and writes FOLDER/mapping.yml: what it is\n"
            'sure of with how sure, what is doubtful as "?". Finish it in an editor, then `python -m analysis import`.\n'
            "Exit status: 0 drafted, 1 a file could not be read (what could be is drafted all the same)."
        ),
    )
    one.add_argument("folder", type=Path, help="folder with the exports")
    one.add_argument("--out", type=Path, help="mapping to write (default FOLDER/mapping.yml)")
    one.add_argument("--force", action="store_true", help="replace a mapping that is there")

    one = command(
        "import",
        import_folder,
        epilog=(
            "Nothing is written unless every file is read and every rule of the contract holds. Dates become days since the\n"
            "patient's treatment start; columns that the mapping does not name stay behind and are listed.\n"
            "Direct identifiers are refused, or replaced with --pseudonymise KEY: patients, samples and centres get keyed pseudonyms,\n"
            "free text stays behind, and images and contours that the mapping names are taken in as `pseudonymise` does.\n"
            "Exit status: 0 written (or right, with --dry-run), 1 errors. Warnings do not count.\n"
            "Example:\n  python -m analysis simulate /tmp/sent --as redcap-raw\n  python -m analysis map /tmp/sent\n"
            "  python -m analysis import /tmp/sent --to data/studies/NAME"
        ),
    )
    one.add_argument("folder", type=Path, help="folder with the exports")
    one.add_argument(
        "--to",
        type=Path,
        required=True,
        help="study folder to make, or (not with --pseudonymise) to replace if it is the same",
    )
    one.add_argument("--mapping", type=Path, help="mapping file (default FOLDER/mapping.yml)")
    one.add_argument("--dry-run", action="store_true", help="read and check everything, write nothing")
    one.add_argument(
        "--pseudonymise",
        type=Path,
        metavar="KEY",
        help="replace direct identifiers by this key file, outside the checkout and best on another disk",
    )
    one.add_argument("--new-key", action="store_true", help="make the key file; without it, it must be there")
    one.add_argument("--json", action="store_true", help="as JSON")
    one.add_argument("--html", type=Path, metavar="FILE", help="findings as a page that opens offline")

    one = command(
        "seal",
        seal,
        epilog="`sha256sum -c manifest.sha256` in the folder verifies it, and so do check-study and every notebook.",
    )
    one.add_argument("folder", type=Path, help="study folder")
