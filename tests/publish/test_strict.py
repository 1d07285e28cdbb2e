from __future__ import annotations

import os

import pytest

from analysis.errors import PublicationError
from analysis.publish import check_sources, is_up_to_date, prepare, strict_check


def test_a_sound_publication_has_no_problem(problems) -> None:
    assert problems() == []


CASES = {
    "unknown variable": ("main.pfs.hr >}} (", "main.pfs.hx >}} (", "index.qmd:18: unknown variable main.pfs.hx"),
    "unknown shortcode": ("## Results", "## Results\n\n{{< video x.mp4 >}}", "index.qmd:18: unknown shortcode 'video'"),
    "missing include": ("main/fig-pfs.md", "main/fig-os.md", "index.qmd:22: included file is missing: _includes/main/fig-os.md"),
    "unresolved reference": ("@tbl-flow", "@tbl-flew", "index.qmd:14: cross-reference @tbl-flew points at nothing"),
    "citation": ("@gombos2021", "@nobody1999", "index.qmd:14: citation @nobody1999 has no entry in references.bib"),
    "duplicate label": ("## Results", "## Results {#sec-introduction}", "index.qmd:16: label sec-introduction is already used at index.qmd:12"),
    "shortcode in code": ("## Results", "```\n{{< var main.pfs.hr >}}\n```", "index.qmd:17: a shortcode in code"),
    "code cell": ("## Results", "```{python}\nx\n```", "index.qmd:16: a code cell is not in the portable subset"),
    "raw HTML": ("## Results", "<b>Results</b>", "index.qmd:16: HTML is not in the portable subset: <b>"),
    "other reference": ("@eq-hazard", "@lst-code", "index.qmd:18: cross-reference @lst-code is not in the portable subset"),
    "reference list": ("@fig-pfs and", "[@fig-pfs; @tbl-flow] and", "index.qmd:14: a bracketed list of cross-references"),
    "callout": ("callout-note", "callout-hint", "index.qmd:28: unknown callout 'hint'"),
    "open div": ("day 14.\n:::", "day 14.\n", "index.qmd:28: this ::: is never closed"),
    "typed result": ("The drug was", "In 38 of 45 women the drug was", "index.qmd:14: typed number 38"),
    "typed decimal": ("comes first", "has 0.77", "index.qmd:14: typed number 0.77"),
    "include in text": ("## Results\n\n", "## Results\n{{< include _includes/main/banner.md >}}\n\n", "index.qmd:17: an include needs an empty line"),
    "no banner": ("{{< include _includes/banner.md >}}", "", "index.qmd:1: the document does not say which data it is"),
    "no caption": ("## Results", "![](results/primary/04-survival/figures/fig-pfs){#fig-x fig-alt='a'}", "index.qmd:16: figure without a caption"),
    "no alt text": ("## Results", "![A](results/primary/04-survival/figures/fig-pfs){#fig-x}", "index.qmd:16: figure without an alt text"),
    "no image": ("## Results", '![A](results/x){#fig-x fig-alt="a"}', "index.qmd:16: image is missing: results/x.svg and results/x.png"),
    "outside image": ("## Results", '![A](http://example.org/x.png){#fig-x fig-alt="a"}', "index.qmd:16: image lies outside"),
    "open shortcode": ("main.pfs.hr >}} (", "main.pfs.hr > }} (", "index.qmd:18: a shortcode is not whole"),
    "TeX": ("## Results", "\\begin{table}", "index.qmd:16: TeX outside a formula is not in the portable subset: \\begin{table}"),
    "link": ("## Results", "See [it](methods.qmd#x).", "index.qmd:16: link to methods.qmd, which is no document"),
    "included twice": ("## Results", "{{< include _includes/main/fig-pfs.md >}}", "index.qmd:22: label fig-pfs is already used at index.qmd:16"),
    "typed figure": ("comes first", "has Figure 2", "index.qmd:14: typed number 2: refer to the label, @fig-…"),
    "typed result in the abstract": ("ratio was {{< var main.pfs.hr >}}.", "ratio was 0.44 in 41.", "index.qmd:7: typed number 0.44"),
    "typed result in the title": ("A trial of nothing", "41 women, 37 responders", "index.qmd:2: typed number 37"),
    "variable of the abstract": ("ratio was {{< var main.pfs.hr >}}.", "ratio was {{< var main.pfs.hx >}}.", "index.qmd:7: unknown variable main.pfs.hx"),
    "reference of the abstract": ("ratio was {{< var main.pfs.hr >}}.", "ratio stands in @fig-os.", "index.qmd:7: cross-reference @fig-os points at nothing"),
    "citation of the abstract": ("ratio was {{< var main.pfs.hr >}}.", "ratio is known [@nobody1999].", "index.qmd:7: citation @nobody1999 has no entry"),
    "link to a place": ("## Results", "See [it](#nowhere).", "index.qmd:16: link to #nowhere, a place that this document does not have"),
    "link to a place elsewhere": ("## Results", "See [it](supplement.qmd#nowhere).", "index.qmd:16: link to #nowhere, a place that supplement.qmd does not have"),
    "link to a page": ("## Results", "See [it](../nowhere.html).", "index.qmd:16: link to ../nowhere.html, which is no page of the site"),
    "link to a notebook": ("## Results", "See [it](../notebooks/primary/99.html).", "index.qmd:16: link to ../notebooks/primary/99.html, which is no page"),
    "footnote without text": ("[^1]: A footnote.", "", "index.qmd:18: footnote [^1] has no text"),
    "footnote without mark": (").[^1]", ").", "index.qmd:20: the text of footnote [^1] has no mark"),
    "control character": ("comes first", "comes\x02 first", "index.qmd:14: a control character, U+0002"),
    "title": ('title: "A trial of nothing"', 'titel: "x"', "index.qmd:1: the document has no title"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_each_fault_is_found_with_file_and_line(problems, case: str) -> None:
    old, new, wanted = CASES[case]
    assert any(found.startswith(wanted) for found in problems(old, new)), problems()


def test_a_bibliography_that_is_missing_is_named(problems, reports) -> None:
    (reports.folder / "references.bib").unlink()
    assert problems() == [
        "index.qmd:14: citation @gombos2021 points nowhere: the file is missing: references.bib"
    ]


EMBEDS = {
    "notebooks/primary/05.ipynb#fig-pfs": "embedded notebook is missing: notebooks/primary/05.ipynb",
    "notebooks/primary/04-survival.ipynb#fig-os": "notebook notebooks/primary/04-survival.ipynb has no cell labelled fig-os",
    "notebooks/primary/04-survival.ipynb": "an embed names a notebook and a label",
}


@pytest.mark.parametrize("target", EMBEDS)
def test_an_embed_of_nothing_is_found(problems, target: str) -> None:
    found = problems("notebooks/primary/04-survival.ipynb#fig-pfs", target, name="supplement.qmd")
    assert any(problem.startswith(f"supplement.qmd:11: {EMBEDS[target]}") for problem in found), found


def test_all_faults_are_reported_at_once(reports) -> None:
    prepare(reports.folder, ["primary"])
    reports.replace("index.qmd", "@tbl-flow", "@tbl-none")
    reports.replace("supplement.qmd", "The cut-off", "For 17 women {{< var main.none >}}, the cut-off")
    with pytest.raises(PublicationError) as caught:
        strict_check(reports.folder)
    assert [line.split(": ")[0] for line in caught.value.offenders] == [
        "index.qmd:14",
        "supplement.qmd:9",
        "supplement.qmd:9",
    ]
    assert all(line in str(caught.value) for line in caught.value.offenders)


def test_a_circle_of_includes_is_found(reports, problems) -> None:
    reports.write("a.md", "{{< include b.md >}}\n")
    reports.write("b.md", "{{< include a.md >}}\n")
    found = problems("## Results", "{{< include a.md >}}\n\n## Results")
    assert "b.md:1: include goes in a circle: a.md → b.md → a.md" in found


def test_a_fault_in_a_part_is_reported_in_the_file_of_the_author(reports, problems) -> None:
    reports.write("parts/pet.qmd", "First line.\n\nOf 39 women.\n")
    found = problems("## Results", "{{< include _includes/parts/pet.qmd >}}\n\n## Results")
    assert [problem.split(": print")[0] for problem in found] == ["parts/pet.qmd:3: typed number 39"]


ALLOWED = [
    "HER2-negative, NCT02028364, RECIST 1.1, QLQ-C30, 18F, [95 %]{.fact} intervals, `x = 3`, $x_1 = 2$.",
    "On 21 November 2026 and 2026-11-21, see Section 3.2 and [@gombos2021, p. 12].",
    "A decrease of 25 % at day 14; everolimus 10 mg; aged 18 years or older; see <https://example.org/10/20>.",
    "1. A list\n2. with numbers\n",
    "The 5-year survival with its 95 % CI; p < 0.05 was taken as evidence (α = 0.05); CDK4/6, mg/m^2^, 10^6^ and 10⁻⁴.",
    "In 2014, grade 3 or 4 events, EudraCT 2012-004860-22, a 2 × 2 table, the 2nd scan, on days 14 and 28 (day −28 to 1).",
    "See the [supplement](supplement.qmd#parameters), [below](#results) and the [overview](../index.html).",
]


@pytest.mark.parametrize("text", ALLOWED)
def test_digits_that_are_no_results_are_allowed(problems, text: str) -> None:
    assert problems("## Results", f"## Results\n\n{text}") == []


@pytest.mark.parametrize(
    "text",
    [
        "25 women",
        "HR 0.77",
        "14 of them",
        "a 10-fold risk",
        "11 %",
        "−3.5",
        "0.40–1.50",
        "p < 0.05",
        "14 and 39 days",
        "2014 women",
    ],
)
def test_digits_that_could_be_results_are_not(problems, text: str) -> None:
    assert any(
        "typed number" in found for found in problems("## Results", f"## Results\n\nThere were {text}.")
    )


def test_a_fresh_checkout_is_checked_without_results(reports) -> None:
    assert check_sources(reports.folder) == []
    reports.replace("index.qmd", "The drug was", "In 38 women the drug was")
    assert [line.split(":")[:2] for line in check_sources(reports.folder)] == [["index.qmd", "14"]]


def test_names_are_not_looked_up_in_a_build_that_is_older_than_the_text(reports) -> None:
    reports.write_results()
    prepare(reports.folder, ["primary"])
    reports.replace("index.qmd", "The drug was", "The drug {{< var main.unheard.of >}} was")
    old = reports.folder / "_variables.yml"
    os.utime(old, (1, 1))
    assert not is_up_to_date(reports.folder)
    assert check_sources(reports.folder) == []
    os.utime(old)
    assert is_up_to_date(reports.folder)
    assert any("main.unheard.of" in line for line in check_sources(reports.folder))
