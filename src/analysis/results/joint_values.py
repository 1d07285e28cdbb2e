"""Named values of the course of the ctDNA and of PET and plasma together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.biomarkers import visit_words
from analysis.biomarkers.plasma_course import CENSORED, QUANTITIES
from analysis.results.survival_values import WITHHELD

if TYPE_CHECKING:
    from analysis.results.notebook import Notebook
    from analysis.survival import AddedValue, Decisions, PredictiveValues

NO_JOINT = "the study does not hold PET, plasma and outcomes of the same patients"
FALL = {"max_vaf_percent": "ctdna.course_vaf", "tumour_fraction_percent": "ctdna.course_fraction"}


def hold_course(book: Notebook, course: pd.DataFrame | None, visit: str) -> None:
    """Hold the change of each quantity from baseline to the visit under treatment, the leading estimate.

    By response it is that of the non-responders: where the groups are modelled apart there is none of all patients.
    """
    when = visit_words(visit)
    for column, name in FALL.items():
        row = None
        if course is not None:
            leads = course[(course["way"] == CENSORED) & (course["quantity"] == QUANTITIES[column])]
            asked = [f"{when} against baseline", f"{when} against baseline, non-responders"]
            leads = leads[leads["effect"].isin(asked) & leads["estimate"].notna()]
            row = leads.iloc[0] if len(leads) else None
        whom = (
            "" if row is None or "non-responders" not in str(row["effect"]) else ", metabolic non-responders"
        )
        book.value(
            name,
            None if row is None else float(row["estimate"]),
            low=None if row is None else float(row["low"]),
            high=None if row is None else float(row["high"]),
            n=None if row is None else int(row["n"]),
            method="" if row is None else str(row["method"]),
            definition=f"{QUANTITIES[column]} at {visit} as ratio to baseline (geometric means{whom})",
            reason="the study does not hold the quantity at both visits",
        )


def _rule(book: Notebook, name: str, values: PredictiveValues | None, months: float, words: str) -> None:
    for part, what in (("npv", "free of progression if not called"), ("ppv", "with progression if called")):
        one = None if values is None else getattr(values, part)
        book.value(
            f"joint.{name}_{part}",
            None if one is None else 100 * one.estimate,
            low=None if one is None else 100 * one.low,
            high=None if one is None else 100 * one.high,
            unit="%",
            digits=0,
            n=None if values is None else (values.negative if part == "npv" else values.positive),
            method="" if one is None else one.method,
            definition=f"Patients {what} by {months:g} months from the landmark; called: {words}",
            reason=NO_JOINT,
        )


def hold_joint(book: Notebook, table: Decisions | None, gained: AddedValue | None, *, searched: bool) -> None:
    """Hold what the decision table and the added value say; each value is missing, with its reason, without them.

    Parameters
    ----------
    book : Notebook
        The session.
    table : Decisions or None
        The four classes and the rules; the last of its months is held.
    gained : AddedValue or None
        First sign PET, second ctDNA.
    searched : bool
        Whether the cut-off of the PET was chosen after the data were seen: tests are then withheld.
    """
    months = table.months[-1] if table else 0.0
    book.value(
        "joint.months",
        f"{months:g}" if table else None,
        definition="Months from the landmark of the decision table's last column",
        reason=NO_JOINT,
    )
    for name, place, words in (
        ("free_best", 0, "metabolic response and no ctDNA"),
        ("free_worst", 3, "no metabolic response and ctDNA"),
    ):
        row = table.rows[place] if table else None
        one = row.event_free[-1] if row else None
        book.value(
            f"joint.{name}",
            None if one is None else 100 * one.estimate,
            low=None if one is None else 100 * one.low,
            high=None if one is None else 100 * one.high,
            unit="%",
            digits=0,
            n=row.n if row else None,
            events=row.events if row else None,
            method=one.method if one else "",
            definition=f"Patients free of progression {months:g} months after the landmark: {words}",
            reason="nobody is in this class" if table else NO_JOINT,
        )
    for rule, words in (("and", "both unfavourable"), ("or", "at least one unfavourable")):
        values = table.rules["both" if rule == "and" else "any"][-1] if table else None
        _rule(book, rule, values, months, words)
    reason = WITHHELD if searched and gained else NO_JOINT
    kept = None if searched else gained
    for name, place, words in (("ctdna", 1, "ctDNA added to PET"), ("pet", 0, "PET added to ctDNA")):
        ratio, gain = (None, None) if kept is None else (kept.adjusted[place], kept.gain[place])
        book.value(
            f"joint.added_{name}_p",
            None if ratio is None else ratio.p_value,
            digits=3,
            kind="p",
            n=kept.n if kept else None,
            events=kept.events if kept else None,
            method="" if ratio is None else ratio.method,
            definition=f"p value: {words}, penalised likelihood-ratio test",
            reason=reason,
        )
        book.value(
            f"joint.gain_{name}",
            None if gain is None else gain.estimate,
            low=None if gain is None else gain.low,
            high=None if gain is None else gain.high,
            n=kept.n if kept else None,
            events=kept.events if kept else None,
            method="" if gain is None else gain.method,
            definition=f"Gain of C: {words}",
            reason=reason,
        )
    interaction = kept.interaction if kept else None
    book.value(
        "joint.interaction_p",
        None if interaction is None else interaction.p_value,
        digits=3,
        kind="p",
        n=kept.n if kept else None,
        events=kept.events if kept else None,
        method="" if interaction is None else interaction.method,
        definition="p value: interaction of metabolic response and ctDNA on progression",
        reason=kept.warnings[0] if kept and kept.warnings else reason,
    )
