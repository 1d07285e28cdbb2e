"""What is wrong in the sources of a publication: collected by file and line, reported all at once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from analysis.errors import PublicationError


@dataclass(frozen=True, order=True)
class Problem:
    """One fault of a source file.

    Examples
    --------
    >>> print(Problem("index.qmd", 12, "unknown variable main.x"))
    index.qmd:12: unknown variable main.x
    """

    file: str
    line: int
    what: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.what}"


def refuse(problems: Iterable[Problem]) -> None:
    """Raise one error that lists every problem; nothing happens when there is none.

    Raises
    ------
    PublicationError
        With one line a problem, ``file:line: what``; ``offenders`` holds the same lines.
    """
    lines = [str(problem) for problem in sorted(set(problems))]
    if not lines:
        return
    count = "1 problem" if len(lines) == 1 else f"{len(lines)} problems"
    raise PublicationError(
        f"the publication has {count}:\n  " + "\n  ".join(lines),
        do="correct the lines; paths are relative to the reports folder",
        offenders=lines,
    )
