"""Labels, cross-references and citations: each points at exactly one thing that is there."""

from __future__ import annotations

import re

from analysis.publish.assemble import SHORTCODE, Assembly, blanked
from analysis.publish.problems import Problem
from analysis.publish.project import Project

_LABEL = re.compile(r"\{[^{}\n]*?#([A-Za-z][\w-]*)[^{}\n]*\}")
_KEY = re.compile(r"(?<![\w\\.])@(?:\{(?P<braced>[^{}\s]+)\}|(?P<bare>\w(?:[\w]|[:.#$%&+?<>~/-](?=\w))*))")
_CROSS = re.compile(r"(?i:fig|tbl|eq|sec)-")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_ADDRESS = re.compile(r"<\S+@\S+>|https?://\S+|\]\([^)\s]*\)")


def _labels(assembly: Assembly, prose: str) -> tuple[dict[str, int], list[Problem]]:
    """Position of every label, and the labels given twice."""
    positions: dict[str, int] = {}
    problems = []
    embedded = [
        (found["argument"].partition("#")[2], found.start())
        for found in SHORTCODE.finditer(assembly.prose)
        if found["name"] == "embed" and "#" in found["argument"]
    ]
    written = [(found[1], found.start()) for found in _LABEL.finditer(prose)]
    for label, position in sorted(embedded + written, key=lambda pair: pair[1]):
        if label in positions:
            # What the build wrote is reported where the author includes it.
            line, first = assembly.at(position), assembly.at(positions[label])
            here, there = (place.via or (place.file, place.number) for place in (line, first))
            what = f"label {label} is already used at {there[0]}:{there[1]}"
            problems.append(Problem(*here, what))
        else:
            positions[label] = position
    return positions, problems


def reference_problems(assembly: Assembly, project: Project) -> list[Problem]:
    """Unresolved cross-references, labels used twice, and citations without an entry in the bibliography."""
    prose = assembly.bare
    # Quoted attribute values (alt texts) may hold # and @ that mean nothing; keep the quotes' place.
    unquoted = _QUOTED.sub(lambda text: blanked(text[0]) if "#" in text[0] else text[0], prose)
    labels, problems = _labels(assembly, unquoted)
    plain = _ADDRESS.sub(lambda address: blanked(address[0]), prose)
    bibliography = str(project.metadata.get("bibliography", "references.bib"))
    lost = not (project.folder / bibliography).is_file()
    for found in _KEY.finditer(plain):
        key = found["braced"] or found["bare"]
        if not _CROSS.match(key):
            if key not in project.references and not re.match(r"[a-z]{3}-", key):
                what = "points nowhere: the file is missing:" if lost else "has no entry in"
                problems.append(assembly.problem(found.start(), f"citation @{key} {what} {bibliography}"))
            continue
        if key not in labels:
            problems.append(assembly.problem(found.start(), f"cross-reference @{key} points at nothing"))
        if key.startswith("sec-") and not project.metadata.get("number-sections"):
            what = f"cross-reference @{key} needs `number-sections: true` in _quarto.yml"
            problems.append(assembly.problem(found.start(), what))
    return problems
