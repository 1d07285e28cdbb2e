"""Commands on what leaves the project: the archive and its rebuild, a journal's submission, what a journal counts."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from analysis.cli.command import AddCommand
from analysis.study import project_root


def crate(arguments: argparse.Namespace) -> int:
    """Write the archive of the publication: sources, results, site, checksums, software bill; no patient row."""
    from analysis.workflow.archive import write_crate

    target = write_crate(arguments.runs, project_root() / "reports" / "_crate.zip")
    print(f"crate: {target.relative_to(project_root())}, {target.stat().st_size / 1e6:.1f} MB")
    return 0


def verify(arguments: argparse.Namespace) -> int:
    """Rebuild a publication from its archive and compare every byte."""
    from analysis.workflow.verify import verify_crate

    found = verify_crate(arguments.crate)
    for line in found.differences:
        print(f"verify: {line}", file=sys.stderr)
    total = found.equal + len(found.differences)
    print(f"verify: {found.equal} of {total} files came out equal byte for byte")
    return 1 if found.differences else 0


def submission(arguments: argparse.Namespace) -> int:
    """Write Quarto's manuscript with its MECA archive for a journal; needs Quarto."""
    from analysis.cli.report import identifiers_of
    from analysis.publish import render_submission

    known = identifiers_of(arguments.runs)
    made = render_submission(project_root() / "reports", arguments.runs, identifiers=known)
    print(f"submission: {made.relative_to(project_root())}")
    return 0


def words(arguments: argparse.Namespace) -> int:
    """Words of abstract and text, tables and figures with captions, references, and what a person must still write."""
    from analysis.publish import count_words

    found = count_words(project_root() / "reports", arguments.document)
    if arguments.json:
        print(json.dumps(asdict(found), indent=1, ensure_ascii=False))
        return 0
    print(f"words: abstract {found.abstract}, text {found.text}, references {found.references}")
    for title, number in found.sections.items():
        print(f"  {title}: {number}")
    for kind, listed in (("tables", found.tables), ("figures", found.figures)):
        print(f"{kind}: {len(listed)}")
        for number, (label, caption) in enumerate(listed.items(), start=1):
            print(f"  {number}. {caption} [{label}]")
    if found.waiting:
        print(f"to be written by the investigators: {len(found.waiting)}")
        for beginning in found.waiting:
            print(f"  {beginning}")
    return 0


def register(command: AddCommand) -> None:
    """Add crate, verify, submission and words."""
    one = command("crate", crate)
    one.add_argument("runs", nargs="+", help="runs that the site shows, the main one first")

    one = command("verify", verify)
    one.add_argument("crate", type=Path, help="file of make crate")

    one = command("submission", submission)
    one.add_argument("runs", nargs="+", help="runs, the main one first")

    one = command("words", words)
    one.add_argument(
        "document", nargs="?", default="index.qmd", help="document of the publication (index.qmd)"
    )
    one.add_argument("--json", action="store_true", help="as JSON")
