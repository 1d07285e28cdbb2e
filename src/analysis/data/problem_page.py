"""Findings of a check as one page that opens offline: counts, kinds, lines with links, light and dark."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.data.problem_groups import findings_by_file
from analysis.data.problems import Problem
from analysis.data.writing import write_text

if TYPE_CHECKING:
    from jinja2 import Template

LINES_SHOWN = 300
"""Lines of a file that are listed one by one; the counts are of all, and so are the stretches of lines."""

RANGES_SHOWN = 24
"""Stretches of lines that a kind of finding lists."""


def problem_page(problems: Sequence[Problem], *, title: str) -> str:
    """HTML of the findings; everything that comes from data is escaped.

    Parameters
    ----------
    problems : sequence of Problem
        All findings; there may be none.
    title : str
        Heading of the page.
    """
    files = findings_by_file(problems)
    errors = sum(each.errors for each in files)
    return _template().render(
        title=title,
        files=files,
        shown_lines=lambda each: dict.fromkeys(list(each.by_line)[:LINES_SHOWN]),
        errors=errors,
        warnings=len(problems) - errors,
        lines_shown=LINES_SHOWN,
        ranges_shown=RANGES_SHOWN,
    )


def write_problem_page(path: Path, problems: Sequence[Problem], *, title: str) -> None:
    """Write :func:`problem_page` in one step.

    Parameters
    ----------
    path : Path
        File to write; its folder is made.
    problems, title
        As for :func:`problem_page`.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Lone surrogates, which a broken file name may hold, cannot be written as UTF-8.
    write_text(path, problem_page(problems, title=title), errors="replace")


@functools.cache
def _template() -> Template:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("problems.html")
