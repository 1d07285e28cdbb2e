"""Names that the text can print: ``{{< var main.pfs.hr >}}`` and what stands behind each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from analysis.errors import PublicationError
from analysis.publish.escape import escape_value
from analysis.publish.runs import Run
from analysis.results.value import MISSING
from analysis.study import Protocol

RESERVED = ("main", "study", "protocol")
COMPANIONS = {
    "ci": "interval_text",
    "unit": "unit",
    "n": "n",
    "events": "events",
    "method": "method",
    "reason": "reason",
}
"""Endings of the names of what a value carries, and where it stands in the result file."""


def plain(value: Any) -> str:
    """A parameter or fact as a reader expects it: no trailing ``.0``, lists with commas, yes and no.

    Examples
    --------
    >>> plain(25.0), plain(True), plain([14, 28]), plain(None)
    ('25', 'yes', '14, 28', '—')
    """
    if value is None:
        return "—"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:g}"
    if isinstance(value, list | tuple):
        return ", ".join(plain(entry) for entry in value)
    return str(value)


def _place(tree: dict[str, Any], name: str, text: str, *, where: str) -> None:
    """Put a text under its dotted name; a name cannot be both a value and a group of values."""
    *groups, leaf = name.split(".")
    branch = tree
    for group in groups:
        branch = branch.setdefault(group, {})
        if not isinstance(branch, dict):
            break
    if not isinstance(branch, dict) or leaf in branch or not all((*groups, leaf)):
        raise PublicationError(
            f"the name {name!r} is taken, or is also the beginning of another name",
            where=where,
            expected="dotted names of which none begins another",
            do="rename the value in its notebook",
            offenders=(name,),
        )
    branch[leaf] = escape_value(text)


def details(name: str, value: Mapping[str, Any]) -> dict[str, str]:
    """The printable companions of a value: ``<name>_ci``, ``_unit``, ``_n``, ``_events``, ``_method``, ``_reason``.

    The first and the numbers are always there, an em dash where they are missing: a sentence that prints them
    must not break because a study has fewer patients.
    """
    always = {f"{name}_{ending}": MISSING for ending in ("ci", "n", "events")}
    known = {
        f"{name}_{ending}": str(value[key])
        for ending, key in COMPANIONS.items()
        if value.get(key) not in (None, "")
    }
    return always | known


def _run_names(run: Run) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    values = run.values
    for name, value in values.items():
        _place(tree, name, str(value["text"]), where=f"run {run.name}")
    for name, value in values.items():
        for companion, text in details(name, value).items():
            if companion not in values:
                _place(tree, companion, text, where=f"run {run.name}")
    for name, value in run.parameters.items():
        _place(tree, f"parameters.{name}", plain(value), where=f"run {run.name}")
    for name in ("id", "title", "kind", "source", "licence"):
        _place(tree, f"study.{name}", plain(run.study.get(name)), where=f"run {run.name}")
    _place(tree, "study.title_mark", "Simulated data:" if run.simulated else "", where=f"run {run.name}")
    for name in ("commit", "lock_sha256", "study_sha256", "python"):
        _place(tree, f"provenance.{name}", plain(run.provenance.get(name)), where=f"run {run.name}")
    return tree


def _protocol_names(protocol: Protocol) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, fact in protocol.facts.items():
        _place(tree, name, plain(fact.value), where="data/protocol.yml")
        _place(tree, f"basis.{name}", fact.basis, where="data/protocol.yml")
    for name, value in protocol.trial.items():
        _place(tree, f"trial.{name}", plain(value), where="data/protocol.yml")
    for item in protocol.eligibility.values():
        _place(tree, f"eligibility.{item.code}", item.text, where="data/protocol.yml")
    for visit in protocol.visits.values():
        _place(tree, f"visits.{visit.name}.day", plain(visit.day), where="data/protocol.yml")
        window = f"{visit.window[0]} to {visit.window[1]}".replace("-", "−")
        _place(tree, f"visits.{visit.name}.window", window, where="data/protocol.yml")
    return tree


def variables(runs: Sequence[Run], protocol: Protocol) -> dict[str, Any]:
    """Tree of every printable name, each leaf a text in escaped Markdown.

    Parameters
    ----------
    runs : sequence of Run
        The first is also reachable as ``main``.
    protocol : Protocol
        Its facts stand under ``protocol``, their basis under ``protocol.basis``.

    Raises
    ------
    PublicationError
        If a run has a reserved name, or a value's name begins another's.
    """
    tree: dict[str, Any] = {"protocol": _protocol_names(protocol)}
    for run in runs:
        if run.name in RESERVED or "." in run.name:
            raise PublicationError(
                f"a run cannot be named {run.name!r}",
                expected="no dot, and none of " + ", ".join(RESERVED),
                do="rename its file in notebooks/runs",
            )
        tree[run.name] = _run_names(run)
    tree["main"] = tree[runs[0].name]
    tree["study"] = tree["main"]["study"]
    return tree


def flat(tree: Mapping[str, Any], prefix: str = "") -> dict[str, str]:
    """The same names dotted: ``{"main.pfs.hr": "0.77 (0.40–1.50)"}``."""
    names: dict[str, str] = {}
    for name, entry in tree.items():
        if isinstance(entry, Mapping):
            names.update(flat(entry, f"{prefix}{name}."))
        else:
            names[prefix + str(name)] = str(entry)
    return names
