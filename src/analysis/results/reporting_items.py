"""REMARK, TRIPOD and STROBE, item by item: filled by the program, with a slot where a person must write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from analysis.results.log_tables import DESCRIPTIVE
from analysis.results.plan_comparison import split_marker
from analysis.results.plan_tables import UNPLANNED
from analysis.yaml_text import yaml_content

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results.store import NotebookResults
    from analysis.study import Protocol

NAME = re.compile(r"\{([a-z][\w.-]*)\}")
PERSON = "A person must write this: "
GUIDELINES = ("REMARK", "TRIPOD", "STROBE")


def known_facts(
    results: Sequence[NotebookResults], entries: Sequence[Mapping[str, Any]], protocol: Protocol
) -> dict[str, str]:
    """Every text that an item may print, by name: values of the run, its log in numbers, trial, study, provenance.

    Parameters
    ----------
    results : sequence of NotebookResults
        Of the run, at least one.
    entries : sequence of mapping
        From :func:`analysis.results.log_tables.log_of`.
    protocol : Protocol
        Facts of the trial.
    """
    facts = {f"trial.{name}": str(value) for name, value in protocol.trial.items()}
    for found in results:
        facts |= {f"study.{name}": str(value) for name, value in found.study.items() if value}
        facts |= {f"parameters.{name}": str(value) for name, value in found.parameters.items()}
        facts |= {f"provenance.{name}": str(value) for name, value in found.provenance.items()}
        for name, value in found.values.items():
            if value["value"] is not None:
                facts[name] = str(value["text"])
                facts[f"{name}_ci"] = str(value["interval_text"] or "no interval")
    testing = [entry for entry in entries if entry["status"] not in DESCRIPTIVE]
    markers = {split_marker(name)[0] for entry in testing for name in entry["variables"]}
    families = {entry["family"] for entry in entries if entry["family"]}
    models = [entry for entry in testing if any(" + " in name for name in entry["variables"])]
    return facts | {
        "log.markers": str(len(markers)),
        "log.families": str(len(families)),
        "log.searches": str(sum(entry["kind"] == "search" for entry in entries)),
        "log.multivariable": str(len(models) or "none"),
        "log.sensitivity": str(sum(entry["status"] == "sensitivity" for entry in entries)),
        "log.diagnostic": str(sum(entry["status"] == "diagnostic" for entry in entries)),
        "log.unplanned": str(sum(entry["status"] in UNPLANNED for entry in entries)),
    }


def guideline_table(guideline: str, facts: Mapping[str, str], labels: Iterable[str]) -> pd.DataFrame:
    """One row an item: what it asks, what the run says, where it stands, what a person must write.

    Parameters
    ----------
    guideline : str
        One of ``GUIDELINES``.
    facts : mapping of str to str
        From :func:`known_facts`.
    labels : iterable of str
        Tables and figures of the run.
    """
    import pandas as pd

    there = set(labels)
    rows = []
    for item in _items()[guideline]:
        said = [filled for text in item.get("says", ()) if (filled := _filled(text, facts))]
        see = [label for label in item.get("see", ()) if label in there]
        parts = [*said, *(["See " + ", ".join(see) + "."] if see else [])]
        if not parts and "person" not in item:
            parts = ["Not known in this study."]
        if "person" in item:
            parts.append(PERSON + item["person"] + ".")
        rows.append({"Item": item["item"], "Asks for": item["asks"], "In this run": " ".join(parts)})
    return pd.DataFrame(rows, columns=["Item", "Asks for", "In this run"])


def marker_table(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row a marker or grouping: in how many analyses, of how many patients: first part of the REMARK profile.

    References
    ----------
    Altman et al. 2012, doi 10.1186/1741-7015-10-51.
    """
    import pandas as pd

    rows: dict[str, dict[str, Any]] = {}
    for entry in entries:
        if entry["status"] in DESCRIPTIVE:
            continue
        for name in entry["variables"]:
            row = rows.setdefault(
                name.replace("_", " "),
                {"Marker": name.replace("_", " "), "Analyses": 0, "Outcomes": {}, "sizes": []},
            )
            row["Analyses"] += 1
            row["Outcomes"][entry["outcome"] or entry["question"].partition(" by ")[0] or "its own"] = None
            row["sizes"] += [entry["n"]] if entry["n"] is not None else []
    table = [
        {
            "Marker": row["Marker"],
            "Analyses": row["Analyses"],
            "Outcomes": ", ".join(row["Outcomes"]),
            "Patients": _range(row["sizes"]),
        }
        for row in rows.values()
    ]
    return pd.DataFrame(table, columns=["Marker", "Analyses", "Outcomes", "Patients"])


def slots(table: pd.DataFrame) -> int:
    """How many items of a guideline wait for a person."""
    return int(table["In this run"].str.contains(PERSON, regex=False).sum())


def _items() -> dict[str, list[dict[str, Any]]]:
    return yaml_content(Path(__file__).with_suffix(".yml").read_text(encoding="utf-8"))


def _filled(text: str, facts: Mapping[str, str]) -> str:
    """The sentence with its values; nothing where one is missing."""
    if any(name not in facts for name in NAME.findall(text)):
        return ""
    filled = NAME.sub(lambda found: facts[found[1]], text)
    return filled.replace("p = ", "p ").replace("..", ".")


def _range(sizes: Sequence[int]) -> str:
    if not sizes:
        return "—"
    return str(sizes[0]) if min(sizes) == max(sizes) else f"{min(sizes)} to {max(sizes)}"
