"""nbconvert set up for our pages: its preprocessors and filters with one small template, and nothing from outside."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any

import pygments
from jinja2 import FileSystemLoader, StrictUndefined
from nbconvert.exporters import TemplateExporter
from nbconvert.preprocessors import Preprocessor
from nbformat import NotebookNode
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer
from traitlets.config import Config

from analysis.errors import PublicationError
from analysis.publish.embed import PICTURES, cell_options
from analysis.publish.site.markdown import PageMarkdown
from analysis.publish.site.pages import TEMPLATES
from analysis.publish.site.sanitize import SETTINGS, SHOWN, SafeOutputs

_SUMMARIES = {
    "injected-parameters": "Parameters of this run",
    "parameters": "Parameters as the notebook declares them",
}
_FRAME = ("content", "provenance-title")
"""Ids of the page around the cells."""


class CellFacts(Preprocessor):
    """Writes into a code cell's metadata, under ``page``, what the template prints beside its source and outputs."""

    def preprocess(self, nb: NotebookNode, resources: dict) -> tuple[NotebookNode, dict]:
        """Notebook whose code cells hold label, summary, captions and named values.

        Raises
        ------
        PublicationError
            If a picture has no alternative text, or an output no form that a page can show.
        """
        for number, cell in enumerate(nb.cells, start=1):
            if cell.cell_type == "code":
                self._describe(cell, number, resources)
        return nb, resources

    def _describe(self, cell: NotebookNode, number: int, resources: dict) -> None:
        options = cell_options(cell.source)
        label = options.get("label", "")
        tags = cell.metadata.get("tags", ())
        cell.metadata["page"] = {
            "label": label,
            "summary": next((_SUMMARIES[tag] for tag in tags if tag in _SUMMARIES), "Code"),
            "caption": options.get("fig-cap", ""),
            "table": options.get("tbl-cap", "") or f"Table of cell {label or number}",
            "made": resources["made"].get(label, []),
        }
        where = f"notebook {resources['notebook']}, cell {label or 'without label'}"
        address, content = resources["pictures"].get(label, ("", ""))
        for output in cell.outputs:
            if output.get("data"):
                output.metadata["alt"] = _alternative(output, options, where)
                same = bool(content) and output.data.get("image/png", "").replace("\n", "") == content
                output.metadata["address"] = address if same else ""


def _alternative(output: NotebookNode, options: Mapping[str, str], where: str) -> str:
    """Alternative text of an output that is shown as a picture, else nothing."""
    form = next((form for form in SHOWN if form in output.data), None)
    if form is None:
        raise PublicationError(
            f"an output has no form that a page can show, only {', '.join(output.data)}",
            where=where,
            expected=f"one of {', '.join(SHOWN)}",
        )
    text = output.metadata.get(form, {}).get("alt") or options.get("fig-alt", "")
    if form in PICTURES and not text.strip():
        raise PublicationError("a figure has no alt text", where=where, do="add #| fig-alt: to the cell")
    return text


def _highlighted(source: str) -> str:
    """Code in colours; what scrolls can be reached with the keyboard."""
    # nbconvert's own filter is the same, but makes lexer and formatter, with its style sheet, anew for every cell.
    return pygments.highlight(source or " ", *_python()).replace("<pre>", '<pre tabindex="0">', 1)


@functools.cache
def _python() -> tuple[PythonLexer, HtmlFormatter]:
    return PythonLexer(), HtmlFormatter(cssclass=" highlight hl-python")


@functools.cache
def _exporter() -> TemplateExporter:
    settings = Config(
        NbConvertBase={"display_data_priority": list(SHOWN)},
        RegexRemovePreprocessor={"patterns": [r"\s*\Z"]},
        SafeOutputs=SETTINGS,
    )
    exporter = TemplateExporter(
        config=settings,
        optimistic_validation=True,  # once, not after each of a dozen preprocessors that change nothing
        template_name="base",  # nbconvert's blocks without any page, style or script of its own
        template_file="cells.html",
        extra_loaders=[FileSystemLoader(TEMPLATES)],
        extra_template_basedirs=[],
        preprocessors=[CellFacts, SafeOutputs],
        filters={"highlight_code": _highlighted},
    )
    # nbconvert trusts what it prints; here only what a filter made safe is printed as it is.
    exporter.environment.autoescape = True
    exporter.environment.trim_blocks = exporter.environment.lstrip_blocks = True
    exporter.environment.undefined = StrictUndefined
    return exporter


def cells_html(
    notebook: NotebookNode,
    name: str,
    *,
    made: Mapping[str, Sequence[Mapping[str, Any]]],
    pictures: Mapping[str, tuple[str, str]] | None = None,
) -> str:
    """HTML of the cells of an executed notebook, in their order.

    Parameters
    ----------
    notebook : NotebookNode
        The executed copy, of notebook format 4.
    name : str
        Stem of the notebook, for messages.
    made : mapping
        Named values that a cell made, by its label.
    pictures : mapping of str to (str, str), optional
        Pictures that lie beside the page, by the label of their cell: address, and content in base64. An output of
        that very content is shown from there; any other stands in the page itself.

    Raises
    ------
    PublicationError
        If a picture has no alternative text, an output no form that a page can show, or a formula cannot be read.
    """
    labels = [
        cell_options(cell.source).get("label", "") for cell in notebook.cells if cell.cell_type == "code"
    ]
    taken = [f"cell-{label}" for label in labels] + [
        f"value-{value['name']}" for values in made.values() for value in values
    ]
    exporter = _exporter()
    exporter.register_filter("markdown2html", PageMarkdown([*_FRAME, *taken]))
    text, _ = exporter.from_notebook_node(
        notebook, resources={"made": dict(made), "notebook": name, "pictures": dict(pictures or {})}
    )
    return text
