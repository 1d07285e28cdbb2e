from __future__ import annotations

import hashlib
import io
import os
import re
import stat
import struct
import subprocess
import sys
import zipfile
import zlib
from pathlib import Path
from xml.etree import ElementTree

import pypandoc
import pytest
import typst
import yaml
from PIL import Image

from analysis.errors import PublicationError
from analysis.publish import prepare, publish, render_publication
from analysis.publish.project import load_project
from analysis.publish.render.pandoc import render_with_pandoc
from analysis.publish.site.pages import TEMPLATES


def rendered(reports, *runs: str) -> Path:
    prepare(reports.folder, runs or ["primary"])
    render_publication(reports.folder, reports.folder / "_site", quarto="")
    return reports.folder / "_site" / "publication"


def text_of(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html.split("<main")[1]).split())


def digests(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_every_document_comes_in_every_format(reports) -> None:
    folder = rendered(reports)
    wanted = {f"{stem}.{kind}" for stem in ("index", "supplement") for kind in ("html", "docx", "pdf", "xml")}
    assert {path.name for path in folder.iterdir() if path.is_file()} == wanted


def test_a_title_may_hold_any_letter_and_the_pdf_says_which_its_font_lacks(reports, tmp_path) -> None:
    reports.replace("index.qmd", 'title: "A trial of nothing"', 'title: "Étude 😀 «α» \\\\ud83d"')
    prepare(reports.folder, ["primary"])
    project = load_project(reports.folder)
    render_with_pandoc(project, tmp_path, epoch=0, formats=["html"], only=["index"])
    page = (tmp_path / "index.html").read_text(encoding="utf-8")
    assert "<title>Étude 😀 «α» \\ud83d" in page
    with pytest.raises(PublicationError, match=r"😀.*could not be displayed.*Do: write it with letters"):
        render_with_pandoc(project, tmp_path, epoch=0, formats=["pdf"], only=["index"])


def test_what_pandoc_warns_of_ends_the_build_and_leaves_what_was_there(reports) -> None:
    before = digests(rendered(reports))
    reports.replace("index.qmd", "## Results", "$\\notamacro$\n\n## Results")
    with pytest.raises(PublicationError, match=r"could not render index.qmd.*notamacro"):
        rendered(reports)
    assert digests(reports.folder / "_site" / "publication") == before


def test_captions_and_references_are_numbered_alike(reports) -> None:
    text = text_of((rendered(reports) / "index.html").read_text(encoding="utf-8"))
    for wanted in (
        "Section Section 1 comes first",
        "Figure 1: Survival without",
        "Table 1: Patients",
        "Equation 1 )",
        "(1)",
    ):
        assert wanted in text
    assert "( 0.40–1.50 ; Figure 1 ," in text
    assert "@" not in text


def test_a_number_leads_to_its_card_and_says_what_it_is(reports) -> None:
    page = " ".join((rendered(reports) / "index.html").read_text(encoding="utf-8").split())
    link = re.search(
        r'<a href="\.\./numbers\.html#value-pfs\.hr" id="printed-\d+" class="value"[^>]*>0\.77</a>', page
    )
    assert link
    assert (
        'title="Hazard ratio of progression; 0.77 (0.40–1.50); n 45; events 38; Cox; run primary,' in link[0]
    )


def without_own_script(page: str) -> str:
    """The page without the one script that stands in its template, letter for letter."""
    template = (TEMPLATES / "publication.html").read_text(encoding="utf-8")
    script = template[template.index("<script>") : template.index("</script>") + len("</script>")]
    assert "$" not in script  # nothing from the data is ever put into it
    assert page.count(script) == 1
    return page.replace(script, "")


def test_the_page_can_be_used_without_eyes_and_without_a_net(reports) -> None:
    page = (rendered(reports) / "index.html").read_text(encoding="utf-8")
    for wanted in (
        '<html lang="en-GB">',
        '<main id="content">',
        'href="#content"',
        'alt="Two curves that cross."',
        '<th scope="col"',
        "<math",
    ):
        assert wanted in page
    assert "<script" not in without_own_script(page)
    assert not re.search(r'(?:src|url\()\s*=?\s*"?(?:https?:)?//', page)


def test_the_mark_of_simulated_data_is_on_every_format(reports) -> None:
    folder = rendered(reports)
    assert "SIMULATED DATA" in (folder / "index.html").read_text(encoding="utf-8")
    assert "SIMULATED DATA" in (folder / "index.xml").read_text(encoding="utf-8")
    with zipfile.ZipFile(folder / "index.docx") as archive:
        header = next(name for name in archive.namelist() if "header" in name)
        assert "SIMULATED DATA" in archive.read(header).decode()
        assert "SIMULATED DATA" in archive.read("word/document.xml").decode()


def test_a_structured_abstract_has_sections_in_jats_and_paragraphs_on_the_page(reports) -> None:
    reports.replace(
        "index.qmd",
        "  The hazard ratio was {{< var main.pfs.hr >}}.\n",
        "  **Aim.** To ask.\n\n  **Results.** The hazard ratio was {{< var main.pfs.hr >}}.\n",
    )
    folder = rendered(reports)
    abstract = (folder / "index.xml").read_text(encoding="utf-8").split("abstract>")[1]
    assert re.findall(r"<sec><title>(.*?)</title>\s*<p>(.*?)</p>\s*</sec>", abstract) == [
        ("Aim", "To ask."),
        ("Results", "The hazard ratio was 0.77."),
    ]
    page = (folder / "index.html").read_text(encoding="utf-8")
    assert "<p><strong>Aim.</strong> To ask.</p>" in page


def test_a_list_of_places_gives_pages_in_print(reports, monkeypatch) -> None:
    from analysis.publish.render import pandoc

    kept = []

    def keep(document) -> None:
        kept.append((document.folder / f".{document.stem}.typ").read_text(encoding="utf-8"))

    monkeypatch.setattr(pandoc, "_FINISHED", {"pdf": keep})
    reports.replace("index.qmd", "## Results", "::: {.with-pages}\nSee @sec-introduction.\n:::\n\n## Results")
    rendered(reports)
    assert any("context counter(page).at(<sec-introduction>)" in text for text in kept)


def test_word_keeps_alternative_texts_and_no_path_of_the_machine(reports) -> None:
    with zipfile.ZipFile(rendered(reports) / "index.docx") as archive:
        document = archive.read("word/document.xml").decode()
        everything = b"".join(archive.read(name) for name in archive.namelist())
    assert 'descr="Two curves that cross."' in document
    assert str(reports.folder).encode() not in everything


def chunk(kind: bytes, content: bytes) -> bytes:
    """A part of a PNG."""
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


@pytest.mark.parametrize(
    ("pixels", "dots"),
    [
        ((1338, 1488), None),
        ((1338, 889), (5669, 5669, 1)),
        ((301, 177), (11811, 11811, 1)),
        ((140, 130), (5906, 2835, 1)),
        ((140, 130), (5906, 2835, 0)),
        ((140, 130), (20, 20, 1)),
    ],
)
def test_word_shows_a_picture_as_large_as_pandoc_does_that_decodes_it(
    reports, tmp_path, pixels, dots
) -> None:
    (picture,) = reports.folder.rglob("fig-pfs.png")
    drawn = io.BytesIO()
    Image.new("P", pixels).save(drawn, "png")
    head, rest = drawn.getvalue()[:33], drawn.getvalue()[33:]
    told = chunk(b"tEXt", b"Description\0IDAT pHYs" + b"." * 20 * pixels[0])
    told += chunk(b"pHYs", struct.pack(">IIB", *dots)) if dots else b""  # per metre, or of no unit
    picture.write_bytes(head + told + rest)
    prepare(reports.folder, ["primary"])
    render_with_pandoc(load_project(reports.folder), tmp_path, epoch=0, formats=["docx"], only=["index"])
    (tmp_path / "peer.png").write_bytes(picture.read_bytes())
    subprocess.run(
        [pypandoc.get_pandoc_path(), "--to=docx", "--output=peer.docx", f"--reference-doc={reports.folder / '_reference.docx'}"],
        input="![A picture](peer.png)", cwd=tmp_path, text=True, check=True,
    )  # fmt: skip
    sizes = {}
    for name in ("index", "peer"):
        with zipfile.ZipFile(tmp_path / f"{name}.docx") as archive:
            sizes[name] = re.findall(r"<wp:extent [^>]*>", archive.read("word/document.xml").decode())
    assert len(sizes["peer"]) == 1
    assert sizes["index"] == sizes["peer"]


def test_equal_sources_in_two_folders_give_equal_bytes(reports, tmp_path, project) -> None:
    first = digests(rendered(reports))
    other = type(reports)(tmp_path / "elsewhere" / "reports", project)
    other.write_results()
    assert digests(rendered(other)) == first


HOSTILE = '<script>alert(1)</script> $x$ [a](javascript:x) {{< var x >}} `y`{=html} | "q"'


def test_jats_is_xml_whatever_an_alternative_text_holds(reports) -> None:
    told = 'Two curves, p < 0.001 & "apart" <b>x</b>'
    reports.results["figures"]["fig-pfs"]["alt"] = told
    reports.write_results()
    document = ElementTree.parse(rendered(reports) / "index.xml")
    (text,) = document.iter("alt-text")
    assert " ".join("".join(text.itertext()).split()) == told


def test_what_data_hold_is_printed_and_never_run(reports) -> None:
    results = reports.results
    results["study"]["title"] = results["values"]["pfs.hr"]["text"] = results["study"]["caveats"][0] = HOSTILE
    results["values"]["pfs.hr"]["definition"] = results["figures"]["fig-pfs"]["alt"] = HOSTILE
    results["figures"]["fig-pfs"]["caption"] = results["tables"]["tbl-flow"]["caption"] = HOSTILE
    reports.table = "| <script> | n |\n|:--|--:|\n| <img src=x onerror=y> $z$ | 1 |\n"
    reports.write_results()
    page = (rendered(reports) / "index.html").read_text(encoding="utf-8")
    assert "<script" not in without_own_script(page)
    assert "<img src=x" not in page
    assert 'href="javascript' not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_a_failed_build_leaves_the_former_publication_untouched(reports) -> None:
    before = digests(rendered(reports))
    reports.replace("index.qmd", "@tbl-flow", "@tbl-none")
    with pytest.raises(PublicationError, match="@tbl-none points at nothing"):
        render_publication(reports.folder, reports.folder / "_site", quarto="")
    folder = reports.folder / "_site"
    assert digests(folder / "publication") == before
    assert [path.name for path in folder.iterdir()] == ["publication"]


def test_what_a_killed_build_left_behind_does_no_harm(reports) -> None:
    (reports.folder / "_site" / ".publication.partial" / "old").mkdir(parents=True)
    rendered(reports)
    assert [path.name for path in (reports.folder / "_site").iterdir()] == ["publication"]


def test_a_second_run_can_be_shown_beside_the_first(reports) -> None:
    reports.write_results("post-hoc-15")
    reports.replace(
        "index.qmd",
        "## References",
        "@fig-post-hoc-15-pfs\n\n{{< include _includes/post-hoc-15/fig-pfs.md >}}\n\n## References",
    )
    assert "Figure 2: Survival" in text_of(
        (rendered(reports, "primary", "post-hoc-15") / "index.html").read_text()
    )


def test_a_table_too_wide_for_the_page_is_printed_on_its_side(reports) -> None:
    upright, sideways = b"[0 0 595.2756 841.8898]", b"[0 0 841.8898 595.2756]"
    assert sideways not in (rendered(reports) / "index.pdf").read_bytes()
    header = [f"characteristic{number}" for number in range(12)]
    reports.table = "\n".join(
        "| " + " | ".join(row) + " |" for row in (header, ["--"] * 12, ["value"] * 12, ["value"] * 12)
    )
    reports.write_results()
    content = (rendered(reports) / "index.pdf").read_bytes()
    assert content.count(sideways) == 1
    assert upright in content


def test_a_word_longer_than_a_line_stays_on_the_printed_page(reports, tmp_path, monkeypatch) -> None:
    from analysis.publish.render import pandoc

    word = "W" + "abcdefghij" * 60
    reports.replace("index.qmd", 'title: "A trial of nothing"', f'title: "A trial {word}"')
    reports.results["study"]["caveats"] = [word]
    reports.write_results()
    pages: list[bytes] = []

    def draw(document) -> None:
        source = document.folder / f".{document.stem}.typ"
        pages.extend(typst.compile(source, format="png", ppi=36.0, ignore_system_fonts=True))

    monkeypatch.setattr(pandoc, "_FINISHED", {"pdf": draw})
    prepare(reports.folder, ["primary"])
    render_with_pandoc(load_project(reports.folder), tmp_path, epoch=0, formats=["pdf"], only=["index"])
    assert pages
    for page in pages:
        with Image.open(io.BytesIO(page)) as picture:
            margin = picture.convert("L").crop((picture.width * 19 // 21, 0, picture.width, picture.height))
            assert margin.getextrema() == (255, 255)


def test_without_a_theme_quarto_finds_navigation_and_main_part_in_the_project(project) -> None:
    declared = yaml.safe_load((project / "reports" / "_quarto.yml").read_text())["format"]["html"]
    before, after = (
        declared[f"include-{place}-body"][0]["text"].replace("\n", "") for place in ("before", "after")
    )
    assert declared["theme"] == "none"
    for target in ("../index.html", "index.html", "supplement.html"):
        assert f'href="{target}"' in before
    assert before.endswith('<div class="columns"><main id="content">')
    assert after == "</main></div>"


FAKE_QUARTO = """#!{python}
import json, os, pathlib, sys
arguments = sys.argv[1:]
target = pathlib.Path(arguments[arguments.index("--output-dir") + 1])
target.mkdir(parents=True, exist_ok=True)
record = {{"arguments": arguments, "here": os.getcwd(), "epoch": os.environ.get("SOURCE_DATE_EPOCH")}}
(target / "index.html").write_text(json.dumps(record))
sys.exit({status})
"""


def fake_quarto(folder: Path, status: int) -> Path:
    program = folder / "bin" / "quarto"
    program.parent.mkdir()
    program.write_text(FAKE_QUARTO.format(python=sys.executable, status=status))
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_quarto_on_the_path_is_called_once_for_all_formats(reports, tmp_path, monkeypatch) -> None:
    import json

    program = fake_quarto(tmp_path, 0)
    monkeypatch.setenv("PATH", str(program.parent), prepend=os.pathsep)
    assert [path.name for path in publish(reports.folder, ["primary"])] == ["index.html"]
    record = json.loads((reports.folder / "_site/publication/index.html").read_text())
    assert record == {
        "arguments": ["render", ".", "--output-dir", "_site/.publication.partial"],
        "here": str(reports.folder),
        "epoch": "1700000000",
    }


def test_a_failure_of_quarto_is_an_error(reports, tmp_path) -> None:
    prepare(reports.folder, ["primary"])
    with pytest.raises(PublicationError, match="Quarto could not render"):
        render_publication(reports.folder, reports.folder / "_site", quarto=str(fake_quarto(tmp_path, 1)))


def test_quarto_is_not_asked_before_the_strict_check(reports, tmp_path) -> None:
    prepare(reports.folder, ["primary"])
    reports.replace("index.qmd", "main.pfs.hr >}} (", "main.pfs.none >}} (")
    with pytest.raises(PublicationError, match=r"unknown variable main\.pfs\.none"):
        render_publication(reports.folder, reports.folder / "_site", quarto=str(fake_quarto(tmp_path, 0)))
    assert not (reports.folder / "_site").exists()
