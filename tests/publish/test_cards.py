"""Every printed number leads to its card, the card back to the sentence and to the cell."""

from __future__ import annotations

import re
from html import unescape

import pytest

from analysis.errors import PublicationError
from analysis.publish import prepare, render_index, render_notebooks, render_publication
from analysis.publish.cards import cards
from analysis.publish.runs import read_runs
from analysis.publish.strict.orphans import forgotten_parts, orphan_warnings, unprinted
from analysis.publish.uses import LONGEST, _sentence, printed_values


def built(reports, *runs: str):
    prepare(reports.folder, runs)
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, runs)
    return render_index(reports.folder, runs).landing.parent


def card_of(page: str, name: str) -> str:
    start = page.index(f'<article class="number" id="value-{name}"')
    return page[start : page.index("</article>", start)]


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", html)).split())


def test_every_number_of_the_publication_leads_to_a_card_that_says_where_it_comes_from(site) -> None:
    publication = (site / "publication" / "index.html").read_text(encoding="utf-8")
    links = re.findall(r'href="\.\./numbers\.html#([^"]+)"[^>]*class="value"', publication)
    assert links == ["value-pfs.hr"] * 3  # abstract, text, interval
    card = words(card_of((site / "numbers.html").read_text(encoding="utf-8"), "pfs.hr"))
    for wanted in (
        "Hazard ratio of progression", "0.77 (0.40–1.50)", "45 38 Cox", "04-survival, fig-pfs",
        "cutoff_percent = 25", "data cdcdcdcdcdcd…", "commit 0123456789ab…",
        "The hazard ratio was 0.77 (0.40–1.50; Figure 1, Equation 1).",
    ):  # fmt: skip
        assert wanted in card


def test_the_number_of_a_figure_or_table_leads_to_the_cell_that_made_it(site) -> None:
    page = " ".join((site / "publication" / "index.html").read_text(encoding="utf-8").split())
    for label, said in (("fig-pfs", "Figure 1:"), ("tbl-flow", "Table 1:")):
        link = rf'<a href="\.\./notebooks/primary/04-survival\.html#cell-{label}" class="made" title="[^"]*">{said}</a>'
        assert re.search(link, page.replace("\u00a0", " "))


def test_a_card_leads_to_the_sentence_and_the_notebook_says_where_its_number_is_printed(site) -> None:
    publication = (site / "publication" / "index.html").read_text(encoding="utf-8")
    places = re.findall(r'href="publication/index\.html#([\w-]+)"', (site / "numbers.html").read_text())
    assert places
    assert all(f'id="{place}"' in publication for place in places)
    cell = (site / "notebooks" / "primary" / "04-survival.html").read_text(encoding="utf-8")
    assert "Printed in 2 sentences" in cell
    assert 'href="../../publication/index.html#printed-2"' in cell


def test_a_changed_text_changes_what_the_notebook_page_says_of_it(site, reports) -> None:
    page = site / "notebooks" / "primary" / "04-survival.html"
    before = page.read_text(encoding="utf-8")
    render_index(reports.folder, ["primary"])
    assert page.read_text(encoding="utf-8") == before
    reports.replace(
        "index.qmd", "## Introduction", "Again {{< var main.pfs.hr >}} is said.\n\n## Introduction"
    )
    render_publication(reports.folder, site, quarto="")
    render_index(reports.folder, ["primary"])
    assert "Again 0.77 is said." in page.read_text(encoding="utf-8")


def test_runs_that_differ_stand_side_by_side_on_one_card(reports) -> None:
    reports.results["values"]["pfs.hr"] = {**reports.results["values"]["pfs.hr"], "text": "0.91"}
    reports.write_results("post-hoc-15")
    found = {card.name: card for card in cards(read_runs(reports.folder, ["primary", "post-hoc-15"]))}
    assert [(made.run, made.shown) for made in found["pfs.hr"].made] == [
        ("primary", "0.77 (0.40–1.50)"),
        ("post-hoc-15", "0.91 (0.40–1.50)"),
    ]
    assert found["pfs.hr"].differs
    assert not found["answer"].differs


def test_what_a_value_says_cannot_become_markup(reports) -> None:
    hostile = "<script>evil()</script>"
    value = reports.results["values"]["pfs.hr"]
    value.update(definition=hostile, method=hostile, unit=hostile, text=hostile)
    reports.write_results()
    site = built(reports, "primary")
    for name in ("numbers.html", "notebooks/primary/04-survival.html", "publication/index.html"):
        assert hostile not in (site / name).read_text(encoding="utf-8")
    card = card_of((site / "numbers.html").read_text(encoding="utf-8"), "pfs.hr")
    assert card.count("&lt;script&gt;evil()") >= 4


def test_a_missing_value_is_a_dash_with_its_reason(reports) -> None:
    value = reports.results["values"]["pfs.hr"]
    value.update(text="—", value=None, low=None, high=None, interval_text="", unit="months", reason="no PET")
    reports.write_results()
    card = card_of((built(reports, "primary") / "numbers.html").read_text(encoding="utf-8"), "pfs.hr")
    assert '<td>— <span class="reason">(no PET)</span></td>' in card


@pytest.mark.parametrize("place", [0, 500, 1499])
def test_of_a_long_sentence_the_part_around_the_number_is_quoted(place: int) -> None:
    block = "word " * 300
    said = _sentence(block, place)
    assert len(said) <= LONGEST + 4
    assert said.strip("… ") in block


def test_a_sentence_ends_where_the_next_begins() -> None:
    assert _sentence("One 1.5 is. Two (see p. 3) is 2. Three.", 15) == "Two (see p. 3) is 2."


def test_a_value_that_no_text_prints_is_an_orphan_unless_somebody_says_why(reports) -> None:
    reports.results["values"]["os.hr"] = {**reports.results["values"]["pfs.hr"]}
    reports.results["values"]["os.gone"] = {**reports.results["values"]["pfs.hr"], "text": "—"}
    reports.write_results()
    runs = read_runs(reports.folder, ["primary"])
    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == {"os.hr": ""}
    assert ["os.hr" in line for line in orphan_warnings({"os.hr": "", "a": "a reason"})] == [True]
    reports.write("unprinted.yml", '"os.*": "read in the notebook"\n')
    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == {"os.hr": "read in the notebook"}
    reports.write("unprinted.yml", '"os.*": ""\n')
    with pytest.raises(PublicationError, match="with reasons"):
        unprinted(reports.folder, runs)


def test_a_value_counts_as_printed_only_where_a_document_reaches_the_text(reports) -> None:
    for name in ("os.hr", "pet.rate", "pet.lack"):
        reports.results["values"][name] = {**reports.results["values"]["pfs.hr"]}
    reports.write_results()
    runs = read_runs(reports.folder, ["primary"])
    reports.write("parts/pet.qmd", "{{< var main.pet.rate >}}\n\n{{< include _includes/parts/os.qmd >}}\n")
    reports.write("parts/os.qmd", "{{< var main.os.hr_ci >}}\n")
    reports.write(
        "parts.yml", "pet:\n  requires: [tissue]\n  otherwise: 'Without: {{< var main.pet.lack >}}.'\n"
    )
    everything = {"os.hr": "", "pet.rate": "", "pet.lack": ""}
    forgotten = ["parts/os.qmd is included by no document", "parts/pet.qmd is included by no document"]

    def warned() -> list[str]:
        return [line.split(":")[0] for line in forgotten_parts(reports.folder)]

    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == everything
    assert warned() == forgotten
    include = "{{< include _includes/parts/pet.qmd >}}"
    reports.replace("index.qmd", "## Results", f"<!--\n\n{include}\n\n-->\n\n## Results")
    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == everything
    reports.replace("index.qmd", f"<!--\n\n{include}\n\n-->", include)
    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == {}  # though the study lacks tissue
    assert warned() == []
    reports.replace("parts/pet.qmd", "{{< include _includes/parts/os.qmd >}}", "")
    assert unprinted(reports.folder, runs, elsewhere=["answer"]) == {"os.hr": ""}
    assert warned() == forgotten[:1]


def test_the_build_warns_of_a_part_that_no_document_includes(reports) -> None:
    reports.write("parts/lost.qmd", "Nobody reads this.\n")
    reports.write("unprinted.yml", '"*": "a test"\n')
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, ["primary"])
    (warning,) = render_index(reports.folder, ["primary"]).warnings
    assert warning.startswith("parts/lost.qmd is included by no document")


def test_numbers_are_found_in_the_order_of_reading(site) -> None:
    uses = printed_values(site / "publication", [("index", "Publication")], {"pfs.hr"})
    assert [use.name for use in uses] == ["pfs.hr"] * 3
    assert uses[0].sentence == "The hazard ratio was 0.77."
