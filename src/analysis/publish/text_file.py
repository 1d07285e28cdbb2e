"""A text that a person writes: its characters, or a message that names the file and the line."""

from __future__ import annotations

from pathlib import Path

from analysis.errors import PublicationError


def read_text(file: Path, *, name: str = "") -> str:
    """Characters of a UTF-8 file.

    Parameters
    ----------
    file : Path
        A text of the reports folder. An author may be saving it at this moment.
    name : str
        What the message calls it; by default its own name.

    Raises
    ------
    PublicationError
        If it is not there, or is no UTF-8, as where an editor or a disk cut it inside a character.
    """
    name = name or file.name
    try:
        content = file.read_bytes()
    except FileNotFoundError as error:
        raise PublicationError(
            f"{name} is missing", where=name, do="save it, or take it out of the text"
        ) from error
    try:
        return content.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise PublicationError(
            f"{name} is not UTF-8 text",
            where=f"{name}:{line}",
            do="correct that line and save the file whole, as UTF-8",
        ) from error
