"""The log of a notebook as it stands among its results: each analysis with its status, family and places."""

from __future__ import annotations

from typing import Any

from analysis.logbook import Logbook
from analysis.results.plan_comparison import family_of, standing
from analysis.results.shown_where import Printed
from analysis.study import Families, Parameters, Protocol


def log_documents(
    log: Logbook,
    *,
    protocol: Protocol,
    parameters: Parameters,
    families: Families,
    printed: Printed,
    labels: frozenset[str],
) -> list[dict[str, Any]]:
    """Every analysis of a session as JSON.

    Parameters
    ----------
    log : Logbook
        Of the session.
    protocol, parameters, families
        By which the status is found.
    printed : Printed
        What the notebook holds.
    labels : frozenset of str
        Labels of its tables and figures: an analysis that is no number (a curve, a count) is printed where its cell
        makes one of them.

    Returns
    -------
    list of dict
        Fields of :class:`analysis.logbook.Analysis`, and ``status``, ``planned`` and ``plan_question`` (name in the plan and its
        question, or nothing),
        ``difference`` (from the plan), ``family`` (or nothing), ``printed`` (labels; empty: nowhere).
    """
    documents = []
    for analysis in log.analyses:
        found = standing(analysis, protocol, parameters)
        places = printed.places(analysis)
        drawn = analysis.kind == "classification" or (analysis.estimate is None and analysis.p_value is None)
        if not places and drawn and analysis.cell in labels:
            places = [analysis.cell]
        documents.append(
            {
                **analysis.as_document(),
                "status": found.status,
                "planned": found.planned,
                "plan_question": protocol.plan[found.planned].question if found.planned else "",
                "difference": found.difference,
                "family": family_of(found.planned, families) if found.status != "sensitivity" else "",
                "printed": [] if analysis.earlier or analysis.refused else places,
            }
        )
    return documents
