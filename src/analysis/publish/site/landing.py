"""The reviewers' landing page: what was asked, the answer, one figure, where to look, where it comes from."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from analysis.publish.runs import NotebookResults, Run
from analysis.publish.site.pages import documents, provenance_facts, whole_page
from analysis.publish.variables import plain
from analysis.study import load_protocol

ANSWERS = ("answer", "survival.answer", "pet.answer", "biomarkers.answer", "cohort.answer")
"""Values whose texts are the answer, the most important first; missing ones are left out."""
FIGURES = ("fig-pfs-response", "fig-pfs", "fig-pfs-ctdna", "fig-waterfall")
"""Figures the landing page prefers, in this order; else the last one of the main run."""
PAGES = (
    (
        "numbers",
        "Every number",
        "What it is, in every run; the cell, data and commit that made it; where it is printed.",
    ),
    ("figures", "Every figure", "Full size, with the numbers it draws."),
    ("data", "Data quality", "What the study holds and lacks, what was checked, who is missing."),
    ("pet", "PET quality control", "How the scans were made and whether they can be compared."),
    ("checks", "Checks", "Commit, environment, seeds, tests, and the distance from R, method by method."),
    ("glossary", "Glossary", "Words of the field in plain words, with their sources."),
    ("downloads", "Downloads", "Publication, tables and figures with checksums."),
    ("search", "Search", "Every section of every page, without a network."),
)
"""Pages about the whole, with what a reviewer finds there."""
_FORMATS = (("html", "Read"), ("pdf", "PDF"), ("docx", "Word"), ("xml", "JATS"))
_WHAT = {"index": "The paper: methods, results and limits, every number bound to its source. ", "supplement": "All tables, sensitivity analyses and checks. "}  # fmt: skip


def _answers(run: Run) -> list[str]:
    values = run.values
    return [str(values[name]["text"]) for name in ANSWERS if name in values]


def _figure(run: Run) -> dict[str, str] | None:
    owners: dict[str, NotebookResults] = {name: book for book in run.notebooks for name in book.figures}
    chosen = next((name for name in (*FIGURES, *reversed(owners)) if name in owners), None)
    if chosen is None:
        return None
    notebook = owners[chosen]
    entry = notebook.figures[chosen]
    content = base64.b64encode((notebook.folder / entry["svg"]).read_bytes()).decode()
    caption = str(entry["caption"]).rstrip()
    return {
        "address": f"data:image/svg+xml;base64,{content}",
        "alt": str(entry["alt"]),
        "caption": f"{caption} Simulated data." if run.simulated else caption,
        "page": f"{notebook.page}#cell-{chosen}",
    }


def _parameters(runs: Sequence[Run]) -> list[dict[str, Any]]:
    names = list(dict.fromkeys(name for run in runs for name in run.parameters if name != "run"))
    rows = [{"name": name, "texts": [plain(run.parameters.get(name)) for run in runs]} for name in names]
    return [{**row, "differs": len(set(row["texts"])) > 1} for row in rows]


def _facts(runs: Sequence[Run]) -> list[dict[str, Any]]:
    columns = [provenance_facts(run.provenance, {})[:-1] for run in runs]
    rows = [{"name": "Study", "texts": [str(run.study["title"]) for run in runs]}]
    rows += [
        {"name": "Parts the study has", "texts": [plain(run.study.get("parts") or None) for run in runs]}
    ]
    return rows + [
        {"name": name, "texts": [column[place][1] for column in columns]}
        for place, (name, _) in enumerate(columns[0])
    ]


def _documents(reports: Path) -> list[dict[str, Any]]:
    folder = reports / "_site" / "publication"
    return [
        {
            **document,
            "what": _WHAT.get(document["stem"], ""),
            "formats": [
                {"ending": ending, "name": name}
                for ending, name in _FORMATS
                if (folder / f"{document['stem']}.{ending}").is_file()
            ],
        }
        for document in documents(reports)
    ]


def landing_page(reports: Path, found: Sequence[Run]) -> str:
    """HTML of the landing page.

    Parameters
    ----------
    reports : Path
        Folder of the publication, already rendered.
    found : sequence of Run
        The main one first.
    """
    main, trial = found[0], load_protocol().trial
    notes = [
        {"text": text, "page": notebook.page, "notebook": notebook.notebook}
        for notebook in main.notebooks
        for text in notebook.notes
    ]
    return whole_page(
        "landing",
        "Reviewers’ overview",
        reports=reports,
        main=main,
        trial=trial,
        question=(
            f"Does the early change of the FDG-PET, under {trial['treatment'].split(' until ')[0]}, tell which "
            f"{trial['population']} will live longer without progression? A {trial['design']} trial."
        ),
        answers=_answers(main),
        figure=_figure(main),
        documents=_documents(reports),
        pages=PAGES,
        runs=found,
        parameters=_parameters(found),
        notes=notes,
        facts=_facts(found),
    )
