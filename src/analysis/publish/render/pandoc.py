"""The publication by Pandoc and Typst, both from wheels: HTML, DOCX, PDF and JATS of every document."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

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
TIDY = f"--lua-filter={HERE / 'tidy.lua'}"
READER = "markdown-raw_html-raw_tex-raw_attribute-native_divs-native_spans-markdown_in_html_blocks"
FORMATS = ("html", "docx", "pdf", "xml")
TITLES = {"docx": "Word", "pdf": "PDF", "xml": "JATS"}
STYLE_PLACE = "/* site.css */"
SECONDS = 120
"""After this long Pandoc is not slow but lost."""
_HEADING = re.compile(r"^(#{1,6})\s", re.MULTILINE)


@dataclass(frozen=True)
class _Document:
    """A document on its way: Markdown, metadata and where the results go."""

    stem: str
    text: str
    metadata: Mapping[str, Any]
    style: str
    folder: Path
    epoch: int
    reports: Path

    def shift(self) -> list[str]:
        """Print formats begin at level 1; the sources at level 2, below the title."""
        levels = [len(mark) for mark in _HEADING.findall(self.text)]
        return ["--shift-heading-level-by=-1"] if levels and min(levels) == 2 else []


def _pandoc(document: _Document, arguments: list[str]) -> str:
    """Run Pandoc in the output folder, so that every path it sees or writes is relative."""
    import pypandoc

    command = [
        pypandoc.get_pandoc_path(),
        "--standalone",
        f"--from={READER}",
        f"--lua-filter={HERE / 'portable.lua'}",
    ]
    metadata = document.folder / f".{document.stem}.metadata.json"
    command += [f"--metadata-file={metadata.name}", "--citeproc", "--fail-if-warnings", *arguments]
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(document.epoch)}
    try:
        done = subprocess.run(
            command,
            input=document.text.encode(),
            cwd=document.folder,
            env=environment,
            capture_output=True,
            check=False,
            timeout=SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise PublicationError(f"Pandoc did not finish {document.stem}.qmd in {SECONDS} s") from error
    if done.returncode:
        raise PublicationError(
            f"Pandoc could not render {document.stem}.qmd: {done.stderr.decode(errors='replace').strip()}",
            where=f"{document.stem}.qmd",
            do="correct the source; the strict check found nothing wrong with it",
        )
    return done.stdout.decode()


def _html(document: _Document) -> None:
    page = _pandoc(
        document,
        [
            "--to=html5",
            "--mathml",
            "--toc",
            "--toc-depth=3",
            "--section-divs",
            "--syntax-highlighting=none",
            "--default-image-extension=svg",
            f"--template={TEMPLATES / 'publication.html'}",
        ],
    )
    page = re.sub(r"<th(?=[ >])", '<th scope="col"', page)
    page = re.sub(r"<pre(?=[ >])", '<pre tabindex="0"', page).replace(STYLE_PLACE, document.style)
    page = link_terms(without_empty_heads(page), read_glossary(document.reports), "../glossary.html")
    (document.folder / f"{document.stem}.html").write_text(page, encoding="utf-8")


def _docx(document: _Document) -> None:
    arguments = [
        TIDY,
        "--to=docx",
        "--default-image-extension=png",
        f"--output={document.stem}.docx",
        *document.shift(),
    ]
    reference = document.metadata.get("reference-doc-path")
    _pandoc(document, [*arguments, f"--reference-doc={reference}"] if reference else arguments)


def _jats(document: _Document) -> None:
    arguments = [
        TIDY,
        "--to=jats_publishing",
        "--default-image-extension=png",
        f"--output={document.stem}.xml",
    ]
    _pandoc(document, [*arguments, *document.shift()])


def _pdf(document: _Document) -> None:
    """PDF by Typst, as PDF/UA-1: Typst refuses a figure without alternative text, so this is a test as well."""
    import typst

    source = _pandoc(
        document,
        [
            "--to=typst",
            "--default-image-extension=svg",
            "--syntax-highlighting=none",
            f"--template={TEMPLATES / 'publication.typ'}",
            *document.shift(),
        ],
    )
    main = document.folder / f".{document.stem}.typ"
    main.write_text(source, encoding="utf-8")
    try:
        typst.compile(
            main,
            output=document.folder / f"{document.stem}.pdf",
            root=document.folder,
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
            timestamp=document.epoch,
        )
    except typst.TypstError as error:
        raise PublicationError(
            f"Typst could not set {document.stem}.pdf: {error}", where=f"{document.stem}.qmd"
        ) from error
    main.unlink()


_RENDERERS = {"html": _html, "docx": _docx, "pdf": _pdf, "xml": _jats}


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
    values = project.folder / "_values.json"
    if values.is_file():
        metadata["value-links"] = str(values)
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
    assemblies = [assemble(project.folder, name) for name in project.documents]
    stems = {Path(assembly.name).stem: assembly for assembly in assemblies}
    titles = {stem: document_title(stem) for stem in stems}
    tasks = []
    wanted = {stem: assembly for stem, assembly in stems.items() if only is None or stem in only}
    for stem, assembly in wanted.items():
        metadata = _metadata(project, header(assembly, project.variables), stem, titles)
        (folder / f".{stem}.metadata.json").write_text(json.dumps(metadata), encoding="utf-8")
        document = _Document(
            stem,
            body(assembly, project, folder),
            metadata,
            stylesheet(project.folder),
            folder,
            epoch,
            project.folder,
        )
        tasks += [(_RENDERERS[kind], document) for kind in FORMATS if kind in formats]
    with ThreadPoolExecutor(max_workers=2) as pool:
        list(pool.map(lambda task: task[0](task[1]), tasks))
    for stem in wanted:
        (folder / f".{stem}.metadata.json").unlink()
