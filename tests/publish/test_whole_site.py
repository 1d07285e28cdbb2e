"""The pages about the whole site: figures with their files, data, scans, checks, words, downloads, search."""

from __future__ import annotations

import csv
import hashlib
import io
import os
import re
from pathlib import Path

import pytest
from PIL import Image

from analysis.errors import PublicationError
from analysis.publish import prepare, render_index, render_notebooks, render_publication
from analysis.publish.runs import read_runs
from analysis.publish.site import whole
from analysis.publish.site.check import check_site
from analysis.publish.site.checks_page import checks
from analysis.publish.site.files import all_values
from analysis.publish.site.glossary import Term, link_terms, read_glossary
from analysis.publish.site.search import LARGEST, search_page
from analysis.publish.site.subjects import data_page, pet_page


def finished(reports, **given) -> Path:
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    render_notebooks(reports.folder, ["primary"])
    return render_index(reports.folder, ["primary"], **given).landing.parent


def read(site: Path, name: str) -> str:
    return (site / name).read_text(encoding="utf-8")


def test_every_page_of_the_site_is_in_the_navigation_of_every_page(site) -> None:
    names = sorted(path.name for path in site.glob("*.html"))
    assert len(names) == 9
    for page in ("publication/index.html", "notebooks/primary/04-survival.html", "search.html"):
        navigation = re.search(r'<nav aria-label="Site">.*?</nav>', read(site, page), re.DOTALL)[0]
        assert {Path(address).name for address in re.findall(r'href="([^"]+)"', navigation)} >= set(names)


def test_what_no_build_puts_at_the_top_of_the_site_does_not_travel(reports, tmp_path) -> None:
    site = finished(reports)
    before = sorted(path.relative_to(site) for path in site.rglob("*"))
    (site / ".index.html.4194303-1.part").write_text("half")
    (site / "old.html").write_text("<p>a page of an earlier version")
    for name in (".files.partial", "tmpab12"):
        (site / name / "below").mkdir(parents=True)
        (site / name / "below/page.html").write_text("half")
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "kept.txt").write_text("kept")
    (site / "linked").symlink_to(elsewhere)
    beside = reports.folder / "beside.part"
    beside.write_text("kept")
    render_index(reports.folder, ["primary"])
    assert sorted(path.relative_to(site) for path in site.rglob("*")) == before
    assert (elsewhere / "kept.txt").exists()
    assert beside.exists()


def test_a_site_that_is_a_link_keeps_what_others_put_there(reports, tmp_path) -> None:
    site = finished(reports)
    (site / "notes.txt").write_text("of somebody else")
    site.rename(tmp_path / "shared")
    site.symlink_to(tmp_path / "shared")
    render_index(reports.folder, ["primary"])
    assert (tmp_path / "shared/notes.txt").exists()


def test_a_figure_stands_beside_the_numbers_it_draws(reports) -> None:
    reports.results["figures"]["fig-pfs"]["csv"] = "figures/fig-pfs.csv"
    reports.write_results()
    reports.write("results/primary/04-survival/figures/fig-pfs.csv", "day,share\n0,1\n")
    site = finished(reports)
    page = read(site, "figures.html")
    (address,) = re.findall(r'href="([^"]+\.csv)"', page)
    assert read(site, address) == "day,share\n0,1\n"
    assert 'alt="Two curves that cross."' in page
    assert '<a class="full-size" href="publication/results/primary/04-survival/figures/fig-pfs.svg">' in page


def test_every_download_has_the_checksum_of_its_file(site) -> None:
    found = re.findall(
        r'href="([^"]+)" download>[^<]+</a></td>.*?<code class="sum">(\w+)<', read(site, "downloads.html")
    )
    assert {
        "files/numbers.csv",
        "publication/index.pdf",
        "files/primary/04-survival/tables/tbl-flow.csv",
    } <= {address for address, _ in found}
    for address, checksum in found:
        assert hashlib.sha256((site / address).read_bytes()).hexdigest() == checksum


def test_the_file_of_all_values_holds_each_and_runs_in_no_spreadsheet(reports) -> None:
    reports.results["values"]["pfs.hr"]["definition"] = "=HYPERLINK(1)"
    reports.write_results()
    rows = list(csv.DictReader(io.StringIO(all_values(read_runs(reports.folder, ["primary"])))))
    assert [row["name"] for row in rows] == ["pfs.hr", "answer"]
    assert (rows[0]["value"], rows[0]["definition"]) == ("0.77", "'=HYPERLINK(1)")


@pytest.mark.parametrize("cores", [1, 2])
def test_a_check_that_runs_in_a_copy_of_the_process_finds_the_same_and_fails_the_same(
    site, tmp_path, monkeypatch, cores
) -> None:
    monkeypatch.setattr(whole.os, "cpu_count", lambda: cores)
    (tmp_path / "index.html").write_text("<p>")
    with whole._beside() as beside:
        results = [beside(check_site, folder) for folder in (site, tmp_path)]
        assert [result() for result in results] == [check_site(folder) for folder in (site, tmp_path)]
        (tmp_path / "index.html").write_bytes(b"\xff")
        with pytest.raises(UnicodeDecodeError):
            beside(check_site, tmp_path)()


def test_a_copy_of_the_process_does_not_outlive_a_block_that_fails(tmp_path) -> None:
    def broken_off():
        with whole._beside() as beside:
            copies.append(beside(os.getpid)())
            raise KeyboardInterrupt

    copies = []
    with pytest.raises(KeyboardInterrupt):
        broken_off()
    if copies[0] != os.getpid():  # in this process where it has threads
        with pytest.raises(ProcessLookupError):
            os.kill(copies[0], 0)


@pytest.mark.parametrize(
    "place",
    ["publication/extra.txt", "../results/primary/extra.csv", "../notebooks/primary/x.ipynb"],
)
def test_an_identifier_anywhere_stops_the_site_and_is_told_once(reports, place) -> None:
    site = reports.folder / "_site"
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, site, quarto="")
    render_notebooks(reports.folder, ["primary"])
    (site / place).write_text("of PEARL-0042")
    with pytest.raises(PublicationError) as told:
        render_index(reports.folder, ["primary"], identifiers={"PEARL-0042"})
    lines = [line for line in told.value.offenders if "identifier" in line]
    assert len(lines) == 1
    assert lines[0].startswith((site / place).resolve().relative_to(reports.folder.resolve()).as_posix())
    assert not (site / "index.html").exists()


def test_an_identifier_on_a_page_about_the_whole_stops_the_site(reports, monkeypatch) -> None:
    made = whole.downloads_page
    monkeypatch.setattr(
        whole, "downloads_page", lambda *given: made(*given).replace("</main>", "PEARL-0042</main>")
    )
    with pytest.raises(PublicationError) as told:
        finished(reports, identifiers={"PEARL-0042"})
    (line,) = [line for line in told.value.offenders if "identifier" in line]
    assert line.startswith("_site/downloads.html")


def test_a_picture_that_the_publication_holds_lies_in_the_site_once(reports) -> None:
    site = reports.folder / "_site"
    own = site / "notebooks/primary/04-survival/fig-pfs.png"
    there = site / "publication/results/primary/04-survival/figures/fig-pfs.png"
    prepare(reports.folder, ["primary"])
    render_publication(reports.folder, site, quarto="")
    render_notebooks(reports.folder, ["primary"])
    content = own.read_bytes()
    render_index(reports.folder, ["primary"])
    assert not own.exists()
    assert there.read_bytes() == content
    assert f'src="../../{there.relative_to(site).as_posix()}"' in read(
        site, "notebooks/primary/04-survival.html"
    )
    assert "fig-pfs (picture)" in read(site, "downloads.html")
    another = io.BytesIO()
    Image.new("L", (2, 1)).save(another, "png")
    for other in (
        another.getvalue(),
        None,
    ):  # the text was rendered again, with another picture or without one
        there.unlink() if other is None else there.write_bytes(other)
        render_index(reports.folder, ["primary"])
        assert own.read_bytes() == content
        assert 'src="04-survival/fig-pfs.png"' in read(site, "notebooks/primary/04-survival.html")


def test_the_page_of_checks_says_no_where_something_is_not_as_it_should_be(reports) -> None:
    answers = {check.name: check.answer for check in checks(read_runs(reports.folder, ["primary"]))}
    # The made-up results name another lock file and half a commit, and nobody ran the tests on them.
    assert answers["All notebooks ran in the environment of requirements.lock as it is now"] == "no"
    assert answers["Every notebook ran from a commit with nothing uncommitted"] == "no"
    assert answers["All tests passed at this commit"] == "unknown"
    assert answers["Every run states the seed of its random numbers"] == "yes"
    assert answers["Notebooks of one study read the same bytes"] == "yes"


def test_the_page_of_checks_shows_the_distance_from_r_by_method(site, project) -> None:
    page = read(site, "checks.html")
    with (project / "data" / "agreement.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) > 20
    assert all(f'<td class="right">{row["worst_absolute"]}</td>' in page for row in rows)


FINDING = {"file": "a.csv", "column": "b", "what": "<b>… is odd</b>", "count": "fewer than 5"}


def test_what_the_check_of_the_folder_found_is_told_by_kind(reports) -> None:
    runs = read_runs(reports.folder, ["primary"])
    assert "a.csv, b: &lt;b&gt;… is odd&lt;/b&gt; (fewer than 5)" in data_page(
        reports.folder, runs, {"primary": [FINDING]}
    )
    assert "nothing was found to complain of" in data_page(reports.folder, runs, {"primary": []})
    assert "was not recorded" in data_page(reports.folder, runs, {})


def test_another_study_that_a_run_rests_on_is_told_too(reports) -> None:
    reports.results["study"] = {**reports.results["study"], "id": "OTHER", "title": "Another trial"}
    reports.write_results("second")
    page = data_page(reports.folder, read_runs(reports.folder, ["primary", "second"]), {})
    assert page.index("Simulated trial") < page.index("Study (run second)") < page.index("Another trial")
    assert 'id="second-caveats"' in page


def test_a_study_without_pet_has_a_page_that_says_so(reports) -> None:
    reports.results["study"]["parts"] = ["plasma"]
    reports.write_results()
    page = pet_page(reports.folder, read_runs(reports.folder, ["primary"]), [])
    assert "This study holds no PET." in page
    assert "<figure" not in page


def test_a_word_is_linked_once_and_not_in_headings_links_or_code() -> None:
    words = [Term("hazard ratio", "x", "y", also=("HR",)), Term("PFS", "x", "y")]
    page = (
        '<h2>PFS</h2><p><a href="#x">PFS</a> and <code>PFS</code>: the HR, a hazard ratio of PFS '
        "(not HRQ, not PFS-2).</p><p>PFS.</p>"
    )
    linked = link_terms(page, words, "../glossary.html")
    assert linked.count('class="term"') == 2
    assert 'the <a class="term" href="../glossary.html#term-hazard-ratio">HR</a>, a hazard ratio' in linked
    assert 'of <a class="term" href="../glossary.html#term-pfs">PFS</a> (not' in linked
    assert re.sub(r"</?a[^>]*>", "", linked) == re.sub(r"</?a[^>]*>", "", page)


def test_a_word_without_a_source_is_refused(reports) -> None:
    reports.write("glossary.yml", "PFS:\n  means: time\n")
    with pytest.raises(PublicationError, match="'PFS' is described wrongly"):
        read_glossary(reports.folder)


def test_words_of_the_project_have_places_of_their_own(project) -> None:
    terms = read_glossary(project / "reports")
    assert len({term.id for term in terms}) == len(terms) >= 30
    forms = [form for term in terms for form in (term.name, *term.also)]
    assert len(set(forms)) == len(forms)


def test_the_search_finds_a_section_by_a_word_below_its_heading(site) -> None:
    page = read(site, "search.html")
    (item,) = re.findall(r'<li data-item data-words="[^"]*\bdecrease\b[^"]*"><a href="([^"]+)">', page)
    assert item == "publication/index.html#results"


def test_the_list_of_the_search_stays_small_whatever_the_pages_hold(reports) -> None:
    words = " ".join(f"word{number}" for number in range(3000))
    text = (
        "<main>" + "".join(f'<h2 id="s{number}">Head</h2><p>{words}</p>' for number in range(200)) + "</main>"
    )
    runs = read_runs(reports.folder, ["primary"])
    empty, full = (len(search_page(reports.folder, runs, pages)) for pages in ({}, {"a.html": ("A", text)}))
    assert LARGEST / 2 < full - empty < LARGEST


def test_what_pages_say_cannot_become_markup_in_the_search(reports) -> None:
    page = search_page(
        reports.folder,
        read_runs(reports.folder, ["primary"]),
        {
            "a.html": (
                "A",
                '<main><h2>&lt;img src=x&gt;</h2><p>&lt;script&gt;evil()&lt;/script&gt; "><b></p></main>',
            )
        },
    )
    assert "<img" not in page
    assert "<script>evil" not in page


def test_the_last_step_repeated_gives_the_same_bytes(site, reports) -> None:
    before = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    render_index(reports.folder, ["primary"])
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == before


def test_a_site_that_was_built_here_is_small_enough_to_hand_over(project) -> None:
    site = project / "reports" / "_site"
    if not (site / "index.html").is_file():
        pytest.skip("no site was built here: make report")
    sizes = [path.stat().st_size for path in site.rglob("*") if path.is_file()]
    assert sum(sizes) < 25_000_000
    assert max(path.stat().st_size for path in site.rglob("*.html")) < 2_000_000
