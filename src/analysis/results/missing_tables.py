"""Missing scans and samples as tables: reasons with outcome, and complete cases beside imputation."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from analysis.results.value import MISSING, limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from analysis.data import Study
    from analysis.study import Protocol
    from analysis.survival import HazardRatio, PooledCox

WORDS = {
    "pet_baseline": "PET at baseline",
    "pet_day14": "PET at day 14",
    "pet_day28": "PET at day 28",
    "plasma_baseline": "plasma at baseline",
    "plasma_day14": "plasma at day 14",
    "assessed": "assessable PET of this run",
}

VISIT_OF = {
    "pet_baseline": "baseline",
    "pet_day14": "day14",
    "pet_day28": "day28",
    "plasma_baseline": "baseline",
    "plasma_day14": "day14",
}
"""Columns of :func:`analysis.cohort.patient_exclusions` and the visit of each."""


def reasons_of(
    study: Study, protocol: Protocol, response: pd.DataFrame, *, visit: str
) -> tuple[pd.DataFrame, dict[str, float]]:
    """Why each treated patient lacks a scan, a sample or a response; and the day of each visit.

    Parameters
    ----------
    study, protocol
        Tables and visits.
    response : pandas.DataFrame
        Response of the run: patient_id, visit, response, reason.
    visit : str
        That decides.

    Returns
    -------
    tuple of DataFrame and dict
        Patient rows, never to be printed: patient_id and a column a thing (what the study's tables cannot tell is left
        out, and the response where only those without a scan lack it); the day by column.
    """
    from analysis.cohort import patient_exclusions

    table = patient_exclusions(study, protocol)
    table = table[table["treated"].isna() | (table["treated"] == "not known")]
    at = response[response["visit"] == visit].set_index("patient_id")
    lacking = at["reason"].where(at["response"] == "not_assessable").astype("string")
    lacking = lacking.mask(
        (at["response"] == "not_assessable") & (lacking.fillna("") == ""), "reason not recorded"
    )
    table = table.assign(assessed=table["patient_id"].map(lacking).astype("string"))
    days = {name: float(protocol.visits[at].day) for name, at in VISIT_OF.items() if name in table}
    own = next(
        (name for name, at in VISIT_OF.items() if at == visit and name.startswith("pet") and name in table),
        "",
    )
    if not own or not (table["assessed"].isna() == table[own].isna()).all():
        days["assessed"] = float(protocol.visits[visit].day)
    known = {name: day for name, day in days.items() if not (table[name] == "not known").fillna(False).all()}
    return table[["patient_id", *known]], known


def auxiliary_variables(
    patients: pd.Series, response: pd.DataFrame, calls: pd.DataFrame | None, *, visit: str
) -> dict[str, np.ndarray]:
    """What helps to impute a missing response: the change at the other visit, ctDNA at baseline and at day 14.

    Parameters
    ----------
    patients : pandas.Series
        patient_id of each patient of the model, in order.
    response : pandas.DataFrame
        patient_id, visit, change_percent.
    calls : pandas.DataFrame or None
        Plasma calls, if the study has any.
    visit : str
        That decides; its own change says what is to be imputed and takes no part.

    Returns
    -------
    dict of str to numpy.ndarray
        By name; only those of which at least five values are known that are not all equal.
    """
    sources = {
        f"change at {name}": rows.set_index("patient_id")["change_percent"]
        for name, rows in response.groupby("visit")
        if name != visit
    }
    if calls is not None:
        for name in ("baseline", "day14"):
            sources[f"panel at {name}"] = calls[calls["visit"] == name].set_index("patient_id")["panel"]
    found = {
        name: patients.map(values).astype("Float64").to_numpy(float, na_value=np.nan)
        for name, values in sources.items()
    }
    return {
        name: values
        for name, values in found.items()
        if np.isfinite(values).sum() >= 5 and np.ptp(values[np.isfinite(values)]) > 0
    }


def missing_table(found: pd.DataFrame) -> pd.DataFrame:
    """One row a reason, with the outcome of those who lack the scan or sample from its day on.

    Parameters
    ----------
    found : pandas.DataFrame
        From :func:`analysis.survival.missing_and_outcome`.
    """
    import pandas as pd

    rows: list[dict[str, Any]] = [
        {
            "What": WORDS.get(str(row.what), str(row.what)),
            "Missing because": row.reason,
            "Patients": row.n,
            "PFS ended before the day": row.ended_before,
            "At risk / events after": f"{row.at_risk} / {row.events}",
            "Median PFS from the day, months": MISSING
            if not row.at_risk
            else limit(months(row.median_days), 1),
            "Hazard ratio, missing v not": MISSING
            if row.estimate != row.estimate
            else f"{number(row.estimate, 2)} ({limit(row.low, 2)} to {limit(row.high, 2)})",
        }
        for row in (
            SimpleNamespace(**{str(k): v for k, v in record.items()}) for record in found.to_dict("records")
        )
    ]
    return pd.DataFrame(rows)


def imputation_table(
    ratios: Mapping[str, HazardRatio | None], pooled: PooledCox, *, without_p: bool = False
) -> pd.DataFrame:
    """One row a way to treat the missing: patients, events, hazard ratio.

    Parameters
    ----------
    ratios : mapping of str to HazardRatio or None
        By name; None where a way gives no finite ratio.
    pooled : PooledCox
        For degrees of freedom and missing information, in the remark of its own row.
    without_p : bool
        Whether the groups' cut-off was chosen after looking: p values are then withheld.
    """
    import pandas as pd

    rows = []
    for name, ratio in ratios.items():
        last = ratio is pooled.hazard_ratio
        rows.append(
            {
                "Missing PET": name,
                "Patients / events": MISSING if ratio is None else f"{ratio.n} / {ratio.events}",
                "Hazard ratio": MISSING
                if ratio is None
                else f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)} to {limit(ratio.high, 2)})",
                "p": "withheld"
                if without_p
                else MISSING
                if ratio is None
                else p_text(ratio.p_value).removeprefix("= "),
                "Remark": f"{pooled.pooled.imputations} data sets, {pooled.pooled.degrees_of_freedom:.1f} degrees of freedom, "
                f"{100 * pooled.pooled.missing_information:.0f} % of the information missing"
                if last
                else "",
            }
        )
    return pd.DataFrame(rows)
