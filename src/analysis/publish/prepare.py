"""Results of runs as includes and variables that Quarto and Pandoc read alike."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import yaml

from analysis.errors import PublicationError
from analysis.publish.cards import card_id, short_card
from analysis.publish.escape import attribute, escape_prose, escape_value
from analysis.publish.parts import available, resolve_parts
from analysis.publish.render.word import reference_docx
from analysis.publish.runs import NotebookResults, Run, read_runs
from analysis.publish.staging import staged_folder
from analysis.publish.tables import pipe_table
from analysis.publish.variables import details, flat, variables
from analysis.results.value import MISSING
from analysis.study import load_protocol
from analysis.work.whole_file import write_whole

SIMULATED = "SIMULATED DATA"
"""The mark that every page of a simulated study carries."""


def _label(name: str, kind: str, alias: str) -> str:
    """``fig-pfs`` for the main run, ``fig-post-hoc-15-pfs`` for another, so that both fit in one text."""
    stem = name.removeprefix(f"{kind}-")
    return f"{kind}-{stem}" if alias == "main" else f"{kind}-{alias}-{stem}"


def _marked(caption: str, run: Run) -> str:
    """Caption that says so when the data are simulated, and when the run was not pre-specified."""
    text = caption.rstrip()
    marks = [] if run.parameters.get("pre_specified", True) else [f"Run {run.name}, not pre-specified."]
    marks += ["Simulated data."] if run.simulated else []
    if marks and not text.endswith((".", "?", "!")):
        text += "."
    return " ".join([text, *marks])


def _figure(name: str, entry: Any, *, notebook: NotebookResults, run: Run, alias: str, reports: Path) -> str:
    """Figure whose path has no extension: each format takes SVG or PNG (``default-image-extension``)."""
    paths = [notebook.folder / entry[kind] for kind in ("svg", "png")]
    missing = [path.relative_to(reports).as_posix() for path in paths if not path.is_file()]
    if missing or paths[0].with_suffix("") != paths[1].with_suffix(""):
        raise PublicationError(
            f"figure {name!r} of run {run.name} lacks {' and '.join(missing) or 'a common name of SVG and PNG'}",
            where=f"results/{run.name}/{notebook.notebook}.json",
            do="run the notebook again",
            offenders=missing,
        )
    # Includes are resolved textually, so a path is relative to the including text: the reports folder.
    path = PurePosixPath(paths[0].with_suffix("").relative_to(reports)).as_posix()
    label = _label(name, "fig", alias)
    caption = escape_prose(_marked(str(entry["caption"]), run))
    return f"![{caption}]({path}){{#{label} fig-alt={attribute(str(entry['alt']))}}}\n"


def _banner(run: Run) -> str:
    """Callout that says which data this is, with every caveat of the study."""
    title = escape_value(str(run.study["title"]))
    caveats = "".join(f"- {escape_value(str(caveat))}\n" for caveat in run.study.get("caveats") or ())
    if run.simulated:
        kind, heading = "warning", SIMULATED
        text = (
            f"Every number, table and figure below was computed from data made by a computer ({title}). "
            "None of it describes a patient, and nothing here is a finding."
        )
    else:
        kind, heading = "note", "Which data this is"
        text = f"{title}."
    listing = f"\n\n{caveats}" if caveats else "\n"
    return f"::: {{.callout-{kind} title={attribute(heading)}}}\n{text}{listing}:::\n"


def _mark(run: Run) -> str:
    """What every page says about its data."""
    title = str(run.study["title"])
    return f"{SIMULATED} – {title}" if run.simulated else title


def _study_metadata(run: Run) -> dict[str, Any]:
    """Project metadata: subtitle with the mark, and the study."""
    title = str(run.study["title"])
    return {
        "subtitle": escape_value(_mark(run)),
        "study": {
            "id": escape_value(str(run.study["id"])),
            "title": escape_value(title),
            "kind": run.study["kind"],
            "simulated": run.simulated,
        },
    }


def _yaml(content: dict[str, Any]) -> str:
    class _NoAliases(getattr(yaml, "CSafeDumper", yaml.SafeDumper)):  # pyrefly: ignore[invalid-inheritance]
        def ignore_aliases(self, data: Any) -> bool:
            return True  # `main` is printed in full: anchors are legal YAML but nobody expects them here

    note = "# Written by the build from the results of the runs; edits are lost.\n"
    return note + yaml.dump(content, Dumper=_NoAliases, allow_unicode=True, sort_keys=True, width=10_000)


def _write_includes(folder: Path, runs: Sequence[Run], *, reports: Path) -> None:
    write_whole(folder / "banner.md", _banner(runs[0]))
    for alias, run in [("main", runs[0]), *((run.name, run) for run in runs)]:
        write_whole(folder / alias / "banner.md", _banner(run))
        for notebook in run.notebooks:
            for name, entry in notebook.tables.items():
                source = notebook.folder / entry["file"]
                where = f"results/{run.name}/{notebook.notebook}/{entry['file']}"
                if not source.is_file():
                    raise PublicationError(
                        f"table {name!r} has no file", where=where, do="run the notebook again"
                    )
                text = pipe_table(
                    source.read_text(encoding="utf-8"),
                    caption=_marked(str(entry["caption"]), run),
                    label=_label(name, "tbl", alias),
                    where=where,
                )
                write_whole(folder / alias / f"{name}.md", text)
            for name, entry in notebook.figures.items():
                text = _figure(name, entry, notebook=notebook, run=run, alias=alias, reports=reports)
                write_whole(folder / alias / f"{name}.md", text)


def _value_links(runs: Sequence[Run]) -> dict[str, dict[str, str]]:
    """The card of each value, and the cell of each table and figure, with what they say in short: links of the HTML pages."""
    links = {}
    for alias, run in [("main", runs[0]), *((run.name, run) for run in runs)]:
        for notebook in run.notebooks:
            for name, value in notebook.values.items():
                link = {
                    "href": f"../numbers.html#{card_id(name)}",
                    "title": short_card(name, value, run=run, notebook=notebook),
                }
                links[f"{alias}.{name}"] = link
                for companion in details(name, value):
                    links.setdefault(f"{alias}.{companion}", link)
            for kind, entries in (("tbl", notebook.tables), ("fig", notebook.figures)):
                for name in entries:
                    links[_label(name, kind, alias)] = {
                        "href": f"../{notebook.page}#cell-{name}",
                        "title": f"made by run {run.name}, notebook {notebook.notebook}, cell {name}",
                    }
    return links


def prepare(reports: Path, runs: Sequence[str]) -> None:
    """Write ``_includes/``, ``_study.yml``, ``_values.json`` and ``_variables.yml`` from the results of these runs.

    Everything is checked before the first file is replaced; equal results give equal bytes.

    Parameters
    ----------
    reports : Path
        Folder of the publication, with ``results/<run>/<notebook>.json``.
    runs : sequence of str
        Names of runs. The first is the one the text calls ``main``.

    Raises
    ------
    PublicationError
        If results are missing or unreadable, a figure or table has no file, a name is ambiguous, or a part
        is declared wrongly.
    """
    found = read_runs(reports, runs)
    names = variables(found, load_protocol())
    present = [name for name, text in flat(names).items() if text != MISSING]
    texts = resolve_parts(reports, available(found, present))
    with staged_folder(reports / "_includes") as folder:
        _write_includes(folder, found, reports=reports)
        for name, text in texts.items():
            write_whole(folder / "parts" / f"{name}.qmd", text)
    mark = _mark(found[0])
    write_whole(reports / "_reference.docx", reference_docx(mark, simulated=found[0].simulated))
    write_whole(reports / "_study.yml", _yaml(_study_metadata(found[0])))
    write_whole(
        reports / "_values.json", json.dumps(_value_links(found), ensure_ascii=False, indent=1) + "\n"
    )
    write_whole(reports / "_variables.yml", _yaml(names))
