"""How sure metabolic responses are, as tables of aggregates and sentences: no row is one patient."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd

from analysis.results.pet_tables import CLASS_WORDS
from analysis.results.value import number

if TYPE_CHECKING:
    from analysis.pet import Agreement, LesionRule, PatientRule, Repeatability, ResponseCertainty

SURE = 0.95
"""Probability from which a change or a switch is called beyond repeatability."""


def definition_table(
    lesion_rules: Mapping[str, LesionRule], patient_rules: Mapping[str, PatientRule]
) -> pd.DataFrame:
    """Every named rule with its definition, boundaries included, and its source."""
    rows = [
        {"Rule for": "lesion", "Name": rule.name, "Definition": rule.definition, "Source": rule.source}
        for rule in lesion_rules.values()
    ]
    rows += [
        {
            "Rule for": "patient",
            "Name": rule.name.replace("_", " "),
            "Definition": rule.definition,
            "Source": rule.source,
        }
        for rule in patient_rules.values()
    ]
    return pd.DataFrame(rows)


def certainty_table(
    study: Mapping[str, ResponseCertainty], flat: Mapping[str, ResponseCertainty]
) -> pd.DataFrame:
    """One row a name (a visit, a rule): responders measured and expected, expected misclassified, undecided.

    Parameters
    ----------
    study, flat : mapping of str to ResponseCertainty
        With the prior of the study and without any, for the same names.
    """
    rows = []
    for name, certainty in study.items():
        patients, alone = certainty.patients, flat[name]
        unsure = patients["probability_responder"].between(1 - SURE, SURE, inclusive="neither")
        rows.append(
            {
                "": name.replace("_", " "),
                "Responders": f"{(patients['response'] == 'responder').sum()} of {len(patients)}",
                "True responders": _expected(
                    certainty.responders, certainty.responders_low, certainty.responders_high
                ),
                "Wrong class": _expected(
                    certainty.misclassified, certainty.misclassified_low, certainty.misclassified_high
                ),
                "Wrong class, measurement alone": _expected(
                    alone.misclassified, alone.misclassified_low, alone.misclassified_high
                ),
                "Undecided": int(unsure.sum()),
            }
        )
    return pd.DataFrame(rows)


def class_table(found: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One row a criterion and class: patients measured in it, and of these how many are expected to be right.

    Parameters
    ----------
    found : mapping of str to DataFrame
        By criterion; ``measured`` and one column of probabilities a class.
    """
    rows = []
    for criterion, table in found.items():
        for name in [column for column in table.columns if column in CLASS_WORDS]:
            inside = table["measured"] == name
            if not inside.any():
                continue
            rows.append(
                {
                    "Criterion": criterion,
                    "Class": CLASS_WORDS[name],
                    "Patients": int(inside.sum()),
                    "Expected to be right": float(table.loc[inside, name].sum()),
                    f"Right with {100 * SURE:.0f} %": int((table.loc[inside, name] >= SURE).sum()),
                }
            )
    return pd.DataFrame(rows)


def classes_of_rule(certainty: ResponseCertainty) -> pd.DataFrame:
    """Certainty of a rule in the form of the published criteria's: ``measured`` and a probability for both classes."""
    patients = certainty.patients
    return pd.DataFrame(
        {
            "measured": patients["response"].astype(str),
            "responder": patients["probability_responder"],
            "non_responder": 1 - patients["probability_responder"],
        }
    )


def lesion_class_table(lesions: pd.DataFrame) -> pd.DataFrame:
    """One row a visit and class of lesions: measured, expected truly, and changes beyond repeatability."""
    rows = []
    for visit, here in lesions.groupby("visit", sort=True):
        for name in ("responding", "stable", "progressing"):
            inside = here["lesion_class"] == name
            probability = here[f"probability_{name}"]
            rows.append(
                {
                    "Visit": visit,
                    "Class": name,
                    "Lesions": int(inside.sum()),
                    "Expected truly": float(probability.sum()),
                    "Of those measured, expected to be right": float(probability[inside].sum()),
                    f"Change real with {100 * SURE:.0f} %": int(
                        (here.loc[inside, "probability_real"] >= SURE).sum()
                    ),
                }
            )
    return pd.DataFrame(rows)


def switch_table(
    both: Agreement, found: Mapping[str, ResponseCertainty], switches: pd.DataFrame
) -> pd.DataFrame:
    """One row a kind of patient: same or different response at the two visits, with both probabilities of response.

    Parameters
    ----------
    both : Agreement
        Of the two visits.
    found : mapping of str to ResponseCertainty
        Of the same two visits, in order.
    switches : DataFrame
        From :func:`analysis.pet.response_certainty`.
    """
    pairs = _pairs(both, found, switches)
    names = [visit.replace("day", "day ") for visit in found]
    rows = []
    for one in ("responder", "non_responder"):
        for two in ("responder", "non_responder"):
            here = pairs[(pairs["first_response"] == one) & (pairs["second_response"] == two)]
            rows.append(
                {
                    f"At {names[0]}": CLASS_WORDS[one],
                    f"At {names[1]}": CLASS_WORDS[two],
                    "Patients": len(here),
                    f"Median P(response), {names[0]}": _percent(here["first_probability"]),
                    f"Median P(response), {names[1]}": _percent(here["second_probability"]),
                    f"Different with {100 * SURE:.0f} %": int((here["probability_switch"] >= SURE).sum()),
                }
            )
    return pd.DataFrame(rows)


def switchers(
    both: Agreement, found: Mapping[str, ResponseCertainty], switches: pd.DataFrame
) -> pd.DataFrame:
    """Patient rows, for ``data/derived`` alone: who changes class, with both changes and probabilities."""
    pairs = _pairs(both, found, switches)
    listed = pairs[pairs["first_response"] != pairs["second_response"]]
    return listed.assign(beyond_repeatability=listed["probability_switch"] >= SURE).reset_index(drop=True)


def _pairs(both: Agreement, found: Mapping[str, ResponseCertainty], switches: pd.DataFrame) -> pd.DataFrame:
    first, second = (
        certainty.patients.set_index("patient_id")["probability_responder"] for certainty in found.values()
    )
    return both.pairs.assign(
        first_probability=both.pairs["patient_id"].map(first).astype(float),
        second_probability=both.pairs["patient_id"].map(second).astype(float),
        probability_switch=both.pairs["patient_id"]
        .map(switches.set_index("patient_id")["probability_switch"])
        .astype(float),
    )


def day_sentence(both: Agreement, switches: pd.DataFrame) -> str:
    """What the two days say of the same patients, and how much of the difference repeatability alone explains."""
    switched = switches[switches["switched"]]
    sure = int((switched["probability_switch"] >= SURE).sum())
    beyond = (
        "none of the switches is"
        if sure == 0
        else "one of the switches is"
        if sure == 1
        else f"{sure} of the switches are"
    )
    return (
        f"Of {both.n} patients assessed at both days {len(switched)} change their class; {beyond} beyond repeatability "
        f"with {100 * SURE:.0f} % probability."
    )


def prior_sentence(prior: str) -> str:
    """Which prior the leading probabilities rest on, in words."""
    if prior == "study":
        return "as spread as in this study, less the error of measurement"
    return "unknown: the study has too few patients to say how true changes are spread"


def source_sentence(repeatability: Repeatability) -> str:
    """Where the repeatability comes from, with its mark if nobody has checked it."""
    mark = "" if repeatability.verified else f" ({repeatability.basis}, not verified)"
    return f"{repeatability.source}{mark}"


def _percent(probability: pd.Series) -> str:
    return "—" if probability.empty else f"{number(100 * float(probability.median()), 0)} %"


def _expected(value: float, low: float, high: float) -> str:
    return f"{number(value, 1)} ({number(low, 0)} to {number(high, 0)})"
