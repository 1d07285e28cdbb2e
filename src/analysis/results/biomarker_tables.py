"""Tables of markers for reading: course of the ctDNA, resistance, what PET and plasma add to each other."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analysis.biomarkers import (
    benjamini_hochberg,
    hazard_power,
    marker_label,
    power_words,
    transitions,
    visit_words,
)
from analysis.biomarkers.plasma import MARKERS
from analysis.biomarkers.plasma_course import AT_HALF, AT_LIMIT, CENSORED, SMALLEST, WAYS

if TYPE_CHECKING:
    from analysis.biomarkers import VariantCourse
    from analysis.study import Protocol
    from analysis.survival import AddedValue, Decisions, Estimate, HazardRatio, MarkerHazard

ASSOCIATION_COLUMNS = {
    "family": "Family",
    "name": "Marker",
    "non_responders": "{first}",
    "non_responders_positive": "of these positive",
    "non_responders_median": "median",
    "responders": "{second}",
    "responders_positive": "of these positive ",
    "responders_median": "median ",
    "measure": "Measure",
    "estimate": "Estimate",
    "low": "Lower limit",
    "high": "Upper limit",
    "p_value": "p",
    "q_value": "q",
    "power": "Power",
    "note": "Remark",
}
ASSOCIATION_DIGITS = {"Estimate": 2, "Lower limit": 2, "Upper limit": 2, "p": 3, "q": 3}


def association_columns(
    rows: pd.DataFrame, power: Sequence[str], *, groups: tuple[str, str] = ("Non-responders", "Responders")
) -> pd.DataFrame:
    """Associations as printed, with the power beside each test; the groups under their names."""
    names = {key: name.format(first=groups[0], second=groups[1]) for key, name in ASSOCIATION_COLUMNS.items()}
    return rows.assign(power=list(power))[list(names)].rename(columns=names)


def transition_table(calls: pd.DataFrame, protocol: Protocol, visits: Sequence[str]) -> pd.DataFrame:
    """What became of each marker from baseline to each of the visits, one row a marker and visit.

    Visits and markers without a patient tested at both are left out.
    """
    rows = []
    for marker in MARKERS:
        for visit in visits:
            found = transitions(calls, marker, second=visit)
            if not found.n:
                continue
            cleared = found.clearance
            rows.append(
                {
                    "Marker": marker_label(marker, protocol),
                    "From baseline to": visit_words(visit),
                    "Tested at both": found.n,
                    "Persisting": found.persistent,
                    "Cleared": found.cleared,
                    "Emerged": found.emerged,
                    "Never found": found.absent,
                    "Cleared of those found, %": 100 * cleared.estimate,
                    "Lower limit": 100 * cleared.low,
                    "Upper limit": 100 * cleared.high,
                    "McNemar p": found.test.p_value,
                }
            )
    return pd.DataFrame(rows)


COURSE_DIGITS = dict.fromkeys(
    ("Ratio", "Lower limit", "Upper limit", "Smallest found", "At the limit", "At half"), 2
) | dict.fromkeys(("p", "p, smallest found", "p, at the limit", "p, at half"), 3)


def course_columns(course: pd.DataFrame) -> pd.DataFrame:
    """The course of the ctDNA as printed: one row an effect, the other assumptions beside the estimate that leads.

    Returns
    -------
    pandas.DataFrame
        Quantity, Effect, Patients, Measurements, of these below; Ratio with limits and p (censored); Smallest found and
        p (censored there); At the limit, df and p, and At half and p (restricted maximum likelihood); Remark where an estimate is missing.
    """
    key = ["quantity", "effect", "n", "measurements", "below"]
    silent = course[course["effect"].isna()]
    of_way = {way: course[(course["way"] == way) & course["effect"].notna()].set_index(key) for way in WAYS}
    index = pd.MultiIndex.from_frame(course.loc[course["effect"].notna(), key].drop_duplicates())
    names = {CENSORED: "", SMALLEST: ", smallest found", AT_LIMIT: ", at the limit", AT_HALF: ", at half"}
    heads = {SMALLEST: "Smallest found", AT_LIMIT: "At the limit", AT_HALF: "At half"}
    table = pd.DataFrame(index=index)
    for way, part in of_way.items():
        found = part.reindex(index)
        if way == CENSORED:
            table[["Ratio", "Lower limit", "Upper limit"]] = found[["estimate", "low", "high"]].to_numpy(
                dtype=float
            )
        else:
            table[heads[way]] = found["estimate"].to_numpy(dtype=float)
        if way == AT_LIMIT:
            table["df"] = found["degrees_of_freedom"].to_numpy(dtype=float)
        table[f"p{names[way]}"] = found["p_value"].to_numpy(dtype=float)
    table = table.reset_index().rename(
        columns={
            "quantity": "Quantity",
            "effect": "Effect",
            "n": "Patients",
            "measurements": "Measurements",
            "below": "of these below",
        }
    )
    if len(silent):
        notes = silent.groupby("quantity")["note"].agg(lambda found: "; ".join(dict.fromkeys(found)))
        left_out = [
            {"Quantity": quantity, "Effect": "no estimate", "Remark": note}
            for quantity, note in notes.items()
            if quantity not in set(table["Quantity"])
        ]
        table["Remark"] = table["Quantity"].map(notes)
        if left_out:
            added = pd.DataFrame(left_out, columns=table.columns).astype({"Ratio": float})
            table = (
                added
                if table.empty
                else pd.concat([table, added.dropna(axis=1, how="all")], ignore_index=True)
            )
        table = table.astype({"Patients": "Int64", "Measurements": "Int64", "of these below": "Int64"})
    return table


def variant_columns(found: VariantCourse) -> pd.DataFrame:
    """Genes with their new, persisting and cleared variants as printed."""
    names = {
        "gene": "Gene",
        "new": "New variants",
        "persisting": "Persisting",
        "cleared": "Cleared",
        "gained": "Patients gaining the gene",
        "lost": "losing it",
        "kept": "keeping it",
        "p_value": "p",
        "q_value": "q",
    }
    return found.genes[list(names)].rename(columns=names)


def hazard_rows(
    found: Sequence[MarkerHazard], families: Mapping[str, str], protocol: Protocol
) -> pd.DataFrame:
    """One row a marker and its hazard ratio, q within each family, for table, forest and volcano.

    Parameters
    ----------
    found : sequence of MarkerHazard
        As from :func:`analysis.survival.marker_hazards`.
    families : mapping of str to str
        Declared family of each marker.
    protocol : Protocol
        The hazard ratio for which power is stated, and the chance asked for.

    Returns
    -------
    pandas.DataFrame
        family, name, step, n, events, positive, estimate, low, high, p_value, q_value, power, note; measure is
        ``hazard ratio``. Power by Schoenfeld's formula, of a marker on a scale as of one split at its median.
    """
    rows = []
    for one in found:
        ratio = one.ratio
        power = ""
        if ratio is not None:
            share = one.positive / one.n if one.positive is not None else 0.5
            power = power_words(
                hazard_power(
                    one.events,
                    share,
                    hazard_ratio=protocol.value("power.hazard_ratio"),
                    target=protocol.value("power.target"),
                )
            )
        rows.append(
            {
                "family": families[one.name],
                "name": one.name,
                "step": one.step,
                "n": one.n,
                "events": one.events,
                "positive": one.positive,
                "measure": "hazard ratio",
                "estimate": math.nan if ratio is None else ratio.estimate,
                "low": math.nan if ratio is None else ratio.low,
                "high": math.nan if ratio is None else ratio.high,
                "p_value": math.nan if ratio is None else ratio.p_value,
                "power": power,
                "note": one.reason,
            }
        )
    columns = ["family", "name", "step", "n", "events", "positive", "measure", "estimate", "low", "high"]
    table = pd.DataFrame(rows, columns=[*columns, "p_value", "power", "note"]).astype({"positive": "Int64"})
    q_values = pd.Series(np.nan, index=table.index)
    for _, part in table.groupby("family", sort=False):
        q_values[part.index] = benjamini_hochberg(part["p_value"].to_numpy(dtype=float))
    return table.assign(q_value=q_values)


HAZARD_COLUMNS = {
    "family": "Family",
    "name": "Marker",
    "step": "Per",
    "n": "Patients",
    "events": "Events",
    "positive": "Positive",
    "estimate": "Hazard ratio",
    "low": "Lower limit",
    "high": "Upper limit",
    "p_value": "p",
    "q_value": "q",
    "power": "Power",
    "note": "Remark",
}
HAZARD_DIGITS = {"Hazard ratio": 2, "Lower limit": 2, "Upper limit": 2, "p": 3, "q": 3}


def hazard_columns(rows: pd.DataFrame) -> pd.DataFrame:
    """Hazard ratios of markers as printed."""
    return rows[list(HAZARD_COLUMNS)].rename(columns=HAZARD_COLUMNS)


ADDED_DIGITS = {"Estimate": 2, "Lower limit": 2, "Upper limit": 2, "p": 3}


def added_value_table(found: AddedValue) -> pd.DataFrame:
    """What each sign says alone, beside the other, and in C, one row an estimate."""
    first, second = found.labels

    def ratio(what: str, one: HazardRatio) -> dict[str, object]:
        return {
            "What": what,
            "Estimate": one.estimate,
            "Lower limit": one.low,
            "Upper limit": one.high,
            "p": one.p_value,
        }

    rows = [
        ratio(f"Hazard ratio, {first} alone", found.alone[0]),
        ratio(f"Hazard ratio, {second} alone", found.alone[1]),
        ratio(f"Hazard ratio, {first} beside {second}", found.adjusted[0]),
        ratio(f"Hazard ratio, {second} beside {first}", found.adjusted[1]),
    ]
    if found.interaction is not None:
        rows.append(ratio("Interaction, ratio of hazard ratios", found.interaction))
    for what, one in zip(
        (f"C, {first}", f"C, {second}", "C, number of signs"), found.concordance, strict=True
    ):
        rows.append({"What": what, "Estimate": one.estimate, "Lower limit": one.low, "Upper limit": one.high})
    for what, other, one in ((first, second, found.gain[0]), (second, first, found.gain[1])):
        rows.append(ratio(f"Gain of C: {what} added to {other}", one))  # type: ignore[arg-type]
    return pd.DataFrame(rows, columns=["What", "Estimate", "Lower limit", "Upper limit", "p"])


def _percent(one: Estimate) -> str:
    if math.isnan(one.estimate):
        return "—"
    if math.isnan(one.low) or math.isnan(one.high):
        return f"{100 * one.estimate:.0f} (no interval)"
    return f"{100 * one.estimate:.0f} ({100 * one.low:.0f} to {100 * one.high:.0f})"


def in_ten(one: Estimate, months: float) -> str:
    """A proportion as patients of ten, for a reader who does not think in percent.

    >>> from analysis.survival import Estimate
    >>> in_ten(Estimate(0.68, 0.5, 0.81, ""), 6)
    'about 7 of 10 free of progression at 6 months (5 to 8)'
    """
    if math.isnan(one.estimate):
        return "nothing can be said"
    between = (
        ""
        if math.isnan(one.low) or math.isnan(one.high)
        else f" ({round(10 * one.low)} to {round(10 * one.high)})"
    )
    return f"about {round(10 * one.estimate)} of 10 free of progression at {months:g} months{between}"


def decision_table(
    found: Decisions,
    *,
    names: tuple[str, str],
    calls: tuple[tuple[str, str], tuple[str, str]],
    smallest: int = 0,
) -> pd.DataFrame:
    """The four combinations of two calls: patients, events, event-free with interval, and what that means.

    Parameters
    ----------
    found : Decisions
        As from :func:`analysis.survival.decisions`.
    names : (str, str)
        Names of the two tests.
    calls : ((str, str), (str, str))
        Words of each call, favourable and unfavourable.
    smallest : int
        Rows of fewer patients say only that they are few.
    """
    rows = []
    for row in found.rows:
        few = 0 < row.n < smallest
        table: dict[str, object] = {names[0]: calls[0][row.first], names[1]: calls[1][row.second]}
        table |= {"Patients": row.n, "Events": row.events}
        for month, one in zip(found.months, row.event_free, strict=True):
            table[f"Free at {month:g} months, %"] = "" if few else _percent(one)
        meaning = (
            "nobody"
            if not row.n
            else f"fewer than {smallest} women"
            if few
            else in_ten(row.event_free[-1], found.months[-1])
        )
        rows.append({**table, "In words": meaning})
    return pd.DataFrame(rows)


def rule_table(found: Decisions, names: tuple[str, str]) -> pd.DataFrame:
    """Predictive values of each test alone and of the AND and OR rules, by month."""
    words = {
        "first": f"{names[0]} alone",
        "second": f"{names[1]} alone",
        "both": f"{names[0]} and {names[1]}",
        "any": f"{names[0]} or {names[1]}",
    }
    rows = []
    for rule, values in found.rules.items():
        for month, one in zip(found.months, values, strict=True):
            row: dict[str, object] = {"Unfavourable by": words[rule], "Months": f"{month:g}"}
            if one is None:
                rows.append({**row, "Remark": "nobody with, or nobody observed without the event by then"})
                continue
            row |= {"Called": one.positive, "Not called": one.negative}
            row |= {
                "Event if called (PPV), %": _percent(one.ppv),
                "No event if not (NPV), %": _percent(one.npv),
            }
            row |= {"Sensitivity, %": 100 * one.sensitivity, "Specificity, %": 100 * one.specificity}
            rows.append(row)
    columns = ["Unfavourable by", "Months", "Called", "Not called", "Event if called (PPV), %"]
    columns += ["No event if not (NPV), %", "Sensitivity, %", "Specificity, %", "Remark"]
    table = pd.DataFrame(rows, columns=columns).astype({"Called": "Int64", "Not called": "Int64"})
    return table if table["Remark"].notna().any() else table.drop(columns="Remark")


def course_forest(course: pd.DataFrame) -> pd.DataFrame:
    """The leading estimates of the course as rows of a forest plot."""
    leads = course[course["way"] == CENSORED].dropna(subset=["effect"]).reset_index(drop=True)
    return leads.assign(name=leads["quantity"] + ", " + leads["effect"])
