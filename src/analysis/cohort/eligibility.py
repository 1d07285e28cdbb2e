"""Eligibility item by item: how often each criterion is met, and who is eligible."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from analysis.errors import ParameterError, StudyError

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.study import Protocol

KINDS = ("inclusion", "exclusion")


def _fulfilled(study: Study, protocol: Protocol) -> pd.DataFrame:
    """Patients (rows) by criteria (columns), "boolean": whether the criterion speaks for inclusion.

    A met exclusion criterion speaks against. A missing row or an empty cell is <NA>.
    """
    table = study.table("eligibility")
    unknown = sorted(set(table["item"]) - set(protocol.eligibility))
    if unknown:
        raise StudyError(
            "eligibility has items that the protocol does not know: " + ", ".join(unknown),
            where=f"{study.id}, eligibility, column item",
            expected="one of " + ", ".join(protocol.eligibility),
            do="correct the code, or add the criterion to data/protocol.yml",
            offenders=unknown,
        )
    wrong = [item.code for item in protocol.eligibility.values() if item.kind not in KINDS]
    if wrong:
        raise ParameterError(
            "criteria of unknown kind: " + ", ".join(wrong),
            where="data/protocol.yml, eligibility",
            expected="one of " + ", ".join(KINDS),
            offenders=wrong,
        )
    patients = study.table("patients")["patient_id"]
    fulfilled = {}
    for code, item in protocol.eligibility.items():
        met = table[table["item"] == code].set_index("patient_id")["met"].astype("boolean")
        met = met.reindex(pd.Index(patients, name="patient_id"))
        fulfilled[code] = ~met if item.kind == "exclusion" else met
    return pd.DataFrame(fulfilled)


def eligibility_items(study: Study, protocol: Protocol) -> pd.DataFrame:
    """One row a criterion of the protocol: how many patients fulfil it, do not, or are unknown.

    Parameters
    ----------
    study : Study
        Needs the tables ``patients`` and ``eligibility``. A patient without a row for a criterion,
        or with an empty cell, is unknown for it.
    protocol : Protocol
        Whose criteria are counted, in its order.

    Returns
    -------
    pandas.DataFrame
        item, kind, criterion, met, not_met, unknown. ``met`` counts the patients whom the criterion
        lets in: for an exclusion criterion, those to whom it does not apply.

    Raises
    ------
    StudyError
        If a table is lacking, or holds a criterion the protocol does not know.
    """
    fulfilled = _fulfilled(study, protocol)
    return pd.DataFrame(
        {
            "item": list(protocol.eligibility),
            "kind": [item.kind for item in protocol.eligibility.values()],
            "criterion": [item.text for item in protocol.eligibility.values()],
            "met": fulfilled.fillna(False).sum().to_numpy(dtype=int),
            "not_met": (~fulfilled).fillna(False).sum().to_numpy(dtype=int),
            "unknown": fulfilled.isna().sum().to_numpy(dtype=int),
        }
    )


def eligible_patients(study: Study, protocol: Protocol) -> pd.DataFrame:
    """One row a patient: eligible or not, and which criteria decide.

    Returns
    -------
    pandas.DataFrame
        patient_id; eligible ("boolean": False if any criterion is known to fail, <NA> if none fails
        but some are unknown); failed and unknown (codes of the criteria, joined by a comma; empty
        text where there is none).

    Raises
    ------
    StudyError
        As :func:`eligibility_items`.
    """
    fulfilled = _fulfilled(study, protocol)
    fails = (~fulfilled).fillna(False).astype(bool)
    unknown = fulfilled.isna()
    fails_any, unknown_any = fails.any(axis=1), unknown.any(axis=1)
    eligible = (~fails_any).astype("boolean").mask(unknown_any & ~fails_any)
    return pd.DataFrame(
        {"eligible": eligible, "failed": _codes(fails), "unknown": _codes(unknown)}
    ).reset_index()


def _codes(flags: pd.DataFrame) -> pd.Series:
    codes = flags.columns.to_numpy(dtype=object)
    joined = [", ".join(codes[row]) for row in flags.to_numpy(dtype=bool)]
    return pd.Series(joined, index=flags.index, dtype="string")
