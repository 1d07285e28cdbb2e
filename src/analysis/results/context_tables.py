"""Published evidence as it is printed: every figure carries how it is known, and what is recalled says so."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from analysis.errors import PublicationError
from analysis.results.value import limit, number
from analysis.units import DAYS_PER_MONTH, months

if TYPE_CHECKING:
    import pandas as pd

    from analysis.evidence import Matching, MatchingTask, WeightedComparison
    from analysis.study import ContextStudy, Correction, MarkedFact, Protocol, PublishedTrial
    from analysis.survival import SurvivalCurve

UNVERIFIED = "recalled, not verified"
KNOWN = {"read": "read", "recalled": UNVERIFIED, "computed": "computed from open data"}
"""How each basis is printed. Nothing published is printed by another way than :func:`known`."""


def known(basis: str) -> str:
    """How a figure is known, in words.

    Raises
    ------
    PublicationError
        If the basis is none of read, recalled and computed: then the figure cannot be printed.

    Examples
    --------
    >>> known("recalled")
    'recalled, not verified'
    """
    if basis not in KNOWN:
        raise PublicationError(
            f"it is not said how a published figure is known: {basis!r}",
            expected="one of " + ", ".join(KNOWN),
        )
    return KNOWN[basis]


def _marked(text: str, basis: str) -> str:
    return text if basis == "read" else f"{text} ({known(basis)})"


def published_fact(protocol: Protocol, name: str) -> str:
    """A published figure of the protocol as it is printed: bare where it was read in the source, else with its mark.

    Raises
    ------
    ParameterError
        If the protocol holds no such fact.
    PublicationError
        If its basis is not one of a published figure: published, recalled or computed.
    """
    text = str(protocol.value(f"published.{name}"))
    basis = protocol.facts[f"published.{name}"].basis
    return _marked(text, "read" if basis == "published" else basis)


def _told(*facts: MarkedFact) -> str:
    """Facts side by side, read ones first: each of the others stands behind its mark."""
    order = list(KNOWN)
    groups = itertools.groupby(
        sorted(facts, key=lambda one: order.index(one.basis) if one.basis in order else -1),
        lambda one: one.basis,
    )
    parts = ((basis, "; ".join(one.told for one in group)) for basis, group in groups)
    return "; ".join(told if basis == "read" else f"{known(basis)}: {told}" for basis, told in parts)


def studies_table(studies: Iterable[ContextStudy]) -> pd.DataFrame:
    """One row a published result. How the result is known stands next to the study, where no narrow page cuts it off.

    A fact of design, day, metric, cut-off or number of patients that was not read stands behind its own mark.
    """
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "Study": f"{one.study} ({_number(one.n)})",
                "Result known": known(one.basis),
                "Design, patients, treatment": _told(one.design, one.setting, one.treatment),
                "Marker, day, cut-off": f"{one.marker}; {_told(one.timing, one.metric, one.cutoff)}",
                "Result": f"{one.outcome}: {_result(one)}",
                "Beware": one.note,
            }
            for one in studies
        ]
    )


def _number(n: MarkedFact) -> str:
    return f"n = {n.told}" if n.basis == "read" else f"n = {n.told}, {known(n.basis)}"


def _result(one: ContextStudy) -> str:
    parts = []
    if not math.isnan(one.estimate):
        interval = (
            f" ({one.level:.0f} % interval {number(one.low, 2)}–{number(one.high, 2)})"
            if not math.isnan(one.low)
            else " (interval not known)"
        )
        parts.append(f"{one.measure} {number(one.estimate, 2)}{interval}")
    if one.comparison:
        parts.append(one.comparison)
    if one.result:
        parts.append(one.result)
    return "; ".join(parts)


def _forest_name(one: ContextStudy) -> str:
    """What a row of the forest shows, with its marks: the result's covers the row, another one names what it is of."""
    name = f"{one.study}, {one.treatment.told}, {one.timing.told}: {one.metric.told}, {one.cutoff.told}; {one.outcome}"
    facts = {
        "treatment": one.treatment,
        "day": one.timing,
        "metric": one.metric,
        "cut-off": one.cutoff,
        "n": one.n,
    }
    others = [
        basis
        for basis in dict.fromkeys(fact.basis for fact in facts.values())
        if basis not in ("read", one.basis)
    ]
    marks = [] if one.basis == "read" else [known(one.basis)]
    for basis in others:
        marks.append(
            f"{', '.join(key for key, fact in facts.items() if fact.basis == basis)}: {known(basis)}"
        )
    return f"{name} ({'; '.join(marks)})" if marks else name


def forest_rows(studies: Iterable[ContextStudy]) -> pd.DataFrame:
    """Rows of :func:`analysis.figures.draw_associations`: hazard ratios of the poor sign v the good one.

    Ratios printed the other way round are inverted, so that all read alike; those without an interval have no row. The
    marks stand in the name, which no figure can drop.
    """
    import pandas as pd

    from analysis.study.context_studies import MARKERS

    rows = []
    for one in studies:
        if one.measure != "HR" or math.isnan(one.low) or one.level != 95:
            continue
        values = (one.estimate, one.low, one.high)
        if one.direction == "good v poor":
            values = (1 / one.estimate, 1 / one.high, 1 / one.low)
        rows.append(
            {
                "family": one.marker,
                "name": _forest_name(one),
                **dict(zip(("estimate", "low", "high"), values, strict=True)),
                "n": int(one.n.told),
                "measure": "hazard ratio",
                "note": "",
            }
        )
    columns = ["family", "name", "estimate", "low", "high", "n", "measure", "note"]
    order = sorted(rows, key=lambda row: MARKERS.index(row["family"]))
    return pd.DataFrame(order, columns=columns)


def not_pooled(studies: Sequence[ContextStudy]) -> str:
    """Why no pooled effect is printed, counted from the facts."""
    ratios = [one for one in studies if one.measure == "HR" and not math.isnan(one.low)]
    treatments = len({one.treatment.told for one in ratios})
    timings = len({one.timing.told for one in ratios})
    cutoffs = len({(one.metric.told, one.cutoff.told) for one in ratios})
    unverified = sum(one.basis == "recalled" for one in ratios)
    without = sum(one.measure == "HR" and math.isnan(one.low) for one in studies)
    missing = f" {without} more has no interval that we know, and is in the table only." if without else ""
    return (
        f"No pooled effect is given. The {len(ratios)} hazard ratios come from {treatments} treatments, {timings} times of "
        f"measurement and {cutoffs} pairs of metric and cut-off, and several from the same patients: no average of them "
        f"answers a question. {unverified} of them are {UNVERIFIED}.{missing}"
    )


NOT_REACHED = limit(None, 1)


def _as_printed(value: float, least: int) -> str:
    """A published number with the decimals it has, at least ``least``."""
    return limit(value, least) if math.isnan(value) or round(value, least) == value else f"{value:g}"


def trials_table(trials: pd.DataFrame) -> pd.DataFrame:
    """One row a figure of :func:`analysis.evidence.reconstructed_and_printed`, reconstructed beside printed."""
    import pandas as pd

    def interval(row: pd.Series, name: str, digits: int) -> str:
        values = [limit(row[key], digits) for key in (name, f"{name}_low", f"{name}_high")]
        return f"{values[0]} ({values[1]}–{values[2]})"

    def printed(row: pd.Series, name: str, least: int) -> str:
        """As the publication prints it; limits that are not known are left out, not called unreached."""
        values = [_as_printed(row[f"printed_{key}"], least) for key in (name, f"{name}_low", f"{name}_high")]
        return (
            values[0] if values[1] == values[2] == NOT_REACHED else f"{values[0]} ({values[1]}–{values[2]})"
        )

    rows = []
    for _, row in trials.iterrows():
        rows.append(
            {
                "Trial": f"{row['trial']}, {row['endpoint']} (n = {row['patients']}): {row['comparison']}",
                "Printed figures": known(row["basis"]),
                "HR, reconstructed": interval(row, "hr", 3),
                "HR, printed": printed(row, "hr", 2),
                "Months, reconstructed": f"{interval(row, 'median', 1)} v {interval(row, 'control_median', 1)}",
                "Months, printed": f"{printed(row, 'median', 1)} v {printed(row, 'control_median', 1)}",
                "Beware": row["caution"],
            }
        )
    return pd.DataFrame(rows)


def curves_note(trial: PublishedTrial | None, *, simulated: bool) -> str:
    """Small print of a figure that shows this study's arm beside reconstructed ones."""
    if trial is None:
        return ""
    only = " Only this study's arm is simulated." if simulated else ""
    return f"Arms of {trial.trial}: reconstructed from its published figure {trial.figure}, months from randomisation.{only}"


def arms_table(
    curves: Mapping[str, SurvivalCurve], *, at_months: Sequence[float] = (6, 12), known_as: Mapping[str, str]
) -> pd.DataFrame:
    """One row an arm: patients, events, median and event-free shares at landmarks, with 95 % intervals.

    Parameters
    ----------
    curves : mapping of str to SurvivalCurve
        By the name that is printed; times in days.
    at_months : sequence of float
        Landmarks. Behind an arm's last time there is no share.
    known_as : mapping of str to str
        How each arm's data are known, in words.
    """
    import pandas as pd

    rows = []
    for name, curve in curves.items():
        middle, low, high = (limit(months(v), 1) for v in (curve.median, curve.median_low, curve.median_high))
        row = {
            "Arm": name,
            "Patients": curve.n,
            "Events": curve.n_events,
            "Median, months": f"{middle} ({low}–{high})",
        }
        for month in at_months:
            found = curve.survival_at(month * DAYS_PER_MONTH)
            beyond = month * DAYS_PER_MONTH > curve.times[-1]
            share, lower, upper = (limit(100 * v, 0) for v in (found.estimate, found.low, found.high))
            interval = "" if math.isnan(found.low) else f" ({lower}–{upper})"
            row[f"% at {month:g} months"] = "–" if beyond else share + interval
        rows.append({**row, "Data": known_as[name]})
    return pd.DataFrame(rows)


def corrections_table(corrections: Iterable[Correction]) -> pd.DataFrame:
    """One row an error in circulation, what is right, how that is known and where it stands."""
    import pandas as pd

    return pd.DataFrame(
        [
            {
                "About": one.topic,
                "In circulation": one.circulating,
                "Right": one.correct,
                "Known": known(one.basis),
                "Source": one.source,
            }
            for one in corrections
        ]
    )


def balance_table(matching: Matching, task: MatchingTask) -> pd.DataFrame:
    """Shares of each matched characteristic before and after weighting, beside the published one and its mark."""
    import pandas as pd

    rows = []
    for (_, row), figure in zip(matching.balance.iterrows(), task.figures, strict=True):
        rows.append(
            {
                "Characteristic": row["characteristic"],
                "Study, %": number(100 * row["before"], 0),
                "Study weighted, %": number(100 * row["after"], 0),
                f"{figure.study}, %": number(100 * row["target"], 0),
                "Known": known(figure.basis),
            }
        )
    return pd.DataFrame(rows)


def _targets_known(task: MatchingTask) -> str:
    """How many of the published shares that the weights aim at are not verified, and which."""
    unread = [
        name
        for name, figure in zip(task.targets, task.figures, strict=True)
        if known(figure.basis) == UNVERIFIED
    ]
    if not unread:
        return ""
    return f" The weights aim at {len(task.figures)} published shares, of which {len(unread)} ({', '.join(unread)}) {'is' if len(unread) == 1 else 'are'} {UNVERIFIED}."


def matching_sentence(matching: Matching, task: MatchingTask, *, smallest: int = 0) -> str:
    """The effective sample size, how the shares aimed at are known, and every warning that belongs to the weights.

    With a ``smallest`` number of patients that is shown, the weight of one of them is not said, only that few carry it.
    """
    left = f"; {matching.left_out} without a value are left out" if matching.left_out else ""
    return (
        f"Weighted, the study's {matching.n} patients are worth {number(matching.effective, 1)} (effective sample size){left}."
        f"{_targets_known(task)} " + " ".join(matching.warnings_told(weight_of_one=not smallest))
    )


def comparison_sentence(found: WeightedComparison, task: MatchingTask, *, smallest: int = 0) -> str:
    """The weighted hazard ratio with everything that must be said beside it; ``smallest`` as in :func:`matching_sentence`."""
    warnings = " ".join(found.matching.warnings_told(weight_of_one=not smallest))
    values = ", ".join(
        f"{label} {number(value, 2)}"
        for label, value in (("weighted", found.estimate), ("unweighted", found.unweighted))
    )
    low, high = ("∞" if math.isinf(value) else number(value, 2) for value in (found.low, found.high))
    one_sided = (
        f" {found.one_sided} of {found.samples} samples have events on one side only: they count with a ratio of 0 or ∞."
        if found.one_sided
        else ""
    )
    failed = (
        f" {found.failed} of {found.samples} samples could not be weighted: each counts as 0 for the lower limit and as ∞ for "
        "the upper one."
        if found.failed
        else ""
    )
    return (
        f"Hazard ratio of death against BOLERO-2's everolimus arm: {values} (95 % bootstrap interval of the weighted one "
        f"{low}–{high}).{one_sided}{failed}{_targets_known(task)} {warnings}"
    )


def context_answer(
    curve: SurvivalCurve | None,
    studies: Sequence[ContextStudy],
    matching: Matching | None,
    task: MatchingTask | None,
) -> str:
    """What this study's arm shows, what others have published, and what neither can settle."""
    own = (
        f"Median progression-free survival here is {limit(months(curve.median), 1)} months "
        f"(95 % interval {limit(months(curve.median_low), 1)}–{limit(months(curve.median_high), 1)}). "
        if curve is not None
        else ""
    )
    weighted = (
        f" Matched to BOLERO-2, {number(matching.effective, 0)} of {matching.n} patients are effectively left.{_targets_known(task)}"
        if matching is not None and task is not None
        else ""
    )
    from analysis.study import FACTS

    names = {one.study.split(",")[0] for one in studies}
    bases = [one.basis for one in studies]
    ours = bases.count("computed")
    computed = f" and {ours} {known('computed')}" if ours else ""
    recalled = f" {bases.count('recalled')} of them are {UNVERIFIED}." if "recalled" in bases else ""
    partly = sum(
        one.basis != "recalled" and any(getattr(one, name).basis == "recalled" for name in FACTS)
        for one in studies
    )
    if partly:
        recalled += f" Of {partly} others the design, the patients, the day, the cut-off or their number is {UNVERIFIED}."
    return (
        f"{own}Beside it stand {len(studies) - ours} published results of early markers{computed}, from {len(names)} studies, whose "
        f"designs, times and cut-offs differ too much to be averaged.{recalled}{weighted} A single arm cannot say what its "
        "treatment adds."
    )
