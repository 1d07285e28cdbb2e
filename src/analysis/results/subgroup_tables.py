"""Subgroups known before treatment: who belongs to the one that is asked about, and the characteristics of the forest."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.errors import StudyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis.study import Protocol

YES_NO = {
    "visceral": "Visceral metastases",
    "bone": "Bone metastases",
    "measurable": "Measurable disease",
    "endocrine_sensitive": "Endocrine-sensitive before",
}
SETTINGS = {"adjuvant": "(neo)adjuvant", "metastatic": "for metastatic disease"}


def in_subgroup(patients: pd.DataFrame, protocol: Protocol) -> pd.Series:
    """Who belongs to the protocol's subgroup, bool, by nothing but a column known before treatment.

    Raises
    ------
    StudyError
        If the column is not there, or a patient's cell in it is empty: who belongs to it must not be guessed.
    """
    column, value = protocol.value("subgroup.column"), protocol.value("subgroup.value")
    if column not in patients:
        raise StudyError(
            f"the study has no column {column}, which defines the subgroup",
            where="patients.csv",
            do="add it, or name another in the protocol's section `subgroup`",
        )
    unknown = patients[column].isna()
    if unknown.any():
        raise StudyError(
            f"of {int(unknown.sum())} patients it is not known whether they belong to the subgroup",
            where=f"patients.csv, column {column}",
            expected="a value for every randomised patient",
            do="fill the cells",
        )
    return (patients[column].astype("string") == value).astype(bool)


def definition_table(
    patients: pd.DataFrame, inside: pd.Series, arms: Mapping[str, str], *, column: str = "last_treatment"
) -> pd.DataFrame:
    """Patients by earlier treatment and arm, and whether they are in the subgroup: the definition, before any outcome.

    ``column`` is the one that defines it, in the protocol.
    """
    import pandas as pd

    last = patients[column].astype("string").replace(SETTINGS)
    lines = patients["prior_lines"].astype("string").fillna("unknown") if "prior_lines" in patients else "—"
    keyed = pd.DataFrame({"last": last, "lines": lines, "inside": inside, "arm": patients["arm"]})
    rows = []
    for (setting, count, member), part in keyed.groupby(["last", "lines", "inside"], sort=True):
        rows.append(
            {
                "Last treatment before the study": setting,
                "Lines for metastatic disease": count,
                "In the subgroup": "yes" if member else "no",
                **{label: int((part["arm"] == code).sum()) for code, label in arms.items()},
                "All": len(part),
            }
        )
    return pd.DataFrame(rows)


def characteristics(patients: pd.DataFrame, inside: pd.Series, protocol: Protocol) -> pd.DataFrame:
    """Characteristics known before treatment as text, one column each as the forest names it; those that the study has."""
    import pandas as pd

    words, older = protocol.value("subgroup.words"), protocol.value("subgroup.older_from_years")
    found = {"Line of treatment": inside.map({True: words, False: "later lines"})}
    if "age_years" in patients:
        age = patients["age_years"]
        found["Age"] = (
            (age >= older)
            .map({True: f"{older} years or older", False: f"below {older} years"})
            .where(age.notna())
        )
    if "ecog" in patients:
        found["ECOG performance status"] = (
            (patients["ecog"] >= 1).map({True: "≥1", False: "0"}).where(patients["ecog"].notna())
        )
    for name, label in YES_NO.items():
        if name in patients:
            found[label] = patients[name].map({True: "yes", False: "no"})
    if "sites" in patients:
        # In words: a bare small number in a figure is taken for one of patients where these are withheld.
        few = pd.CategoricalDtype(["none", "one", "two", "three or more"])
        places = patients["sites"].astype("Int64").clip(lower=0, upper=3)
        found["Organs with metastases"] = (
            places.map(dict(enumerate(few.categories))).astype(few).cat.remove_unused_categories()
        )
    return pd.DataFrame(
        {
            name: values if isinstance(values.dtype, pd.CategoricalDtype) else values.astype("string")
            for name, values in found.items()
            if values.notna().any()
        }
    )
