"""All commands together: the parser, and what a command's failure looks like."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Callable

from analysis.cli import (
    archive,
    changes,
    design,
    evidence,
    intake,
    lesions,
    pet,
    preview,
    privacy,
    project,
    report,
    study,
)
from analysis.errors import AnalysisError


@functools.cache
def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m analysis",
        description="From PET DICOM and tables to a reviewed publication. `make help` lists what is built from these commands.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, function: Callable[[argparse.Namespace], int], epilog: str = ""
    ) -> argparse.ArgumentParser:
        doc = (function.__doc__ or "").splitlines()[0]
        made = commands.add_parser(
            name,
            help=doc,
            description=doc,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=epilog,
        )
        made.set_defaults(function=function)
        return made

    for subject in (
        study,
        intake,
        privacy,
        design,
        evidence,
        pet,
        lesions,
        report,
        archive,
        preview,
        changes,
        project,
    ):
        subject.register(command)
    return top


def main(argv: list[str] | None = None, **given: object) -> int:
    """Run one command; 0 when it succeeded, 1 on an error that is explained, 2 on wrong usage.

    What is given by name stands beside the arguments of the command: a kernel that is already there.
    """
    arguments = parser().parse_args(argv)
    vars(arguments).update(given)
    try:
        return arguments.function(arguments)
    except AnalysisError as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print(f"{arguments.command}: stopped; nothing half-made was kept", file=sys.stderr)
        return 130
