"""The portable subset: what Quarto and Pandoc render alike. Everything else is a problem."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analysis.publish.assemble import PRINTED, SHORTCODE, Assembly, blanked
from analysis.publish.problems import Problem
from analysis.publish.project import Project

CALLOUTS = ("note", "tip", "important", "caution", "warning")
_CELL = re.compile(r"^ {0,3}(?:`{3,}|~{3,})\s*\{(=?)\w+")
_RAW_INLINE = re.compile(r"`[^`\n]+`\{=\w+\}")
_HTML = re.compile(r"(?<![\\\w])</?[A-Za-z][A-Za-z0-9-]*(?:\s[^<>\n]*)?/?>")
_CODE_SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.DOTALL)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_STRAY = re.compile(r"\{\{<|>\}\}")
_MATH = re.compile(r"\$\$.+?\$\$|\$[^$\n]+\$", re.DOTALL)
_TEX = re.compile(r"(?<!\\)\\(?:begin|end)\{\w+\*?\}|(?<!\\)\\[a-zA-Z]{2,}\{")
_DIV = re.compile(r"^ {0,3}:{3,}[ \t]*(?P<attributes>\S.*?)?[ \t]*$", re.MULTILINE)
_OTHER_DIVS = re.compile(
    r"\.(panel-\w+|column-[\w-]+|content-(?:visible|hidden)|cell\b)|\blayout(?:-\w+)?\s*="
)
_OTHER_REFERENCES = re.compile(
    r"(?<![\w\\.])@(lst|thm|lem|cor|prp|cnj|def|exm|exr|nte|tip|wrn|imp|cau)-[\w-]+"
)
_REFERENCE_LIST = re.compile(r"\[[^\]\n]*@(?:fig|tbl|eq|sec)-[^\]\n]*;[^\]\n]*\]")


def _code_problems(assembly: Assembly) -> Iterator[Problem]:
    for line in assembly.lines:
        if not line.code:
            continue
        cell = _CELL.match(line.text)
        if cell:
            what = "a raw block" if cell[1] else "a code cell"
            yield Problem(line.file, line.number, f"{what} is not in the portable subset")
        if SHORTCODE.search(line.text):
            yield Problem(
                line.file, line.number, "a shortcode in code is printed by one renderer and run by the other"
            )


def _control_problems(assembly: Assembly) -> Iterator[Problem]:
    for line in assembly.lines:
        if found := _CONTROL.search(line.text):
            yield Problem(
                line.file, line.number, f"a control character, U+{ord(found[0]):04X}: no format can hold it"
            )


def _shortcode_problems(assembly: Assembly, project: Project | None) -> Iterator[Problem]:
    for found in SHORTCODE.finditer(assembly.prose):
        name, argument = found["name"], found["argument"]
        if name == "var":
            if project is not None and argument not in project.variables:
                yield assembly.problem(found.start(), f"unknown variable {argument}")
        elif name == "include":
            yield assembly.problem(found.start(), "an include must stand alone on its line and name one file")
        elif name == "embed":
            pass  # strict.figures looks into the notebook
        else:
            yield assembly.problem(found.start(), f"unknown shortcode {name or found[0]!r}")


def _markup_problems(assembly: Assembly) -> Iterator[Problem]:
    prose = assembly.prose
    for span in _CODE_SPAN.finditer(prose):
        if SHORTCODE.search(span[2]):
            yield assembly.problem(
                span.start(), "a shortcode in code is printed by one renderer and run by the other"
            )
    for raw in _RAW_INLINE.finditer(prose):
        yield assembly.problem(raw.start(), "raw text for one format is not in the portable subset")
    spanless = _CODE_SPAN.sub(
        lambda span: " " * len(span[0]), SHORTCODE.sub(lambda code: " " * len(code[0]), prose)
    )
    for stray in _STRAY.finditer(spanless):
        yield assembly.problem(
            stray.start(), "a shortcode is not whole: it begins with {{< and ends with >}}"
        )
    for tex in _TEX.finditer(_MATH.sub(lambda formula: blanked(formula[0]), spanless)):
        yield assembly.problem(tex.start(), f"TeX outside a formula is not in the portable subset: {tex[0]}")
    for tag in _HTML.finditer(spanless):
        yield assembly.problem(tag.start(), f"HTML is not in the portable subset: {tag[0]}")
    for reference in _OTHER_REFERENCES.finditer(spanless):
        yield assembly.problem(
            reference.start(), f"cross-reference {reference[0]} is not in the portable subset"
        )
    for listing in _REFERENCE_LIST.finditer(spanless):
        what = (
            "a bracketed list of cross-references is set differently by the renderers: write them one by one"
        )
        yield assembly.problem(listing.start(), what)


def _div_problems(assembly: Assembly) -> Iterator[Problem]:
    open_at: list[int] = []
    for fence in _DIV.finditer(assembly.prose):
        attributes = fence["attributes"]
        if not attributes or not attributes.strip(":"):
            if open_at:
                open_at.pop()
            else:
                yield assembly.problem(fence.start(), "this ::: closes nothing")
            continue
        open_at.append(fence.start())
        callout = re.search(r"\.callout-(\w+)", attributes)
        if callout and callout[1] not in CALLOUTS:
            yield assembly.problem(
                fence.start(), f"unknown callout {callout[1]!r}: one of {', '.join(CALLOUTS)}"
            )
        other = _OTHER_DIVS.search(attributes)
        if other:
            yield assembly.problem(fence.start(), f"{other[0]} is not in the portable subset")
    for position in open_at:
        yield assembly.problem(position, "this ::: is never closed")


def subset_problems(assembly: Assembly, project: Project | None) -> list[Problem]:
    """Constructs that one of the renderers ignores, prints as they stand or sets differently.

    Without a project the names of variables are not looked up.
    """
    return [
        *_code_problems(assembly),
        *_control_problems(assembly),
        *_shortcode_problems(assembly, project),
        *_front_problems(assembly, project),
        *_markup_problems(assembly),
        *_div_problems(assembly),
    ]


def _front_problems(assembly: Assembly, project: Project | None) -> Iterator[Problem]:
    """The header may print variables, nothing else; what readers see of it is looked at as the body is."""
    for found in SHORTCODE.finditer(str(dict(assembly.front))):
        if found["name"] != "var":
            yield Problem(assembly.name, 1, f"shortcode {found['name']!r} in the header")
    unseen = {name: value for name, value in assembly.front.items() if name not in PRINTED}
    for found in SHORTCODE.finditer(str(unseen)):
        if found["name"] == "var" and project is not None and found["argument"] not in project.variables:
            yield Problem(assembly.name, 1, f"unknown variable {found['argument']} in the header")
