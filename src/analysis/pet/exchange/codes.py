"""Codes, units and identifiers of what is written: each stands once, with its table in the standard."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from typing import Any

SITES: dict[str, tuple[str, str, str]] = {
    "bone": ("272673000", "SCT", "Bone"),
    "node": ("59441001", "SCT", "Lymph Node"),
    "liver": ("10200004", "SCT", "Liver"),
    "lung": ("39607008", "SCT", "Lung"),
    "breast": ("76752008", "SCT", "Breast"),
    "other": ("87784001", "SCT", "Soft tissue"),
}
"""Anatomic region of each site of the lesion table, SNOMED CT."""

CATEGORY = ("49755003", "SCT", "Morphologically Abnormal Structure")
"""Segmented property category, CID 7150."""

LESION_TYPE = ("108369006", "SCT", "Neoplasm")
PROPOSAL_TYPE = ("52988006", "SCT", "Lesion")
"""Segmented property type, CID 7159: what a reader called a lesion, and what only a threshold did."""

LEAN_UNITS: dict[str, tuple[str, str, str]] = {
    "janmahasatian": ("126405", "SUVlbm(Janma)", "g/ml{SUVlbm(Janma)}"),
    "james": ("126402", "SUVlbm", "g/ml{SUVlbm}"),
    "james128": ("126406", "SUVlbm(James128)", "g/ml{SUVlbm(James128)}"),
}
"""Name (DCM), meaning and UCUM unit of SUL by formula, CID 85."""

MAXIMUM, MEAN = ("56851009", "SCT", "Maximum"), ("373098007", "SCT", "Mean")
PEAK = ("126031", "DCM", "Peak Value Within ROI")
"""Derivations, CID 7464."""

MANUFACTURER = "analysis"
MODEL = "analysis.pet"

_NAMESPACE = uuid.uuid5(uuid.NAMESPACE_OID, "analysis.pet.exchange")


def derived_uid(*parts: str) -> str:
    """UID that follows from names alone, so that the same content gets the same identifier wherever it is written.

    References
    ----------
    DICOM PS3.5 B.2: UID derived from a UUID; RFC 4122 section 4.3: UUID of a name.

    >>> derived_uid("a", "b") == derived_uid("a", "b") != derived_uid("ab")
    True
    """
    return f"2.25.{uuid.uuid5(_NAMESPACE, chr(31).join(parts)).int}"


def concept(code: tuple[str, str, str]) -> Any:
    """A code as highdicom's coded concept."""
    from highdicom.sr import CodedConcept

    return CodedConcept(*code)


def colours(labels: Mapping[str, Any]) -> list[tuple[float, float, float]]:
    """CIELab colours, one a label, evenly round the hue circle at one lightness."""
    import math

    count = max(len(labels), 1)
    turns = [2 * math.pi * place / count for place in range(len(labels))]
    return [(65.0, 60 * math.cos(turn), 60 * math.sin(turn)) for turn in turns]
