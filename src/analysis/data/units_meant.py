"""The unit that a number out of its range was probably given in."""

from __future__ import annotations

_MEANT: dict[str, tuple[tuple[float, float, str, str], ...]] = {
    "height_cm": ((1.2, 2.2, "metres", "multiply by 100"), (1200, 2200, "millimetres", "divide by 10")),
    "weight_kg": ((30_000, 250_000, "grams", "divide by 1000"),),
    "age_years": ((6_570, 40_200, "days", "divide by 365.25"), (216, 1_320, "months", "divide by 12")),
    "target_sum_mm": ((2_001, 2_000_000, "micrometres", "divide by 1000"),),
    "glucose_mmol_l": ((40, 720, "mg/dl", "divide by 18"),),
}


def unit_meant(column: str, value: float) -> str:
    """Advice for a number that would be plausible in another unit; empty if none would.

    >>> unit_meant("height_cm", 1.65)
    'this looks like metres: multiply by 100'
    >>> unit_meant("height_cm", 17)
    ''
    """
    for low, high, unit, remedy in _MEANT.get(column, ()):
        if low <= value <= high:
            return f"this looks like {unit}: {remedy}"
    return ""
