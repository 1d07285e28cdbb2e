"""A process that has imported everything, and forks itself for each step of a build that asks.

``make`` starts it by way of :mod:`analysis.workflow.ask`. It listens on a socket that only its owner can open, answers
steps of one ``make``, and ends with it.
"""

from __future__ import annotations

import ast
import contextlib
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path

from analysis.study import project_root
from analysis.workflow.graph import code_of, imported

PRELOADED = (
    "papermill",
    "papermill.inspection",
    "nbclient",
    "nbconvert",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "scipy.stats",
    "scipy.optimize",
    "pandas",
    "PIL.Image",
    "analysis.cli.commands",
    "analysis.cli.report",
    "analysis.publish",
    "analysis.publish.site.exporter",
    "analysis.workflow.execute",
    "analysis.workflow.forked_kernel",
    "pypandoc",
    "typst",
)
IDLE = 20.0
"""Seconds without work after which the process ends by itself."""


def preload() -> None:
    """Import what the notebooks and the pages need; what is not there is left to the step that needs it."""
    names = set(PRELOADED)
    for notebook in (project_root() / "notebooks").glob("*.ipynb"):
        names |= imported(ast.parse(code_of(notebook)))
    for name in sorted(names):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def alone() -> bool:
    """Whether this process has one thread only, without which a fork is not safe."""
    tasks = Path("/proc/self/task")
    return not tasks.is_dir() or len(list(tasks.iterdir())) == 1


def serve(listener: socket.socket, parent: int) -> None:
    """Answer steps until the parent is gone, or nothing was asked for a while."""
    children: set[int] = set()
    last = time.monotonic()
    while True:
        ready, _, _ = select.select([listener], [], [], 0.5)
        for child in tuple(children):
            if os.waitpid(child, os.WNOHANG)[0]:
                children.discard(child)
                last = time.monotonic()
        if ready:
            connection, _ = listener.accept()
            child = os.fork()
            if child == 0:
                listener.close()
                _step(connection)
            connection.close()
            children.add(child)
            last = time.monotonic()
        elif not children and time.monotonic() - last > IDLE:
            return
        with contextlib.suppress(PermissionError):
            try:
                os.kill(parent, 0)
            except ProcessLookupError:
                return


def _step(connection: socket.socket) -> None:
    """Run one step in this forked process, with the terminal of who asked; never returns."""
    status = 1
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        content, (out, err), _, _ = socket.recv_fds(connection, 1 << 20, 2)
        while not content.endswith(b"\n"):
            content += connection.recv(1 << 20)
        arguments, environment = json.loads(content)
        for given, place in ((out, 1), (err, 2)):
            os.dup2(given, place)
            os.close(given)
        os.environ.clear()
        os.environ.update(environment)
        status = _main(arguments)
    except SystemExit as ended:
        status = ended.code if isinstance(ended.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        with contextlib.suppress(OSError):
            connection.sendall(f"{status}\n".encode())
        os._exit(status)


def _main(arguments: list[str]) -> int:
    from analysis.cli.commands import main as run_command
    from analysis.workflow.forked_kernel import WaitingKernel

    if arguments[:1] != ["run"]:
        return run_command(arguments)
    kernel = WaitingKernel()
    try:
        return run_command(arguments, kernel=kernel)
    finally:
        kernel.dismiss()


def main() -> int:
    """Preload, listen, serve; 0 at the end."""
    path, parent = Path(sys.argv[1]), int(sys.argv[2])
    started = time.time_ns()
    preload()
    if not alone():
        return 1
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the steps; this process ends with make
    listener = socket.socket(socket.AF_UNIX)
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    mask = os.umask(0o177)
    listener.bind(str(partial))
    os.umask(mask)
    listener.listen(64)
    os.utime(partial, ns=(started, started))  # who asks compares it with the age of the sources
    partial.replace(path)
    try:
        serve(listener, parent)
    finally:
        path.unlink(missing_ok=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
