"""The data dictionary says what the tables say, and the README holds it."""

from __future__ import annotations

import pytest

from analysis.data import TABLES, data_dictionary, write_dictionary
from analysis.data.dictionary import BEGIN, END
from analysis.errors import PublicationError


def test_the_readme_holds_the_generated_dictionary(project):
    text = (project / "data" / "README.md").read_text(encoding="utf-8")
    assert text.partition(BEGIN)[2].partition(END)[0].strip() == data_dictionary().strip()


def test_every_column_of_every_table_stands_in_the_dictionary():
    sections = data_dictionary().split("\n### ")
    for table in TABLES.values():
        (section,) = [each for each in sections if each.startswith(f"{table.name}.csv\n")]
        for column in table.columns:
            assert column.meaning in section
            assert (
                f"`{column.name}_day`" in section if column.kind == "time" else f"`{column.name}`" in section
            )


def test_every_row_of_a_dictionary_table_has_as_many_cells_as_its_head():
    for section in data_dictionary().split("\n### "):
        rows = [line for line in section.splitlines() if line.startswith("|")]
        assert {row.count("|") for row in rows} == {rows[0].count("|")}


def test_writing_replaces_what_stands_between_the_markers_and_nothing_else(tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Data\n{BEGIN}\nold\n{END}\nafter\n")
    assert write_dictionary(readme) == readme
    assert readme.read_text() == f"# Data\n{BEGIN}\n\n{data_dictionary()}\n{END}\nafter\n"


@pytest.mark.parametrize(
    "text", ["# Data\n", f"{BEGIN}\n", f"{END}\n{BEGIN}\n", f"{BEGIN}\n{BEGIN}\n{END}\n"]
)
def test_a_file_without_the_place_for_it_is_refused_and_left_alone(tmp_path, text):
    readme = tmp_path / "README.md"
    readme.write_text(text)
    with pytest.raises(PublicationError, match="cannot be found"):
        write_dictionary(readme)
    assert readme.read_text() == text
