"""CSV as it is written elsewhere is read as it was meant, or refused by name."""

from __future__ import annotations

import codecs

import pytest

from analysis.data.intake.delimited import read_delimited
from analysis.data.intake.raw_table import ReadingOptions


@pytest.fixture
def read(tmp_path):
    def reader(content: str | bytes, **options):
        path = tmp_path / "export.csv"
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return read_delimited(path, "export", ReadingOptions(**options))

    return reader


TEXT = "id;name;weight\nP1;José;70,5\nP2;Ann;61\n"


@pytest.mark.parametrize(
    "content",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        TEXT.encode("utf-16"),
        TEXT.encode("cp1252"),
        b"sep=;\r\n" + TEXT.replace("\n", "\r\n").encode("cp1252"),
        TEXT.replace(";", "\t").encode(),
        TEXT.replace("\n", " ;;\n").encode(),
    ],
)
def test_encodings_separators_and_what_a_spreadsheet_leaves_give_the_same_table(read, content):
    table, problems = read(content)
    assert problems == []
    assert table.cells.to_dict("list") == {
        "id": ["P1", "P2"],
        "name": ["José", "Ann"],
        "weight": ["70,5", "61"],
    }
    assert table.decimal == ","


def test_windows_1252_cannot_be_proved_and_is_noted(read):
    table, _ = read(TEXT.encode("cp1252"))
    assert table.notes == ("read as Windows-1252, first on line 2: check the accents",)


def test_lines_are_counted_as_they_stand_in_the_file(read):
    table, _ = read('sep=;\nid;text\n\nP1;"two\nlines"\nP2;b\n')
    assert list(table.cells.index) == [4, 6]


def test_both_separators_fitting_is_refused_until_it_is_said(read):
    content = "a,b;c\n1,2;3\n"
    table, [problem] = read(content)
    assert table is None
    assert problem.what == "the columns could be separated by commas or semicolons"
    table, problems = read(content, separator=";")
    assert (list(table.cells.columns), problems) == (["a,b", "c"], [])


@pytest.mark.parametrize(
    ("numbers", "decimal"),
    [
        (["1,5", "2,25"], ","),
        (["1.5", "2.25"], "."),
        (["1", "2"], "."),
        (["1,250", "2,000"], ""),  # thousands, or three decimals
        (["1,5", "2.5"], ""),
    ],
)
def test_the_decimal_sign_is_told_by_the_numbers_or_not_at_all(read, numbers, decimal):
    table, _ = read("id;x\n" + "".join(f"P;{number}\n" for number in numbers))
    assert table.decimal == decimal


@pytest.mark.parametrize(
    ("content", "what"),
    [
        (b"", "the file is empty"),
        (b"\x00\x01\x02", "the file is not text, or UTF-16 without its mark"),
        (b"id,a\n1,\x81\n", "the file is neither UTF-8 nor Windows-1252 text"),
        (codecs.BOM_UTF16_LE + b"a", "the file begins as UTF-16 and does not go on as that"),
        (b"id,a,a\n1,2,3\n", "the column 'a' is given twice"),
        (b"id,,a\n1,2,3\n", "a column has no name"),
        (b'id,a\n1,"2\n', "the line cannot be split into cells"),
        (b"id,a\n1,2,3\n4,5\n6,7\n", "the line has 3 cells"),
    ],
)
def test_what_cannot_be_read_says_so(read, content, what):
    _, problems = read(content)
    assert what in [problem.what for problem in problems]
