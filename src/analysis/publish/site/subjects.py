"""Pages about one subject, put together from what the notebooks of the main run wrote: the data, and the PET scans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from analysis.publish.runs import Run
from analysis.publish.site.files import SiteFigure
from analysis.publish.site.pages import whole_page
from analysis.publish.site.shown_table import SiteTable, site_table
from analysis.publish.variables import plain

DATA_TABLES = ("tbl-eligibility", "tbl-exclusions", "tbl-phases", "tbl-not-assessable", "tbl-missing", "tbl-censoring", "tbl-follow-up")  # fmt: skip
"""Tables about who is there, who is not and what is missing, of whatever notebook."""
PET_TABLES = ("tbl-series", "tbl-checks", "tbl-comparability", "tbl-warnings", "tbl-settings", "tbl-scans", "tbl-certainty")  # fmt: skip
PET_FIGURES = ("fig-quality", "fig-planes", "fig-mip", "fig-uptake")


@dataclass(frozen=True)
class Section:
    """A section of a page: sentences, a list, figures and tables."""

    id: str
    title: str
    texts: tuple[str, ...] = ()
    entries: tuple[Mapping[str, str], ...] = ()
    figures: tuple[SiteFigure, ...] = ()
    tables: tuple[SiteTable, ...] = field(default=())


def _tables(run: Run, names: Iterable[str]) -> tuple[SiteTable, ...]:
    owners = {name: notebook for notebook in run.notebooks for name in notebook.tables}
    return tuple(site_table(owners[name], name) for name in names if name in owners)


def findings_section(findings: Sequence[Mapping[str, Any]] | None) -> Section:
    """What the check of the study folder found: kinds of findings with their numbers, no row and no code."""
    if findings is None:
        return Section(
            "folder", "The study folder", ("What the check of the folder found was not recorded.",)
        )
    if not findings:
        said = "Every table, date, code and unit was checked when the folder was loaded; nothing was found to complain of."
        return Section("folder", "The study folder", (said,))
    entries = tuple(
        {
            "text": f"{one['file']}{', ' + one['column'] if one['column'] else ''}: {one['what']} ({one['count']})",
            "page": "",
            "word": "",
        }
        for one in findings
    )
    said = "Nothing was found that would have stopped the analysis. Doubts, each with the number of places:"
    return Section("folder", "The study folder", (said,), entries)


def _list(texts: Iterable[Any]) -> tuple[Mapping[str, str], ...]:
    return tuple({"text": str(text), "page": "", "word": ""} for text in texts)


def _study_sections(
    run: Run, findings: Sequence[Mapping[str, Any]] | None, *, mark: str, named: str
) -> Iterator[Section]:
    """Sections about the study of one run; ``mark`` goes before their ids, ``named`` behind their titles."""
    notes = tuple(
        {"text": text, "page": notebook.page, "word": notebook.notebook}
        for notebook in run.notebooks
        for text in notebook.notes
    )
    folder = findings_section(findings)
    yield Section(
        f"{mark}caveats",
        f"What must be known of these data{named}",
        entries=_list(run.study.get("caveats") or ()),
    )
    yield replace(folder, id=f"{mark}{folder.id}", title=folder.title + named)
    yield Section(
        f"{mark}notes", f"What the notebooks could not answer, and what they repaired{named}", entries=notes
    )
    yield Section(
        f"{mark}missing",
        f"Who is there, who is not, and what is missing{named}",
        tables=_tables(run, DATA_TABLES),
    )


def _facts(run: Run, named: str) -> list[tuple[str, str]]:
    words = {
        "title": "Study",
        "kind": "Kind",
        "source": "Source",
        "licence": "Licence",
        "parts": "Parts it has",
    }
    facts = [(word + named, plain(run.study.get(key) or None)) for key, word in words.items()]
    return [*facts, (f"SHA-256 of the folder{named}", plain(run.provenance.get("study_sha256")))]


def data_page(
    reports: Path, runs: Sequence[Run], findings: Mapping[str, Sequence[Mapping[str, Any]] | None]
) -> str:
    """HTML of the page about the data: the study of the main run, then every other study that a run rests on.

    Parameters
    ----------
    reports : Path
        Folder of the publication.
    runs : sequence of Run
        The main one first.
    findings : mapping of str to sequence of mapping or None
        What the check of the study folder found, by run and there by kind: ``file``, ``column``, ``what``,
        ``count``; a run that is lacking, or None, is one of which it is not known.
    """
    facts: list[tuple[str, str]] = []
    sections: list[Section] = []
    seen: set[str] = set()
    for run in runs:
        study = str(run.study.get("id"))
        if study in seen:
            continue
        mark, named = (f"{run.name}-", f" (run {run.name})") if seen else ("", "")
        seen.add(study)
        facts += _facts(run, named)
        sections += _study_sections(run, findings.get(run.name), mark=mark, named=named)
    return whole_page(
        "data",
        "Data quality",
        template="subject",
        reports=reports,
        main=runs[0],
        lead="What the study holds and lacks, what was found when it was checked, and who is missing.",
        facts=facts,
        sections=[section for section in sections if section.entries or section.texts or section.tables],
    )


def pet_page(reports: Path, runs: Sequence[Run], shown: Sequence[SiteFigure]) -> str:
    """HTML of the page about the PET scans; a study without them has a page that says so."""
    main = runs[0]
    figures = {one.name: one for one in shown if one.run == main.name}
    section = Section(
        "scans",
        "The scans",
        figures=tuple(figures[name] for name in PET_FIGURES if name in figures),
        tables=_tables(main, PET_TABLES),
    )
    values = main.values
    answer = str(values["quality.answer"]["text"]) if "quality.answer" in values else ""
    there = bool(section.figures or section.tables) and "pet" in (main.study.get("parts") or ())
    return whole_page(
        "pet",
        "PET quality control",
        template="subject",
        reports=reports,
        main=main,
        lead=answer
        if there and answer != "—"
        else "How the scans were made, what was checked, and what was found."
        if there
        else "This study holds no PET.",
        facts=[],
        sections=[section] if there else [],
    )
