"""The SUV factors of the PET series in a folder, from headers alone: what ``python -m analysis suv`` prints."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from analysis.errors import AnalysisError, ImageError
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.layout import HeaderReader
from analysis.pet.headers.multiframe import described, slices_of
from analysis.pet.series.index import Series
from analysis.pet.series.reason import meant_as_image, not_one_volume, reason_left_out
from analysis.pet.suv.factors import SuvFactors
from analysis.pet.suv.overrides import Override, corrected_factors
from analysis.pet.suv.reference_time import Reference
from analysis.pet.suv.rescale import rescale_slopes

_TRACER = ("Radiopharmaceutical", "RadiopharmaceuticalCodeValue", "RadiopharmaceuticalCodeMeaning")
_PET_IMAGES = (
    "",
    "1.2.840.10008.5.1.4.1.1.128",
    "1.2.840.10008.5.1.4.1.1.128.1",
    "1.2.840.10008.5.1.4.1.1.130",
)
_LISTED = 5


@dataclass(frozen=True)
class FolderSuv:
    """SUV factors of the one PET series of a folder, or why there are none.

    Parameters
    ----------
    folder : str
        The folder as it was named.
    error : str or None
        Why no factor is given; ``None`` when there is one.
    warnings : tuple of str
        Every repair and doubt.
    names : tuple of str
        Name of each slice's file: its base name, or its path below the folder where two share one.
    factors : SuvFactors or None
        The factors, in the order of ``names``.
    used : tuple of Override
        Overrides that concern the series.
    """

    folder: str
    error: str | None
    warnings: tuple[str, ...]
    names: tuple[str, ...]
    factors: SuvFactors | None
    used: tuple[Override, ...] = ()

    def as_document(self) -> dict[str, Any]:
        """Everything as plain values, for JSON; activities in MBq, times in ISO 8601, lengths in their named unit."""
        found: dict[str, Any] = {"folder": self.folder, "error": self.error, "warnings": list(self.warnings)}
        f = self.factors
        values: dict[str, Any] = {} if f is None else {
            "factors": self._by_file(),
            "sul_factor": f.sul_factor, "bsa_factor": f.bsa_factor, "ibw_factor": f.ibw_factor,
            "lean_body_mass": f.lean_body_mass, "units": f.units, "decay_correction": f.decay_correction or None,
            "weight_kg": f.weight_kg, "height_cm": f.height_cm, "sex": f.sex, "dose_mbq": f.dose_mbq,
            "half_life_s": f.half_life_s, "nuclide": f.nuclide, "reference": reference_document(f.reference),
            "overrides": [asdict(applied) for applied in f.overrides],
        }  # fmt: skip
        return {**found, **dict.fromkeys(_KEYS), "factors": {}, **values}

    def _by_file(self) -> dict[str, float | list[float]]:
        """Factor of each file; of a multi-frame file one for all its frames, or a list where they differ."""
        found: dict[str, list[float]] = {}
        for name, value in zip(self.names, self.factors.factors if self.factors else (), strict=True):
            found.setdefault(name, []).append(float(value))
        return {name: values if len(set(values)) > 1 else values[0] for name, values in found.items()}

    def as_text(self) -> str:
        """The same in a few aligned lines, for people."""
        if self.factors is None:
            return f"{self.folder}\n  refused            {self.error}"
        f, r = self.factors, self.factors.reference
        low, high = float(f.factors.min()), float(f.factors.max())
        factor = f"{low:.6g}" if high / low < 1 + 1e-9 else f"{low:.6g} to {high:.6g}, slice by slice"
        dose = f"{f.dose_mbq:.4g} MBq" if f.dose_mbq else "not needed"
        lines = [
            ("slices", str(len(self.names))),
            ("SUVbw factor", f"{factor} g/ml per stored unit ({f.units})"),
            ("SUL factor", f"{f.sul_factor:.4f} ({f.lean_body_mass})" if f.sul_factor else "not known"),
            ("SUVbsa, SUVibw", ", ".join(f"{v:.4f}" if v else "not known" for v in (f.bsa_factor, f.ibw_factor))),
            ("dose, weight", f"{dose}, {f'{f.weight_kg:g} kg' if f.weight_kg else 'no weight'}"),
            ("reference time", f"{r.time:%H:%M:%S} ({r.source})" if r.time else r.source),
            ("uptake time", f"{r.uptake_minutes:.1f} min" if r.uptake_minutes is not None else "not known"),
            ("candidates", f"{r.spread_percent:.2f} % of SUV apart"),
            *(("warning", text) for text in self.warnings),
        ]  # fmt: skip
        return "\n".join([self.folder, *(f"  {name:<17}  {text}" for name, text in lines)])


_KEYS = (
    "factors", "sul_factor", "bsa_factor", "ibw_factor", "lean_body_mass", "units", "decay_correction", "weight_kg",
    "height_cm", "sex", "dose_mbq", "half_life_s", "nuclide", "reference", "overrides",
)  # fmt: skip


def reference_document(reference: Reference) -> dict[str, Any]:
    """A reference time with all its candidates, as plain values."""

    def written(moment: datetime | None) -> str | None:
        return moment.isoformat() if moment else None

    return {
        "time": written(reference.time),
        "source": reference.source,
        "injection": written(reference.injection),
        "uptake_minutes": reference.uptake_minutes,
        "spread_percent": reference.spread_percent,
        "candidates": [
            {"source": c.source, "time": written(c.time), "objection": c.objection}
            for c in reference.candidates
        ],
    }


def suv_of_folder(
    folder: Path, *, lean_body_mass: str = "janmahasatian", overrides: Sequence[Override] = ()
) -> FolderSuv:
    """SUV factors of the attenuation-corrected PET series in a folder; what cannot be known is said, not raised.

    Parameters
    ----------
    folder : Path
        Folder, at any depth, with one PET series, or with several of which one is an attenuation-corrected PET.
    lean_body_mass : {"janmahasatian", "james", "james128", "file"}
        Formula of SUL.
    overrides : sequence of Override
        Header values that a reader corrected, of any patient; those of this series are applied.
    """
    concerned: tuple[Override, ...] = ()
    try:
        series, headers, notes = _the_series(folder)
        headers = [frame for header in headers for frame in slices_of(header)]
        concerned = tuple(entry for entry in overrides if _concerns(entry, series))
        factors = corrected_factors(headers, concerned, lean_body_mass=lean_body_mass)
        _slopes, slope_notes = rescale_slopes(headers)
    except AnalysisError as problem:
        return FolderSuv(str(folder), str(problem), (), (), None, concerned)
    base = [path.rpartition("/")[2] for path in series.files]
    below = dict(zip((folder / path for path in series.files), series.files, strict=True))
    doubled = len(set(base)) < len(base)
    names = tuple(below[h.path] if doubled else h.path.name for h in headers)
    warnings = tuple(dict.fromkeys((*notes, *factors.warnings, *slope_notes)))
    return FolderSuv(str(folder), None, warnings, names, factors, concerned)


def _the_series(folder: Path) -> tuple[Series, list[SliceHeader], list[str]]:
    if not folder.is_dir():
        raise ImageError("there is no such folder", where=str(folder), expected="a folder of DICOM files")
    groups, notes = _grouped(folder)
    pet = {uid: found for uid, found in groups.items() if found[0].attributes.get("Modality") == "PT"}
    if not pet:
        kinds = sorted({reason_left_out(found[0]) for found in groups.values()} - {""})
        raise ImageError(
            "the folder holds no PET series" + (f", but {', '.join(kinds)}" if kinds else ""),
            where=folder.name or str(folder), expected="DICOM files with Modality (0008,0060) PT", do="name the folder of a PET series",
            offenders=("Modality",),
        )  # fmt: skip
    reasons = {uid: _reason(found[0]) for uid, found in pet.items()}
    wanted = [uid for uid in pet if not reasons[uid]] or list(pet)
    strict = [uid for uid in wanted if not reason_left_out(pet[uid][0])]
    wanted = strict or wanted
    if len(wanted) > 1:
        listed = "; ".join(
            f"{uid} ({pet[uid][0].attributes.get('SeriesDescription', '')[:40]}, {len(pet[uid][0].files)} files"
            + (f", {reasons[uid]})" if reasons[uid] else ")")
            for uid in wanted[:_LISTED]
        )
        raise ImageError(
            f"the folder holds {len(wanted)} PET series: {listed}", where=folder.name or str(folder),
            expected="one attenuation-corrected PET series", do="name the folder of one series", offenders=tuple(wanted),
        )  # fmt: skip
    series, headers = pet[wanted[0]]
    if series.problem:
        raise ImageError(
            series.problem, where=folder.name or str(folder), expected="complete DICOM files", do="transfer the series again",
            offenders=(series.series_uid,),
        )  # fmt: skip
    reason = reasons[wanted[0]]
    # An image that is not attenuation-corrected is refused by name where its factor is made.
    if reason and not_one_volume(series):
        raise ImageError(
            f"the PET series is no volume: {reason}", where=folder.name or str(folder),
            expected="an attenuation-corrected PET series", offenders=("SeriesType", "ImageType"),
        )  # fmt: skip
    if reason:
        notes.append(f"the series would be left out of a study: {reason}")
    for uid, (other, _headers) in sorted(groups.items()):
        if uid != wanted[0]:
            notes.append(
                f"a second series of the folder is not used ({len(other.files)} files): {reason_left_out(other)}"
            )
    return series, headers, notes


def _concerns(entry: Override, series: Series) -> bool:
    get = series.attributes.get
    patients = {get("PatientID", ""), get("ClinicalTrialSubjectID", "")} - {""}
    visit = get("ClinicalTrialTimePointID", "")
    return any(entry.concerns(patient_id=p, series_uid=series.series_uid, visit=visit) for p in patients)


def _reason(series: Series) -> str:
    """Why a series has no SUV, whatever its tracer and its number of slices."""
    attributes = {name: value for name, value in series.attributes.items() if name not in _TRACER}
    twice = series.files * 2  # a single slice has a factor as well
    return reason_left_out(replace(series, attributes=attributes, files=twice))


def _grouped(folder: Path) -> tuple[dict[str, tuple[Series, list[SliceHeader]]], list[str]]:
    """Series below a folder by Series Instance UID, each with the headers of its files, and warnings."""
    members: dict[str, list[tuple[str, SliceHeader]]] = {}
    lost: list[str] = []
    reader = HeaderReader()
    for path in sorted(
        p for p in folder.rglob("*") if p.is_file() and not p.name.startswith((".", "DICOMDIR"))
    ):
        below = path.relative_to(folder).as_posix()
        try:
            header = reader.read(path)
        except ImageError as problem:
            if meant_as_image(Series("", {}, (below,), "", problem.what)):
                lost.append(f"{path.name}: {problem.what}")
            continue
        members.setdefault(header.get("SeriesInstanceUID"), []).append((below, header))
    if lost:
        raise ImageError(
            f"{len(lost)} files cannot be read: " + "; ".join(lost[:_LISTED]), where=folder.name or str(folder),
            expected="complete DICOM files", do="transfer the series again, or take the files out",
        )  # fmt: skip
    groups, notes = {}, []
    for uid, found in sorted(members.items()):
        attributes: dict[str, str] = {}
        for _path, header in found:
            attributes = {**described(header)[0], **attributes}
        if "Modality" in attributes:
            attributes["Modality"] = attributes["Modality"].upper()
        if found[0][1].pixel_start < 0 and found[0][1].get("SOPClassUID") not in _PET_IMAGES:
            attributes["Pixels"] = "none"  # raw data or a protocol, stored under the image's modality
        cut = [path for path, header in found if header.truncated and header.pixel_start >= 0]
        without = sum(header.pixel_start < 0 for _path, header in found)
        problem = (
            f"{len(cut)} files end before their pixel data do: {', '.join(cut[:_LISTED])}" if cut else ""
        )
        if without and attributes.get("Modality") == "PT":
            notes.append(f"{without} PET files hold no pixel data: only their headers were read")
        series = Series(uid, attributes, tuple(path for path, _header in found), "", problem)
        groups[uid] = series, [header for _path, header in found]
    return groups, notes
