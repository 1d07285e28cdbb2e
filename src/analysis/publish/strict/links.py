"""Links of the text: to another document of the publication, to a label, or to an address."""

from __future__ import annotations

import re

from analysis.publish.assemble import SHORTCODE, Assembly, blanked
from analysis.publish.problems import Problem
from analysis.publish.project import Project

_LINK = re.compile(r"(?<![!\\])\[(?:[^\[\]\\]|\\.)*\]\((?P<target>[^()\s]+)[^()\n]*\)")
_SCHEME = re.compile(r"^(?:https?|mailto):", re.IGNORECASE)
_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)


def link_problems(assembly: Assembly, project: Project) -> list[Problem]:
    """Links to a document that is not rendered, or to a file that does not travel with the publication.

    A link to another page of the site (``../index.html``) is looked at when the site is finished.
    """
    prose = SHORTCODE.sub(lambda code: blanked(code[0]), assembly.prose)
    prose = _SPAN.sub(lambda span: blanked(span[0]), prose)
    problems = []
    for link in _LINK.finditer(prose):
        path = link["target"].partition("#")[0]
        if not path or _SCHEME.match(path) or path.startswith("../") or path in project.documents:
            continue
        what = (
            f"link to {path}, which is no document of the publication: one of {', '.join(project.documents)}"
        )
        problems.append(assembly.problem(link.start(), what))
    return problems
