"""The fifteen scales of the EORTC QLQ-C30, version 3: which items, which range, which direction."""

from __future__ import annotations

from dataclasses import dataclass

ITEMS = 30
"""Items of the questionnaire; items 1-28 are answered 1-4, items 29 and 30 are answered 1-7."""


@dataclass(frozen=True)
class Scale:
    """One scale of the questionnaire.

    Parameters
    ----------
    name : str
        Name in tables: ``global_health_status``.
    items : tuple of int
        Numbers of its items, from 1 as printed on the form.
    answers : int
        Highest answer of each item: 4 or 7; the lowest is 1.
    higher_is_better : bool
        True for functions and global health status; False for symptoms, where 100 is the worst.
    words : str
        Name in print.
    functioning : bool
        A function, whose items are turned round: answer 1, "not at all", is the best.
    """

    name: str
    items: tuple[int, ...]
    answers: int
    higher_is_better: bool
    words: str
    functioning: bool = False


def _function(name: str, *items: int) -> Scale:
    return Scale(name, items, 4, True, name.replace("_", " "), functioning=True)


def _symptom(name: str, *items: int, words: str = "") -> Scale:
    return Scale(name, items, 4, False, words or name.replace("_", " "))


SCALES: dict[str, Scale] = {
    scale.name: scale
    for scale in (
        Scale("global_health_status", (29, 30), 7, True, "global health status"),
        _function("physical_functioning", 1, 2, 3, 4, 5),
        _function("role_functioning", 6, 7),
        _function("emotional_functioning", 21, 22, 23, 24),
        _function("cognitive_functioning", 20, 25),
        _function("social_functioning", 26, 27),
        _symptom("fatigue", 10, 12, 18),
        _symptom("nausea_vomiting", 14, 15, words="nausea and vomiting"),
        _symptom("pain", 9, 19),
        _symptom("dyspnoea", 8),
        _symptom("insomnia", 11),
        _symptom("appetite_loss", 13),
        _symptom("constipation", 16),
        _symptom("diarrhoea", 17),
        _symptom("financial_difficulties", 28),
    )
}
"""Scale by name, in the order of the scoring manual.

Fayers PM, Aaronson NK, Bjordal K, et al. The EORTC QLQ-C30 Scoring Manual, 3rd edition. Brussels: EORTC; 2001,
ISBN 2-9300-6422-6, Table 1."""
