"""Direct identifiers in images that enter a study: which attributes hold them, and in which series; never what they hold."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pydicom

from analysis.data import Study
from analysis.data.identifier_names import cell_kind
from analysis.pet.deidentification.burned_in import burned_in
from analysis.pet.deidentification.words import identifying, names_somebody
from analysis.pet.series.selection import SelectedSeries

_NAMES = ("PatientName", "PatientBirthName", "PatientMotherBirthName", "OtherPatientNames")
_OTHERS = (
    "PatientBirthDate", "OtherPatientIDs", "PatientAddress", "PatientTelephoneNumbers", "PatientTelecomInformation", "MilitaryRank",
    "MedicalRecordLocator", "InsurancePlanIdentification", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName",
    "RequestingPhysician", "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy",
)  # fmt: skip
_TEXTS = ("StudyDescription", "SeriesDescription", "ProtocolName", "ImageComments", "PatientComments", "AdditionalPatientHistory", "StudyComments")  # fmt: skip
_NOBODY = frozenset(("", "anonymous", "anonymized", "anonymised", "anon", "deidentified", "de-identified", "removed", "none", "unknown", "no name", "simulated"))  # fmt: skip


def identifiers_in_header(header: pydicom.Dataset, pseudonyms: Iterable[str]) -> list[str]:
    """Keywords of attributes that hold who the patient is, with what they look like.

    Parameters
    ----------
    header : pydicom.Dataset
        Header of an image; pixels are not needed.
    pseudonyms : iterable of str
        The study's own names of its patients, which may stand anywhere.

    Returns
    -------
    list of str
        E.g. ``PatientName``; ``PatientID (a national number)``; empty if nothing is found. A Patient ID is compared with the
        pseudonyms where the trial's own attribute does not name the patient; a name may be the ID.
    """
    known = {name.casefold() for name in pseudonyms}
    identity, subject = _text(header, "PatientID"), _text(header, "ClinicalTrialSubjectID")
    harmless = known | _NOBODY | {identity.casefold(), subject.casefold()}
    found = []
    said = []
    for keyword in _NAMES:
        text = _text(header, keyword).replace("^", " ").strip()
        if text.casefold() not in harmless:
            found.append(keyword)
            said.append(text)
    found += [keyword for keyword in _OTHERS if _text(header, keyword).casefold() not in _NOBODY]
    for keyword, text in (("PatientID", identity), ("ClinicalTrialSubjectID", subject)):
        kind = "" if text.casefold() in known else cell_kind(text, pseudonym=True)
        if kind:
            found.append(f"{keyword} ({kind})")
    words = identifying(said)
    for keyword in _TEXTS:
        text = _text(header, keyword)
        kind = "the patient's name" if words and names_somebody(text, words) else cell_kind(text)
        if kind:
            found.append(f"{keyword} ({kind})")
    return found


def identifier_reason(file: Path, pseudonyms: Iterable[str]) -> str:
    """Why a series may not enter a study as it is, from the header of one of its files; empty if it may."""
    try:
        with pydicom.config.disable_value_validation():
            header = pydicom.dcmread(file, stop_before_pixels=True)
    except Exception:  # files that are no DICOM are listed by the index
        return ""
    found = identifiers_in_header(header, pseudonyms)
    facts = {name: _text(header, name) for name in ("BurnedInAnnotation", "SOPClassUID", "ImageType", "Modality", "ConversionType")}  # fmt: skip
    if found:
        return "the headers hold direct identifiers: " + ", ".join(found)
    if facts["BurnedInAnnotation"].upper() == "YES":
        return burned_in(facts)
    return ""


def _text(header: pydicom.Dataset, keyword: str) -> str:
    try:
        value = header.get(keyword)
    except Exception:  # an element that cannot be read is looked at as absent
        return ""
    if value is None:
        return ""
    many = not isinstance(value, str) and hasattr(value, "__iter__") and type(value).__name__ == "MultiValue"
    return "\\".join(map(str, value)).strip() if many else str(value).strip()


def series_with_identifiers(
    study: Study, selected: Iterable[SelectedSeries]
) -> list[tuple[SelectedSeries, str]]:
    """Series of a study that name their patients, each with what is wrong; from one file of each series.

    Public and simulated studies are not looked at: their images are published, or of nobody.
    """
    folder = study.dicom_folder
    if study.simulated or study.disclosure == "public" or folder is None:
        return []
    found = []
    for entry in selected:
        if entry.series.files and not entry.series.problem:
            reason = identifier_reason(folder / entry.series.files[0], study.identifiers)
            if reason:
                found.append((entry, reason))
    return found
