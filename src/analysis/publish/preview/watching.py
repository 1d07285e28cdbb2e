"""The loop of ``make preview``: look at the sources, make pages again, tell the browser."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from analysis.publish.preview.rendering import Outcome, render_changed, saved_at
from analysis.publish.preview.server import Board, start

INTERVAL = 0.2
"""Seconds between two looks; a look at some hundred files takes about a millisecond."""


def watch(
    reports: Path,
    runs: Sequence[str],
    *,
    port: int,
    say: Callable[[str], None],
    stopped: threading.Event | None = None,
) -> None:
    """Serve the text and make it again whenever a source is saved, until interrupted.

    Parameters
    ----------
    reports : Path
        Folder of the publication; notebooks must have been run.
    runs : sequence of str
        Names of runs, the main one first.
    port : int
        Port on 127.0.0.1; 0 for a free one.
    say : callable
        Gets one line at a time.
    stopped : Event, optional
        Ends the loop when it is set.

    Raises
    ------
    PublicationError
        If the port cannot be had.
    """
    stopped = stopped or threading.Event()
    board, folder = Board(), reports / "_preview"
    server, stop = start(board, preview=folder, site=reports / "_site", port=port)
    try:
        seen = saved_at(reports, runs)
        board.post(_told(render_changed(reports, runs, folder, None), say, 0.0).problems)
        say(f"http://127.0.0.1:{server.server_address[1]}/ follows reports/; stop it with Ctrl-C")
        while not stopped.wait(INTERVAL):
            now = saved_at(reports, runs)
            changed = sorted(name for name in now.keys() | seen.keys() if now.get(name) != seen.get(name))
            if changed:
                seen, begun = now, time.perf_counter()
                # What was broken before may be in any file: then everything is made again.
                outcome = render_changed(reports, runs, folder, None if board.problems else changed)
                board.post(_told(outcome, say, time.perf_counter() - begun).problems)
    except KeyboardInterrupt:
        say("stopped")
    finally:
        stop()


def _told(outcome: Outcome, say: Callable[[str], None], seconds: float) -> Outcome:
    for problem in outcome.problems:
        say(problem)
    if outcome.pages:
        say(f"{', '.join(outcome.pages)} in {seconds:.1f} s" if seconds else ", ".join(outcome.pages))
    return outcome
