"""All commands together: the parser, and what a command's failure looks like."""

from __future__ import annotations

import argparse
import errno
import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path

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
from analysis.study import project_root

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EROFS, errno.EACCES, errno.EPERM)


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


def _explained(error: OSError) -> AnalysisError | None:
    """The disk's refusal in words, None for any other error."""
    named = isinstance(error.filename, (str, bytes, Path))
    if error.errno in _FULL:
        do = "free space on that disk, or ask for a larger share of it, and run the same again"
    elif error.errno in _FORBIDDEN and named:  # without a file it is a port or a process that is refused
        do = "make it writable (and readable) for the account that runs this, and run the same again"
    else:
        return None
    where = _place(os.fsdecode(error.filename)) if named else None
    return AnalysisError(os.strerror(error.errno), where=where, do=do)


def _place(file: str) -> str:
    """Path below the project's folder; what lies outside of it may name a person or this machine."""
    path = Path(os.path.normpath(Path(file).absolute()))
    if path.is_relative_to(project_root()):
        return path.relative_to(project_root()).as_posix()
    return "outside of the project's folder"


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
    except OSError as error:
        explained = _explained(error)
        if explained is None:
            raise
        print(f"{arguments.command}: {explained}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"{arguments.command}: stopped; nothing half-made was kept", file=sys.stderr)
        return 130
