"""Units of multi-frame PET: a real world value mapping with a UCUM code instead of the attribute Units."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pydicom import Dataset

_SUV = {
    "g/ml{suvbw}": ("GML", "BW"),
    "g/ml": ("GML", ""),
    "g/ml{suvlbm}": ("GML", "LBM"),
    "g/ml{suvlbm(james128)}": ("GML", "LBMJAMES128"),
    "g/ml{suvlbm(janma)}": ("GML", "LBMJANMA"),
    "g/ml{suvibw}": ("GML", "IBW"),
    "cm2/ml{suvbsa}": ("CM2ML", "BSA"),
}
_ACTIVITY = {"bq/ml": 1.0, "kbq/ml": 1e3, "mbq/ml": 1e6}
_COUNTS = ("{counts}", "{count}")


@dataclass(frozen=True)
class RealWorldValue:
    """Stored value × slope + intercept, in units named as in Units (0054,1001), and the SUV Type (0054,1006)."""

    units: str
    suv_type: str
    slope: float
    intercept: float


def values_of(items: Sequence[Dataset]) -> list[RealWorldValue]:
    """Real world values of a mapping sequence; items without a slope or a unit are passed over.

    References
    ----------
    DICOM PS3.3 C.7.6.16.2.11 (Real World Value Mapping), PS3.16 CID 84 and CID 85 (units of PET and of SUV).
    """
    found = []
    for item in items:
        try:
            slope = float(item.RealWorldValueSlope)
            intercept = float(item.RealWorldValueIntercept)
            unit = item.MeasurementUnitsCodeSequence[0]
            # A code of more than 16 characters stands in an attribute of its own (PS3.3 section 8.1).
            code = str(unit.get("LongCodeValue") or unit.CodeValue).strip()
        except (AttributeError, IndexError, TypeError, ValueError):
            continue
        if not (math.isfinite(slope) and math.isfinite(intercept)):
            continue
        found.append(_named(code, slope, intercept))
    return found


def _named(code: str, slope: float, intercept: float) -> RealWorldValue:
    plain = code.lower().replace("cm3", "ml").replace("cc", "ml")
    if plain in _ACTIVITY:
        scale = _ACTIVITY[plain]
        return RealWorldValue("BQML", "", slope * scale, intercept * scale)
    if plain in _SUV:
        units, suv_type = _SUV[plain]
        return RealWorldValue(units, suv_type, slope, intercept)
    return RealWorldValue("CNTS" if plain in _COUNTS else code.upper()[:16], "", slope, intercept)


def chosen_value(values: Sequence[RealWorldValue]) -> RealWorldValue | None:
    """Activity before SUV before anything else: what rests on the fewest steps of others."""
    order = ("BQML", "GML", "CM2ML")
    ranked = sorted(values, key=lambda v: order.index(v.units) if v.units in order else len(order))
    return ranked[0] if ranked else None
