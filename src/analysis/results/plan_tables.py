"""The plan beside the log: what was planned and made, made otherwise or not made, and what was made without a plan."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from analysis.results.log_tables import asked, result_text

if TYPE_CHECKING:
    import pandas as pd

    from analysis.study import PlannedAnalysis

UNPLANNED = ("not planned", "post hoc")
PART_WORDS = {"pet": "PET", "outcomes": "outcomes", "plasma": "plasma", "tissue": "tissue"}


def plan_table(
    plan: Mapping[str, PlannedAnalysis], entries: Sequence[Mapping[str, Any]], *, parts: Collection[str]
) -> pd.DataFrame:
    """One row a planned analysis: whether it was made as planned, otherwise, or not, and why.

    Parameters
    ----------
    plan : mapping
        Of the protocol.
    entries : sequence of mapping
        From :func:`analysis.results.log_tables.log_of`.
    parts : collection of str
        What the study holds; a part that an analysis needs and the study lacks is the reason why it was not made.
    """
    import pandas as pd

    rows = []
    for planned in plan.values():
        done, how = _done(planned, entries, parts)
        rows.append(
            {
                "Planned": planned.question,
                "Status": planned.status,
                "Basis of the plan": planned.basis,
                "Made": done,
                "How, or why not": how,
            }
        )
    return pd.DataFrame(rows, columns=["Planned", "Status", "Basis of the plan", "Made", "How, or why not"])


def _done(
    planned: PlannedAnalysis, entries: Sequence[Mapping[str, Any]], parts: Collection[str]
) -> tuple[str, str]:
    own = [entry for entry in entries if entry["planned"] == planned.name]
    as_planned = [entry for entry in own if entry["status"] in (planned.status, "not pre-specified")]
    answered = [entry for entry in as_planned if not entry["refused"]]
    beside = len({entry["difference"] for entry in own if entry["difference"]})
    more = f"; {beside} further variants in the log" if beside else ""
    if answered:
        different = {(entry["estimate"], entry["n"]) for entry in answered} if planned.marker else set()
        several = len(different) > 1
        repeated = f", with {len(different)} different results" if several else ""
        after = (
            "; the run was not fixed before the data were seen"
            if answered[0]["status"] != planned.status
            else ""
        )
        return "as planned" + repeated, f"{planned.method.partition('.')[2].replace('_', ' ')}{after}{more}"
    if as_planned:
        return "not answered", as_planned[0]["refused"]
    lacking = [PART_WORDS.get(part, part) for part in planned.needs if part not in parts]
    if own:
        ways = "; ".join(dict.fromkeys(entry["difference"] for entry in own if entry["difference"]))
        return "otherwise", ways
    if lacking:
        return "no", f"the study lacks {' and '.join(lacking)}"
    return "no", "a person must say why: the study has the tables it needs, if perhaps not the columns"


def unplanned_table(entries: Sequence[Mapping[str, Any]]) -> pd.DataFrame:
    """One row an analysis that was made and not planned, or planned otherwise."""
    import pandas as pd

    rows = [
        {
            "Analysis": asked(entry),
            "Status": entry["status"],
            "What differs from the plan": entry["difference"] or "it is not in the plan",
            "Result": result_text(entry),
        }
        for entry in entries
        if entry["status"] in UNPLANNED
    ]
    return pd.DataFrame(rows, columns=["Analysis", "Status", "What differs from the plan", "Result"])


def deviation_sentence(plan: pd.DataFrame, unplanned: pd.DataFrame, unprinted: pd.DataFrame) -> str:
    """How far the run kept to the plan, in counts."""
    made = int(plan["Made"].str.startswith("as planned").sum())
    otherwise = int((plan["Made"] == "otherwise").sum())
    return (
        f"Planned analyses: {len(plan)}. Made as planned: {made}; otherwise: {otherwise}; not made or not answered: "
        f"{len(plan) - made - otherwise}. Made and not planned so: {len(unplanned)}. Made, and their numbers not found in "
        f"print but for the log: {len(unprinted)}."
    )
