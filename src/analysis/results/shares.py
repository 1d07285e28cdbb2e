"""A share of patients as a named value, in percent."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from analysis.cohort import Proportion
    from analysis.results.notebook import Notebook


def hold_share(
    book: Notebook, name: str, share: Proportion | None, definition: str, *, otherwise: str = ""
) -> None:
    """Hold a proportion as percent with its interval; without patients it is missing.

    Parameters
    ----------
    book : Notebook
        The session.
    name : str
        Name of the value; the number of patients with the property is held as ``<name>_k``.
    share : Proportion or None
        k of n, fractions of 1.
    definition : str
        Of whom, and what they have.
    otherwise : str
        Why there is none.
    """
    if share is None or share.n == 0:
        reason = otherwise or "no patient has a result"
        book.value(name, None, definition=definition, reason=reason)
        book.value(f"{name}_k", None, definition=f"Number: {definition}", reason=reason)
        return
    book.value(
        name,
        100 * share.estimate,
        low=100 * share.low,
        high=100 * share.high,
        digits=1,
        unit="%",
        n=share.n,
        k=share.k,
        definition=definition,
        method=f"exact interval ({share.method.replace('_', '-').title()})",
    )
    book.value(f"{name}_k", share.k, n=share.n, definition=f"Number: {definition}")
