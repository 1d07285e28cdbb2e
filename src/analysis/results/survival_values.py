"""The named values of one survival comparison: always the same names, whatever the marker and the end-point."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from analysis.errors import DesignError
from analysis.results.survival_words import search_sentence
from analysis.units import months

if TYPE_CHECKING:
    from analysis.results.notebook import Notebook
    from analysis.survival import EarlyResponse, PostHocCutoff, SurvivalCurve

P = ParamSpec("P")
R = TypeVar("R")

WITHHELD = "the cut-off was chosen after the data were seen, and this p value is not corrected for it"
NAMES = (
    "n",
    "events",
    "excluded",
    "excluded_events",
    "group_n",
    "group_events",
    "group_median",
    "reference_n",
    "reference_events",
    "reference_median",
    "hr",
    "hr_wald",
    "hr_p",
    "logrank_p",
    "permutation_p",
    "ph_p",
    "rmst_difference",
    "tau",
    "rmst_p",
    "follow_up",
    "sentence",
)
"""What follows the prefix: ``pfs.hr``, ``os.group_median`` ..."""


def attempt(
    book: Notebook, question: str, compute: Callable[P, R], *arguments: P.args, **settings: P.kwargs
) -> R | None:
    """What ``compute`` finds, or None and a note where these data do not allow the question.

    The log takes the question with it: "PFS by metabolic response, scans inside the window". Where small numbers of
    patients are withheld, a comparison with a group of so few is not shown: with the total beside it, whatever
    is said of the others says something of them. Where a group has so few events, the comparison stays for those who withhold
    it (:func:`hold_early_response`), but its result is kept out of the log.
    """
    try:
        with book.log.question(question):
            found = compute(*arguments, **settings)
    except DesignError as error:
        book.note(f"{question}: not answered. {error}")
        return None
    curves = getattr(found, "curves", [found] if hasattr(found, "at_risk_at") else [])
    if any(book.too_few(k) for curve in curves for k in (curve.n, curve.n_events)):
        book.keep_back(question)
    if any(book.too_few(curve.n) for curve in curves):
        book.note(f"{question}: not shown, a group has fewer than {book.smallest_cell} patients.")
        return None
    return found


def hold_early_response(
    book: Notebook,
    prefix: str,
    found: EarlyResponse | None,
    *,
    otherwise: str,
    chosen_after_looking: bool = False,
) -> EarlyResponse | None:
    """Hold the values of one comparison under ``prefix``; without a result each is missing, with its reason.

    Comes back for tables, figures and sentences; not, and with a note, where a group has too few patients or events to be
    shown: the total and the other group would give them back.

    Parameters
    ----------
    book : Notebook
        The session.
    prefix : str
        Beginning of the names, e.g. ``pfs``.
    found : EarlyResponse or None
        The comparison; the compared group's values are named ``group_...``, the reference's ``reference_...``.
    otherwise : str
        Why there is no result; used only when there is none.
    chosen_after_looking : bool
        Whether the cut-off between the groups was chosen because of data. Its p values, and the sentence that
        holds them, are then withheld: they would not be what their name says.
    """
    if found is None:
        for name in NAMES:
            book.value(f"{prefix}.{name}", None, definition=name.replace("_", " "), reason=otherwise)
        return None
    if any(book.too_few(k) for curve in found.curves for k in (curve.n, curve.n_events)):
        why = f"a group has fewer than {book.smallest_cell} patients or events"
        book.note(f"{found.end_point}, {found.labels[0]} v {found.labels[1]}: not shown, {why}.")
        return hold_early_response(book, prefix, None, otherwise=why)
    end, group, reference = found.end_point, *found.labels
    ratio, left = found.hazard_ratio, found.landmark
    size = {"n": left.n, "events": left.n_events}
    book.value(
        f"{prefix}.n",
        left.n,
        definition=f"Patients compared, {end} from day {left.day:g}",
        events=left.n_events,
    )
    book.value(
        f"{prefix}.events", left.n_events, definition=f"{end} events among them", n=left.n, complement=False
    )
    book.value(
        f"{prefix}.excluded",
        left.excluded,
        definition=f"Classified patients whose {end} ended on or before the landmark",
    )
    book.value(
        f"{prefix}.excluded_events",
        left.excluded_events,
        definition=f"{end} events on or before the landmark",
    )
    for name, curve in zip(("group", "reference"), found.curves, strict=True):
        book.value(
            f"{prefix}.{name}_n", curve.n, definition=f"Patients: {curve.label}", events=curve.n_events
        )
        book.value(
            f"{prefix}.{name}_events",
            curve.n_events,
            definition=f"{end} events: {curve.label}",
            n=curve.n,
            complement=False,
        )
        hold_median(book, f"{prefix}.{name}_median", curve, f"Median {end} from the landmark: {curve.label}")
    comparison = f"Hazard ratio of {end}, {group} v {reference}"
    book.value(
        f"{prefix}.hr",
        ratio.estimate,
        low=ratio.low,
        high=ratio.high,
        definition=comparison,
        method=f"{ratio.method}; {ratio.interval} interval",
        **size,
    )
    wald = found.hazard_ratio_wald
    book.value(
        f"{prefix}.hr_wald",
        wald.estimate,
        low=wald.low,
        high=wald.high,
        definition=comparison,
        method=wald.method,
        **size,
    )
    for name, p_value, what, method in (
        ("hr_p", ratio.p_value, comparison, ratio.method),
        ("logrank_p", found.logrank.p_value, f"Log-rank test, {group} v {reference}", found.logrank.method),
        (
            "permutation_p",
            found.logrank_permutation.p_value,
            f"Log-rank test by permutation, {group} v {reference}",
            found.logrank_permutation.method,
        ),
        ("rmst_p", found.rmst.p_value, "Difference of restricted mean survival times", found.rmst.method),
    ):
        shown = None if chosen_after_looking else p_value
        reason = WITHHELD if chosen_after_looking else "not estimable"
        hold_p(book, f"{prefix}.{name}", shown, f"p value: {what}", method=method, reason=reason, **size)
    tested = found.proportional_hazards
    hold_p(
        book,
        f"{prefix}.ph_p",
        None if tested is None else tested.overall.p_value,
        "p value: test of proportional hazards",
        method="" if tested is None else tested.overall.method,
        reason="the hazard ratio is not finite",
        **size,
    )
    rmst = found.rmst
    book.value(
        f"{prefix}.rmst_difference",
        months(rmst.estimate),
        low=months(rmst.low),
        high=months(rmst.high),
        digits=1,
        unit="months",
        definition=f"Difference of restricted mean {end} up to {months(rmst.tau_days):.1f} months, {group} minus {reference}",
        method=rmst.method,
        **size,
    )
    book.value(
        f"{prefix}.tau",
        months(rmst.tau_days),
        digits=1,
        unit="months",
        definition="Horizon of the restricted means, from the landmark",
    )
    hold_median(
        book,
        f"{prefix}.follow_up",
        found.follow_up,
        "Median follow-up from the landmark, by reverse Kaplan-Meier",
    )
    book.value(
        f"{prefix}.sentence",
        None if chosen_after_looking else found.sentence(),
        definition="The comparison in one sentence",
        reason=WITHHELD,
    )
    for warning in found.warnings:
        book.note(warning)
    return found


def hold_p(
    book: Notebook,
    name: str,
    p_value: float | None,
    definition: str,
    *,
    reason: str = "not estimable",
    **details: Any,
) -> None:
    """Hold a p value, which prints with its sign of relation, so that a sentence says "p < 0.001" rightly."""
    book.value(name, p_value, kind="p", definition=definition, reason=reason, **details)


def rests_on(book: Notebook, total: int, parts: Sequence[int]) -> int:
    """The number by which a comparison of parts is judged: the total, or the smallest part where one is too few to be shown."""
    few = [part for part in parts if book.too_few(part)]
    return min(few, default=total)


def hold_median(
    book: Notebook, name: str, curve: SurvivalCurve, definition: str, *, events: int | None = None
) -> None:
    """Hold the median of a curve in months; one that was not reached is said so, not missing.

    ``events`` is what it is judged by, if not the curve's own events.
    """
    book.value(
        name,
        _reached(curve.median),
        low=_reached(curve.median_low),
        high=_reached(curve.median_high),
        digits=1,
        unit="months",
        n=curve.n,
        events=curve.n_events if events is None else events,
        definition=definition,
        method=f"Kaplan-Meier, {curve.conf_type} interval, median rule {curve.median_rule}",
    )


def _reached(days: float) -> float:
    return float("inf") if days != days else months(days)


def hold_search(book: Notebook, prefix: str, found: PostHocCutoff | None, *, otherwise: str) -> None:
    """Hold a searched cut-off with what knows of the search: its interval, corrected p, cross-validated ratio, words."""
    what = "Post hoc cut-off of the change, percent"
    if found is None:
        for name in ("cutoff", "p", "hr", "sentence"):
            book.value(f"{prefix}.{name}", None, definition=f"{what}: {name}", reason=otherwise)
        return
    book.value(
        f"{prefix}.cutoff",
        found.value,
        low=found.low,
        high=found.high,
        digits=0,
        definition=what,
        method=found.method,
    )
    hold_p(
        book, f"{prefix}.p", found.p_permutation, f"p value corrected for the search by permutation: {what}"
    )
    book.estimate(
        f"{prefix}.hr",
        found.cross_validated,
        definition="Cross-validated hazard ratio of the searched cut-off",
    )
    book.value(
        f"{prefix}.sentence",
        search_sentence(found),
        definition="The searched cut-off in one sentence",
    )
