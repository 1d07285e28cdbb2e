"""Executed notebooks as pages: prose, figures and tables to read, code folded, every number's cell with an anchor."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from markupsafe import Markup

from analysis.errors import PublicationError
from analysis.publish.embed import cell_options, joined, pictures
from analysis.publish.runs import NotebookResults, read_runs
from analysis.publish.site.markdown import code_block, to_html
from analysis.publish.site.pages import page, provenance_facts
from analysis.publish.site.sanitize import table_html
from analysis.publish.staging import write_whole

_SUMMARIES = {
    "injected-parameters": "Parameters of this run",
    "parameters": "Parameters as the notebook declares them",
}
_TERMINAL = re.compile(r"\x1b\[[0-9;]*m")


class _Page:
    """Collects the pieces of Markdown of a notebook, which one Pandoc process then turns into HTML."""

    def __init__(self, results: NotebookResults) -> None:
        self.results = results
        self.pieces: list[str] = []

    def later(self, markdown: str) -> int:
        """Number of a piece of Markdown that will be HTML later."""
        self.pieces.append(markdown)
        return len(self.pieces) - 1

    def values(self, label: str) -> list[dict[str, Any]]:
        """Named values that a cell made, as the page lists them."""
        found = []
        for name, value in self.results.values.items():
            if label and value.get("cell") == label:
                interval, unit = value.get("interval_text") or "", value.get("unit") or ""
                shown = " ".join(
                    filter(None, (str(value["text"]), f"({interval})" if interval else "", unit))
                )
                row = {key: value.get(key) for key in ("n", "definition", "method", "reason")}
                found.append({"name": name, "shown": shown, **row})
        return found

    def output(self, output: Mapping[str, Any], options: Mapping[str, str]) -> dict[str, Any] | None:
        """One output: the richest of its forms that needs nothing from outside."""
        if output["output_type"] == "stream":
            text = _TERMINAL.sub("", joined(output["text"]))
            return (
                {"kind": "text", "text": text, "stderr": output["name"] == "stderr"} if text.strip() else None
            )
        if output["output_type"] == "error":
            return {"kind": "text", "text": f"{output['ename']}: {output['evalue']}", "stderr": True}
        data = output.get("data", {})
        images = pictures({"outputs": [output]})
        if images:
            kind = "png" if "png" in images else "svg"
            media = {"png": "image/png", "svg": "image/svg+xml"}[kind]
            own = output.get("metadata", {}).get(media, {}).get("alt", "")
            address = f"data:{media};base64,{base64.b64encode(images[kind]).decode()}"
            alt = own or options.get("fig-alt", "")
            if not alt.strip():
                raise PublicationError(
                    "a figure has no alt text",
                    where=f"notebook {self.results.notebook}, cell {options.get('label', 'without label')}",
                    do="add #| fig-alt: to the cell",
                )
            return {"kind": "figure", "address": address, "alt": alt, "caption": options.get("fig-cap", "")}
        if "text/html" in data:
            name = options.get("tbl-cap", "") or "Table"
            return {"kind": "table", "html": Markup(table_html(joined(data["text/html"]))), "name": name}
        if "text/markdown" in data:
            return {"kind": "markdown", "piece": self.later(joined(data["text/markdown"]))}
        text = joined(data.get("text/plain", ""))
        return {"kind": "text", "text": text, "stderr": False} if text.strip() else None

    def cell(self, cell: Mapping[str, Any]) -> dict[str, Any]:
        """One cell, its Markdown still by number."""
        source = joined(cell["source"])
        if cell["cell_type"] != "code":
            return {"kind": "markdown", "piece": self.later(source)}
        options = cell_options(source)
        tags = cell.get("metadata", {}).get("tags", ())
        label = options.get("label", "")
        outputs = [shown for output in cell.get("outputs", ()) if (shown := self.output(output, options))]
        return {
            "kind": "code",
            "anchor": label,
            "summary": next((_SUMMARIES[tag] for tag in tags if tag in _SUMMARIES), "Code"),
            "piece": self.later(code_block(source.strip("\n"))),
            "outputs": outputs,
            "made": self.values(label),
        }


def _finished(entries: Iterable[dict[str, Any]], html: list[str]) -> list[dict[str, Any]]:
    """Cells with HTML in the place of the numbers of their pieces."""
    cells = []
    for entry in entries:
        made = dict(entry)
        if "piece" in made:
            made["code" if made["kind"] == "code" else "html"] = Markup(html[made["piece"]])
        if "outputs" in made:
            made["outputs"] = _finished(made["outputs"], html)
        cells.append(made)
    return cells


def _render(reports: Path, site: Path, results: NotebookResults) -> Path:
    path = reports / "notebooks" / results.run / f"{results.notebook}.ipynb"
    if not path.is_file():
        raise PublicationError(
            f"the executed copy of notebook {results.notebook} is missing",
            where=f"notebooks/{results.run}/{results.notebook}.ipynb",
            do="run the notebook again",
        )
    notebook = json.loads(path.read_text(encoding="utf-8"))
    collected = _Page(results)
    entries = [collected.cell(cell) for cell in notebook["cells"] if joined(cell["source"]).strip()]
    html = to_html(collected.pieces, where=f"notebook {results.notebook} of run {results.run}")
    cells = _finished(entries, html)
    text = page(
        "notebook.html",
        reports=reports,
        root="../../",
        kind="notebook",
        title=results.title,
        has_heading=any("<h1" in cell.get("html", "") for cell in cells),
        cells=cells,
        run=results.run,
        study=results.study,
        simulated=results.study["kind"] == "simulated",
        parameters=results.parameters,
        provenance=results.provenance,
        facts=provenance_facts(results.provenance, results.parameters),
    )
    target = site / results.page
    write_whole(target, text)
    return target


def render_notebook(reports: Path, run: str, notebook: str) -> Path:
    """Write the page of one executed notebook and return its path, ``_site/notebooks/<run>/<notebook>.html``.

    Parameters
    ----------
    reports : Path
        Folder with ``notebooks/<run>/<notebook>.ipynb`` and ``results/<run>/<notebook>.json``.
    run, notebook : str
        Name of the run and stem of the notebook.

    Raises
    ------
    PublicationError
        If the executed copy or its results are missing, a figure has no alt text, or a Markdown cell
        leaves a block open.
    """
    found = [results for results in read_runs(reports, [run])[0].notebooks if results.notebook == notebook]
    if not found:
        raise PublicationError(
            f"notebook {notebook} of run {run} has no results", where=f"results/{run}/{notebook}.json"
        )
    return _render(reports, reports / "_site", found[0])


def render_notebooks(reports: Path, runs: Iterable[str]) -> list[Path]:
    """Write the pages of all notebooks of these runs in one process."""
    site = reports / "_site"
    return [
        _render(reports, site, results) for run in read_runs(reports, list(runs)) for results in run.notebooks
    ]
