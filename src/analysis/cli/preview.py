"""The command for authors: the text follows what they save."""

from __future__ import annotations

import argparse

from analysis.cli.command import AddCommand
from analysis.study import project_root


def preview(arguments: argparse.Namespace) -> int:
    """Serve the text on this computer and make it again whenever a source is saved."""
    from analysis.publish.preview.watching import watch

    def say(line: str) -> None:
        print(f"preview: {line}", flush=True)

    watch(project_root() / "reports", arguments.runs, port=arguments.port, say=say)
    return 0


def register(command: AddCommand) -> None:
    """Add preview."""
    one = command("preview", preview)
    one.add_argument("runs", nargs="+", help="runs, the main one first")
    one.add_argument("--port", type=int, default=8765, help="port on 127.0.0.1 (8765; 0 for a free one)")
