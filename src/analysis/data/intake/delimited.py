"""CSV as hospitals and spreadsheets write it: encoding, separator and decimal sign recognised, or refused."""

from __future__ import annotations

import codecs
import csv
import io
import re
from pathlib import Path

import pandas as pd

from analysis.data.intake.raw_table import RawTable, ReadingOptions, text_cells
from analysis.data.problems import Problem, error, quoted

SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
_LOOKED_AT = 500
"""Lines from which the separator is told."""
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_COMMA = re.compile(r"[+-]?[0-9]+,[0-9]+")
_THOUSANDS = r"[+-]?[1-9][0-9]{0,2},[0-9]{3}"
_POINT = re.compile(r"[+-]?[0-9]*\.[0-9]+")


def decoded(content: bytes, file: str, encoding: str = "") -> tuple[str, tuple[str, ...], list[Problem]]:
    """Text of a file, notes on how it was recognised, and what is wrong with it.

    A byte-order mark decides; then UTF-8, which other encodings hardly ever look like; then Windows-1252,
    with a note, because nothing in a file can prove it.

    Parameters
    ----------
    content : bytes
        Content of the file.
    file : str
        Its name, for the messages.
    encoding : str
        What the user says it is; empty: recognise it.
    """
    if encoding:
        try:
            return content.decode(encoding).removeprefix("\ufeff"), (), []
        except (UnicodeError, LookupError):
            what = f"the file is not text in {encoding[:20]}"
            return "", (), [error(file, what, do="correct `encoding` in the mapping")]
    for mark, name in _MARKS:
        if content.startswith(mark):
            try:
                return content.decode(name), (), []
            except UnicodeError:
                what = f"the file begins as {name.upper()} and does not go on as that"
                return "", (), [error(file, what, do="save it again as CSV in UTF-8")]
    if b"\0" in content:
        what = "the file is not text, or UTF-16 without its mark"
        return "", (), [error(file, what, do="save it as CSV in UTF-8, or give `encoding` in the mapping")]
    try:
        return content.decode("utf-8"), (), []
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
    try:
        text = content.decode("cp1252")
    except UnicodeDecodeError as fault:
        line = content[: fault.start].count(b"\n") + 1
        what = "the file is neither UTF-8 nor Windows-1252 text"
        return "", (), [error(file, what, row=line, do="save it as CSV in UTF-8, or give its `encoding`")]
    return text, (f"read as Windows-1252, first on line {line}: check the accents",), []


def separator_of(text: str, file: str) -> tuple[str, list[Problem]]:
    """Separator of a delimited text: what its ``sep=`` line says, else the only one that gives a table."""
    first = text.partition("\n")[0]
    told = re.fullmatch(r'"?sep=(.)"?\r?', first, re.IGNORECASE)
    if told:
        return told[1], []
    sample = "\n".join(text.split("\n", _LOOKED_AT)[:_LOOKED_AT])
    widths = {each: _widths(sample, each) for each in SEPARATORS}
    fits = [each for each, found in widths.items() if found and found[0] > 1 and min(found) == max(found)]
    if len(fits) == 1:
        return fits[0], []
    if len(fits) > 1:
        named = " or ".join(SEPARATORS[each] for each in fits)
        what = f"the columns could be separated by {named}"
        return "", [error(file, what, row=1, do="give `separator` in the mapping")]
    wide = [each for each, found in widths.items() if found and found[0] > 1]
    if len(wide) == 1:
        return wide[0], []  # some lines are wrong: they are named one by one
    if not wide:
        return ",", []  # a single column
    return max(wide, key=lambda each: widths[each][0]), []


def decimal_of(cells: pd.DataFrame) -> str:
    """Decimal sign that the numbers of a table show; empty if they show both, or what may all be thousands."""
    comma = point = certain = False
    for name in cells.columns:
        column = cells[name].dropna()
        values = column[column.str.contains(r"[.,]", regex=True)]
        if values.empty or not column.str.fullmatch(r"[+-]?[0-9]*[.,]?[0-9]+").all():
            continue
        with_comma = values[values.str.fullmatch(_COMMA.pattern)]
        comma |= len(with_comma) > 0
        certain |= not bool(with_comma.str.fullmatch(_THOUSANDS).all())
        point |= bool(values.str.fullmatch(_POINT.pattern).any())
    if comma and (point or not certain):
        return ""
    return "," if comma else "."


def read_delimited(
    path: Path, name: str, options: ReadingOptions, *, comments: bool = False
) -> tuple[RawTable | None, list[Problem]]:
    """Table of a CSV file, and everything that is wrong with it as a file.

    Parameters
    ----------
    path : Path
        File.
    name : str
        Name of the table.
    options : ReadingOptions
        What the mapping says of the file.
    comments : bool
        Whether lines before the header that begin with ``#`` are comments, as in MAF.

    Returns
    -------
    RawTable or None
        ``None`` if nothing could be read.
    list of Problem
        Lines that cannot be used, by number.
    """
    try:
        content = path.read_bytes()
    except OSError:
        return None, [error(path.name, "the file cannot be opened", do="check that you may read it")]
    text, notes, problems = decoded(content, path.name, options.encoding)
    if problems:
        return None, problems
    return table_of_text(text, path.name, name, options, notes=notes, comments=comments)


def table_of_text(
    text: str,
    file: str,
    name: str,
    options: ReadingOptions,
    *,
    notes: tuple[str, ...] = (),
    comments: bool = False,
) -> tuple[RawTable | None, list[Problem]]:
    """Table of delimited text, see :func:`read_delimited`."""
    skipped = 0
    if comments:
        while text.startswith("#") and not text.lower().startswith(("#chrom", "#hugo")):
            text = text.partition("\n")[2]
            skipped += 1
    if not text.strip():
        return None, [error(file, "the file is empty", expected="a header line", do="fill it or remove it")]
    separator = options.separator
    if not separator:
        separator, problems = separator_of(text, file)
        if problems:
            return None, problems
    if re.match(r'"?sep=.', text, re.IGNORECASE):
        text = text.partition("\n")[2]
        skipped += 1
    lines, problems = _split(text, separator, file, skipped)
    if not lines:
        return None, problems or [error(file, "the file is empty", expected="a header line")]
    header_line, header = next(iter(lines.items()))
    header = [each.replace("\u00a0", " ").strip() for each in header]
    while header and not header[-1]:
        header.pop()  # what a spreadsheet leaves of columns that were emptied
    doubled = sorted({each for each in header if header.count(each) > 1})
    if doubled or "" in header or not header:
        what = (
            "a column has no name"
            if not doubled
            else f"the column {quoted(doubled[0] or ' ')} is given twice"
        )
        return None, [*problems, error(file, what, row=header_line, do="name every column once")]
    kept: dict[int, list[str]] = {}
    for line, cells in list(lines.items())[1:]:
        if len(cells) > len(header) and not any(cells[len(header) :]):
            cells = cells[: len(header)]
        if len(cells) != len(header):
            what = f"the line has {len(cells)} cells"
            expected = f"{len(header)}, as the header has"
            problems.append(
                error(file, what, row=line, expected=expected, do="quote cells that hold the separator")
            )
        elif any(cells):
            kept[line] = cells
    frame = text_cells(pd.DataFrame(list(kept.values()), index=list(kept), columns=header, dtype=object))
    decimal = options.decimal or decimal_of(frame)
    return RawTable(name=name, file=file, cells=frame, decimal=decimal, notes=notes), problems


def _split(text: str, separator: str, file: str, skipped: int) -> tuple[dict[int, list[str]], list[Problem]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    lines: dict[int, list[str]] = {}
    while True:
        line = reader.line_num + 1 + skipped
        try:
            cells = next(reader)
        except StopIteration:
            return lines, []
        except csv.Error:
            # What follows an unclosed quotation mark is swallowed by it: the reader cannot go on.
            what = "the line cannot be split into cells"
            return lines, [error(file, what, row=line, do="correct the quotation marks of this line")]
        if cells:
            lines[line] = cells


def _widths(text: str, separator: str) -> list[int]:
    """Number of cells of each line that is not blank; empty if the text cannot be split."""
    try:
        return [
            len(cells) for cells in csv.reader(io.StringIO(text, newline=""), delimiter=separator) if cells
        ]
    except csv.Error:
        return []
