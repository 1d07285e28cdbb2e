"""The number lint: a digit in the prose is a result that nobody computed, unless it is a known fact."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from analysis.publish.assemble import SHORTCODE, Assembly, blanked
from analysis.publish.problems import Problem
from analysis.study import Protocol

_MONTH = "January|February|March|April|May|June|July|August|September|October|November|December"
# What may hold digits without being a result, in the order in which it is blanked.
_ALLOWED = tuple(
    re.compile(pattern, re.DOTALL | re.MULTILINE)
    for pattern in (
        r"(?<!`)(`+)(?!`)(?:.+?)(?<!`)\1(?!`)",  # code
        r"\$\$.+?\$\$|(?<!\\)\$(?=\S)(?:[^$\n]|\\\$)+?(?<=\S)(?<!\\)\$(?!\d)",  # mathematics
        r"\[(?:[^\[\]]|\[[^\[\]]*\])*\]\{[^{}\n]*\.fact\b[^{}\n]*\}",  # [25 %]{.fact}: said to be a fact by the author
        r"\{[^{}\n]*\}",  # attributes and identifiers
        r"\[-?@[^\]]*\]|(?<!\w)@\{?[\w:.#$%&+?<>~/-]+\}?",  # citations with their locators, cross-references
        r"\[\^[^\]]*\]:?",  # footnote marks
        r"\]\([^)\s]*(?:\s+\"[^\"]*\")?\)|<https?://[^>\s]+>|https?://\S+|\bdoi:?\s*10\.\S+",  # addresses
        r"^ {0,8}(?:\d+|#)[.)](?=\s)",  # numbers of lists
        r"\b\d{4}-\d{6}-\d\d\b",  # EudraCT
        rf"\b\d{{4}}-\d\d-\d\d\b|\b(?:\d{{1,2}}\s+)?(?:{_MONTH})\s+(?:\d{{1,2}},\s+)?\d{{4}}\b",  # dates
        r"\b(?:19[5-9]|20[0-3])\ds?\b(?!\s*(?:%|patient|wom[ae]n|scan|event|lesion))",  # years
        r"\b\d\d(?:\.\d)?\s?%(?=\s+(?:CIs?\b|confidence|credible|interval|limit))",  # 95 % CI: a convention
        r"\b[Pp]\s*(?:<|≤|below)\s*0\.\d+(?=\s+(?:was|is|were|are|counts?|threshold|level|as)\b)|(?:\balpha|α)\s*=\s*0\.\d+",
        r"\b\d+-(?:year|month|week|day)\s+(?:[a-z-]+\s+)?(?:survival|OS|PFS|RMST|rates?|means?|landmark|window|visits?)\b",
        r"\b[Gg]rades?\s+\d(?:\s*(?:,|or|and|to|–|-)\s*\d)*\b",
        r"\b\d\s?×\s?\d(?=\s+(?:tables?|matri))",
        r"\b\d+(?:st|nd|rd|th)\b",
        r"\b10\s?(?:\^[-−]?\d+\^|[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+)|(?<=[^\W\d_])(?:\^[-−]?\d+\^|~\d+~)",  # powers, indices
        r"\b(?:[Ss]ections?|[Aa]ppendix|[Cc]hapter|[Ii]tems?|[Cc]hecklist item|[Ss]tep)\s+\d+(?:\.\d+)*|§\s*\d+(?:\.\d+)*",
        r"\b(?:RECIST|PERCIST|CTCAE|EANM|DICOM|ISO|TNM|Python|CA|[Vv]ersion|v)\.?\s*\d+(?:[.-]\d+)*\b",  # names that end in a number
        r"\b[^\W\d_]+[\w-]*\d[\w-]*(?:/\d+)*",  # HER2, NCT02028364, QLQ-C30, CDK4/6
        r"(?<![\w.])\d+[A-Z]\w*\b",  # 18F, 3D
    )
)
_NUMBER = re.compile(r"(?<![\w.,−-])[−-]?\d+(?:[.,]\d+)*")
_AND = r"(?:,|and|or|to|–|--)"  # in a list or range every number has the words of the first and the last
_WORD_BEFORE = re.compile(rf"([^\W\d_]+)[\s-]*(?:[−-]?\d[\d.]*\s*{_AND}\s*)*$")
_WORD_AFTER = re.compile(rf"^(?:\s*{_AND}\s*[−-]?\d[\d.]*)*[\s-]*(%|[^\W\d_]+)")
_NUMBERED = {"figure": "fig", "fig": "fig", "table": "tbl", "tbl": "tbl", "equation": "eq"}


def _neighbours(text: str, start: int, end: int) -> set[str]:
    """Words right before and after a number, without plural."""
    before, after = _WORD_BEFORE.search(text[:start][-60:]), _WORD_AFTER.search(text[end:][:60])
    return {match[1].lower().removesuffix("s") for match in (before, after) if match}


def _entries(protocol: Protocol) -> Iterator[tuple[str, object]]:
    """Every fact under its dotted name."""
    # Published results are facts of another paper: they are printed by name, with their basis.
    yield from (
        (name, fact.value) for name, fact in protocol.facts.items() if not name.startswith("published.")
    )
    yield from ((f"trial.{name}", value) for name, value in protocol.trial.items())
    yield from ((f"visit.{visit.name}.day", visit.day) for visit in protocol.visits.values())
    yield from ((f"visit.{visit.name}.window.day", visit.window) for visit in protocol.visits.values())
    yield from ((f"eligibility.{item.code}", item.text) for item in protocol.eligibility.values())
    yield ("survival.landmark_day", protocol.landmarks_days)
    yield ("survival.rates_at_months", protocol.rates_at_months)
    yield ("comparison_of_days.rule", protocol.comparison_rule)


def protocol_numbers(protocol: Protocol) -> dict[str, set[str]]:
    """Numbers of the protocol, each with the words one of which must stand beside it in a text.

    Examples
    --------
    >>> from analysis.study import load_protocol
    >>> "%" in protocol_numbers(load_protocol())["25"]
    True
    """
    known: dict[str, set[str]] = {}
    for name, value in _entries(protocol):
        words = {word.removesuffix("s") for word in re.split(r"[._\d]+", name.lower()) if len(word) > 2}
        if "percent" in words:
            words.add("%")
        for entry in value if isinstance(value, list | tuple) else [value]:
            if isinstance(entry, str):
                for number in _NUMBER.finditer(entry):
                    beside = _neighbours(entry, number.start(), number.end())
                    known.setdefault(number[0], set()).update(beside)
            elif isinstance(entry, int | float) and not isinstance(entry, bool):
                known.setdefault(f"{entry:g}", set()).update(words)
    return known


def number_problems(assembly: Assembly, facts: Mapping[str, set[str]]) -> list[Problem]:
    """Digits typed into the prose of the author's files.

    Allowed are code, mathematics, citations, dates, years, section numbers, conventions such as 95 % CI, names such as HER2, whatever stands in
    ``[…]{.fact}``, and the numbers of ``data/protocol.yml`` beside a word of their fact (``25 %``, ``day 14``);
    ``facts`` comes from :func:`protocol_numbers`.
    """
    prose = SHORTCODE.sub(lambda code: blanked(code[0]), assembly.prose)
    for pattern in _ALLOWED:
        prose = pattern.sub(lambda match: blanked(match[0]), prose)
    problems = []
    for number in _NUMBER.finditer(prose):
        line = assembly.at(number.start())
        if line.file.startswith("_includes/") and not line.file.startswith("_includes/parts/"):
            continue  # generated
        beside = _neighbours(prose, number.start(), number.end())
        if beside & facts.get(number[0].replace("−", "-"), set()):
            continue
        before = _WORD_BEFORE.search(prose[: number.start()][-60:])
        kind = _NUMBERED.get(before[1].lower().removesuffix("s")) if before else None
        what = f"print a value by name, or mark a fact as [{number[0]}]{{.fact}}"
        if kind:
            what = f"refer to the label, @{kind}-…, or mark one of another paper as [{number[0]}]{{.fact}}"
        problems.append(Problem(line.file, line.number, f"typed number {number[0]}: {what}"))
    return problems
