"""Links of the text: to another document of the publication, to a label, to a page of the site, or to an address."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from pathlib import Path

from analysis.publish.assemble import SHORTCODE, Assembly
from analysis.publish.problems import Problem
from analysis.publish.project import Project
from analysis.publish.site.pages import SITE_PAGES

_LINK = re.compile(r"(?<![!\\])\[(?:[^\[\]\\]|\\.)*\]\((?P<target>[^()\s]+)[^()\n]*\)")
_SCHEME = re.compile(r"^(?:https?|mailto):", re.IGNORECASE)
_LABEL = re.compile(r"\{[^{}\n]*?#([A-Za-z][\w:.-]*)[^{}\n]*\}")
_HEADING = re.compile(
    r"^#{1,6}[ \t]+(?P<text>.*?)[ \t]*(?P<attributes>\{[^{}\n]*\})?[ \t]*#*[ \t]*$", re.MULTILINE
)
_MADE = re.compile(r"(?:ref|fn|fnref|cb)-?\w|printed-\d")
"""Places that the renderer makes: references, footnotes, printed numbers."""
_WHOLE = frozenset(("../index.html", *(f"../{stem}.html" for stem, _ in SITE_PAGES)))


def _own_place(heading: str) -> str:
    """Identifier that Pandoc gives a heading without one.

    >>> _own_place("3. *Early* response, and day-14 PET")
    'early-response-and-day-14-pet'
    """
    plain = re.sub(r"[^\w\s.-]", "", heading).lower()
    return re.sub(r"^[^a-z]+", "", re.sub(r"\s+", "-", plain.strip()))


def places_of(assembly: Assembly) -> frozenset[str]:
    """Every place of a document that a link can lead to: labels, and headings by their words."""
    prose = assembly.bare
    embedded = {
        code["argument"].partition("#")[2]
        for code in SHORTCODE.finditer(assembly.prose)
        if code["name"] == "embed"
    }
    headings = {_own_place(heading["text"]) for heading in _HEADING.finditer(prose)}
    return frozenset({*_LABEL.findall(prose), *headings, *embedded, "content"})


def link_problems(
    assembly: Assembly, project: Project, places: Mapping[str, Collection[str]]
) -> list[Problem]:
    """Links to a document that is not rendered, to a place it does not have, or to no page of the site.

    ``places`` are those of every document, by :func:`places_of`. Where a link leads within another page of the site
    (``../numbers.html#…``) is looked at when the site is finished.
    """
    prose = assembly.bare
    problems = []
    for link in _LINK.finditer(prose):
        path, _, place = link["target"].partition("#")
        what = None
        if _SCHEME.match(path):
            continue
        if path.startswith("../"):
            if path not in _WHOLE and not _made_by_the_site(path, project.folder):
                what = f"link to {path}, which is no page of the site"
        elif path and path not in project.documents:
            what = f"link to {path}, which is no document of the publication: one of {', '.join(project.documents)}"
        elif place and place not in places[path or assembly.name] and not _MADE.match(place):
            what = f"link to #{place}, a place that {path or 'this document'} does not have"
        if what:
            problems.append(assembly.problem(link.start(), what))
    return problems


def _made_by_the_site(path: str, reports: Path) -> bool:
    """Whether the site has such a page of a notebook, or may have such a file for download."""
    notebook = re.fullmatch(r"\.\./notebooks/([\w.-]+/[\w.-]+)\.html", path)
    return path.startswith("../files/") or bool(
        notebook and (reports / "results" / f"{notebook[1]}.json").is_file()
    )
