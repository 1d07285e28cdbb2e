from __future__ import annotations

import json
import stat
import sys
from pathlib import Path

import pytest

from analysis.errors import PublicationError
from analysis.publish import count_words, prepare, render_submission

FAKE_QUARTO = """#!{python}
import json, pathlib, sys
listed = sorted(path.as_posix() for path in pathlib.Path(".").rglob("*") if path.is_file())
target = pathlib.Path("_submission")
target.mkdir()
(target / "record.json").write_text(json.dumps([sys.argv[1:], listed]))
"""


@pytest.fixture
def quarto(tmp_path) -> str:
    program = tmp_path / "quarto"
    program.write_text(FAKE_QUARTO.format(python=sys.executable))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return str(program)


@pytest.fixture
def with_profile(reports, project):
    reports.write("_quarto-submission.yml", (project / "reports/_quarto-submission.yml").read_text())
    return reports


def test_quarto_gets_a_copy_that_holds_what_the_text_needs_and_nothing_else(with_profile, quarto) -> None:
    with_profile.write("rows.csv", "patient_id\nP1\n")
    with_profile.write("_site/index.html", "x")
    with_profile.write_results("another")
    made = render_submission(with_profile.folder, ["primary"], quarto=quarto)
    arguments, listed = json.loads((made / "record.json").read_text())
    assert arguments == ["render", ".", "--profile", "submission"]
    assert {"index.qmd", "_quarto.yml", "_quarto-submission.yml", "_variables.yml", "references.bib"} <= set(
        listed
    )
    assert "results/primary/04-survival/figures/fig-pfs.png" in listed
    assert not [name for name in listed if name.startswith(("_site", "rows", "results/another"))]


def test_nothing_that_names_a_patient_reaches_quarto(with_profile, quarto) -> None:
    with_profile.table = "| Step | n |\n|:--|--:|\n| PEARL-0042 | 1 |\n"
    with_profile.write_results()
    with pytest.raises(PublicationError, match="the submission's archive would carry identifiers"):
        render_submission(with_profile.folder, ["primary"], quarto=quarto, identifiers=["PEARL-0042"])
    assert not Path(with_profile.folder / "_submission").exists()


def test_without_quarto_the_way_to_submit_is_named(with_profile) -> None:
    with pytest.raises(PublicationError, match=r"index\.docx or index\.xml"):
        render_submission(with_profile.folder, ["primary"], quarto="")


def test_words_are_counted_as_by_hand(reports) -> None:
    reports.replace(
        "index.qmd",
        "## References",
        '::: {.callout-important title="To be written by the investigators"}\nThe funding.\n:::\n\n## References',
    )
    prepare(reports.folder, ["primary"])
    counts = count_words(reports.folder)
    # "The hazard ratio was 0.77."
    assert counts.abstract == 5
    # The drug was tested before. Section … comes first, then … and ….
    assert counts.sections["Introduction"] == 5 + 5
    # "The hazard ratio was 0.77 (0.40–1.50; …, …)." The caption, the formula, the note and the callout count nothing.
    assert counts.sections["Results"] == 6
    assert counts.text == 16
    assert counts.figures == {"fig-pfs": "Survival without progression. Simulated data."}
    assert counts.tables == {"tbl-flow": "Patients. Simulated data."}
    assert counts.references == 1
    assert counts.waiting == ["The funding. …"]
