"""Have one step of a build done by the preloaded process of this ``make``, or do it in a process of its own.

Run by ``make`` as a plain script, with as little of the standard library as it can: many a step takes a tenth of a
second, and pathlib, subprocess and json would take a third of that. Where nothing can be preloaded, or a source has
changed since, ``python -m analysis`` does the same with the same outputs.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), *[os.pardir] * 3))
FOLDER = ".make"
STARTS = {"run": "all", "page": "pages"}
"""Steps that start a process, and what it imports; the others use one where it is there.

Where only pages are out of date, the process does not wait for what notebooks import, which takes five times as long.
"""
SWITCH = "ANALYSIS_PRELOAD"
"""Environment variable; ``no`` has every step done in a process of its own."""
SECONDS = 120
IMPORTED_WITH = {
    "PYTHONHASHSEED": "0",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    # The allocator inside Arrow would start a thread, and a process with two threads is not forked.
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}
"""What the process has in its environment from its first import on."""


def environment() -> dict[str, str]:
    """The environment, in which the package is this checkout's, wherever the interpreter's own path leads."""
    own, given = os.path.join(ROOT, "src"), os.environ.get("PYTHONPATH", "")
    paths = [own, *(path for path in given.split(os.pathsep) if path not in ("", own))]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}


def newest_source() -> int:
    """When the newest file that may have been imported or read was saved, in nanoseconds."""
    with os.scandir(os.path.join(ROOT, "data")) as entries:
        newest = max((entry.stat().st_mtime_ns for entry in entries if "." in entry.name), default=0)
    waiting = [os.path.join(ROOT, "src")]
    while waiting:
        with os.scandir(waiting.pop()) as entries:
            for entry in entries:
                if not entry.is_dir(follow_symlinks=False):
                    newest = max(newest, entry.stat().st_mtime_ns)
                elif entry.name != "__pycache__":
                    waiting.append(entry.path)
    return newest


def connected(path: str) -> socket.socket | None:
    """A connection to the preloaded process, or None where there is none or it is older than a source."""
    asked = socket.socket(socket.AF_UNIX)
    try:
        if os.stat(path).st_mtime_ns > newest_source():
            asked.connect(path)
            return asked
    except OSError:
        pass
    asked.close()
    return None


def started(path: str, parent: int, what: str = "all") -> socket.socket | None:
    """The same after starting the process, once for all steps that wait for it; None at once where that failed before."""
    import fcntl
    from pathlib import Path

    folder = Path(FOLDER)
    folder.mkdir(exist_ok=True)
    failed = folder / "preloaded.failed"
    with (folder / "preloaded.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        connection = connected(path)
        if connection is not None:
            return connection
        with contextlib.suppress(FileNotFoundError):
            if failed.read_text() == str(parent):
                return None
        connection = _begun(path, parent, what)
        if connection is None:
            failed.write_text(str(parent))
    return connection


def _begun(path: str, parent: int, what: str) -> socket.socket | None:
    """A connection to a new process; None where it does not listen, or a source is younger than it."""
    import subprocess
    import time

    begun = time.time_ns()
    if newest_source() >= begun:
        return None
    process = subprocess.Popen(
        [sys.executable, "-m", "analysis.cli.preloaded", path, str(parent), what],
        env={**environment(), **IMPORTED_WITH},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        process_group=0,  # Ctrl-C ends who asks, and by that the step: once, not twice
    )
    end = time.monotonic() + SECONDS
    connection = None
    try:
        while process.poll() is None and time.monotonic() < end and newest_source() < begun:
            connection = connected(path)
            if connection is not None:
                return connection
            time.sleep(0.05)
    finally:
        if connection is None:
            process.terminate()
            process.wait()
    return None


def ask(connection: socket.socket, arguments: list[str]) -> int | None:
    """Exit status of the step, whose output goes to this terminal; None where nobody began it."""
    # One line, to whose end the preloaded process reads.
    message = ascii([arguments, environment()]).encode() + b"\n"
    answer = b""
    with connection, contextlib.suppress(OSError):
        sent = socket.send_fds(connection, [message], [1, 2])
        connection.sendall(message[sent:])
        while not answer.endswith(b"\n") and (part := connection.recv(64)):
            answer += part
    if not answer:
        return None
    if not answer.endswith(b"\n"):
        sys.stderr.write(
            f"{' '.join(arguments)}: the step ended without a word; it may have been killed for lack of memory. "
            f"Do: run make again, with fewer jobs at a time (make -j1) or with {SWITCH}=no.\n"
        )
        return 1
    return int(answer[1:])


def _answered(arguments: list[str]) -> int | None:
    """Exit status of the step by a preloaded process; None where there is none, or it did not begin the step."""
    if sys.platform != "linux" or os.environ.get(SWITCH) == "no":
        return None
    step = arguments[0] if arguments else ""
    # Of this make: the process of one that has just ended still listens for a moment, and ends what it began.
    paths = {what: f"{FOLDER}/preloaded-{os.getppid()}-{what}.sock" for what in STARTS.values()}
    connection = connected(paths["all"]) or (None if step == "run" else connected(paths["pages"]))
    if connection is None and step in STARTS:
        with contextlib.suppress(OSError):
            connection = started(paths[STARTS[step]], os.getppid(), STARTS[step])
    return None if connection is None else ask(connection, arguments)


def main() -> int:
    """Do the step; its exit status."""
    arguments = sys.argv[1:]
    os.chdir(ROOT)
    try:
        status = _answered(arguments)
    except KeyboardInterrupt:
        return 130
    if status is None:
        os.execve(sys.executable, [sys.executable, "-m", "analysis", *arguments], environment())
    return status


if __name__ == "__main__":
    sys.exit(main())
