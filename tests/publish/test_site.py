from __future__ import annotations

from pathlib import Path

import pytest

from analysis.errors import PublicationError
from analysis.publish import (
    check_site,
    prepare,
    render_index,
    render_notebook,
    render_notebooks,
    render_publication,
)
from analysis.publish.site.sanitize import table_html


@pytest.fixture
def site(reports) -> Path:
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, ["primary"])
    return render_index(reports.folder, ["primary"]).parent


def notebook_page(reports) -> str:
    return render_notebook(reports.folder, "primary", "04-survival").read_text(encoding="utf-8")


def test_a_finished_site_has_no_fault(site) -> None:
    assert check_site(site) == []


def test_the_landing_page_says_what_data_it_is_and_where_it_comes_from(site) -> None:
    page = (site / "index.html").read_text(encoding="utf-8")
    for wanted in (
        "SIMULATED DATA",
        "Responders did not live longer without progression.",
        "0123456789abcdef",
        "ab" * 32,
        "cd" * 32,
        'href="publication/index.pdf"',
        'href="publication/supplement.docx"',
        'href="notebooks/primary/04-survival.html"',
        "The study has no tissue.",
        'alt="Two curves that cross."',
        "numpy 2.4.6",
    ):
        assert wanted in page


def test_runs_stand_beside_each_other_and_differences_are_marked(reports) -> None:
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    reports.results["parameters"]["cutoff_percent"] = 15
    reports.write_results("post-hoc-15")
    render_notebooks(reports.folder, ["primary", "post-hoc-15"])
    page = render_index(reports.folder, ["primary", "post-hoc-15"]).read_text(encoding="utf-8")
    assert "<td><strong>25</strong></td><td><strong>15</strong></td>" in page
    assert "<td>suv_max</td><td>suv_max</td>" in page


def test_a_page_of_a_run_that_is_no_longer_shown_is_removed(site, reports) -> None:
    stranger = site / "notebooks" / "old" / "04-survival.html"
    stranger.parent.mkdir()
    stranger.write_text("<html></html>")
    render_index(reports.folder, ["primary"])
    assert not stranger.exists()


def test_the_code_of_a_notebook_is_folded_and_its_cells_have_anchors(reports) -> None:
    page = notebook_page(reports)
    assert '<section class="cell" id="cell-fig-pfs"' in page
    assert page.rindex("<details>", 0, page.index("draw()")) > page.index("cell-fig-pfs")
    assert "Parameters as the notebook declares them" in page
    assert '<tr id="value-pfs.hr"><td><code>pfs.hr</code></td><td>0.77 (0.40–1.50)</td>' in page


def test_figures_of_a_notebook_keep_caption_and_alternative_text(reports) -> None:
    page = notebook_page(reports)
    assert 'alt="Two curves that cross."' in page
    assert "<figcaption>Survival without progression.</figcaption>" in page
    assert 'src="data:image/png;base64,' in page


def test_mathematics_of_a_notebook_needs_no_script(reports) -> None:
    page = notebook_page(reports)
    assert "<math" in page
    assert "<script" not in page


def test_outputs_of_a_notebook_cannot_run_or_restyle(reports) -> None:
    page = notebook_page(reports)
    assert "onclick" not in page
    assert "alert" not in page
    assert "x{}" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert '<th scope="col">a</th>' in page


def test_a_figure_without_alternative_text_is_refused(reports) -> None:
    cell = reports.notebook["cells"][2]
    cell["source"] = "#| label: fig-pfs\ndraw()"
    cell["outputs"][0]["metadata"] = {}
    reports.write_results()
    with pytest.raises(PublicationError, match=r"no alt text.*fig-pfs"):
        notebook_page(reports)


def test_a_cell_that_would_swallow_the_page_is_refused(reports) -> None:
    reports.notebook["cells"][0]["source"] = "```\nnever closed"
    reports.write_results()
    with pytest.raises(PublicationError, match="block open"):
        notebook_page(reports)


def test_a_notebook_that_was_not_run_is_refused(reports) -> None:
    with pytest.raises(PublicationError, match="has no results"):
        render_notebook(reports.folder, "primary", "05-none")


FAULTS = {
    '<img src="https://example.org/a.png" alt="a">': "loads an address outside the folder: https://example.org/a.png",
    '<img src="//example.org/a.png" alt="a">': "loads an address outside the folder: //example.org/a.png",
    "<style>@import url(https://example.org/a.css);</style>": "loads an address outside the folder",
    '<p style="background: url(http://example.org/a.png)"></p>': "loads an address outside the folder",
    '<script src="https://example.org/a.js"></script>': "loads an address outside the folder",
    '<a href="gone.html">x</a>': "a link leads nowhere: gone.html",
    '<a href="#gone">x</a>': "a link leads to a place that index.html does not have: #gone",
    '<a href="../../outside.html">x</a>': "a link leads nowhere",
    '<a href="javascript:alert(1)">x</a>': "a link that is no address",
    '<img src="data:image/png;base64,AA==" alt="">': "an image has no alternative text",
    "<h1>Again</h1>": "has 2 <h1> elements",
    '<p id="content"></p>': "the label content stands twice",
    "<p>/home/someone/study</p>": "holds a path of this machine: /home/someone",
}


@pytest.mark.parametrize("markup", FAULTS)
def test_each_fault_of_a_site_is_found(site, markup: str) -> None:
    page = site / "index.html"
    page.write_text(page.read_text(encoding="utf-8").replace("</main>", f"{markup}</main>"), encoding="utf-8")
    found = check_site(site)
    assert len(found) == 1, found
    assert found[0].startswith(f"index.html: {FAULTS[markup]}")


def test_a_link_to_a_paper_is_no_fault(site) -> None:
    page = site / "index.html"
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace("</main>", '<a href="https://doi.org/10.1/x">x</a></main>'), encoding="utf-8"
    )
    assert check_site(site) == []


def test_a_page_of_simulated_data_without_the_mark_is_found(site) -> None:
    page = site / "notebooks" / "primary" / "04-survival.html"
    page.write_text(page.read_text(encoding="utf-8").replace("SIMULATED", "Some"), encoding="utf-8")
    assert check_site(site) == [
        "notebooks/primary/04-survival.html: shows simulated data and does not say so"
    ]


def test_a_site_with_a_fault_gets_no_landing_page(site, reports) -> None:
    (site / "index.html").unlink()
    (site / "publication" / "supplement.html").unlink()
    with pytest.raises(PublicationError, match=r"leads nowhere: \.\./\.\./publication/supplement\.html"):
        render_index(reports.folder, ["primary"])
    assert not (site / "index.html").exists()


def test_html_from_an_output_is_closed_and_quoted() -> None:
    assert (
        table_html("<table><tr><td title='x'>a < b & c")
        == "<table><tr><td>a &lt; b &amp; c</td></tr></table>"
    )
    assert (
        table_html('<th style="color:red;text-align: right">x</th>')
        == '<th scope="row" style="text-align: right">x</th>'
    )
