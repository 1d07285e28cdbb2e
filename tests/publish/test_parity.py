"""Two renderers, one text: what the small publication says is kept beside the tests, and Quarto must say the same."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from skeleton import Skeleton

from analysis.publish import prepare, render_publication

GOLDEN = Path(__file__).parent / "golden"
DOCUMENTS = ("index", "supplement")


def said(reports, folder: str, quarto: str) -> dict[str, Skeleton]:
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / folder, quarto=quarto)
    place = reports.folder / folder / "publication"
    return {name: Skeleton((place / f"{name}.html").read_text(encoding="utf-8")) for name in DOCUMENTS}


def test_what_the_small_publication_says_is_what_was_read_and_kept(reports) -> None:
    found = {name: skeleton.lines() for name, skeleton in said(reports, "_site", "").items()}
    kept = {name: (GOLDEN / f"{name}.txt").read_text(encoding="utf-8") for name in DOCUMENTS}
    assert found == kept


def test_quarto_and_pandoc_say_the_same(reports) -> None:
    quarto = shutil.which("quarto")
    if quarto is None:
        pytest.skip("no Quarto on the PATH")
    ours, theirs = said(reports, "_site", ""), said(reports, "_other", quarto)
    for name in DOCUMENTS:
        assert theirs[name].headings == ours[name].headings
        assert theirs[name].alternatives == ours[name].alternatives
        assert theirs[name].references == ours[name].references
        assert theirs[name].text == ours[name].text


def test_a_difference_of_any_kind_would_be_seen() -> None:
    page = '<main><h2>A</h2><p>See <a href="#fig-x">Figure 1</a>.</p><img src="x" alt="A curve."></main>'
    whole = Skeleton(page)
    assert (whole.headings, whole.references, whole.alternatives) == (
        ["h2 A"],
        ["#fig-x Figure 1"],
        ["A curve."],
    )
    assert whole.text == "A See Figure 1."
    for old, new in (("h2", "h3"), ("Figure 1", "Figure 2"), ("A curve.", "Two curves."), ("See", "Look at")):
        assert Skeleton(page.replace(old, new)).lines() != whole.lines()
