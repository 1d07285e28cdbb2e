"""What every page of the site shares: the frame, its navigation, and the facts printed below it."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from analysis.publish.project import listed_documents, read_declaration
from analysis.publish.runs import Run
from analysis.publish.staging import stylesheet
from analysis.publish.variables import plain

TEMPLATES = Path(__file__).parents[1] / "templates"
MISSING = "—"
_EMPTY_HEAD = re.compile(r'<th scope="(?:col|row)"([^>]*)>\s*</th>')
SITE_PAGES = (
    ("figures", "Figures"),
    ("numbers", "Numbers"),
    ("data", "Data"),
    ("pet", "PET quality"),
    ("checks", "Checks"),
    ("glossary", "Glossary"),
    ("downloads", "Downloads"),
    ("search", "Search"),
)
"""Pages about the whole, stem and name in the navigation, in their order."""


@functools.cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def template(name: str) -> Template:
    """A template of the site, from the folder of templates."""
    return _environment().get_template(name)


def document_title(stem: str) -> str:
    """Name of a document in the navigation.

    >>> document_title("index"), document_title("supplement")
    ('Publication', 'Supplement')
    """
    return "Publication" if stem == "index" else stem.replace("-", " ").capitalize()


def documents(reports: Path) -> list[dict[str, str]]:
    """Documents of the publication, for the navigation.

    Raises
    ------
    PublicationError
        If ``_quarto.yml`` is missing, not YAML or lists no document.
    """
    stems = [Path(name).stem for name in listed_documents(read_declaration(reports))]
    return [{"stem": stem, "title": document_title(stem)} for stem in stems]


def without_empty_heads(html: str) -> str:
    """Tables whose empty corner is a cell: a header without words is announced by screen readers and says nothing.

    >>> without_empty_heads('<th scope="col" style="text-align: left;"></th><th scope="col">a</th>')
    '<td style="text-align: left;"></td><th scope="col">a</th>'
    """
    return _EMPTY_HEAD.sub(r"<td\1></td>", html)


def page(name: str, /, *, reports: Path, root: str, **content: Any) -> str:
    """A finished page; every text from data is escaped by the template engine.

    Parameters
    ----------
    name : str
        Template, a file in the folder of templates.
    reports : Path
        Folder of the publication.
    root : str
        Way from the page to the top of the site, such as ``../../``.
    **content
        What the template prints.
    """
    content.setdefault("documents", documents(reports))
    text = template(name).render(
        root=root, style=Markup(stylesheet(reports)), site_pages=SITE_PAGES, **content
    )
    return without_empty_heads(text)


def whole_page(
    kind: str, title: str, *, reports: Path, main: Run, template: str | None = None, **content: Any
) -> str:
    """A page at the top of the site, about all runs: the frame shows the study and the commit of the main one.

    Parameters
    ----------
    kind : str
        Its place in the navigation, and the stem of its template.
    title : str
        Its heading.
    reports : Path
        Folder of the publication.
    main : Run
        The main run.
    template : str, optional
        Stem of a template that several pages share.
    **content
        What the template prints.
    """
    frame = {"study": main.study, "simulated": main.simulated, "provenance": main.provenance}
    return page(
        f"{template or kind}.html", reports=reports, root="", kind=kind, title=title, **frame, **content
    )


def bare_page(name: str, /, *, reports: Path, **content: Any) -> str:
    """A finished page outside the site: without navigation, and every text from data escaped."""
    return template(name).render(style=Markup(stylesheet(reports)), **content)


def provenance_facts(provenance: Mapping[str, Any], parameters: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Where a run's results come from, as pairs of words and text."""
    versions = ", ".join(
        f"{name} {number}" for name, number in dict(provenance.get("versions") or {}).items()
    )
    return [
        ("Commit", str(provenance.get("commit") or MISSING)),
        ("Environment (SHA-256 of requirements.lock)", str(provenance.get("lock_sha256") or MISSING)),
        ("Data (SHA-256 of the study folder)", str(provenance.get("study_sha256") or MISSING)),
        ("Python", str(provenance.get("python") or MISSING)),
        ("Packages", versions or MISSING),
        ("Parameters", ", ".join(f"{name} = {plain(value)}" for name, value in parameters.items())),
    ]
