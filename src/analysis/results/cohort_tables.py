"""Tables of the cohort notebook: follow-up, published trials beside this one, and the lanes of the swimmer plot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analysis.results.value import limit, number
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.data import Study

END_POINTS = {"pfs": "Progression-free survival", "os": "Overall survival"}


def representativeness_table(rows: pd.DataFrame) -> pd.DataFrame:
    """One row a published figure as it is printed, with its mark.

    Parameters
    ----------
    rows : DataFrame
        As :func:`analysis.cohort.representativeness` gives it.
    """
    import pandas as pd

    def shown(row: pd.Series) -> str:
        low, value, high = (number(float(row[name]), 0) for name in ("low", "value", "high"))
        return f"{value} {row['unit']} ({low}–{high})"

    return pd.DataFrame(
        {
            "Characteristic": rows["label"],
            "Level": rows["level"],
            "Patients": rows["count"],
            "Of": rows["n"],
            "Here": [shown(row) for _, row in rows.iterrows()],
            "Published": [
                f"{row['study_value']:g} {row['unit']} (n = {row['study_n']})" for _, row in rows.iterrows()
            ],
            "Study": rows["study"],
            "Known": rows["basis"].replace({"recalled": "recalled, not verified"}),
            "Std. difference": rows["difference"],
        }
    )


def sources_sentence(rows: pd.DataFrame) -> str:
    """Where the published figures stand, study by study, for the line below their table."""
    told = rows.assign(said=rows["source"] + rows["note"].map(lambda note: f" ({note})" if note else ""))
    by_study = told.groupby("study", sort=False)["said"].unique()
    return "Sources. " + " ".join(f"{study}: {'; '.join(said)}." for study, said in by_study.items())


def follow_up_table(study: Study) -> pd.DataFrame:
    """One row an end-point: patients, events, follow-up with quartiles and interval, completeness.

    Parameters
    ----------
    study : Study
        Needs ``outcomes``; an end-point that no patient has is left out, as is a patient without time or event.

    References
    ----------
    Schemper and Smith 1996, doi 10.1016/0197-2456(96)00075-X; completeness: Clark, Altman and De Stavola 2002,
    doi 10.1016/S0140-6736(02)08272-7. For progression-free survival the potential time is that known alive.
    """
    import pandas as pd

    from analysis.survival import follow_up_of

    outcomes = study.table("outcomes")
    rows = []
    for name, words in END_POINTS.items():
        known = outcomes.dropna(subset=[f"{name}_days", f"{name}_event"])
        if known.empty:
            continue
        time, event = known[f"{name}_days"], known[f"{name}_event"]
        alive = known["os_days"] if name == "pfs" and known["os_days"].notna().all() else None
        found = follow_up_of(time, event, potential_days=alive)
        curve = found.curve
        rows.append(
            {
                "End-point": words,
                "Patients": len(known),
                "Events": int(event.sum()),
                "Median follow-up, months": limit(months(curve.median), 1),
                "95 % interval": f"{limit(months(curve.median_low), 1)}–{limit(months(curve.median_high), 1)}",
                "Quartiles": f"{limit(months(found.lower_quartile), 1)}–{limit(months(found.upper_quartile), 1)}",
                "Completeness, %": None
                if found.completeness != found.completeness
                else 100 * found.completeness,
            }
        )
    return pd.DataFrame(rows)


def swimmer_rows(study: Study, response: pd.DataFrame | None, *, visit: str) -> pd.DataFrame:
    """One row a patient for :func:`analysis.figures.draw_swimmer`, without any name.

    Parameters
    ----------
    study : Study
        Needs ``outcomes``; progression is the first assessment read as such by the local reader, where there are any.
    response : DataFrame or None
        ``patient_id, visit, response`` at follow-up visits; None where nobody was assessed.
    visit : str
        The visit whose response orders the lanes.

    Returns
    -------
    DataFrame
        ``treatment_days`` (to the last dose; where none is recorded, to the last contact), ``on_treatment``,
        ``response`` (missing where none is known), ``progression_day``, ``new_therapy_day``, ``death_day``.
    """
    import pandas as pd

    outcomes = study.table("outcomes").set_index("patient_id")
    lanes = pd.DataFrame(index=outcomes.index)
    lanes["on_treatment"] = outcomes["treatment_end_day"].isna() & outcomes["death_day"].isna()
    lanes["treatment_days"] = outcomes["treatment_end_day"].fillna(outcomes["last_contact_day"])
    lanes["response"] = pd.Series(pd.NA, index=outcomes.index, dtype="string")
    if response is not None:
        at_visit = response[response["visit"] == visit].set_index("patient_id")["response"]
        lanes["response"] = at_visit.reindex(outcomes.index)
    lanes["progression_day"] = float("nan")
    if study.has("assessments"):
        read = study.table("assessments").query("response == 'PD' and reader == 'local'")
        lanes["progression_day"] = read.groupby("patient_id")["assessed_day"].min().reindex(outcomes.index)
    for name in ("new_therapy_day", "death_day"):
        lanes[name] = outcomes[name]
    return lanes.reset_index(drop=True)
