"""The publication by Pandoc and Typst, both from wheels: HTML, DOCX, PDF and JATS of every document."""

from __future__ import annotations

import json
import os
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, cast
from xml.etree import ElementTree

from analysis.errors import PublicationError
from analysis.publish.assemble import assemble
from analysis.publish.project import Project
from analysis.publish.render.text import body, header
from analysis.publish.site.glossary import link_terms, read_glossary
from analysis.publish.site.pages import SITE_PAGES, document_title, without_empty_heads
from analysis.publish.staging import stylesheet

HERE = Path(__file__).parent
TEMPLATES = HERE.parent / "templates"
# Raw HTML, TeX and per-format text are off: what stands in the data can only be printed.
READER = "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-markdown_in_html_blocks"
FORMATS = ("pdf", "html", "docx", "xml")
"""In the order in which they are made: Typst sets the PDF while Pandoc makes the others."""
TITLES = {"docx": "Word", "pdf": "PDF", "xml": "JATS"}
STYLE_PLACE = "/* site.css */"
MEMORY = "-A128m"
"""Pandoc collects what it no longer needs after so much, not after every megabyte: a fifth of its time."""
SECONDS = 120
"""After this long Pandoc is not slow but lost."""
_NAMES = re.compile(r"[\w.-]+")
_HEADING = re.compile(r"^(#{1,6})\s", re.MULTILINE)


@dataclass(frozen=True)
class _Document:
    """A document on its way: Markdown, metadata, where the results go, and where the numbers of all documents lead."""

    stem: str
    text: str
    metadata: Mapping[str, Any]
    style: str
    folder: Path
    epoch: int
    reports: Path
    links: Mapping[str, Any]

    def shift(self) -> int:
        """Print formats begin at level 1; the sources at level 2, below the title."""
        levels = [len(mark) for mark in _HEADING.findall(self.text)]
        return -1 if levels and min(levels) == 2 else 0

    def output(self, kind: str) -> dict[str, Any]:
        """What Pandoc is to make, in the words of ``formats.lua``."""
        printed = {"shift": self.shift(), "extension": "png", "tidy": str(HERE / "tidy.lua"), "options": {}}
        plain = {"extension": "svg", "options": {"highlight_method": "none"}}
        outputs: dict[str, dict[str, Any]] = {
            "pdf": {
                **plain,
                "file": f".{self.stem}.typ",
                "format": "typst-citations",  # Typst's own citations are off: Pandoc has made the references
                "template": str(TEMPLATES / "publication.typ"),
                "shift": self.shift(),
            },
            "html": {
                "file": f"{self.stem}.html",
                "format": "html5",
                "template": str(TEMPLATES / "publication.html"),
                "shift": 0,
                "extension": "svg",
                "options": {**plain["options"], "html_math_method": "mathml", "table_of_contents": True, "section_divs": True},
            },
            "docx": {**printed, "file": f"{self.stem}.docx", "format": "docx"},
            "xml": {**printed, "file": f"{self.stem}.xml", "format": "jats_publishing"},
        }  # fmt: skip
        if reference := self.metadata.get("reference-doc-path"):
            outputs["docx"]["options"] = {"reference_doc": reference}
        return outputs[kind]


def _made(document: _Document, kinds: Collection[str]) -> Iterator[str]:
    """Have Pandoc make a document in these formats; each is named as soon as it is there.

    Pandoc runs in the output folder, so that every path it sees or writes is relative.
    """
    import pypandoc

    metadata = _as_yaml(document.metadata)
    job = {
        "text": document.text,
        "metadata": metadata,
        "links": {
            name: document.links[name]
            for name in _NAMES.findall(document.text + metadata)
            if name in document.links
        },
        "reader": READER,
        "portable": str(HERE / "portable.lua"),
        "outputs": [document.output(kind) for kind in kinds],
    }
    waiting = iter(kinds)
    with (
        tempfile.TemporaryFile() as complaints,
        subprocess.Popen(
            [pypandoc.get_pandoc_path(), "lua", str(HERE / "formats.lua")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            cwd=document.folder,
            env={"GHCRTS": MEMORY, **os.environ, "SOURCE_DATE_EPOCH": str(document.epoch)},
        ) as process,
    ):
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            with cast("IO[bytes]", process.stdin) as given:
                given.write(json.dumps(job).encode())
            for _ in cast("IO[bytes]", process.stdout):
                yield next(waiting)
            process.wait()
        except BrokenPipeError:
            process.wait()  # it ended before it had read all; what it said is told below
        finally:
            timed_out = not timer.is_alive()
            timer.cancel()
            process.kill()
        complaints.seek(0)
        said = complaints.read().decode(errors="replace").strip()
    if timed_out:
        raise PublicationError(
            f"Pandoc did not finish {document.stem}.qmd in {SECONDS} s",
            where=f"{document.stem}.qmd",
            do="run make report again with nothing else running; if it stops here again, split the document",
        )
    if process.returncode or said:  # a warning is a fault: something would be missing or changed
        raise PublicationError(
            f"Pandoc could not render {document.stem}.qmd: {said or f'it ended with {process.returncode}'}",
            where=f"{document.stem}.qmd",
            do="correct the source; the strict check found nothing wrong with it",
        )


def _as_yaml(metadata: Mapping[str, Any]) -> str:
    """Metadata as YAML on one line: JSON is YAML, but for letters outside the basic plane, which YAML escapes otherwise."""
    text = json.dumps(metadata, ensure_ascii=False)
    return "".join(c if " " <= c <= "~" or ord(c) > 0xFFFF else f"\\u{ord(c):04x}" for c in text)


def _html(document: _Document) -> None:
    """Tables, blocks and terms of a page as the other pages of the site have them, and its style."""
    file = document.folder / f"{document.stem}.html"
    page = file.read_text(encoding="utf-8")
    page = re.sub(r"<th(?=[ >])", '<th scope="col"', page)
    page = re.sub(r"<pre(?=[ >])", '<pre tabindex="0"', page).replace(STYLE_PLACE, document.style)
    page = link_terms(without_empty_heads(page), read_glossary(document.reports), "../glossary.html")
    file.write_text(page, encoding="utf-8")


def _pdf(document: _Document) -> None:
    """PDF by Typst, as PDF/UA-1: Typst refuses a figure without alternative text, so this is a test as well."""
    import typst

    source = document.folder / f".{document.stem}.typ"
    try:
        typst.compile(
            source,
            output=document.folder / f"{document.stem}.pdf",
            root=document.folder,
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=document.epoch,
        )
    except typst.TypstError as error:
        lacking = "could not be displayed with font" in str(error)
        raise PublicationError(
            f"Typst could not set {document.stem}.pdf: {error}",
            where=f"{document.stem}.qmd",
            do="write it with letters that the font of the PDF has" if lacking else None,
        ) from error
    source.unlink()


def _jats(document: _Document) -> None:
    """JATS is for machines: a journal's would refuse a file that is no XML."""
    try:
        ElementTree.parse(document.folder / f"{document.stem}.xml")
    except ElementTree.ParseError as error:
        raise PublicationError(
            f"{document.stem}.xml did not come out as XML: {error}",
            where=f"{document.stem}.qmd",
            do="look what stands there in the text; please report it, the sources passed every check",
        ) from error


_FINISHED: Mapping[str, Callable[[_Document], None]] = {"html": _html, "pdf": _pdf, "xml": _jats}
"""What is still to be done when Pandoc has made its part."""


def _authors(entry: Any) -> tuple[list[dict[str, str]], list[str]]:
    """Names and affiliations from the forms Quarto accepts."""
    people, places = [], []
    for author in entry if isinstance(entry, list) else [entry] if entry else []:
        if isinstance(author, str):
            people.append({"name": author})
            continue
        name = author.get("name", "")
        if isinstance(name, dict):
            name = name.get("literal") or " ".join(filter(None, (name.get("given"), name.get("family"))))
        people.append({"name": str(name)})
        given = author.get("affiliations", author.get("affiliation", []))
        for place in given if isinstance(given, list) else [given]:
            text = str(place.get("name", "")) if isinstance(place, dict) else str(place)
            if text and text not in places:
                places.append(text)
    return people, places


def _metadata(
    project: Project, front: Mapping[str, Any], stem: str, titles: Mapping[str, str]
) -> dict[str, Any]:
    passed = (
        "lang",
        "number-sections",
        "csl",
        "link-citations",
        "reference-section-title",
        "subtitle",
        "keywords",
    )
    metadata = {name: project.metadata[name] for name in passed if name in project.metadata}
    metadata.update({name: value for name, value in front.items() if name not in ("format", "author")})
    if "abstract" in metadata:
        metadata["abstract"] = (
            str(metadata["abstract"]).rstrip() + "\n"
        )  # else Pandoc makes one paragraph of it
    people, places = _authors(front.get("author"))
    bibliography = project.folder / str(project.metadata.get("bibliography", "references.bib"))
    if bibliography.is_file():
        metadata["bibliography"] = str(bibliography)
    if "csl" in metadata:
        metadata["csl"] = str(project.folder / metadata["csl"])
    reference = project.metadata.get("format", {}).get("docx", {}).get("reference-doc")
    if reference:
        metadata["reference-doc-path"] = str(project.folder / reference)
    return {
        **metadata,
        "authors": people,
        "affiliations": places,
        "author": [person["name"] for person in people],
        "author-meta": [person["name"] for person in people],
        "simulated": bool(project.metadata.get("study", {}).get("simulated")),
        "documents": [
            {"href": f"{other}.html", "title": title, **({"here": True} if other == stem else {})}
            for other, title in titles.items()
        ],
        "site-pages": [{"href": f"{name}.html", "title": title} for name, title in SITE_PAGES],
        "downloads": [{"href": f"{stem}.{kind}", "title": title} for kind, title in TITLES.items()],
    }


def render_with_pandoc(
    project: Project,
    folder: Path,
    *,
    epoch: int,
    formats: Collection[str] = FORMATS,
    only: Collection[str] | None = None,
) -> None:
    """Render documents of a checked project into a folder.

    Parameters
    ----------
    project : Project
        The checked project.
    folder : Path
        Where the files go; what is there under the same names is replaced.
    epoch : int
        Seconds since 1970 that stand for "now".
    formats : collection of str
        Which of ``html``, ``docx``, ``pdf``, ``xml``; by default all.
    only : collection of str, optional
        Stems of the documents; by default all of the project.

    Raises
    ------
    PublicationError
        With what Pandoc or Typst said.
    """
    values = project.folder / "_values.json"
    links = json.loads(values.read_text(encoding="utf-8")) if values.is_file() else {}
    assemblies = [assemble(project.folder, name) for name in project.documents]
    stems = {Path(assembly.name).stem: assembly for assembly in assemblies}
    titles = {stem: document_title(stem) for stem in stems}
    wanted = {stem: assembly for stem, assembly in stems.items() if only is None or stem in only}
    kinds = [kind for kind in FORMATS if kind in formats]
    made = []
    for stem, assembly in wanted.items():
        metadata = _metadata(project, header(assembly, project.variables), stem, titles)
        text = body(assembly, project, folder)
        made.append(
            _Document(stem, text, metadata, stylesheet(project.folder), folder, epoch, project.folder, links)
        )
    made.sort(key=lambda document: len(document.text), reverse=True)
    # The longest document in two halves, so that two cores have work to the end.
    tasks = [(document, part) for document in made[:1] for part in (kinds[:2], kinds[2:]) if part]
    tasks += [(document, kinds) for document in made[1:]]
    with ThreadPoolExecutor() as later, ThreadPoolExecutor(max_workers=2) as pool:
        for finishing in pool.map(lambda task: _finishing(task[0], task[1], later), tasks):
            for one in finishing:
                one.result()


def _finishing(document: _Document, kinds: Collection[str], later: ThreadPoolExecutor) -> list[Future[None]]:
    """Make a document in these formats; what comes after Pandoc is under way when this returns."""
    return [later.submit(_FINISHED[kind], document) for kind in _made(document, kinds) if kind in _FINISHED]
