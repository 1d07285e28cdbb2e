"""Figures: each has a caption, a text for those who cannot see it, a label, and a file."""

from __future__ import annotations

import re
from pathlib import Path

from analysis.publish.assemble import SHORTCODE, Assembly
from analysis.publish.embed import notebook_figures
from analysis.publish.problems import Problem

IMAGE = re.compile(
    r"(?<!\\)!\[(?P<caption>(?:[^\[\]\\]|\\.)*)\]\((?P<path>[^()\s]*)[^()\n]*\)(?P<attributes>\{(?:[^{}\"]|\"(?:[^\"\\]|\\.)*\")*\})?"
)
_ALT = re.compile(r'\bfig-alt\s*=\s*(?:"((?:[^"\\]|\\.)*)"|(\S+?)(?=[\s}]))')
_OUTSIDE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|/|\\)", re.IGNORECASE)


def alt_text(attributes: str) -> str:
    r"""Value of ``fig-alt`` in an attribute list, empty if there is none.

    Examples
    --------
    >>> alt_text('{#fig-a fig-alt="A \\"rising\\" curve"}')
    'A "rising" curve'
    """
    found = _ALT.search(attributes)
    return re.sub(r"\\(.)", r"\1", found[1] if found[1] is not None else found[2]) if found else ""


def _file_problem(path: str, reports: Path) -> str | None:
    if _OUTSIDE.match(path) or ".." in Path(path).parts:
        return f"image lies outside the reports folder: {path}"
    names = [path] if Path(path).suffix in (".svg", ".png", ".jpg") else [f"{path}.svg", f"{path}.png"]
    missing = [name for name in names if not (reports / name).is_file()]
    return f"image is missing: {' and '.join(missing)}" if missing else None


def _embed_problems(argument: str, reports: Path) -> list[str]:
    path, _, label = argument.partition("#")
    if " " in argument or not label:
        return [f"an embed names a notebook and a label, notebook.ipynb#fig-x; this is {argument!r}"]
    if _OUTSIDE.match(path) or ".." in Path(path).parts or not (reports / path).is_file():
        return [f"embedded notebook is missing: {path}"]
    figure = notebook_figures(reports / path).get(label)
    if figure is None:
        return [f"notebook {path} has no cell labelled {label}"]
    lacks = {
        "picture": figure.images,
        "caption (#| fig-cap:)": figure.caption,
        "alt text (#| fig-alt:)": figure.alt,
    }
    return [f"embedded figure {label} has no {name}" for name, there in lacks.items() if not there]


def figure_problems(assembly: Assembly, reports: Path) -> list[Problem]:
    """Figures without caption, alt text, label or file, and embeds of what a notebook does not hold."""
    problems = []
    for image in IMAGE.finditer(assembly.prose):
        attributes = image["attributes"] or ""
        found = [_file_problem(image["path"], reports)]
        if not image["caption"].strip():
            found.append("figure without a caption")
        if not alt_text(attributes).strip():
            found.append("figure without an alt text (fig-alt)")
        if not re.search(r"#fig-[\w-]+", attributes):
            found.append("figure without a label (#fig-…)")
        problems += [assembly.problem(image.start(), what) for what in found if what]
    for code in SHORTCODE.finditer(assembly.prose):
        if code["name"] == "embed":
            found = _embed_problems(code["argument"], reports)
            problems += [assembly.problem(code.start(), what) for what in found]
    return problems
