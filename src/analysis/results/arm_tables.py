"""Tables and named values of two arms: whole trial and subgroup, local and central reading, beside what is published."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.errors import StudyError
from analysis.results.nested import complete_groups
from analysis.results.survival_values import hold_median, hold_p, rests_on
from analysis.results.value import limit, number, p_text
from analysis.units import months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.data import Study
    from analysis.results.notebook import Notebook
    from analysis.survival import ArmComparison, HazardRatio, Interaction, SubgroupEffect
    from analysis.survival.curve import SurvivalCurve


def two_arms(study: Study) -> tuple[str, str]:
    """Codes of the compared arm and of the control.

    Raises
    ------
    StudyError
        If the study has not exactly two arms: nothing is guessed about which to compare.
    """
    others = [code for code in study.arms if code != study.control]
    if len(others) != 1:
        raise StudyError(
            f"the study has {len(study.arms) or 1} arm(s), and this notebook compares two",
            where=study.id,
            expected="design: randomised, with two arms and control in study.yml",
            do="run it on a two-arm study",
        )
    return others[0], study.control


def strata_of(rows: pd.DataFrame, columns: Sequence[str]) -> list[str | None] | None:
    """Stratum of each patient by the columns that the randomisation was stratified by; None where one is not known.

    Without such columns there is nothing to stratify by, and no list.
    """
    if not columns:
        return None
    cells = rows[list(columns)].astype("string")
    known = cells.notna().all(axis=1)
    joined = cells.fillna("").agg("/".join, axis=1)
    return [text if is_known else None for text, is_known in zip(joined, known, strict=True)]


def hold_arms(book: Notebook, prefix: str, found: ArmComparison | None, *, otherwise: str) -> None:
    """Hold the values of one comparison of arms under ``prefix``; without a result each is missing, with its reason.

    Where one arm has too few events to be shown, so has the comparison; and the other arm's events go too, because the total
    would give them back.
    """
    names = ("n", "events", "hr", "hr_p", "hr_stratified", "logrank_p", "rmst_difference", "tau", "arm_n", "arm_median",
             "control_n", "control_median")  # fmt: skip
    if found is None:
        for name in names:
            book.value(f"{prefix}.{name}", None, definition=name.replace("_", " "), reason=otherwise)
        return
    end, (arm, control), ratio, mean = found.end_point, found.labels, found.hazard_ratio, found.rmst
    in_arms = [curve.n_events for curve in found.curves]
    size = {"n": found.n, "events": rests_on(book, found.events, in_arms)}
    compared = f"{arm} v {control}"
    book.value(f"{prefix}.n", found.n, definition=f"Patients randomised, {end}", events=found.events)
    book.value(f"{prefix}.events", found.events, definition=f"Events of {end}", n=found.n, complement=False)
    book.value(
        f"{prefix}.hr", ratio.estimate, low=ratio.low, high=ratio.high, definition=f"Hazard ratio of {end}, {compared}",
        method=f"{ratio.method}; {ratio.interval} interval", **size,
    )  # fmt: skip
    hold_p(
        book, f"{prefix}.hr_p", ratio.p_value, f"p value: hazard ratio of {end}", method=ratio.method, **size
    )
    within = found.hazard_ratio_stratified
    book.value(
        f"{prefix}.hr_stratified",
        within.estimate if within else None,
        low=within.low if within else None,
        high=within.high if within else None,
        definition=f"Hazard ratio of {end} within strata, {compared}",
        method=within.method if within else "",
        reason="the study names no strata",
        **size,
    )
    test = found.logrank_stratified or found.logrank
    hold_p(
        book, f"{prefix}.logrank_p", test.p_value, f"p value: {end}, {compared}", method=test.method, **size
    )
    book.value(
        f"{prefix}.rmst_difference", months(mean.estimate), low=months(mean.low), high=months(mean.high), digits=1,
        unit="months", definition=f"Difference of restricted mean {end}, {arm} minus {control}", method=mean.method, **size,
    )  # fmt: skip
    book.value(
        f"{prefix}.tau",
        months(mean.tau_days),
        digits=1,
        unit="months",
        definition="Horizon of the restricted means",
    )
    for name, curve in zip(("arm", "control"), found.curves, strict=True):
        events = rests_on(book, curve.n_events, in_arms)
        book.value(f"{prefix}.{name}_n", curve.n, definition=f"Patients: {curve.label}", events=events)
        hold_median(book, f"{prefix}.{name}_median", curve, f"Median {end}: {curve.label}", events=events)


def hold_interaction(
    book: Notebook,
    prefix: str,
    found: Interaction | None,
    definition: str,
    *,
    question: str,
    compared: Sequence[ArmComparison] = (),
    otherwise: str,
) -> Interaction | None:
    """Hold the ratio of hazard ratios and its p value, judged by the side, and the arm, with the fewest patients and events.

    Comes back for the table and the sentences; not, and with a note, where one has too few: beside the whole trial's events either
    side gives the other away, and a ratio that is not shown of two arms is not shown here.

    Parameters
    ----------
    book : Notebook
        The session.
    prefix : str
        Name of the ratio; the p value is held as ``<prefix>_p``.
    found : Interaction or None
        The test.
    definition : str
        Of which end-point, in whom against whom.
    question : str
        As the log has it: what is not shown is kept out of the log.
    compared : sequence of ArmComparison
        The arms in the subgroup, and in all patients.
    otherwise : str
        Why there is none.
    """
    definition_of_p = f"p value: interaction, {definition}"
    definition = f"Ratio of hazard ratios of {definition}"
    if found is None:
        book.value(prefix, None, definition=definition, reason=otherwise)
        hold_p(book, f"{prefix}_p", None, definition_of_p, reason=otherwise)
        return None
    sides = (found.inside, found.outside)
    arms = [curve for one in compared for curve in one.curves]
    patients = [*(one.n for one in sides), *(curve.n for curve in arms)]
    events = [*(one.events for one in sides), *(curve.n_events for curve in arms)]
    n, all_events = rests_on(book, found.n, patients), rests_on(book, found.events, events)
    book.value(
        prefix, found.estimate, low=found.low, high=found.high, definition=definition, method=found.method, n=n,
        events=all_events,
    )  # fmt: skip
    hold_p(book, f"{prefix}_p", found.p_value, definition_of_p, method=found.method, n=n, events=all_events)
    if any(book.too_few(k) for k in (*patients, *events)):
        book.keep_back(question)
        book.note(
            f"{definition}: not shown, a side or an arm has fewer than {book.smallest_cell} patients or events."
        )
        return None
    return found


def arm_table(comparisons: Mapping[str, ArmComparison], published: Mapping[str, str]) -> pd.DataFrame:
    """One row a comparison: medians, hazard ratio plain and within strata, tests, restricted means, and what is published.

    Parameters
    ----------
    comparisons : mapping of str to ArmComparison
        By name, in the order to print.
    published : mapping of str to str
        What a printed source gives for it; an empty text where there is nothing.
    """
    import pandas as pd

    rows = []
    for name, found in comparisons.items():
        first, second = found.curves
        tested = found.proportional_hazards
        test = found.logrank_stratified or found.logrank
        rows.append(
            {
                "Comparison": name,
                "Patients / events": f"{found.n} / {found.events}",
                "Events, arm": f"{first.n_events} of {first.n}",
                "Events, control": f"{second.n_events} of {second.n}",
                "Median, months": f"{_median(first)} v {_median(second)}",
                "Hazard ratio": ratio_text(found.hazard_ratio),
                "Within strata": ratio_text(found.hazard_ratio_stratified),
                "Stratified log-rank p": p_text(test.p_value).removeprefix("= "),
                "Proportional hazards p": "—" if tested is None else p_text(tested.overall.p_value).removeprefix("= "),
                "RMST difference, months": f"{number(months(found.rmst.estimate), 1)} "
                f"({limit(months(found.rmst.low), 1)} to {limit(months(found.rmst.high), 1)}) to month "
                f"{number(months(found.rmst.tau_days), 1)}",
                "Published": published.get(name, "") or "—",
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def interaction_table(found: Mapping[str, Interaction]) -> pd.DataFrame:
    """One row an end-point: the effect inside, outside, their ratio with interval, and the test of interaction."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "End-point": name,
                "Events, subgroup": f"{one.inside.events} of {one.inside.n}",
                "Events, others": f"{one.outside.events} of {one.outside.n}",
                "In the subgroup": ratio_text(one.inside),
                "In the others": ratio_text(one.outside),
                "Ratio of hazard ratios": f"{number(one.estimate, 2)} ({limit(one.low, 2)}–{limit(one.high, 2)})",
                "Interaction p": p_text(one.p_value).removeprefix("= "),
            }
            for name, one in found.items()
        ]
    )


def forest_rows(effects: Sequence[SubgroupEffect], whole: HazardRatio) -> pd.DataFrame:
    """Rows of a forest: all patients first, then each level below its characteristic with the p of its interaction."""
    import pandas as pd

    rows = [
        {
            "name": "All patients", "estimate": whole.estimate, "low": whole.low, "high": whole.high, "n": whole.n,
            "events": whole.events, "family": "Whole trial", "note": "",
        }
    ]  # fmt: skip
    for one in effects:
        tested = "no test" if one.interaction_p != one.interaction_p else f"p {p_text(one.interaction_p)}"
        rows.append(
            {
                "name": one.level, "estimate": one.estimate, "low": one.low, "high": one.high, "n": one.n,
                "events": one.events, "family": f"{one.subgroup} (interaction {tested})", "note": one.note,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def shown_forest(
    book: Notebook, question: str, effects: Sequence[SubgroupEffect], whole: HazardRatio
) -> pd.DataFrame:
    """The rows of :func:`forest_rows` that may be shown: those with patients and events enough, in each arm too.

    With a level goes the whole characteristic: its other levels and all patients would give it back. Where one goes for its arms,
    the log keeps the results of the question back.
    """
    every = forest_rows(effects, whole)
    # The first row is everybody, whom the comparison of the arms has judged.
    few = [False, *(any(book.too_few(k) for arm in one.in_arms for k in arm) for one in effects)]
    shown = book.shown_rows(every, of={"events": "n"})
    if any(few):
        book.keep_back(question)
        book.note(
            f"{sum(few)} levels with an arm of fewer than {book.smallest_cell} patients or events are left out."
        )
    enough = [not few[place] for place in shown.index]
    return complete_groups(book, shown[enough], every, "family")


def ratio_text(ratio: HazardRatio | None) -> str:
    """A hazard ratio with its interval; a dash where there is none."""
    return (
        "—"
        if ratio is None
        else f"{number(ratio.estimate, 2)} ({limit(ratio.low, 2)}–{limit(ratio.high, 2)})"
    )


def _median(curve: SurvivalCurve) -> str:
    return limit(months(curve.median), 1)
