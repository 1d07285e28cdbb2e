"""A server of this computer alone: pages with a line that reloads them, problems instead of a page that cannot be made."""

from __future__ import annotations

import errno
import html
import threading
from collections.abc import Callable
from functools import partial
from http import HTTPStatus
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from analysis.errors import PublicationError

HOST = "127.0.0.1"
EVENTS = "/-/saved"
_RELOAD = f'<script>new EventSource("{EVENTS}").onmessage = () => location.reload();</script>'
_SECONDS = 15
"""So long without news a line of nothing is sent: a closed browser is noticed by it."""


class Board:
    """What is there to see, and who waits for it to change."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self.number = 0
        self.problems: tuple[str, ...] = ()

    def post(self, problems: tuple[str, ...] = ()) -> None:
        """Say that pages are new, or that problems keep them from being made."""
        with self._changed:
            self.problems = problems
            self.number += 1
            self._changed.notify_all()

    def wait(self, seen: int) -> int:
        """The number of the latest news, at once if it is not the one seen, else when there is news or time is up."""
        with self._changed:
            self._changed.wait_for(lambda: self.number != seen, timeout=_SECONDS)
            return self.number


def _problem_page(problems: tuple[str, ...]) -> str:
    lines = "".join(f"<li><code>{html.escape(line)}</code></li>" for line in problems)
    return (
        '<!DOCTYPE html><html lang="en-GB"><head><meta charset="utf-8"><title>The text has problems</title></head>'
        f'<body style="font: 1rem/1.6 system-ui; margin: 3rem"><main><h1>The text has problems</h1><ul>{lines}</ul>'
        f"<p>Files are below <code>reports/</code>. This page is replaced as soon as they are mended.</p></main>{_RELOAD}</body></html>"
    )


class Pages(SimpleHTTPRequestHandler):
    """Publication from the preview's folder, everything else from the built site."""

    board: Board
    preview: Path
    site: Path
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        """Serve a page, the stream of news, or a file."""
        # A page of somewhere else that names itself 127.0.0.1 in the DNS gets nothing.
        if self.headers.get("Host", "").rpartition(":")[0] not in (HOST, "localhost"):
            self.send_error(HTTPStatus.FORBIDDEN)
        elif self.path == EVENTS:
            self._news()
        elif self.path == "/":
            self.send_response(HTTPStatus.FOUND)
            self.send_header("Location", "/publication/index.html")
            self.send_header("Content-Length", "0")
            self.end_headers()
        else:
            self._page()

    def _page(self) -> None:
        file = Path(self.translate_path(self.path))
        if file.suffix != ".html":
            return super().do_GET()
        if self.board.problems and self.path.startswith("/publication/"):
            text = _problem_page(self.board.problems)
        elif file.is_file():
            text = file.read_text(encoding="utf-8").replace("</body>", f"{_RELOAD}</body>")
        else:
            return self.send_error(HTTPStatus.NOT_FOUND, "not built: make report")
        content = text.encode("utf-8")
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.send_header("Cache-Control", "no-store")
        self.end_headers()
        self.wfile.write(content)
        return None

    def _news(self) -> None:
        self.send_response(HTTPStatus.OK)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        seen = self.board.number
        try:
            while True:
                latest = self.board.wait(seen)
                self.wfile.write(b"data: saved\n\n" if latest != seen else b": nothing\n\n")
                self.wfile.flush()
                seen = latest
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def translate_path(self, path: str) -> str:
        """File of an address: pages of the publication from the preview, what it lacks and all else from the site."""
        inside = "/publication/"
        own = super().translate_path("/" + path[len(inside) :]) if path.startswith(inside) else ""
        if own and (self.preview / Path(own).relative_to(self.directory)).is_file():
            return str(self.preview / Path(own).relative_to(self.directory))
        return super().translate_path(path)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the terminal is for what is wrong with the text."""


def start(
    board: Board, *, preview: Path, site: Path, port: int = 0
) -> tuple[ThreadingHTTPServer, Callable[[], None]]:
    """Serve in threads; returns the server and what stops it. Port 0 takes a free one.

    Raises
    ------
    PublicationError
        If something else serves at this port, or it is none that may be used.
    """
    kind = type("BoundPages", (Pages,), {"board": board, "preview": preview, "site": site})
    try:
        server = ThreadingHTTPServer((HOST, port), partial(kind, directory=str(site)))
    except (OSError, OverflowError) as error:
        taken = isinstance(error, OSError) and error.errno == errno.EADDRINUSE
        raise PublicationError(
            f"port {port} is taken" if taken else f"port {port} cannot be used: {error}",
            where=HOST,
            do="make preview PORT=0, or stop what uses it" if taken else "make preview PORT=0",
        ) from error
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()

    def stop() -> None:
        server.shutdown()
        server.server_close()
        thread.join()

    return server, stop
