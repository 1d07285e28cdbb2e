"""A process that has imported everything, and forks itself for each step of a build that asks.

``make`` starts it by way of :mod:`analysis.workflow.ask`. It listens on a socket that only its owner can open, answers
steps of one ``make``, and ends with it.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import importlib
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from analysis.study import project_root
from analysis.workflow.graph import code_of, imported

PAGES = (
    "PIL.Image",
    "analysis.cli.commands",
    "analysis.cli.report",
    "analysis.publish",
    "analysis.publish.site.exporter",
    "nbconvert",
    "pypandoc",
    "typst",
)
"""What pages and publication need."""
PRELOADED = (
    *PAGES,
    "papermill",
    "papermill.inspection",
    "nbclient",
    "ipykernel.kernelapp",
    "matplotlib.pyplot",
    "matplotlib.backends.backend_agg",
    "matplotlib.backends.backend_svg",
    "scipy.stats",
    "scipy.optimize",
    "pandas",
    "pandera.pandas",
    "pandera.backends.pandas.register",
    "pandera.strategies.pandas_strategies",
    "pyarrow.dataset",
    "pyarrow.parquet",
    "seaborn",
    "lifelines",
    "ipywidgets",
    "sqlite3",
    "analysis.workflow.execute",
    "analysis.workflow.forked_kernel",
)
IDLE = 20.0
"""Seconds without work after which the process ends by itself."""
TICK = 500
"""Milliseconds between two looks for the parent and for steps that have ended."""
GRACE = 20.0
"""Seconds that steps have for ending when the parent is gone."""


def preload(what: str) -> None:
    """Import what the pages need, or the notebooks too (``all``); what is not there is left to the step that needs it."""
    names = set(PAGES if what == "pages" else PRELOADED)
    for notebook in (project_root() / "notebooks").glob("*.ipynb") if what != "pages" else ():
        names |= imported(ast.parse(code_of(notebook)))
    for name in sorted(names):
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    with contextlib.suppress(ImportError):
        from analysis.publish.site.notebooks import warm_up

        warm_up()
    from analysis.cli.commands import parser

    parser()


def alone() -> bool:
    """Whether this process has one thread only, without which a fork is not safe."""
    tasks = Path("/proc/self/task")
    return not tasks.is_dir() or len(list(tasks.iterdir())) == 1


def serve(listener: socket.socket, parent: int) -> None:
    """Answer steps until the parent is gone, or nothing was asked for a while; no step outlives who asked for it."""
    children: dict[int, socket.socket] = {}
    events = select.poll()
    events.register(listener, select.POLLIN)
    last = time.monotonic()
    try:
        while _there(parent) and (children or time.monotonic() - last < IDLE):
            ready = {number for number, _ in events.poll(TICK)}
            if listener.fileno() in ready:
                connection, _ = listener.accept()
                child = os.fork()
                if child == 0:
                    listener.close()
                    for other in children.values():
                        other.close()
                    _step(connection)
                children[child] = connection
                events.register(connection, select.POLLRDHUP)
            for child, connection in tuple(children.items()):
                if connection.fileno() in ready:
                    events.unregister(connection)
                    os.kill(child, signal.SIGINT)
                if os.waitpid(child, os.WNOHANG)[0]:
                    with contextlib.suppress(KeyError):
                        events.unregister(connection)
                    _closed(children.pop(child))
                    last = time.monotonic()
    finally:
        _end(children)


def _there(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _closed(connection: socket.socket) -> None:
    """Hang up for the kernels too that hold a copy, so that who asked hears it when a step was killed."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
    connection.close()


def _end(children: dict[int, socket.socket]) -> None:
    """Interrupt every step and wait for it; one that does not hear is killed."""
    for child in children:
        os.kill(child, signal.SIGINT)
    end = time.monotonic() + GRACE
    for child, connection in children.items():
        while not (gone := os.waitpid(child, os.WNOHANG)[0]) and time.monotonic() < end:
            time.sleep(0.05)
        if not gone:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        _closed(connection)


def _step(connection: socket.socket) -> None:
    """Run one step in this forked process, with the terminal of who asked; never returns."""
    status = 1
    try:
        status = _answered(connection)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who asked hangs up as soon as it has the answer
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(OSError, ValueError):
                stream.flush()
        with contextlib.suppress(OSError):
            connection.sendall(f"{status}\n".encode())
    finally:
        os._exit(status)


def _answered(connection: socket.socket) -> int:
    """Exit status of the step that was asked for."""
    try:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        content, (out, err), _, _ = socket.recv_fds(connection, 1 << 20, 2)
        while not content.endswith(b"\n"):
            content += connection.recv(1 << 20)
        arguments, environment = ast.literal_eval(content.decode("ascii"))
        connection.sendall(b"+")  # from here on nobody else does this step
        for given, place in ((out, 1), (err, 2)):
            os.dup2(given, place)
            os.close(given)
        os.environ.clear()
        os.environ.update(environment)
        return _main(arguments)
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    except KeyboardInterrupt:
        return 130
    except BaseException:
        import traceback

        traceback.print_exc()
        return 1


def _main(arguments: list[str]) -> int:
    from analysis.cli.commands import main as run_command

    if arguments[:1] != ["run"]:
        return run_command(arguments)
    from analysis.workflow.forked_kernel import WaitingKernel

    kernel = WaitingKernel()
    try:
        return run_command(arguments, kernel=kernel)
    finally:
        kernel.dismiss()


@contextlib.contextmanager
def listening(path: Path, started: int) -> Iterator[socket.socket]:
    """A socket at this path, dated when the imports began: who asks compares it with the age of the sources.

    At the end the path is removed if it is still this socket's: another process may have taken it since.
    """
    partial = path.with_name(f"{path.name}.{os.getpid()}")
    with socket.socket(socket.AF_UNIX) as listener:
        mask = os.umask(0o177)
        try:
            listener.bind(str(partial))
        finally:
            os.umask(mask)
        listener.listen(64)
        os.utime(partial, ns=(started, started))
        own = partial.stat().st_ino
        partial.replace(path)
        try:
            yield listener
        finally:
            with contextlib.suppress(FileNotFoundError):
                if path.stat().st_ino == own:
                    path.unlink()


def main() -> int:
    """Preload, listen, serve; 0 at the end."""
    path, parent, what = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    started = time.time_ns()
    # An interrupt is for the steps: each takes it when it is ready to, and none is lost until then.
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    gc.disable()  # nothing of what is imported goes away again
    preload(what)
    gc.freeze()  # nor is it looked through by every step for what does
    gc.enable()
    if not alone():
        return 1
    with listening(path, started) as listener:
        serve(listener, parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())
