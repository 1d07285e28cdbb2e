from __future__ import annotations

import base64

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
    page = render_index(reports.folder, ["primary", "post-hoc-15"]).landing.read_text(encoding="utf-8")
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
    assert page.rindex("<details>", 0, page.index('<span class="n">draw</span>')) > page.index("cell-fig-pfs")
    assert "Parameters as the notebook declares them" in page
    assert (
        '<tr id="value-pfs.hr"><td><a href="../../numbers.html#value-pfs.hr"><code>pfs.hr</code></a></td><td>0.77 (0.40–1.50)</td>'
        in page
    )


def test_figures_of_a_notebook_keep_caption_and_alternative_text(reports) -> None:
    page = notebook_page(reports)
    assert 'alt="Two curves that cross."' in page
    assert "<figcaption>Survival without progression.</figcaption>" in page
    assert 'src="04-survival/fig-pfs.png"' in page
    picture = reports.folder / "_site/notebooks/primary/04-survival/fig-pfs.png"
    shown = reports.notebook["cells"][2]["outputs"][0]["data"]["image/png"]
    assert base64.b64encode(picture.read_bytes()).decode() == shown


def test_a_picture_that_is_not_the_published_one_stands_in_the_page_itself(reports) -> None:
    reports.notebook["cells"][2]["outputs"][0]["data"]["image/png"] = "AAAA"
    reports.write_results()
    assert 'src="data:image/png;base64,AAAA"' in notebook_page(reports)


def test_mathematics_of_a_notebook_needs_no_script(reports) -> None:
    reports.notebook["cells"][0]["source"] += "\n\n$$ h(t) = 1 < 2 $$\n\n\\begin{align}a &= b\\end{align}"
    reports.write_results()
    page = notebook_page(reports)
    assert page.count("<math") == 3
    assert page.count('<math display="block"') == 2
    assert "$" not in page[page.index("<main") :]
    assert "<script" not in page


def test_a_formula_that_cannot_be_read_is_refused(reports) -> None:
    reports.notebook["cells"][0]["source"] = "# T\n\n$\\frac{1}{$"
    reports.write_results()
    with pytest.raises(PublicationError, match="a formula cannot be read"):
        notebook_page(reports)


def test_code_of_a_notebook_is_coloured_by_classes_of_the_one_style(reports) -> None:
    reports.notebook["cells"][1]["source"] = 'import os  # why\nrun = "</pre><b>primary"'
    reports.write_results()
    page = notebook_page(reports)
    assert '<span class="kn">import</span>' in page
    assert '<span class="c1"># why</span>' in page
    assert "&lt;/pre&gt;&lt;b&gt;primary" in page
    assert ".highlight .kn" in page
    assert 'style="' not in page[page.index("<main") :]


def test_headings_of_a_notebook_have_ids_that_stand_once(reports) -> None:
    reports.notebook["cells"][0]["source"] = "# Who?\n\n## PET & *plasma*\n\n## Content\n\n## PET & plasma"
    reports.write_results()
    page = notebook_page(reports)
    for heading in (
        '<h1 id="who">Who?</h1>',
        '<h2 id="pet-plasma">PET &amp; <em>plasma</em></h2>',
        '<h2 id="content-2">Content</h2>',
        '<h2 id="pet-plasma-2">PET &amp; plasma</h2>',
    ):
        assert heading in page
    assert page.count("<h1") == 1


def test_a_notebook_without_a_heading_gets_its_title(reports) -> None:
    reports.notebook["cells"][0]["source"] = "A question."
    reports.write_results()
    assert notebook_page(reports).count("<h1>Who progresses when?</h1>") == 1


def test_equal_notebooks_give_equal_bytes(reports) -> None:
    assert notebook_page(reports) == notebook_page(reports)


def test_outputs_of_a_notebook_cannot_run_or_restyle(reports) -> None:
    page = notebook_page(reports)
    assert "onclick" not in page
    assert "alert" not in page
    assert "x{}" not in page
    assert "&lt;b&gt;bold&lt;/b&gt;" in page
    assert '<th scope="col">a</th>' in page


HOSTILE = '<img src=x onerror="evil()"><script>evil()</script>'


@pytest.mark.parametrize("form", ["text/html", "text/markdown", "text/plain"])
def test_whatever_an_output_holds_is_printed_or_dropped(reports, form: str) -> None:
    reports.notebook["cells"][3]["outputs"] = [
        {
            "output_type": "display_data",
            "metadata": {},
            "data": {form: f"{HOSTILE} [x](javascript:evil()) end"},
        },
        {"output_type": "stream", "name": "stderr", "text": f"\x1b[31m{HOSTILE}\x1b[0m"},
        {"output_type": "error", "ename": "E", "evalue": HOSTILE, "traceback": ["/secret/path"]},
    ]
    reports.write_results()
    page = notebook_page(reports)
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "onerror=" not in page.replace("&lt;img src=x onerror=", "")
    assert 'href="javascript' not in page
    assert "end" in page
    assert "\x1b" not in page
    assert "/secret/path" not in page


def test_labels_captions_and_alternative_texts_cannot_leave_their_place(reports) -> None:
    cell = reports.notebook["cells"][2]
    cell["source"] = "#| label: 'fig\"><b>'\n#| fig-cap: '<b>cap'\ndraw()"
    cell["outputs"][0]["metadata"] = {"image/png": {"alt": '"><b>alt'}}
    cell["outputs"][0]["data"]["image/png"] += '\n"><b>data'
    reports.write_results()
    page = notebook_page(reports)
    assert "<b>" not in page
    assert 'alt="&#34;&gt;&lt;b&gt;alt"' in page
    assert "<figcaption>&lt;b&gt;cap</figcaption>" in page


def test_an_output_that_no_page_can_show_is_refused(reports) -> None:
    reports.notebook["cells"][3]["outputs"][1]["data"] = {"application/javascript": "evil()"}
    reports.write_results()
    with pytest.raises(PublicationError, match="no form that a page can show, only application/javascript"):
        notebook_page(reports)


def test_a_drawing_without_pixels_is_shown_as_an_image(reports) -> None:
    output = reports.notebook["cells"][2]["outputs"][0]
    output["data"] = {"image/svg+xml": "<svg xmlns='http://www.w3.org/2000/svg'/>"}
    output["metadata"] = {}
    reports.write_results()
    assert '<img src="data:image/svg+xml;base64,PHN2Zy' in notebook_page(reports)


def test_a_figure_without_alternative_text_is_refused(reports) -> None:
    cell = reports.notebook["cells"][2]
    cell["source"] = "#| label: fig-pfs\ndraw()"
    cell["outputs"][0]["metadata"] = {}
    reports.write_results()
    with pytest.raises(PublicationError, match=r"no alt text.*fig-pfs"):
        notebook_page(reports)


def test_a_block_left_open_ends_with_its_cell(reports) -> None:
    reports.notebook["cells"][0]["source"] = "# T\n\n```\nnever closed"
    reports.write_results()
    page = notebook_page(reports)
    assert "never closed\n</code></pre>" in page
    assert '<section class="cell" id="cell-fig-pfs"' in page


def test_a_copy_that_is_no_notebook_is_refused(reports) -> None:
    for content in (
        "half",
        '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "code"}]}',
    ):
        reports.write("notebooks/primary/04-survival.ipynb", content)
        with pytest.raises(PublicationError, match="is not a notebook"):
            notebook_page(reports)


def test_a_notebook_that_was_not_run_is_refused(reports) -> None:
    with pytest.raises(PublicationError, match="has no results"):
        render_notebook(reports.folder, "primary", "05-none")


def test_the_page_of_a_notebook_does_not_wait_for_the_others_of_its_run(reports) -> None:
    """After an update the page of the first is made while the results of the next are still those of an older version."""
    before = notebook_page(reports)
    reports.write("results/primary/07-older.json", '{"schema": 1, "run": "primary"}')
    assert notebook_page(reports) == before


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


TABLES = {
    "<table><tr><td title='x'>a < b & c": "<table><tbody><tr><td>a &lt; b &amp; c</td></tr></tbody></table>",
    '<table><tr><th style="color:red;text-align: right">x</th></tr></table>': '<table><tbody><tr><th scope="row" style="text-align:right">x</th></tr></tbody></table>',
    '<table><tr><td style="text-align: left; background: url(//x)" onclick="x()">1</td></tr></table>': '<table><tbody><tr><td style="text-align:left">1</td></tr></tbody></table>',
    "<table><tr><td>1</td></tr></table><script>x() <b>2</b>": "<table><tbody><tr><td>1</td></tr></tbody></table>",
    "<table><tr><td>1</td></tr></table><svg><style><img src=x onerror=x()>": "<table><tbody><tr><td>1</td></tr></tbody></table>",
    "<dl><dt>Deaths</dt><dd>12</dd><dt>Alive</dt><dd>3</dd></dl>": "\n\nDeaths\n\n12\n\nAlive\n\n3\n\n",
    "<p>a\x01b\ud800</p>": "<p>a\ufffdb\ufffd</p>",
    "<table><tr><td>1</td></tr></table></div></main>2": "<table><tbody><tr><td>1</td></tr></tbody></table>\n2",
    "<table><thead><tr><th>a</th></tr></thead></table><script>x()</script>": '<table><thead><tr><th scope="col">a</th></tr></thead></table>',
    "<table><tr><td colspan='2' style='color: red' rowspan='x'>1</td></tr></table><!-- c -->": '<table><tbody><tr><td colspan="2">1</td></tr></tbody></table>',
}


@pytest.mark.parametrize("given", TABLES)
def test_html_of_an_output_is_reduced_to_a_closed_table(reports, given: str) -> None:
    reports.notebook["cells"][3]["outputs"][0]["data"] = {"text/html": given}
    reports.write_results()
    assert f'aria-label="Table of cell 4">{TABLES[given]}</div>' in notebook_page(reports)


def test_a_table_written_in_markdown_scrolls_and_heads_its_columns(reports) -> None:
    reports.notebook["cells"][3]["outputs"][1]["data"] = {"text/markdown": "| a | b |\n|:--|--:|\n| 1 | 2 |"}
    reports.write_results()
    page = notebook_page(reports)
    assert page.count('<div class="table-scroll" role="region" tabindex="0"') == page.count("<table>")
    assert '<th scope="col" style="text-align:left">a</th>' in page
