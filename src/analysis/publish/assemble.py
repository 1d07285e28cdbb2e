"""One text with its includes resolved, every line knowing the file it came from."""

from __future__ import annotations

import bisect
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from analysis.publish.problems import Problem
from analysis.publish.text_file import read_text
from analysis.yaml_text import yaml_content

SHORTCODE = re.compile(r"\{\{<\s*(?P<name>[\w-]*)\s*(?P<argument>(?:(?!\{\{<).)*?)\s*>\}\}")
_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})")
_INCLUDE = re.compile(r"^\{\{<\s*include\s+(?P<path>\S+)\s*>\}\}$")
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_FIELD = re.compile(r"([\w-]+):")
PRINTED = frozenset(("title", "subtitle", "abstract", "keywords"))
"""Fields of the header that readers see as they see the body."""


def blanked(text: str) -> str:
    """Blanks in the place of a text, lines kept."""
    return re.sub(r"[^\n]", " ", text)


@dataclass(frozen=True)
class Line:
    """A line with its origin; ``code`` when it lies in a fenced block, ``via`` the place that includes its file."""

    text: str
    file: str
    number: int
    code: bool = False
    via: tuple[str, int] | None = None


@dataclass(frozen=True)
class Assembly:
    """A document ready to be checked and rendered.

    Parameters
    ----------
    name : str
        File name of the document, relative to the reports folder.
    front : mapping
        Its YAML header.
    lines : tuple of Line
        Body with includes resolved.
    problems : tuple of Problem
        What went wrong on the way: missing files, cycles, an unreadable header.
    files : tuple of str
        Every file that was read, for the build graph.
    head : tuple of Line
        What readers see of the header, in the lines in which it stands there.
    """

    name: str
    front: Mapping[str, Any]
    lines: tuple[Line, ...]
    problems: tuple[Problem, ...]
    files: tuple[str, ...]
    head: tuple[Line, ...] = ()
    _starts: list[int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        starts, position = [], 0
        for line in self.lines:
            starts.append(position)
            position += len(line.text) + 1
        object.__setattr__(self, "_starts", starts)

    @property
    def with_head(self) -> Assembly:
        """The same with what readers see of the header as its first lines, for the checks."""
        return replace(self, lines=(*self.head, Line("", self.name, 1), *self.lines), head=())

    @property
    def text(self) -> str:
        """Body as one text, comments removed (outside code)."""
        whole, position, kept = "\n".join(line.text for line in self.lines), 0, []
        for comment in _COMMENT.finditer(self._without_code):
            kept.append(whole[position : comment.start()])
            position = comment.end()
        return "".join(kept) + whole[position:] + "\n"

    @property
    def prose(self) -> str:
        """Body with code blocks and comments blanked, every character still at its place."""
        return _COMMENT.sub(lambda comment: blanked(comment[0]), self._without_code)

    @property
    def bare(self) -> str:
        """Prose with shortcodes and code in the line blanked too, every character still at its place."""
        prose = SHORTCODE.sub(lambda code: blanked(code[0]), self.prose)
        return _SPAN.sub(lambda span: blanked(span[0]), prose)

    @property
    def _without_code(self) -> str:
        return "\n".join(" " * len(line.text) if line.code else line.text for line in self.lines)

    def at(self, position: int) -> Line:
        """Line that holds a position of :attr:`prose`."""
        return self.lines[max(0, bisect.bisect_right(self._starts, position) - 1)]

    def problem(self, position: int, what: str) -> Problem:
        """Problem at a position of :attr:`prose`."""
        line = self.at(position)
        return Problem(line.file, line.number, what)


def _front_matter(text: str, file: str, problems: list[Problem]) -> tuple[Mapping[str, Any], int]:
    """YAML header and the number of lines it takes."""
    lines = text.split("\n")
    if lines[0].strip() != "---":
        return {}, 0
    for number, line in enumerate(lines[1:], start=2):
        if line.strip() in ("---", "..."):
            try:
                front = yaml_content("\n".join(lines[1 : number - 1])) or {}
            except yaml.YAMLError as error:
                mark = getattr(error, "problem_mark", None)
                problems.append(Problem(file, 2 + mark.line if mark else 1, "the header is not YAML"))
                return {}, number
            if not isinstance(front, dict):
                problems.append(Problem(file, 1, "the header is not a mapping"))
                return {}, number
            return front, number
    problems.append(Problem(file, 1, "the header has no end: a line with three dashes"))
    return {}, 0


def _printed(header: Sequence[str], file: str) -> tuple[Line, ...]:
    """Lines of the header that readers see, without the names of the fields."""
    kept, shown = [], False
    for number, text in enumerate(header, start=2):
        field = _FIELD.match(text)
        shown = field[1] in PRINTED if field else shown
        if shown and not text.lstrip().startswith("#"):
            kept.append(Line(text[field.end() :] if field else text, file, number))
    return tuple(kept)


class _Reader:
    """Follows includes depth first, as Quarto does: every path is relative to the document, not the include."""

    def __init__(self, reports: Path, *, includes: bool) -> None:
        self.reports = reports
        self.includes = includes
        self.lines: list[Line] = []
        self.problems: list[Problem] = []
        self.files: list[str] = []

    def origin(self, path: str) -> str:
        """Name to report: a generated part that is the author's file unchanged is reported as that file."""
        name = path.removeprefix("_includes/")
        source = self.reports / name
        if name != path and name.startswith("parts/") and source.is_file():
            same = source.read_bytes() == (self.reports / path).read_bytes()
            return name if same else path
        return path

    def follow(self, text: str, file: str, trail: tuple[str, ...], first: int) -> None:
        fence = ""
        given = text.split("\n")
        for number, line in enumerate(given, start=1):
            if number <= first:
                continue
            mark = _FENCE.match(line)
            inside = bool(fence)
            if mark and not fence:
                fence, inside = mark[1], True
            elif mark and line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                fence = ""
            include = None if inside else _INCLUDE.match(line.strip())
            if include:
                if any(
                    beside.strip()
                    for beside in (*given[number - 2 : number - 1], *given[number : number + 1])
                ):
                    # One renderer would begin a new paragraph there, the other would not.
                    self.problems.append(
                        Problem(file, number, "an include needs an empty line before and after it")
                    )
                self.include(include["path"], Line(line, file, number), trail)
            else:
                self.lines.append(Line(line, file, number, inside))
        if fence:
            self.problems.append(Problem(file, number, "a code block is not closed"))

    def include(self, path: str, line: Line, trail: tuple[str, ...]) -> None:
        if not self.includes:
            self.lines.append(Line("", line.file, line.number))
            return
        path = path.strip("\"'").removeprefix("/")
        source = self.reports / path
        if path in trail:
            chain = " → ".join((*trail[trail.index(path) :], path))
            self.problems.append(Problem(line.file, line.number, f"include goes in a circle: {chain}"))
        elif ".." in Path(path).parts or not source.is_file():
            self.problems.append(Problem(line.file, line.number, f"included file is missing: {path}"))
        else:
            text = read_text(source, name=self.origin(path)).removesuffix("\n")
            self.files.append(path)
            self.lines.append(Line("", line.file, line.number))
            first = len(self.lines)
            self.follow(text, self.origin(path), (*trail, path), 0)
            via = (line.file, line.number)
            self.lines[first:] = [replace(inner, via=inner.via or via) for inner in self.lines[first:]]
            self.lines.append(Line("", line.file, line.number))


def assemble(reports: Path, name: str, *, follow: bool = True) -> Assembly:
    """Read a document of the publication with everything it includes.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    name : str
        Document at its top, such as ``index.qmd``.
    follow : bool
        Whether to read what it includes; otherwise each include is an empty line.
    """
    reader = _Reader(reports, includes=follow)
    source = reports / name
    if not source.is_file():
        missing = Problem("_quarto.yml", 1, f"the document is missing: {name}")
        return Assembly(name, {}, (Line("", name, 1),), (missing,), ())
    text = read_text(source, name=name).removesuffix("\n")
    front, taken = _front_matter(text, name, reader.problems)
    reader.follow(text, name, (name,), taken)
    lines = tuple(reader.lines) or (Line("", name, 1),)
    head = _printed(text.split("\n")[1 : taken - 1], name) if front else ()
    return Assembly(name, front, lines, tuple(reader.problems), (name, *reader.files), head)
