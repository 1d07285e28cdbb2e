"""Executed notebooks as pages: prose, figures and tables to read, code folded, every number's cell with an anchor."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from markupsafe import Markup

from analysis.errors import PublicationError
from analysis.publish.runs import NotebookResults, read_notebook, read_runs
from analysis.publish.site.files import picture_folder
from analysis.publish.site.pages import page, provenance_facts, template
from analysis.publish.staging import staged_folder
from analysis.work.whole_file import write_whole

if TYPE_CHECKING:
    from nbformat import NotebookNode


def _made(results: NotebookResults) -> dict[str, list[dict[str, Any]]]:
    """Named values of a notebook as its page lists them, by the label of the cell that made them."""
    found: dict[str, list[dict[str, Any]]] = {}
    for name, value in results.values.items():
        interval, unit = value.get("interval_text") or "", value.get("unit") or ""
        shown = " ".join(filter(None, (str(value["text"]), f"({interval})" if interval else "", unit)))
        row = {key: value.get(key) for key in ("n", "definition", "method", "reason")}
        if value.get("cell"):
            found.setdefault(value["cell"], []).append({"name": name, "shown": shown, **row})
    return found


def _read(path: Path, where: str) -> NotebookNode:
    """An executed copy."""
    import nbformat
    from nbformat.reader import NotJSONError

    if not path.is_file():
        raise PublicationError(
            f"the executed copy of notebook {path.stem} is missing", where=where, do="run the notebook again"
        )
    faults: dict[str, Exception] = {}  # without it nbformat only logs what is wrong
    try:
        notebook = nbformat.read(path, as_version=4, capture_validation_error=faults)
        for fault in faults.values():
            raise fault
    except (NotJSONError, UnicodeDecodeError, nbformat.ValidationError) as error:
        raise PublicationError(
            "an executed copy is not a notebook", where=where, do="run the notebook again"
        ) from error
    return cast("NotebookNode", notebook)


def _write_pictures(site: Path, results: NotebookResults) -> dict[str, tuple[str, str]]:
    """Put the pictures of the figures beside the page; by label the address of each and its content in base64.

    A page of a hundred kilobytes that loads pictures when they are scrolled to is there at once.
    """
    found = {}
    with staged_folder(site / picture_folder(results)) as folder:
        for label, entry in results.figures.items():
            content = (results.folder / str(entry["png"])).read_bytes()
            (folder / f"{label}.png").write_bytes(content)
            address = f"{results.notebook}/{label}.png"
            found[label] = (address, base64.b64encode(content).decode())
    return found


def _render(reports: Path, site: Path, results: NotebookResults) -> Path:
    from analysis.publish.site.exporter import cells_html  # nbconvert is slow to import

    address = f"notebooks/{results.run}/{results.notebook}.ipynb"
    notebook = _read(reports / address, address)
    pictures = _write_pictures(site, results)
    text = page(
        "notebook.html",
        reports=reports,
        root="../../",
        kind="notebook",
        title=results.title,
        cells=Markup(cells_html(notebook, results.notebook, made=_made(results), pictures=pictures)),
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
        If the executed copy or its results are missing, a figure has no alt text, an output has no form
        that a page can show, or a formula cannot be read.
    """
    results = read_notebook(reports, run, notebook)
    return _render(reports, reports / "_site", results)


def warm_up() -> None:
    """Have ready what the first page of a process waits for: schemas of notebooks, templates, the colours of code.

    A process that forks itself for every page does this once for all of them.
    """
    import nbformat
    from nbformat import v4

    from analysis.publish.site.exporter import cells_html

    table = v4.new_output("display_data", {"text/html": "<table><tr><td>1</td></tr></table>"})
    cells = [v4.new_markdown_cell("# Nothing"), v4.new_code_cell("nothing = None", outputs=[table])]
    notebook = v4.new_notebook(cells=cells)
    nbformat.validate(notebook)
    cells_html(notebook, "nothing", made={})
    template("notebook.html")


def render_notebooks(reports: Path, runs: Iterable[str]) -> list[Path]:
    """Write the pages of all notebooks of these runs in one process."""
    site = reports / "_site"
    return [
        _render(reports, site, results) for run in read_runs(reports, list(runs)) for results in run.notebooks
    ]
