"""The command line: ``python -m analysis COMMAND``. Everything heavy is imported by the command that needs it."""

from analysis.cli.commands import main, parser

__all__ = ["main", "parser"]
