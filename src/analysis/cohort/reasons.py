"""Why each patient is not in each population: one reason a patient and step, in words."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd

from analysis.cohort.eligibility import eligible_patients

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol, Visit

REASONS = {
    "early_progression": "progression before the scan",
    "toxicity": "toxicity",
    "withdrawal": "withdrawal",
    "death": "death",
    "technical": "technical failure",
    "logistics": "logistics",
}
"""Words for the codes of ``pet_visits.reason``."""

PET_VISITS = {"pet_baseline": "baseline", "pet_day14": "day14", "pet_day28": "day28"}
PLASMA_VISITS = {"plasma_baseline": "baseline", "plasma_day14": "day14"}
PLASMA_RESULTS = ("panel_detected", "max_vaf_percent", "tumour_fraction_percent")


@dataclass(frozen=True)
class Step:
    """A step before counting: its label, parent, the patients' reasons, and what is not known.

    ``reasons`` is a text Series over every patient, <NA> for those the step itself does not exclude
    (whatever happened at its parents); None where the study's tables cannot tell.
    """

    name: str
    label: str
    parent: str | None
    reasons: pd.Series | None
    notes: tuple[str, ...] = ()


def _over(patients: pd.Index, condition: pd.Series) -> pd.Series:
    """Condition for every patient; whoever it says nothing about does not meet it."""
    return condition.astype("boolean").reindex(patients).fillna(False).astype(bool)


def _reasons(patients: pd.Index, included: pd.Series, *why: tuple[pd.Series | bool, str]) -> pd.Series:
    """Reason of everyone who is not included: the first of ``why`` whose condition holds."""
    text = pd.Series(pd.NA, index=patients, dtype="string")
    open_ = ~_over(patients, included)
    for condition, words in why:
        hit = open_ & (condition if isinstance(condition, bool) else _over(patients, condition))
        text[hit] = words
        open_ &= ~hit
    return text


def _lacking(name: str, label: str, parent: str | None, what: str) -> Step:
    return Step(name, label, parent, None, (f"Not known: the study has no {what}.",))


def _has(study: Study, table: str, *columns: str) -> bool:
    """Whether the study has these columns: neither absent nor declared lacking (then all missing)."""
    if table not in study.tables or set(columns) & set(study.lacks.get(table, ())):
        return False
    present = study.tables[table].columns
    return all(column in present or f"{column}_day" in present for column in columns)


def _eligible(study: Study, protocol: Protocol, patients: pd.Index) -> Step:
    label = "Eligible"
    if "eligibility" not in study.tables:
        return _lacking("eligible", label, "screened", "table of eligibility")
    found = eligible_patients(study, protocol).set_index("patient_id")
    first = found["failed"].str.split(", ").str[0]
    words = {code: f"criterion {code} not met: {item.text}" for code, item in protocol.eligibility.items()}
    unclear = int(found["eligible"].isna().sum())
    notes = (f"{unclear} kept although a criterion is unknown.",) if unclear else ()
    reasons = first.map(words).astype("string").reindex(patients)
    return Step("eligible", label, "screened", reasons, notes)


def _treated(study: Study, patients: pd.Index) -> Step:
    if not _has(study, "patients", "treatment_start"):
        return _lacking("treated", "Started treatment", "eligible", "start of treatment in patients")
    started = study.table("patients").set_index("patient_id")["treatment_start_day"].notna()
    return Step(
        "treated",
        "Started treatment",
        "eligible",
        _reasons(patients, started, (True, "treatment not started")),
    )


def _pet(
    study: Study, protocol: Protocol, name: str, patients: pd.Index, refused: pd.DataFrame | None
) -> Step:
    visit = protocol.visits[PET_VISITS[name]]
    planned = "at baseline" if visit.name == "baseline" else f"at day {visit.day}"
    label = f"PET {'done' if refused is None else 'evaluable'} {planned}"
    parent = "treated" if visit.name == "baseline" else "pet_baseline"
    if "pet_visits" not in study.tables:
        return _lacking(name, label, parent, "table of PET visits")
    table = study.table("pet_visits")
    table = table[table["visit"] == visit.name].set_index("patient_id")
    done = table["status"] == "done"
    included = _over(patients, done)
    why: list[tuple[pd.Series | bool, str]] = []
    if refused is not None:
        scans = refused[refused["visit"] == visit.name].drop_duplicates("patient_id").set_index("patient_id")
        scans = scans[scans.index.isin(included.index[included])]
        included &= ~pd.Series(included.index.isin(scans.index), index=included.index)
        for words, rows in scans.groupby("reason", sort=True):
            why.append((pd.Series(True, index=rows.index), f"not assessable: {words}"))
    not_done = table["status"] == "not_done"
    why += [(table["reason"] == code, words) for code, words in REASONS.items()]
    why += [
        (table["status"] == "not_planned", "not planned"),
        (not_done, "scan not made, reason not recorded"),
        (True, "no record of this scan"),
    ]
    return Step(name, label, parent, _reasons(patients, included, *why), _outside(study, table, visit))


def _outside(study: Study, table: pd.DataFrame, visit: Visit) -> tuple[str, ...]:
    """Note on scans outside the visit's window: they stay in, because the label is the trial's own."""
    if not _has(study, "pet_visits", "scanned"):
        return ("Not known: the day of the scan; the visit's window could not be checked.",)
    day = table.loc[table["status"] == "done", "scanned_day"]
    low, high = visit.window
    outside = int(((day < low) | (day > high)).sum())
    undated = int(day.isna().sum())
    notes = []
    if outside:
        notes.append(f"{outside} scanned outside day {low} to {high}, kept.")
    if undated:
        notes.append(f"{undated} without the day of the scan, kept.")
    return tuple(notes)


def _plasma(study: Study, protocol: Protocol, name: str, patients: pd.Index) -> Step:
    visit = protocol.visits[PLASMA_VISITS[name]]
    label = f"Plasma result {'at baseline' if visit.name == 'baseline' else f'at day {visit.day}'}"
    if "plasma_samples" not in study.tables:
        return _lacking(name, label, "treated", "table of plasma samples")
    table = study.table("plasma_samples")
    table = table[table["visit"] == visit.name]
    results = [column for column in PLASMA_RESULTS if column in table]
    sampled = table.groupby("patient_id").size() > 0
    measured = table[results].notna().any(axis=1).groupby(table["patient_id"]).any()
    why = ((sampled, "sample without a result"), (True, "no sample"))
    return Step(name, label, "treated", _reasons(patients, measured, *why))


def _tissue(study: Study, patients: pd.Index) -> Step:
    label = "Tissue result"
    if "tissue" not in study.tables:
        return _lacking("tissue", label, "treated", "table of tissue")
    table = study.table("tissue")
    taken = table.groupby("patient_id").size() > 0
    evaluable = table["value"].notna().groupby(table["patient_id"]).any()
    why = ((taken, "specimen not evaluable"), (True, "no specimen"))
    return Step("tissue", label, "treated", _reasons(patients, evaluable, *why))


def _survival(study: Study, patients: pd.Index) -> Step:
    label = "Progression-free survival known"
    if "outcomes" not in study.tables:
        return _lacking("survival", label, "treated", "table of outcomes")
    if not _has(study, "outcomes", "pfs_days", "pfs_event"):
        return _lacking("survival", label, "treated", "progression-free survival in outcomes")
    table = study.table("outcomes").set_index("patient_id")
    known = table["pfs_days"].notna() & table["pfs_event"].notna()
    present = pd.Series(True, index=table.index)
    why = ((present, "time or event missing"), (True, "no outcome recorded"))
    return Step("survival", label, "treated", _reasons(patients, known, *why))


def steps(study: Study, protocol: Protocol, *, refused: pd.DataFrame | None = None) -> tuple[Step, ...]:
    """Return every step with its nearest known parent, and reasons that include the parent's."""
    patients = pd.Index(study.table("patients")["patient_id"], name="patient_id")
    screened = "Screened" if "eligibility" in study.tables else "In the study's data"
    return _inherit(
        Step("screened", screened, None, pd.Series(pd.NA, index=patients, dtype="string")),
        _eligible(study, protocol, patients),
        _treated(study, patients),
        *(_pet(study, protocol, name, patients, refused) for name in PET_VISITS),
        *(_plasma(study, protocol, name, patients) for name in PLASMA_VISITS),
        _tissue(study, patients),
        _survival(study, patients),
    )


def _inherit(*raw: Step) -> tuple[Step, ...]:
    """Parents that cannot be told are skipped; someone outside the parent keeps the parent's reason."""
    done: dict[str, Step] = {}
    for step in raw:
        parent = step.parent
        while parent is not None and done[parent].reasons is None:
            parent = done[parent].parent
        reasons = step.reasons
        above = done[parent].reasons if parent is not None else None
        if reasons is not None and above is not None:
            reasons = above.fillna(reasons)
        done[step.name] = replace(step, parent=parent, reasons=reasons)
    return tuple(done.values())


def patient_exclusions(
    study: Study, protocol: Protocol, *, refused: pd.DataFrame | None = None
) -> pd.DataFrame:
    """One row a patient and one column a population: why the patient is not in it. Never to be printed.

    Parameters
    ----------
    study : Study
        Needs ``patients``.
    protocol : Protocol
        Criteria and visits.
    refused : pandas.DataFrame, optional
        Scans that were made but cannot be used: patient_id, visit, reason. The PET notebook knows
        them; without them a scan counts as soon as it was made.

    Returns
    -------
    pandas.DataFrame
        patient_id, then one text column a population: <NA> for its members. Someone outside a
        population's parent carries the parent's reason. A population that the study's tables cannot
        tell has "not known" in every row.
    """
    patients = study.table("patients")["patient_id"]
    columns = {
        step.name: step.reasons.to_numpy() if step.reasons is not None else ["not known"] * len(patients)
        for step in steps(study, protocol, refused=refused)
    }
    table = pd.DataFrame(columns, dtype="string")
    table.insert(0, "patient_id", patients.to_numpy())
    return table
