"""Files that are there whole or not at all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path


@contextlib.contextmanager
def replacing(file: Path) -> Iterator[Path]:
    """Another name to write under, which takes the place of the file when it has been written whole."""
    file.parent.mkdir(parents=True, exist_ok=True)
    part = file.with_name(f".{file.name}.{os.getpid()}-{threading.get_ident()}.part")
    try:
        yield part
        part.replace(file)
    finally:
        part.unlink(missing_ok=True)


def write_whole(file: Path, content: str | bytes) -> None:
    """Write a text (as UTF-8) or bytes under another name first, so that the file is never found half-written."""
    with replacing(file) as part:
        part.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
