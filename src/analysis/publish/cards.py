"""Provenance cards: everything behind one printed number, in all runs that made it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from analysis.publish.runs import NotebookResults, Run
from analysis.publish.uses import Use
from analysis.publish.variables import plain
from analysis.results.value import MISSING

SHORT = 12
"""Characters of a checksum or commit that a card prints; the whole stands once, on the same page."""


@dataclass(frozen=True)
class Made:
    """A value as one run made it.

    Parameters
    ----------
    run : str
        Name of the run.
    shown : str
        The value with its unit and interval, as a reader reads it.
    n, events : int or None
        Patients (or what the definition says) and events behind it.
    method, reason : str
        Statistical method; why the value is missing.
    notebook, page, cell : str
        Stem of the notebook, address of its page from the top of the site, label of the cell.
    source : str
        Id of the block that says with which parameters, data and commit the notebook was run.
    origin : str
        The same in one line: parameters, and the beginnings of the checksum of the data and of the commit.
    """

    run: str
    shown: str
    n: int | None
    events: int | None
    method: str
    reason: str
    notebook: str
    page: str
    cell: str
    source: str
    origin: str

    @property
    def address(self) -> str:
        """Address of the cell that made it, from the top of the site."""
        return f"{self.page}#cell-{self.cell}" if self.cell else self.page


@dataclass(frozen=True)
class Card:
    """One named value: what it is, what it is in each run, and where it is printed.

    ``differs`` says whether the runs do not agree.
    """

    name: str
    definition: str
    made: tuple[Made, ...]
    uses: tuple[Use, ...]

    @property
    def id(self) -> str:
        """Id of the card on its page."""
        return card_id(self.name)

    @property
    def differs(self) -> bool:
        """Whether runs print different values."""
        return len({each.shown for each in self.made}) > 1


def card_id(name: str) -> str:
    """Id of a value's card on the page of all numbers.

    >>> card_id("pfs.hr")
    'value-pfs.hr'
    """
    return f"value-{name}"


def source_id(run: str, notebook: str) -> str:
    """Id of the block that says with which parameters, data and commit a notebook was run."""
    return f"source-{run}-{notebook}"


def shown(value: Mapping[str, Any]) -> str:
    """A value with its unit and interval.

    >>> shown({"text": "4.6", "unit": "months", "interval_text": "3.5–6.5"})
    '4.6 months (3.5–6.5)'
    >>> shown({"text": "= 0.031", "kind": "p"}), shown({"text": "Women lived longer.", "unit": ""})
    ('p = 0.031', 'Women lived longer.')
    """
    interval, unit = value.get("interval_text") or "", value.get("unit") or ""
    text = f"p {value['text']}" if value.get("kind") == "p" and value["text"][:1] in "<=" else value["text"]
    unit = "" if text in (MISSING, "not reached") else unit
    return " ".join(filter(None, (str(text), unit, f"({interval})" if interval else "")))


def short_card(name: str, value: Mapping[str, Any], *, run: Run, notebook: NotebookResults) -> str:
    """The card in one line, for the tip of a link."""
    said = [str(value.get("definition") or name), shown(value)]
    said += [f"{key} {value[key]}" for key in ("n", "events") if value.get(key) is not None]
    said += [str(value[key]) for key in ("method", "reason") if value.get(key)]
    made = f"run {run.name}, notebook {notebook.notebook}"
    return "; ".join([*said, made + (f", cell {value['cell']}" if value.get("cell") else "")])


def origin(notebook: NotebookResults) -> str:
    """Parameters, data and commit of a notebook's run in one line."""
    parameters = ", ".join(
        f"{name} = {plain(value)}" for name, value in notebook.parameters.items() if name != "run"
    )
    found = {
        "data": notebook.provenance.get("study_sha256"),
        "commit": notebook.provenance.get("commit"),
    }
    sums = ", ".join(
        f"{what} {str(number)[:SHORT] + ('…' if len(str(number)) > SHORT else '') if number else 'unknown'}"
        for what, number in found.items()
    )
    return f"{parameters}; {sums}"


def cards(runs: Sequence[Run], uses: Iterable[Use] = ()) -> list[Card]:
    """A card for every named value of these runs, in the order of the notebooks that made them.

    Parameters
    ----------
    runs : sequence of Run
        The main one first.
    uses : iterable of Use
        Where the publication prints values, see :func:`analysis.publish.uses.printed_values`.

    Returns
    -------
    list of Card
        One a name; what several runs hold under one name stands on one card, side by side.
    """
    printed: dict[str, list[Use]] = {}
    for use in uses:
        printed.setdefault(use.name, []).append(use)
    made: dict[str, list[Made]] = {}
    definitions: dict[str, str] = {}
    owners: dict[str, list[str]] = {}
    for run in runs:
        for notebook in run.notebooks:
            where = origin(notebook)
            for name, value in notebook.values.items():
                definitions.setdefault(name, str(value.get("definition") or name))
                owners.setdefault(notebook.notebook, []).append(name)
                made.setdefault(name, []).append(_made(value, run, notebook, where))
    ordered = dict.fromkeys(name for notebook in sorted(owners) for name in owners[notebook])
    return [
        Card(name, definitions[name], tuple(made[name]), tuple(printed.get(name, ()))) for name in ordered
    ]


def _made(value: Mapping[str, Any], run: Run, notebook: NotebookResults, where: str) -> Made:
    return Made(
        run=run.name,
        shown=shown(value),
        n=value.get("n"),
        events=value.get("events"),
        method=str(value.get("method") or ""),
        reason=str(value.get("reason") or ""),
        notebook=notebook.notebook,
        page=notebook.page,
        cell=str(value.get("cell") or ""),
        source=source_id(run.name, notebook.notebook),
        origin=where,
    )
