"""Quarto's pages with the links of Pandoc's: found by the words before, or left alone."""

from __future__ import annotations

import re

import pytest

from analysis.errors import PublicationError
from analysis.publish import prepare, render_publication
from analysis.publish.project import load_project
from analysis.publish.render import publication, same_links
from analysis.publish.render.same_links import link_pages, with_same_links
from analysis.publish.uses import printed_values

LINK = re.compile(r'<a\s[^>]*class="(?:value|made|term)[^>]*>(.*?)</a>', re.DOTALL)


def card(number: int, text: str) -> str:
    return f'<a id="printed-{number}" class="value" data-value="main.x{number}" href="n.html">{text}</a>'


def without_links(page: str) -> str:
    """The page as Quarto gives it: no link on a number, the main part wrapped, lines broken elsewhere."""
    bare = LINK.sub(r"\1", page).replace(
        '<main id="content">', '<main id="content"><div id="quarto-content">'
    )
    return bare.replace("</main>", "</div></main>").replace(" was ", "\nwas ")


def test_every_number_of_a_publication_that_quarto_rendered_leads_where_pandocs_does(reports) -> None:
    prepare(reports.folder, ["primary"])
    reports.write("glossary.yml", "everolimus: {means: A drug., source: a book}\n")
    site = reports.folder / "_site"
    render_publication(reports.folder, site, quarto="")
    names = [("index", "Publication"), ("supplement", "Supplement")]
    before = printed_values(site / "publication", names, {"pfs.hr"})
    ours = {stem: (site / "publication" / f"{stem}.html").read_text(encoding="utf-8") for stem, _ in names}
    quartos = site / "other"
    quartos.mkdir()
    for stem, text in ours.items():
        (quartos / f"{stem}.html").write_text(without_links(text), encoding="utf-8")
        assert not LINK.search((quartos / f"{stem}.html").read_text(encoding="utf-8"))
    link_pages(load_project(reports.folder), quartos, epoch=0)
    assert printed_values(quartos, names, {"pfs.hr"}) == before
    assert before
    for stem, text in ours.items():
        linked = (quartos / f"{stem}.html").read_text(encoding="utf-8")
        assert LINK.findall(linked) == LINK.findall(text)


@pytest.mark.parametrize(
    ("page", "linked"),
    [
        (
            "<main><p>It was 7 of 9.</p></main>",
            f"<main><p>It was {card(1, '7')} of {card(2, '9')}.</p></main>",
        ),
        ("<main><p>A &lt; b &amp; 0.5.</p></main>", f"<main><p>A &lt; b &amp; {card(1, '0.5')}.</p></main>"),
        ("<main><p>Sum: a &amp; b.</p></main>", f"<main><p>Sum: {card(1, 'a &amp; b')}.</p></main>"),
    ],
)
def test_a_number_is_found_by_the_words_before_it(page: str, linked: str) -> None:
    assert with_same_links(page, linked) == linked


@pytest.mark.parametrize(
    "page",
    [
        "",
        "no main part: 7",
        "<main><h2>It was 7</h2></main>",
        '<main><p><a href="#x">It was 7</a></p></main>',
        "<main><p>It was <code>7</code></p></main>",
        "<main><p>It was <b>7</b>.</p><p>It had been</p></main>".replace("<b>7</b>", "seven"),
        "<main><p>It was 1<sup>7</sup></p><script>It was 17</script></main>".replace(
            "It was 1<", "It was 2<"
        ),
    ],
)
def test_a_number_whose_place_is_in_doubt_or_no_place_for_a_link_is_left_alone(page: str) -> None:
    assert with_same_links(page, f"<main><p>It was {card(1, '7')}</p></main>") == page


def test_a_number_with_mark_up_inside_is_left_alone() -> None:
    page = "<main><p>It was 1<sup>7</sup> then.</p></main>"
    assert with_same_links(page, f"<main><p>It was {card(1, '1<sup>7</sup>')} then.</p></main>") == page


def test_numbers_after_one_that_is_not_found_are_linked_all_the_same() -> None:
    linked = f"<main><p>First {card(1, '7')}.</p><p>Second {card(2, '8')}.</p></main>"
    assert with_same_links("<main><p>Premier 7.</p><p>Second 8.</p></main>", linked).count("<a ") == 0
    far = "It is told at great length what was done and how it was done, and by whom it was done, in words. "
    linked = f"<main><p>First {card(1, '7')}. {far}Second {card(2, '8')}.</p></main>"
    assert "printed-2" in with_same_links(f"<main><p>Premier 7. {far}Second 8.</p></main>", linked)


def test_pages_stay_as_quarto_left_them_where_they_cannot_be_linked(reports, monkeypatch) -> None:
    def refuse(*_, **__):
        raise PublicationError("Pandoc could not render")

    monkeypatch.setattr(same_links, "render_with_pandoc", refuse)
    monkeypatch.setattr(
        publication,
        "render_with_quarto",
        lambda _, __, folder, **___: (folder / "index.html").write_text("<main>7</main>"),
    )
    prepare(reports.folder, ["primary"])
    with pytest.warns(UserWarning, match=r"lead to no card\. Pandoc could not render"):
        assert render_publication(reports.folder, reports.folder / "_site", quarto="quarto") == "quarto"
    assert (reports.folder / "_site/publication/index.html").read_text() == "<main>7</main>"
