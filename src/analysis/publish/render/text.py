"""The text Pandoc gets: variables and embedded figures put in, images gathered beside it."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from analysis.publish.assemble import SHORTCODE, Assembly
from analysis.publish.embed import notebook_figures
from analysis.publish.escape import attribute, escape_prose
from analysis.publish.project import Project
from analysis.publish.strict.figures import IMAGE
from analysis.work.whole_file import write_whole

_OPEN, _CLOSE = "\ue000", "\ue001"  # private characters: a variable's place until its surroundings are known
_TOKEN = re.compile(f"{_OPEN}([^{_CLOSE}]*){_CLOSE}")
_ATTRIBUTES = re.compile(r"\{[^{}]*\}")
_ESCAPE = re.compile(r"\\(.)")


def unescaped(markdown: str) -> str:
    """Plain text of an escaped value."""
    return _ESCAPE.sub(r"\1", markdown)


def _embedded(argument: str, project: Project, folder: Path) -> str:
    """Markdown of a notebook's figure; its pictures are written below ``embedded/``."""
    path, _, label = argument.partition("#")
    figure = notebook_figures(project.folder / path)[label]
    stem = f"embedded/{Path(path).parent.name}-{Path(path).stem}-{label}"
    for extension, content in figure.images.items():
        write_whole(folder / f"{stem}.{extension}", content)
    # A picture that exists in one kind only is named with its extension.
    name = stem if len(figure.images) > 1 else f"{stem}.{next(iter(figure.images))}"
    return f"![{escape_prose(figure.caption)}]({name}){{#{label} fig-alt={attribute(figure.alt)}}}"


def body(assembly: Assembly, project: Project, folder: Path) -> str:
    """Markdown of a checked document without shortcodes; images it shows are copied below ``folder``."""

    def run(code: re.Match[str]) -> str:
        if code["name"] == "embed":
            return _embedded(code["argument"], project, folder)
        return _OPEN + code["argument"] + _CLOSE

    text = SHORTCODE.sub(run, assembly.text)
    variables = project.variables
    # Inside attributes a value is bare text; elsewhere a span that knows its name.
    text = _ATTRIBUTES.sub(
        lambda found: _TOKEN.sub(lambda token: unescaped(variables[token[1]]).replace('"', "”"), found[0]),
        text,
    )
    text = _TOKEN.sub(lambda token: f'[{variables[token[1]]}]{{.value name="{token[1]}"}}', text)
    for image in IMAGE.finditer(text):
        path = image["path"]
        for name in (
            [path] if Path(path).suffix in (".svg", ".png", ".jpg") else [f"{path}.svg", f"{path}.png"]
        ):
            source = project.folder / name
            if source.is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, folder / name)
    return text


def header(assembly: Assembly, variables: Mapping[str, str]) -> dict[str, Any]:
    """Front matter with its variables put in."""

    def resolved(entry: Any, *, named: bool = False) -> Any:
        if isinstance(entry, str):
            # A number of the abstract leads to its card like any other; a title is no place for links.
            form = '[{text}]{{.value name="{name}"}}' if named else "{text}"
            return SHORTCODE.sub(
                lambda code: form.format(text=variables[code["argument"]], name=code["argument"]), entry
            )
        if isinstance(entry, list):
            return [resolved(item) for item in entry]
        if isinstance(entry, dict):
            return {str(name): resolved(item, named=name == "abstract") for name, item in entry.items()}
        return entry if isinstance(entry, bool | int | float) or entry is None else str(entry)

    return resolved(dict(assembly.front))
