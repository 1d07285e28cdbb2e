"""Footnotes: each mark has its text, and each text a mark. A renderer prints the one as it stands and drops the other."""

from __future__ import annotations

import re

from analysis.publish.assemble import Assembly
from analysis.publish.problems import Problem

_NOTE = re.compile(r"\[\^(?P<name>[^\]\s^]+)\]")


def note_problems(assembly: Assembly) -> list[Problem]:
    """Marks of footnotes without a text, and texts without a mark."""
    prose = assembly.bare
    marks: dict[str, int] = {}
    texts: dict[str, int] = {}
    for note in _NOTE.finditer(prose):
        begins = not prose[prose.rfind("\n", 0, note.start()) + 1 : note.start()].strip()
        kind = texts if begins and prose[note.end() : note.end() + 1] == ":" else marks
        kind.setdefault(note["name"], note.start())
    return [
        *(
            assembly.problem(position, f"footnote [^{name}] has no text: a line that begins with [^{name}]:")
            for name, position in marks.items()
            if name not in texts
        ),
        *(
            assembly.problem(position, f"the text of footnote [^{name}] has no mark and would not be printed")
            for name, position in texts.items()
            if name not in marks
        ),
    ]
