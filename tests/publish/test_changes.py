"""What differs between two builds or runs is named: numbers, tables by cell, figures by pixels; nothing else is."""

from __future__ import annotations

import io
import json
import re

import pytest
from PIL import Image

from analysis.errors import PublicationError
from analysis.publish.changes.differences import differences, read_side
from analysis.publish.changes.kept import KEEP, keep_build, kept_folder, results_of
from analysis.publish.changes.page import write_page
from analysis.publish.changes.text import as_text


def compared(reports):
    results = reports.folder / "results"
    return differences(read_side(results, "primary", "before"), read_side(results, "other", "after"))


def picture(*, spot: bool, size=(10, 10)) -> bytes:
    made = Image.new("RGB", size, "white")
    if spot:
        made.putpixel((3, 4), (0, 0, 0))
    held = io.BytesIO()
    made.save(held, "PNG")
    return held.getvalue()


def test_equal_runs_differ_in_nothing(reports) -> None:
    reports.write_results("other")
    found = compared(reports)
    assert found.none
    assert as_text(found).splitlines()[0] == (
        "before → after: 0 of 2 numbers, 0 of 1 tables, 0 of 1 figures differ"
    )


def test_a_changed_number_is_named_with_both_forms(reports) -> None:
    reports.results["values"]["pfs.hr"].update(text="0.80", value=0.8)
    del reports.results["values"]["answer"]
    reports.write_results("other")
    found = {one.name: (one.before, one.after) for one in compared(reports).numbers}
    assert found == {
        "pfs.hr": ("0.77 (0.40–1.50)", "0.80 (0.40–1.50)"),
        "answer": ("Responders did not live longer without progression.", "(none)"),
    }


def test_other_data_and_another_commit_are_named_before_the_numbers(reports) -> None:
    reports.results["provenance"].update(
        study_sha256="9f" * 32, commit="b" * 40 + " with uncommitted changes"
    )
    reports.write_results("other")
    found = compared(reports)
    assert found.none
    made = {one.name: one.after for one in found.parameters}
    assert (made["data"], made["commit"]) == ("9f" * 6, "b" * 12 + " with uncommitted changes")
    assert "Made from" in as_text(found)


@pytest.mark.parametrize(
    ("run", "said"),
    [
        ("ghost", r"one of those that are there: primary\. Do: correct its name: there is no run file"),
        ("pearl-open", r"Do: make report RUNS=pearl-open, or correct its name"),
    ],
)
def test_a_run_that_was_not_built_is_told_from_one_that_there_is_not(reports, run: str, said: str) -> None:
    reports.write_results()
    (reports.folder.parent / "notebooks" / "runs").mkdir(parents=True)
    (reports.folder.parent / "notebooks" / "runs" / "pearl-open.yml").write_text("title: open\n")
    with pytest.raises(PublicationError, match=said):
        read_side(reports.folder / "results", run, run)


def test_a_missing_value_is_not_the_same_as_none(reports) -> None:
    reports.results["values"]["pfs.hr"].update(text="—", interval_text="", value=None, reason="no events")
    reports.write_results()
    del reports.results["values"]["pfs.hr"]
    reports.write_results("other")
    (one,) = compared(reports).numbers
    assert (one.name, one.before, one.after) == ("pfs.hr", "—", "(none)")


def test_a_change_in_digits_that_are_not_printed_is_shown_too(reports) -> None:
    reports.results["values"]["pfs.hr"]["value"] = 0.7712
    reports.write_results("other")
    (one,) = compared(reports).numbers
    assert (one.before, one.after) == ("0.77 (0.40–1.50) [0.77]", "0.77 (0.40–1.50) [0.7712]")


def test_a_changed_cell_is_named_by_row_and_column(reports) -> None:
    reports.write_results("other")
    reports.write("results/other/04-survival/tables/tbl-flow.csv", "Step,n\nEnrolled,47\n")
    (table,) = compared(reports).tables
    assert [(cell.row, cell.column, cell.before, cell.after) for cell in table.cells] == [
        ("Enrolled", "n", "46", "47")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("Step,n\nEnrolled,46\nAnalysed,45\n", "1 rows before, 2 after, or their names changed"),
        ("Step,k\nEnrolled,46\n", "columns gone: n; columns new: k"),
    ],
)
def test_a_table_of_another_shape_is_not_compared_cell_by_cell(reports, text: str, said: str) -> None:
    reports.write_results("other")
    reports.write("results/other/04-survival/tables/tbl-flow.csv", text)
    (table,) = compared(reports).tables
    assert (table.what, table.cells) == (said, ())


def test_a_changed_figure_tells_the_share_of_its_pixels(reports) -> None:
    reports.write_results("other")
    for run, spot in (("primary", False), ("other", True)):
        (reports.folder / f"results/{run}/04-survival/figures/fig-pfs.png").write_bytes(picture(spot=spot))
    (figure,) = compared(reports).figures
    assert figure.share == pytest.approx(1 / 100)
    assert "fig-pfs: 1.00 % of its pixels differ" in as_text(compared(reports))


def test_the_page_shows_figures_side_by_side_and_prints_what_it_holds(reports) -> None:
    reports.results["values"]["pfs.hr"]["text"] = "<script>evil()</script>"
    reports.write_results("other")
    (reports.folder / "results/other/04-survival/figures/fig-pfs.png").write_bytes(picture(spot=True))
    file = reports.folder / "changes.html"
    write_page(
        file, [compared(reports)], reports=reports.folder, title="T", simulated=True, notebooks="a < b"
    )
    page = file.read_text(encoding="utf-8")
    assert page.count('<img src="data:image/png;base64,') == 2
    assert "SIMULATED DATA" in page
    assert "<script" not in page
    assert "a &lt; b" in page
    assert not re.search(r'(?:src|href)="(?!data:|#)', page)


def test_the_build_before_the_last_different_one_is_kept(reports) -> None:
    keep_build(reports.folder, ["primary"], "a" * 40)
    keep_build(reports.folder, ["primary"], "a" * 40 + " with uncommitted changes")
    with pytest.raises(PublicationError, match="no build came before the last one with other results"):
        results_of(reports.folder, "before")
    reports.results["values"]["pfs.hr"]["text"] = "0.80"
    reports.write_results()
    keep_build(reports.folder, ["primary"], "b" * 40)
    for which, text in (
        ("before", "0.77"),
        ("last", "0.80"),
        ("a" * 8, "0.77"),
        ("b" * 40, "0.80"),
        ("", "0.80"),
    ):
        file = results_of(reports.folder, which) / "primary" / "04-survival.json"
        assert json.loads(file.read_text(encoding="utf-8"))["values"]["pfs.hr"]["text"] == text


def test_only_the_runs_that_were_built_are_kept_under_a_commit(reports) -> None:
    reports.write_results("other")
    keep_build(reports.folder, ["primary"], "a" * 40)
    folder = kept_folder(reports.folder)
    assert {path.name for path in (folder / ("a" * 40)).iterdir()} == {"primary"}
    keep_build(reports.folder, ["other"], "a" * 40)
    assert (folder / f"{'a' * 40}.runs").read_text() == "other\nprimary\n"
    assert {path.name for path in (folder / "last").iterdir()} == {"primary", "other"}


def test_a_run_that_was_not_built_stays_as_the_last_build_made_it(reports) -> None:
    reports.write_results("other")
    keep_build(reports.folder, ["primary", "other"], "a" * 40)
    reports.results["values"]["pfs.hr"]["text"] = "0.80"
    reports.write_results()
    reports.write_results("other")
    assert keep_build(reports.folder, ["primary"], "b" * 40)
    for run, text in (("primary", "0.80"), ("other", "0.77")):
        file = results_of(reports.folder, "last") / run / "04-survival.json"
        assert json.loads(file.read_text(encoding="utf-8"))["values"]["pfs.hr"]["text"] == text
    assert keep_build(reports.folder, ["other"], "b" * 40)


def test_what_is_kept_already_is_not_copied_again(reports) -> None:
    keep_build(reports.folder, ["primary"], "a" * 40)
    kept = list(kept_folder(reports.folder).rglob("*.json"))
    before = {path: path.stat().st_ino for path in kept}
    keep_build(reports.folder, ["primary"], "a" * 40)
    assert {path: path.stat().st_ino for path in kept} == before


def test_only_the_last_commits_are_kept(reports) -> None:
    for number in range(KEEP + 2):
        keep_build(reports.folder, ["primary"], f"{number}" * 40)
    kept = sorted(path.name for path in kept_folder(reports.folder).glob("?" * 40))
    assert kept == [f"{number}" * 40 for number in range(2, KEEP + 2)]


def test_a_build_says_how_much_differs_from_the_one_before(reports, monkeypatch, capsys) -> None:
    from analysis.cli import report

    monkeypatch.setattr(report, "project_root", lambda: reports.folder.parent)
    keep_build(reports.folder, ["primary"], "a" * 40)
    assert not keep_build(reports.folder, ["primary"], "a" * 40)
    reports.results["values"]["pfs.hr"]["text"] = "0.80"
    reports.write_results()
    assert keep_build(reports.folder, ["primary"], "b" * 40)
    report.tell_changes(["primary"])
    assert capsys.readouterr().out == (
        "index: primary@before → primary: 1 of 2 numbers, 0 of 1 tables, 0 of 1 figures differ: "
        "python -m analysis compare primary@before primary\n"
    )
