"""One DICOM data set de-identified."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import pydicom
from pydicom import config
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.tag import BaseTag
from pydicom.uid import UID

from analysis.data import PseudonymKey
from analysis.errors import ImageError
from analysis.pet.deidentification import profile
from analysis.pet.deidentification.moments import shifted
from analysis.pet.deidentification.profile import Options
from analysis.pet.deidentification.words import cleaned, identifying, names_somebody

STANDARD_UIDS = "1.2.840.10008."
_SEARCHED = frozenset(("AE", "LO", "SH", "ST", "UC"))
"""Texts in which the patient is looked for; CS holds one of the standard's words."""
_FREE = frozenset(("LT", "UT", "UR"))
"""Texts of any length: what they say nobody has foreseen."""
_IDENTITY = (
    "PatientName", "PatientID", "OtherPatientIDs", "OtherPatientNames", "PatientBirthName", "PatientMotherBirthName",
    "PatientBirthDate", "AccessionNumber", "StudyID", "AdmissionID", "PatientAddress", "PatientTelephoneNumbers", "MilitaryRank",
    "MedicalRecordLocator", "ReferringPhysicianName", "PerformingPhysicianName", "OperatorsName", "RequestingPhysician",
    "PhysiciansOfRecord", "NameOfPhysiciansReadingStudy", "InstitutionName", "ClinicalTrialSubjectID", "StudyDate", "SeriesDate",
    "AcquisitionDate", "ContentDate",
)  # fmt: skip


@dataclass
class Deidentified:
    """What was done to one or more data sets: how many elements were removed, replaced, shifted ... No value of any."""

    done: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True)
class _Patient:
    """What replaces a patient's own words and days."""

    key: PseudonymKey
    pseudonym: str
    days: int
    words: frozenset[str]
    options: Options
    done: Counter[str]


def deidentify(
    dataset: FileDataset,
    *,
    patient: str,
    key: PseudonymKey,
    options: Options | None = None,
    report: Deidentified | None = None,
) -> FileDataset:
    """A data set without the patient, changed in place and returned.

    Pixels, clock times, dose, weight, height, sex and geometry stay byte for byte, so that SUV stays; dates move by one
    number of whole days everywhere, sequences and private date-times included; UIDs are replaced by keyed ones wherever they stand.

    Parameters
    ----------
    dataset : pydicom.FileDataset
        As read by ``pydicom.dcmread``.
    patient : str
        Who the patient is in the study's tables before they were pseudonymised: pseudonym and shift follow from it.
    key : PseudonymKey
        The study's key.
    options : Options
        What the profile leaves open.
    report : Deidentified, optional
        Where to count what was done.

    Raises
    ------
    ImageError
        If it has no SOP Instance UID.

    References
    ----------
    DICOM PS3.15 Annex E.
    """
    report = report if report is not None else Deidentified()
    known = _Patient(
        key, key.patient(patient), key.shift_days(patient), _identity_words(dataset, patient), options or Options(), report.done
    )  # fmt: skip
    if not _text(dataset, "SOPInstanceUID"):
        raise ImageError("SOPInstanceUID (0008,0018) is missing", expected="a DICOM file with its identity")
    with config.disable_value_validation():
        _walk(dataset, known, top=True)
        _state(dataset, known)
        _state_meta(dataset, key)
    return dataset


def _text(dataset: Dataset, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except Exception:  # a value that cannot be read says nothing
        return ""
    return "" if value is None else str(value)


def _identity_words(dataset: Dataset, patient: str) -> frozenset[str]:
    texts = [patient, *(_text(dataset, keyword) for keyword in _IDENTITY)]
    return identifying(texts)


def _walk(dataset: Dataset, known: _Patient, *, top: bool) -> None:
    creators = dict(_creators(dataset))
    for tag in _tags(dataset):
        if tag.is_private:
            _private(dataset, tag, creators, known)
        else:
            _standard(dataset, tag, known, top=top)
    _drop_idle_creators(dataset)


def _tags(dataset: Dataset) -> list[BaseTag]:
    """Tags of a data set; iterating over it would decode every element, and fail where one is malformed."""
    return list(dataset.keys())


def _creators(dataset: Dataset) -> Iterator[tuple[tuple[int, int], str]]:
    for tag in _tags(dataset):
        if tag.is_private_creator:
            raw = dataset.get_item(tag)
            value = raw.value if raw is not None else b""
            text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
            yield (tag.group, tag.element), text.strip(" \0")


def _private(dataset: Dataset, tag: BaseTag, creators: dict[tuple[int, int], str], known: _Patient) -> None:
    """Keep what SUV needs, whether its creator stands there or a former de-identification took it away."""
    if tag.is_private_creator:
        return  # goes at the end, if nothing of it is left
    owner = creators.get((tag.group, tag.element >> 8), "")
    place = (tag.group, tag.element & 0xFF)
    safe = (*place, owner) in profile.SAFE_PRIVATE or (
        not owner and place in profile.KNOWN_PRIVATE and tag.element >> 8 == 0x10
    )
    if not safe:
        del dataset[tag]
        known.done["private elements removed"] += 1
        return
    raw = dataset.get_item(tag)
    value = raw.value if raw is not None else b""
    text = value.decode("ascii", "replace") if isinstance(value, bytes) else str(value or "")
    known.done["private elements kept"] += 1
    bare = text.strip(" \0")
    if len(bare) >= 8 and bare[:8].isdigit() and "." not in bare[:9]:  # a date-time, not a factor
        moved = shifted(bare, "DT", known.days)
        if moved is None:
            del dataset[tag]
            known.done["dates that cannot be read removed"] += 1
            return
        vr = getattr(raw, "VR", None)
        dataset[tag] = DataElement(tag, "DT" if vr in (None, "UN") else str(vr), moved)
        known.done["dates shifted"] += 1


def _drop_idle_creators(dataset: Dataset) -> None:
    used = {
        (tag.group, tag.element >> 8)
        for tag in _tags(dataset)
        if tag.is_private and not tag.is_private_creator
    }
    for tag in [tag for tag in _tags(dataset) if tag.is_private_creator]:
        if (tag.group, tag.element) not in used:
            del dataset[tag]


def _vr(tag: BaseTag, raw: DataElement | RawDataElement | None) -> str:
    vr = getattr(raw, "VR", None)
    if vr in (None, "UN"):
        try:
            return dictionary_VR(tag)
        except KeyError:
            return "UN"
    return str(vr)


def _standard(dataset: Dataset, tag: BaseTag, known: _Patient, *, top: bool) -> None:
    raw = dataset.get_item(tag)
    vr, done = _vr(tag, raw), known.done
    kept = tag in profile.CHARACTERISTICS or (known.options.retain_device and tag in profile.DEVICE)
    in_group = any(low <= tag.group <= high for low, high in profile.REMOVED_GROUPS)
    if in_group or tag.element == 0 or tag == 0xFFFCFFFC or (vr == "UN" and not kept):
        del dataset[tag]
        done["elements removed"] += 1
    elif tag in profile.PSEUDONYM:
        dataset[tag] = DataElement(tag, vr, known.pseudonym)
        done["pseudonyms written"] += 1
    elif tag in profile.BIRTH:
        dataset[tag] = DataElement(tag, vr, "")
        done["elements emptied"] += 1
    elif vr == "UI" and tag in profile.DEFINITIONS:
        done["definitions kept"] += 1
    elif vr == "UI":
        _replace_uids(dataset, tag, known)
    elif vr in ("DA", "DT") and (kept or tag not in profile.DEVICE):
        _shift(dataset, tag, vr, known)
    elif vr == "TM" and tag not in profile.DEVICE:
        done["clock times kept"] += 1
    elif tag in profile.CHARACTERISTICS:
        _cap_age(dataset, tag, vr)
    elif vr == "SQ" and (kept or tag in profile.REFERENCES or tag in profile.STRUCTURED or not _listed(tag)):
        for item in dataset[tag].value:
            _walk(item, known, top=False)
        done["sequences searched"] += 1
    elif kept:
        done["device attributes kept"] += 1
    elif tag in profile.CLEANED or tag in profile.LESION_NAMES:
        _clean(dataset, tag, vr, known)
    elif tag in profile.REMOVED or (vr == "PN" and not _listed(tag)):
        del dataset[tag]
        done["elements removed"] += 1
    elif _listed(tag) or vr in _FREE:
        dataset[tag] = DataElement(tag, vr, Sequence() if vr == "SQ" else _dummy(tag, vr))
        done["elements emptied"] += 1
    elif (
        vr in _SEARCHED
        and tag not in profile.TECHNICAL
        and names_somebody(_decoded(dataset, tag), known.words)
    ):
        dataset[tag] = DataElement(tag, vr, "")
        done["texts that name the patient emptied"] += 1


def _listed(tag: BaseTag) -> bool:
    return tag in profile.REMOVED or tag in profile.EMPTIED or tag in profile.REPLACED


def _dummy(tag: BaseTag, vr: str) -> str | bytes | None:
    """What stands where something must: nothing of the patient."""
    if tag not in profile.REPLACED:
        return None
    return "REMOVED" if vr in ("AE", "LO", "SH", "ST", "UC", "UT", "PN", "LT") else None


def _raw_text(dataset: Dataset, tag: BaseTag) -> str:
    raw = dataset.get_item(tag)
    value = raw.value if raw is not None else ""
    if isinstance(value, bytes):
        return value.decode("latin-1").strip(" \0")
    if isinstance(value, str) or value is None:
        return value or ""
    return "\\".join(map(str, value)) if hasattr(value, "__iter__") else str(value)


def _decoded(dataset: Dataset, tag: BaseTag) -> str:
    """The text as its character set says, or byte for byte where it cannot be read."""
    try:
        return str(dataset[tag].value)
    except Exception:  # a malformed value is searched as it stands
        return _raw_text(dataset, tag)


def _replace_uids(dataset: Dataset, tag: BaseTag, known: _Patient) -> None:
    texts = [text.strip(" \0") for text in _raw_text(dataset, tag).split("\\")]
    new = [text if not text or text.startswith(STANDARD_UIDS) else known.key.uid(text) for text in texts]
    if new != texts:
        dataset[tag] = DataElement(tag, "UI", [UID(text) for text in new] if len(new) > 1 else UID(new[0]))
        known.done["UIDs replaced"] += 1


def _shift(dataset: Dataset, tag: BaseTag, vr: str, known: _Patient) -> None:
    text = _raw_text(dataset, tag)
    if not text:
        return
    moved = shifted(text, vr, known.days)
    known.done["dates shifted" if moved is not None else "dates that cannot be read emptied"] += 1
    parts = (moved or "").split("\\")
    dataset[tag] = DataElement(tag, vr, parts if len(parts) > 1 else parts[0])


def _cap_age(dataset: Dataset, tag: BaseTag, vr: str) -> None:
    text = _raw_text(dataset, tag)
    if vr == "AS" and text[:3].isdigit() and text.endswith("Y") and int(text[:3]) > 89:
        dataset[tag] = DataElement(tag, vr, "090Y")  # the oldest few would stand out by their age


def _clean(dataset: Dataset, tag: BaseTag, vr: str, known: _Patient) -> None:
    text = _raw_text(dataset, tag)
    if tag in profile.CLEANED:
        new = cleaned(_decoded(dataset, tag))
        new = "" if names_somebody(new, known.words) else new
    else:
        new = "" if names_somebody(text, known.words) else text
    if new != text:
        dataset[tag] = DataElement(tag, vr, new)
        known.done["descriptions cleaned"] += 1


def _state(dataset: Dataset, known: _Patient) -> None:
    """Say in the header what was done, as the profile asks (PS3.15 E.1)."""
    codes = list(profile.CODES)
    if known.options.retain_device:
        codes.append(profile.DEVICE_CODE)
    dataset.PatientName = dataset.PatientID = known.pseudonym
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = profile.METHOD
    dataset.DeidentificationMethodCodeSequence = [_code(value, meaning) for value, meaning in codes]
    dataset.LongitudinalTemporalInformationModified = "MODIFIED"


def _code(value: str, meaning: str) -> Dataset:
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, "DCM", meaning
    return item


def _state_meta(dataset: FileDataset, key: PseudonymKey) -> None:
    """File meta information of our own: the old one may hold stations, applications and private information."""
    old = getattr(dataset, "file_meta", None) or FileMetaDataset()
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = old.get("MediaStorageSOPClassUID", dataset.get("SOPClassUID", ""))
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    syntax = old.get("TransferSyntaxUID") or getattr(dataset, "original_encoding", None)
    if not isinstance(syntax, str):
        implicit, little = dataset.original_encoding
        syntax = pydicom.uid.ImplicitVRLittleEndian if implicit else pydicom.uid.ExplicitVRLittleEndian
        if little is False:
            syntax = pydicom.uid.ExplicitVRBigEndian
    meta.TransferSyntaxUID = UID(str(syntax))
    meta.ImplementationClassUID = pydicom.uid.PYDICOM_IMPLEMENTATION_UID
    dataset.file_meta = meta
    dataset.preamble = b"\0" * 128
