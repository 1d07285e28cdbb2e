"""PET measures of a study as tables of aggregates for reading: no row is one patient."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import pandas as pd

from analysis.results.value import number

if TYPE_CHECKING:
    from analysis.pet import StudyMeasures
    from analysis.study import Protocol

FATES = (
    "kept and converted to SUV",
    "left out, being of another kind",
    "refused, though it should have been measured",
)
VISITS = ("baseline", "day14", "day28", "progression")


def kind_of(text: str) -> str:
    """What a reason or warning says in general: without file names, places, numbers and advice.

    The full text names files and series; it stays in ``data/derived`` and in ``check-study``.

    >>> kind_of("1 slices are missing: no slice at -490.68 mm. Expected: one stack. [series 2.25.1]")
    '… slices are missing'
    >>> kind_of("PatientWeight (0010,1030) is missing. Expected: a value. [0006140A]")
    'PatientWeight is missing'
    >>> kind_of("the series time is not used (later than the scan); reference time: back-computed")
    'the series time is not used (later than the scan)'
    """
    first = re.split(r"\. Expected:|\. Do:|(?:; [\w ]+)?: | \[", text, maxsplit=1)[0]
    bare = re.sub(r"\s*\([^)]*\d[^)]*\)", "", first)
    return re.sub(r"\d[\d.,:T+-]*", "…", bare).strip().rstrip(".")


def series_table(series: pd.DataFrame) -> pd.DataFrame:
    """Numbers of series by what became of them, kept first, then every kind of reason with its count."""
    fates = {(True, False): FATES[0], (False, False): FATES[1], (False, True): FATES[2]}
    shown = series.assign(
        fate=[
            fates[kept, fault and not kept]
            for kept, fault in zip(series["kept"], series["fault"], strict=True)
        ],
        why=[
            "" if kept else kind_of(reason)
            for kept, reason in zip(series["kept"], series["reason"], strict=True)
        ],
    )
    counts = shown.groupby(["fate", "why"], dropna=False).size().reset_index(name="Series")
    return counts.rename(columns={"fate": "Series that were", "why": "Reason"})


def warnings_of(scans: pd.DataFrame) -> list[str]:
    """Every kind of warning with the number of scans it concerns; one sentence each, without patients."""
    texts = scans["warnings"].dropna().astype(str).str.split(" | ", regex=False).explode().str.strip()
    kinds = texts[texts != ""].map(kind_of)
    return [f"{count} scan(s): {kind}" for kind, count in kinds.value_counts().sort_index().items()]


def scan_table(scans: pd.DataFrame, protocol: Protocol) -> pd.DataFrame:
    """One column a visit: scans, days, uptake time, dose, reference time, liver, comparability with baseline."""
    rows = []
    flagged = protocol.value("suv.max_reference_time_spread_percent")
    for visit in _visits(scans):
        of_visit = scans[scans["visit"] == visit]
        sources = of_visit["reference_source"].value_counts()
        rows.append(
            {
                "": _day(visit),
                "Scans": str(len(of_visit)),
                "Study day": _spread(of_visit["scan_day"], 0),
                "Uptake time, min": _spread(of_visit["uptake_minutes"], 0),
                "Dose, MBq": _spread(of_visit["dose_mbq"], 0),
                "Decay reference time from": "; ".join(
                    f"{source} ({count})" for source, count in sources.items()
                ),
                f"Reference times more than {flagged:g} % SUV apart": str(
                    int((of_visit["reference_spread_percent"] > flagged).sum())
                ),
                "Liver SUL": _spread(of_visit["liver_sul_mean"], 2),
                "Comparable with baseline": ""
                if visit == "baseline"
                else str(int(of_visit["comparable"].fillna(False).sum())),
            }
        )
    return _visits_across(rows)


def lesion_table(lesions: pd.DataFrame) -> pd.DataFrame:
    """One column a visit: lesions, patients, and the median and quartiles of each measure.

    Metabolic volumes at follow-up use the threshold of the lesion's own baseline: a percentage of each scan's own
    maximum can make a volume grow while the lesion cools.
    """
    measures = {
        "SUVmax": "suv_max",
        "SUVmean": "suv_mean",
        "SUVpeak": "suv_peak",
        "SULpeak": "sul_peak",
        "MTV, ml": "mtv_baseline_threshold_ml",
        "TLG, g": "tlg_baseline_threshold_g",
    }
    rows = []
    for visit in _visits(lesions):
        of_visit = lesions[lesions["visit"] == visit]
        row = {
            "": _day(visit),
            "Lesions": str(len(of_visit)),
            "Patients": str(of_visit["patient_id"].nunique()),
        }
        rows.append(row | {name: _spread(of_visit[column], 1) for name, column in measures.items()})
    return _visits_across(rows)


def with_scan_days(by_visit: Mapping[str, pd.DataFrame], scans: pd.DataFrame) -> pd.DataFrame:
    """Responses of all visits in one table of patient rows, with the day of each scan (missing: not scanned)."""
    days = scans[["patient_id", "visit", "scan_day"]]
    return pd.concat(by_visit.values(), ignore_index=True).merge(days, on=["patient_id", "visit"], how="left")


def reason_table(response: pd.DataFrame) -> pd.DataFrame:
    """Why patients could not be assessed, by visit, with counts."""
    missing = response[response["response"] == "not_assessable"]
    counts = missing.groupby(["visit", "reason"], sort=True).size().reset_index(name="Patients")
    return counts.rename(columns={"visit": "Visit", "reason": "Reason"})


def criteria_table(
    by_rule: Mapping[str, pd.DataFrame],
    eortc: Mapping[str, pd.DataFrame],
    percist: Mapping[str, pd.DataFrame],
) -> pd.DataFrame:
    """Numbers of patients in each class at each visit: this run's rule, EORTC 1999, PERCIST 1.0."""
    rows = []
    for criterion, tables, column in (
        ("Rule of this run", by_rule, "response"),
        ("EORTC 1999", eortc, "eortc"),
        ("PERCIST 1.0", percist, "percist"),
    ):
        counts = {visit: table[column].value_counts() for visit, table in tables.items()}
        classes = [name for name in CLASS_WORDS if any(name in found.index for found in counts.values())]
        for name in classes:
            row: dict[str, object] = {"Criterion": criterion, "Class": CLASS_WORDS[name]}
            rows.append(row | {_day(visit): int(found.get(name, 0)) for visit, found in counts.items()})
    return pd.DataFrame(rows)


CLASS_WORDS = {
    "responder": "metabolic response",
    "non_responder": "no metabolic response",
    "CMR": "complete metabolic response",
    "PMR": "partial metabolic response",
    "SMD": "stable metabolic disease",
    "PMD": "progressive metabolic disease",
    "not_assessable": "not assessable",
}


def rule_table(every: pd.DataFrame, metrics: Mapping[str, str], rules: Mapping[str, str]) -> pd.DataFrame:
    """One row a measure and patient rule, one column a cut-off: percent without response; the planned one starred.

    A cut-off that also asks for a smallest change in the measure's unit has a column of its own.
    """
    percent = 100 - every["responder_percent"]
    text = [
        number(float(value), 0) + (" *" if planned else "") if value == value else "—"
        for value, planned in zip(percent, every["pre_specified"], strict=True)
    ]
    shown = every.assign(
        text=text,
        Measure=every["metric"].map(metrics),
        Rule=every["rule"].map(rules),
        cutoff=[
            f"{cutoff:g} % decrease" + (f" and {smallest:g}" if smallest else "")
            for cutoff, smallest in zip(every["cutoff_percent"], every["smallest_change"], strict=True)
        ],
    )
    wide = shown.pivot_table(
        index=["Measure", "Rule"],
        columns="cutoff",
        values="text",
        aggfunc=lambda texts: texts.iloc[0],
        sort=False,
    )
    return wide.fillna("—").reset_index().rename_axis(columns=None)


def classes_by_rule(
    by_rule: Mapping[str, pd.DataFrame], by_criterion: Mapping[str, pd.DataFrame]
) -> pd.DataFrame:
    """Patient rows for the heat map of responses, never for print: ``rule, patient_id, response``.

    Parameters
    ----------
    by_rule : mapping of str to DataFrame
        By the name of the rule; from :func:`analysis.pet.patient_response`.
    by_criterion : mapping of str to DataFrame
        By the name of the criterion; of its classes CMR and PMR are a response, SMD and PMD none.
    """
    two = {"CMR": "responder", "PMR": "responder", "SMD": "non_responder", "PMD": "non_responder"}
    rows = [table[["patient_id", "response"]].assign(rule=name) for name, table in by_rule.items()]
    for name, table in by_criterion.items():
        column = "eortc" if "eortc" in table else "percist"
        response = table[column].map(two).fillna("not_assessable")
        rows.append(table[["patient_id"]].assign(response=response, rule=name))
    return pd.concat(rows, ignore_index=True)


def example_patient(measures: StudyMeasures, pet_visits: pd.DataFrame) -> str:
    """A patient worth showing: with lesions if anyone has, measured at most visits, then with most lesions, then by name.

    The picture names nobody; the choice depends on the data alone, so that it is the same in every build.
    """
    scans = measures.scans
    for wanted in (pet_visits["patient_id"], measures.lesions["patient_id"]):
        if scans["patient_id"].isin(wanted).any():
            scans = scans[scans["patient_id"].isin(wanted)]
    visits = scans.groupby("patient_id")["visit"].nunique().rename("visits")
    lesions = measures.lesions.groupby("patient_id")["lesion_id"].nunique().rename("lesions")
    ranked = visits.to_frame().join(lesions).fillna(0).reset_index()
    best = ranked.sort_values(["visits", "lesions", "patient_id"], ascending=[False, False, True])
    return str(best["patient_id"].iloc[0])


def _visits(frame: pd.DataFrame) -> list[str]:
    return [visit for visit in VISITS if (frame["visit"] == visit).any()]


def _day(visit: str) -> str:
    return visit.replace("day", "Day ").capitalize()


def _visits_across(rows: Sequence[Mapping[str, str]]) -> pd.DataFrame:
    """One column a visit and one row a fact; a page is too narrow for the facts side by side."""
    return pd.DataFrame(rows).set_index("").T.reset_index(names="").rename_axis(columns=None)


def _spread(values: pd.Series, digits: int) -> str:
    """Median with quartiles; an em dash where there is no value."""
    known = values.dropna().astype(float)
    if known.empty:
        return "—"
    low, middle, high = (number(float(known.quantile(share)), digits) for share in (0.25, 0.5, 0.75))
    return f"{middle} ({low} to {high})"
