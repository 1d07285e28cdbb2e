"""The logs of a run as tables: every analysis, its families with q values, what is made and not printed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.results.value import MISSING, limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.results.store import NotebookResults

DESCRIPTIVE = ("descriptive", "diagnostic")
ORDER = (
    "primary",
    "secondary",
    "exploratory",
    "sensitivity",
    "not pre-specified",
    "not planned",
    "post hoc",
    *DESCRIPTIVE,
)


def log_of(results: Iterable[NotebookResults]) -> list[dict[str, Any]]:
    """Every analysis of these notebooks, each with its ``notebook``, its q value and the size of its family.

    The same analysis made in two cells is one (the first; both places in print are kept), so that it counts once in
    its family. Within a family q is Benjamini and Hochberg's over every analysis that has a p value.
    """
    kept: dict[str, dict[str, Any]] = {}
    for found in results:
        for entry in found.analyses:
            entry = {**entry, "notebook": found.notebook}
            same = {
                name: entry[name]
                for name in entry
                if name not in {"cell", "notebook", "printed", "times", "parts"}
            }
            first = kept.setdefault(repr(sorted(same.items(), key=lambda item: item[0])), entry)
            if first is not entry:
                first["printed"] = list(dict.fromkeys([*first["printed"], *entry["printed"]]))[:3]
                first["times"] += entry["times"]
    return _with_q(list(kept.values()))


def _with_q(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    import numpy as np

    from analysis.biomarkers import benjamini_hochberg

    for family in {entry["family"] for entry in entries}:
        members = [entry for entry in entries if entry["family"] == family]
        values = [np.nan if entry["p_value"] is None else float(entry["p_value"]) for entry in members]
        q_values = benjamini_hochberg(np.array(values)) if family else np.full(len(values), np.nan)
        for entry, q in zip(members, q_values, strict=True):
            entry["q_value"] = None if np.isnan(q) else float(q)
            entry["family_size"] = int(np.isfinite(values).sum()) if family else 0
    return entries


def asked(entry: Mapping[str, Any]) -> str:
    """What an analysis asked, in words: the author's, else the plan's, else the names of its arguments."""
    if entry["question"]:
        return entry["question"].replace("_", " ")
    about = ", ".join(entry["variables"])
    if entry["plan_question"]:
        text = entry["plan_question"] + (f": {about}" if about else "")
    else:
        about = about or entry["function"].split(".")[1]
        text = f"{entry['outcome']}: {about}" if entry["outcome"] else about
    return text.replace("_", " ")


def result_text(entry: Mapping[str, Any]) -> str:
    """Measure and estimate with interval; for a refusal, that it was not answered."""
    if entry["refused"]:
        return f"not answered: {entry['refused'].split('. ')[0].rstrip('.')}"
    measure = entry["measure"] or entry["function"].split(".")[1].replace("_", " ")
    if entry["estimate"] is None and entry["low"] is None and entry["high"] is None:
        return measure
    factor, unit = (months(1.0), measure.replace("days", "months")) if "days" in measure else (1.0, measure)
    values = [
        None if entry[name] is None else factor * float(entry[name]) for name in ("estimate", "low", "high")
    ]
    text = f"{unit} {MISSING if values[0] is None else number(values[0], 2)}"
    known = any(value is not None for value in values[1:])
    return f"{text} ({limit(values[1], 2)} to {limit(values[2], 2)})" if known else text


def withheld(entry: Mapping[str, Any]) -> bool:
    """Whether a p value is not shown: a survival comparison by a cut-off that was chosen after looking."""
    return (
        entry["status"] == "post hoc"
        and entry["kind"] != "search"
        and entry["function"].startswith("survival.")
        and "cutoff percent" in entry["difference"]
    )


def analysis_table(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row an analysis that asks a question, by status: the second part of the REMARK profile.

    References
    ----------
    Altman et al. 2012, doi 10.1186/1741-7015-10-51.
    """
    import pandas as pd

    rows = [
        {
            "Analysis": asked(entry),
            "Status": entry["status"] + (", in a draft" if entry["earlier"] else ""),
            "Patients / events": _size(entry),
            "Result": result_text(entry),
            "p": "withheld"
            if withheld(entry)
            else p_text(None if entry["p_value"] is None else float(entry["p_value"])).removeprefix("= "),
            "q": MISSING
            if entry["q_value"] is None or withheld(entry)
            else f"{entry['q_value']:.3f} of {entry['family_size']}",
            "Remarks": _remarks(entry),
        }
        for entry in sorted(entries, key=lambda entry: ORDER.index(entry["status"]))
        if entry["status"] not in DESCRIPTIVE
    ]
    return pd.DataFrame(
        rows, columns=["Analysis", "Status", "Patients / events", "Result", "p", "q", "Remarks"]
    )


def descriptive_table(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row a notebook and function of what describes or checks: how many estimates, and how many are printed."""
    import pandas as pd

    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for entry in entries:
        if entry["status"] not in DESCRIPTIVE:
            continue
        key = (entry["notebook"], entry["function"])
        row = rows.setdefault(
            key,
            {
                "Notebook": key[0],
                "What": key[1].split(".")[1].replace("_", " "),
                "Estimates": 0,
                "Found in print": 0,
            },
        )
        row["Estimates"] += 1
        row["Found in print"] += bool(entry["printed"])
    return pd.DataFrame(rows.values(), columns=["Notebook", "What", "Estimates", "Found in print"])


def unprinted_table(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row an analysis that asks a question and whose numbers are found in no table, value or figure."""
    import pandas as pd

    rows = [
        {
            "Analysis": asked(entry),
            "Status": entry["status"],
            "Made in": f"{entry['notebook']}, cell {entry['cell'] or 'without label'}",
            "Result": result_text(entry),
        }
        for entry in entries
        if entry["status"] not in DESCRIPTIVE and not entry["printed"]
    ]
    return pd.DataFrame(rows, columns=["Analysis", "Status", "Made in", "Result"])


def family_table(
    entries: Sequence[Mapping[str, Any]], families: Mapping[str, tuple[str, ...]], *, rate: float
) -> pd.DataFrame:
    """One row a declared family: its size, its smallest p and q, how many stand out; then what is in no family.

    Parameters
    ----------
    entries : sequence of mapping
        From :func:`log_of`.
    families : mapping
        As the run declares them.
    rate : float
        False-discovery rate below which a q value stands out.
    """
    import pandas as pd

    rows = []
    for family in [*families, ""]:
        inside = [
            entry
            for entry in entries
            if entry["family"] == family and entry["status"] not in (*DESCRIPTIVE, "sensitivity")
        ]
        tested = [entry for entry in inside if entry["p_value"] is not None and not withheld(entry)]
        q_values = [entry["q_value"] for entry in tested if entry["q_value"] is not None]
        rows.append(
            {
                "Family": family or "in no family of the run file",
                "Analyses": len(inside),
                "With a p value": len(tested),
                "Smallest p": p_text(
                    min((float(entry["p_value"]) for entry in tested), default=None)
                ).removeprefix("= "),
                "Smallest q": f"{min(q_values):.3f}" if q_values else MISSING,
                f"q below {rate:g}": sum(q < rate for q in q_values) if family else None,
            }
        )
    return pd.DataFrame(rows).astype({f"q below {rate:g}": "Int64"})


def _size(entry: Mapping[str, Any]) -> str:
    known = entry["n"] if entry["n"] is not None else entry["given"]
    size = MISSING if known is None else str(known)
    return size if entry["events"] is None else f"{size} / {entry['events']}"


def _remarks(entry: Mapping[str, Any]) -> str:
    parts = [
        entry["difference"],
        f"family {entry['family']}" if entry["family"] else "no family",
        f"made {entry['times']} times" if entry["times"] > 1 else "",
        "" if entry["printed"] or entry["refused"] else "numbers not found in print",
    ]
    return "; ".join(filter(None, parts))
