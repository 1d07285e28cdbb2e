"""Adverse events in tables: the subgroup beside the whole trial, differences, rates, first events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.results.value import limit, number, p_text
from analysis.units import days

if TYPE_CHECKING:
    import pandas as pd

    from analysis.survival import CumulativeIncidence, TestResult


COUNTS = ("Any grade", "Grade 3 or more", *(f"Grade {grade}" for grade in range(1, 6)))
"""Columns of :func:`events_table` that count patients of those treated."""


def events_table(
    tables: Mapping[str, pd.DataFrame], terms: Sequence[str], arms: Sequence[str]
) -> pd.DataFrame:
    """One row a term, population and arm: patients with the event, any grade and grade 3 or more, and by worst grade.

    Parameters
    ----------
    tables : mapping of str to DataFrame
        Of :func:`analysis.safety.event_table`, by population.
    terms : sequence of str
        Terms to show, in order.
    arms : sequence of str
        Names of the arms, in order.
    """
    import pandas as pd

    rows = []
    for term in terms:
        for population, table in tables.items():
            by_arm = {one["group"]: one for one in table[table["term"] == term].to_dict("records")}
            for one in (by_arm[arm] for arm in arms if arm in by_arm):
                rows.append(
                    {
                        "Event": term,
                        "Population": population,
                        "Arm": one["group"],
                        "Treated": int(one["patients"]),
                        "Any grade": int(one["any"]),
                        "% (95 % interval)": f"{number(one['percent'], 0)} ({number(one['low'], 0)}–{number(one['high'], 0)})",
                        **{f"Grade {grade}": int(one[f"grade_{grade}"]) for grade in range(1, 6)},
                        "Grade 3 or more": int(one["severe"]),
                    }
                )
    return pd.DataFrame(rows)


def dumbbell_rows(
    tables: Mapping[str, pd.DataFrame],
    differences: Mapping[str, pd.DataFrame],
    terms: Sequence[str],
    labels: tuple[str, str],
) -> pd.DataFrame:
    """What the dumbbell plot draws: percent of both arms and their difference with interval, by term and population."""
    import pandas as pd

    rows = []
    for term in terms:
        for population, table in tables.items():
            of_arm = {one["group"]: one for one in table[table["term"] == term].to_dict("records")}
            found = {str(row["term"]): row for row in differences[population].to_dict("records")}.get(term)
            if found is None:
                continue
            rows.append(
                {
                    "term": term, "population": population, "arm": float(of_arm[labels[0]]["percent"]),
                    "control": float(of_arm[labels[1]]["percent"]), "difference": float(found["estimate"]),
                    "low": float(found["low"]), "high": float(found["high"]),
                    **{
                        f"{role}_{name}": int(of_arm[label][column])
                        for role, label in zip(("arm", "control"), labels, strict=True)
                        for name, column in (("events", "any"), ("patients", "patients"))
                    },
                }
            )  # fmt: skip
    return pd.DataFrame(rows)


def rates_table(rates: pd.DataFrame, terms: Sequence[str], arms: Sequence[str]) -> pd.DataFrame:
    """One row a term and arm: incidence and event rate per 100 patient-years with exact intervals."""
    import pandas as pd

    rows = []
    for term in terms:
        own = rates[rates["term"] == term]
        for arm in arms:
            of_arm = own[own["group"] == arm]
            row: dict[str, object] = {"Event": term, "Arm": arm, "Treated": int(of_arm["n"].max())}
            for one in of_arm.to_dict("records"):
                measure = str(one["measure"])
                row[f"{measure.capitalize()}, events"] = int(one["events"])
                row[f"{measure.capitalize()}, patient-years"] = number(float(one["patient_years"]), 0)
                row[f"{measure.capitalize()}, per 100"] = (
                    f"{number(float(one['estimate']), 1)} ({limit(one['low'], 1)}–{limit(one['high'], 1)})"
                )
            rows.append(row)
    return pd.DataFrame(rows)


def first_event_rows(
    term: str, curves: Sequence[CumulativeIncidence], test: TestResult | None, at_months: Sequence[float]
) -> list[dict[str, object]]:
    """One row an arm: patients with the event under treatment, stopped before it, and the incidence at fixed times."""
    rows = []
    for curve in curves:
        row: dict[str, object] = {
            "First": term, "Arm": curve.label, "With the event": f"{curve.events} of {curve.n}",
            "Stopped or died before it": f"{curve.competing} of {curve.n}",
        }  # fmt: skip
        for month in at_months:
            found = curve.at(days(month))
            limits = (
                f"({limit(100 * found.low, 0)}–{limit(100 * found.high, 0)})"
                if found.estimate > 0
                else "(nobody)"
            )
            row[f"By {month:g} months, %"] = f"{number(100 * found.estimate, 0)} {limits}"
        row["Gray's test p"] = "—" if test is None else p_text(test.p_value).removeprefix("= ")
        rows.append(row)
    return rows
