"""Images in which writing may be burned in: no header tells what it says, so a person has to look."""

from __future__ import annotations

from collections.abc import Mapping

_SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
_ENCAPSULATED = "1.2.840.10008.5.1.4.1.1.104."
_SCREENS = ("SCREEN", "SAVE", "CAPTURE", "REPORT", "DOSE_INFO", "PATIENT PROTOCOL", "PHOTO", "DISPLAY")
_MODALITIES = frozenset(
    ("SC", "OT", "US", "ES", "XC", "GM", "SM", "DOC", "HC", "ECG", "KO", "PR", "XA", "RF")
)
"""Secondary capture, photographs and the modalities whose scanners write into the picture; presentation states, which draw on it."""


def burned_in(header: Mapping[str, str]) -> str:
    """Why an image may show who the patient is; empty if nothing says so.

    Parameters
    ----------
    header : mapping of str to str
        ``BurnedInAnnotation``, ``SOPClassUID``, ``ImageType`` (values with a backslash between), ``Modality``, ``ConversionType``.

    Examples
    --------
    >>> burned_in({"Modality": "PT", "ImageType": "ORIGINAL\\\\PRIMARY"}), burned_in({"BurnedInAnnotation": "YES"})
    ('', 'the header says that there is burned-in annotation')
    """
    if header.get("BurnedInAnnotation", "").strip().upper() == "YES":
        return "the header says that there is burned-in annotation"
    if header.get("BurnedInAnnotation", "").strip().upper() == "NO" and header.get("Modality") in (
        "PT",
        "CT",
        "MR",
        "NM",
    ):
        return ""
    sop_class = header.get("SOPClassUID", "")
    if sop_class.startswith(_SECONDARY_CAPTURE):
        return "a secondary capture"
    if sop_class.startswith(_ENCAPSULATED):
        return "an encapsulated document"
    if header.get("Modality", "").strip().upper() in _MODALITIES:
        return f"modality {header['Modality'].strip().upper()}"
    kinds = header.get("ImageType", "").upper()
    if any(screen in kinds for screen in _SCREENS):
        return "a saved screen"
    return "converted from a picture" if header.get("ConversionType", "").strip() else ""
