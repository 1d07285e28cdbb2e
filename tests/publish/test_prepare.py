from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from analysis.errors import PublicationError
from analysis.publish import prepare
from analysis.publish.tables import pipe_table

if TYPE_CHECKING:
    from pathlib import Path


def snapshot(folder: Path) -> dict[str, bytes]:
    generated = [
        path
        for path in folder.rglob("*")
        if path.is_file() and "/_" in path.as_posix() and path.name != "_quarto.yml"
    ]
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in generated}


def variables(reports) -> dict:
    return yaml.safe_load((reports.folder / "_variables.yml").read_text(encoding="utf-8"))


def test_a_value_is_printed_by_its_name_with_interval_and_counts(reports) -> None:
    prepare(reports.folder, ["primary"])
    pfs = variables(reports)["main"]["pfs"]
    assert pfs == {"hr": "0.77", "hr_ci": "0.40–1.50", "hr_n": "45", "hr_events": "38", "hr_method": "Cox"}
    assert variables(reports)["primary"]["pfs"] == pfs


def test_every_variable_is_text_so_that_no_digit_is_lost(reports) -> None:
    reports.results["values"]["pfs.hr"]["text"] = "0.70"
    reports.write_results()
    prepare(reports.folder, ["primary"])
    assert variables(reports)["main"]["pfs"]["hr"] == "0.70"
    assert variables(reports)["protocol"]["response"]["cutoff_percent"] == "25"


def test_preparing_twice_gives_the_same_bytes(reports) -> None:
    prepare(reports.folder, ["primary"])
    first = snapshot(reports.folder)
    prepare(reports.folder, ["primary"])
    assert snapshot(reports.folder) == first
    assert any(name.endswith("_reference.docx") for name in first)


def test_what_no_run_offers_any_more_is_removed(reports) -> None:
    prepare(reports.folder, ["primary"])
    reports.results["figures"] = {}
    reports.write_results()
    prepare(reports.folder, ["primary"])
    assert not (reports.folder / "_includes" / "main" / "fig-pfs.md").exists()


def test_labels_of_a_second_run_do_not_clash_with_those_of_the_first(reports) -> None:
    reports.write_results("post-hoc-15")
    prepare(reports.folder, ["primary", "post-hoc-15"])
    includes = reports.folder / "_includes"
    assert "{#fig-pfs " in (includes / "main" / "fig-pfs.md").read_text()
    assert "{#fig-post-hoc-15-pfs " in (includes / "post-hoc-15" / "fig-pfs.md").read_text()
    assert "{#tbl-post-hoc-15-flow}" in (includes / "post-hoc-15" / "tbl-flow.md").read_text()


def test_captions_of_simulated_data_say_so(reports) -> None:
    prepare(reports.folder, ["primary"])
    for name in ("fig-pfs", "tbl-flow"):
        assert "Simulated data." in (reports.folder / "_includes" / "main" / f"{name}.md").read_text()


def test_a_real_study_is_not_called_simulated(reports) -> None:
    reports.results["study"]["kind"] = "real"
    reports.write_results()
    prepare(reports.folder, ["primary"])
    everything = b"".join(
        content for name, content in snapshot(reports.folder).items() if not name.endswith(".docx")
    )
    assert b"SIMULATED" not in everything
    assert b"Simulated data" not in everything


def test_a_part_is_replaced_by_what_the_study_lacks(reports) -> None:
    reports.write("parts/tissue.qmd", "Tissue was examined.\n")
    reports.write("parts/plasma.qmd", "Plasma was examined.\n")
    reports.write(
        "parts.yml",
        "tissue: {requires: tissue, otherwise: This study has no tissue.}\n"
        "plasma: {requires: [plasma, 'value:main.pfs.hr', 'run:primary', 'table:main.tbl-flow'], otherwise: None.}\n",
    )
    prepare(reports.folder, ["primary"])
    parts = reports.folder / "_includes" / "parts"
    assert (parts / "tissue.qmd").read_text() == "This study has no tissue.\n"
    assert (parts / "plasma.qmd").read_text() == "Plasma was examined.\n"


@pytest.mark.parametrize(
    ("declaration", "said"),
    [
        ("ghost: {requires: pet, otherwise: x}", "has no file"),
        ("tissue: {requires: pet}", "declared wrongly"),
        ("tissue: {requires: 'colour:blue', otherwise: x}", "unknown requirement"),
    ],
)
def test_a_part_declared_wrongly_is_refused(reports, declaration: str, said: str) -> None:
    reports.write("parts/tissue.qmd", "Tissue.\n")
    reports.write("parts.yml", declaration)
    with pytest.raises(PublicationError, match=said):
        prepare(reports.folder, ["primary"])


def test_a_name_that_begins_another_is_refused(reports) -> None:
    reports.results["values"]["pfs"] = reports.results["values"]["pfs.hr"]
    reports.write_results()
    with pytest.raises(PublicationError, match="beginning of another name"):
        prepare(reports.folder, ["primary"])


def test_a_run_without_results_is_refused(reports) -> None:
    with pytest.raises(PublicationError, match="'ghost' has no results"):
        prepare(reports.folder, ["primary", "ghost"])


def test_a_damaged_result_file_is_refused_and_nothing_is_replaced(reports) -> None:
    prepare(reports.folder, ["primary"])
    before = snapshot(reports.folder)
    reports.write("results/primary/04-survival.json", '{"schema": 2')
    with pytest.raises(PublicationError, match=r"results/primary/04-survival\.json"):
        prepare(reports.folder, ["primary"])
    assert snapshot(reports.folder) == before


def test_a_figure_without_its_file_is_refused(reports) -> None:
    (reports.folder / "results/primary/04-survival/figures/fig-pfs.png").unlink()
    with pytest.raises(PublicationError, match=r"fig-pfs\.png"):
        prepare(reports.folder, ["primary"])


def test_a_value_leads_to_its_card(reports) -> None:
    prepare(reports.folder, ["primary"])
    link = json.loads((reports.folder / "_values.json").read_text())["main.pfs.hr_ci"]
    assert link["href"] == "../numbers.html#value-pfs.hr"
    assert "n 45" in link["title"]


def test_the_rule_of_a_table_follows_the_width_of_its_columns() -> None:
    text = pipe_table(
        "| a | b |\n|:-|-:|\n| long text here | 1 |\n", caption="C <b>", label="tbl-a", where="x"
    )
    assert text.splitlines()[1] == "| :---------------- | ---: |"  # fourteen and one, with three of white
    assert text.splitlines()[-1] == r": C \<b\> {#tbl-a}"


def test_what_is_not_a_table_is_refused() -> None:
    with pytest.raises(PublicationError, match=r"not a pipe table.*\[x\.md\]"):
        pipe_table("| a | b |\n|--|--|\n| 1 |\n", caption="", label="tbl-a", where="x.md")


@given(st.lists(st.lists(st.text("ab c-", max_size=120), min_size=9, max_size=9), min_size=1, max_size=3))
def test_no_column_is_narrower_than_its_longest_word(rows) -> None:
    header = [f"column{number}" for number in range(9)]
    lines = ["| " + " | ".join(row) + " |" for row in (header, ["---"] * 9, *rows)]
    text = pipe_table("\n".join(lines), caption="C", label="tbl-a", where="x")
    widths = [len(cell.strip()) for cell in text.splitlines()[1].strip("|").split("|")]
    for column, width in enumerate(widths):
        cells = [header[column], *(row[column] for row in rows)]
        assert width >= 3 + max(len(word) for cell in cells for word in re.findall(r"[^\s-]+-?", cell))
