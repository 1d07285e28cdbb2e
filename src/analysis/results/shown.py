"""What a notebook shows: its header, its tables with real headers, its figures with alt text."""

from __future__ import annotations

import html
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analysis.results.tables import escaped
from analysis.study import Parameters

if TYPE_CHECKING:
    from analysis.data import Study


@dataclass(frozen=True)
class ShownFigure:
    """A figure as the notebook shows it: the very bytes that are published, with the alt text beside them."""

    png: bytes
    alt: str

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        return {"image/png": self.png, "text/plain": self.alt}, {"image/png": {"alt": self.alt}}


@dataclass(frozen=True)
class ShownTable:
    """A table as the notebook shows it."""

    columns: list[str]
    rows: list[list[str]]
    numeric: list[bool]
    caption: str

    def _repr_html_(self) -> str:
        sides = ["right" if right else "left" for right in self.numeric]
        head = "".join(
            f'<th scope="col" style="text-align:{side}">{html.escape(name)}</th>'
            for name, side in zip(self.columns, sides, strict=True)
        )
        body = "".join(
            "<tr>"
            + "".join(
                f'<td style="text-align:{side}">{html.escape(cell)}</td>'
                for cell, side in zip(row, sides, strict=True)
            )
            + "</tr>"
            for row in self.rows
        )
        caption = html.escape(self.caption)
        return (
            f"<table><caption>{caption}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
        )

    def __repr__(self) -> str:
        return "\n".join(["\t".join(self.columns), *("\t".join(row) for row in self.rows)])


def header(title: str, parameters: Parameters, study: Study, notice: str = "") -> str:
    """Markdown that says which data, which run, whether it was planned, and what is done with small numbers."""
    planned = "pre-specified" if parameters.pre_specified else "NOT pre-specified"
    lines = [
        f"**{escaped(title)}** · study *{escaped(study.title)}* · run `{parameters.run}` ({planned})",
        "",
    ]
    if study.simulated:
        lines += ["> **SIMULATED DATA.** No patient is behind any number or picture on this page.", ""]
    lines += [f"- {escaped(caveat)}" for caveat in [*study.caveats, *filter(None, [notice])]]
    return "\n".join(lines)


def show(text: str) -> None:
    """Show Markdown in the running notebook."""
    from IPython.display import Markdown, display

    display(Markdown(text))
