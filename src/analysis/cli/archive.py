"""Commands on the archive of a publication: write it, and rebuild from it."""

from __future__ import annotations

import argparse
import sys
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


def register(command: AddCommand) -> None:
    """Add crate and verify."""
    one = command("crate", crate)
    one.add_argument("runs", nargs="+", help="runs that the site shows, the main one first")

    one = command("verify", verify)
    one.add_argument("crate", type=Path, help="file of make crate")
