"""Body size: lean body mass, body surface area and ideal body weight, by named formulas.

Weight is in kg, height in cm throughout.
"""

from __future__ import annotations

from collections.abc import Callable

from analysis.errors import ParameterError


def _janmahasatian(weight: float, height: float, *, sex: str) -> float:
    index = weight / (height / 100) ** 2
    return 9270 * weight / (6680 + 216 * index) if sex == "M" else 9270 * weight / (8780 + 244 * index)


def _james(weight: float, height: float, *, sex: str) -> float:
    ratio = (weight / height) ** 2
    return 1.10 * weight - 120 * ratio if sex == "M" else 1.07 * weight - 148 * ratio


def _james128(weight: float, height: float, *, sex: str) -> float:
    ratio = (weight / height) ** 2
    return 1.10 * weight - 128 * ratio if sex == "M" else 1.07 * weight - 148 * ratio


def _ideal(weight: float, height: float, *, sex: str) -> float:
    return 48.0 + 1.06 * (height - 152) if sex == "M" else 45.5 + 0.91 * (height - 152)


_FORMULAS: dict[str, Callable[..., float]] = {
    "janmahasatian": _janmahasatian,
    "james": _james,
    "james128": _james128,
}
_DICOM_TYPES: dict[str, Callable[..., float]] = {
    "LBMJANMA": _janmahasatian,
    "LBM": _james,
    "LBMJAMES128": _james128,
    "IBW": _ideal,
}


LEAN_BODY_MASS_OF_TYPE = {"LBMJANMA": "janmahasatian", "LBM": "james", "LBMJAMES128": "james128"}
"""Our name of the formula that an SUV Type (0054,1006) stands for."""


def lean_body_mass(weight: float, height: float, *, sex: str, formula: str) -> float:
    """Lean body mass in kg.

    Parameters
    ----------
    weight : float
        Weight in kg.
    height : float
        Height in cm.
    sex : {"F", "M", "O"}
        Patient's Sex (0010,0040). For "O" the mean of the two formulas, which the caller must say.
    formula : {"janmahasatian", "james", "james128"}
        James' formula falls with weight above a body mass index of 36 in women; Janmahasatian's does not.

    Raises
    ------
    ParameterError
        If the formula is unknown.

    References
    ----------
    Janmahasatian 2005, doi 10.2165/00003088-200544100-00004; James 1976; DICOM PS3.3 C.8.9.1.1.3 (SUV Type).

    >>> round(lean_body_mass(70, 165, sex="F", formula="janmahasatian"), 2)
    43.11
    """
    if formula not in _FORMULAS:
        raise ParameterError(
            f"lean body mass formula {formula!r} is unknown", expected="one of " + ", ".join(_FORMULAS)
        )
    return _of_sex(_FORMULAS[formula], weight, height, sex)


def mass_of_suv_type(suv_type: str, weight: float, height: float, *, sex: str) -> float:
    """Mass in kg by which an image of that SUV Type (0054,1006) was normalised: lean or ideal body mass."""
    return _of_sex(_DICOM_TYPES[suv_type], weight, height, sex)


def body_surface_area(weight: float, height: float) -> float:
    """Body surface area in m² (Du Bois and Du Bois 1916).

    >>> round(body_surface_area(70, 165), 3)
    1.771
    """
    return 0.007184 * weight**0.425 * height**0.725


def ideal_body_weight(weight: float, height: float, *, sex: str) -> float:
    """Ideal body weight in kg, as DICOM defines it for SUV Type IBW (PS3.3 C.8.9.1.1.3)."""
    return _of_sex(_ideal, weight, height, sex)


def _of_sex(formula: Callable[..., float], weight: float, height: float, sex: str) -> float:
    if sex == "O":
        return (formula(weight, height, sex="M") + formula(weight, height, sex="F")) / 2
    return formula(weight, height, sex=sex)
