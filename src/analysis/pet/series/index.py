"""Every DICOM series below a folder, found by the headers of its files, whatever the folders look like."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import SliceHeader, read_header
from analysis.pet.headers.multiframe import described
from analysis.pet.series.writing import write_whole
from analysis.pet.versions import code_version

_KEPT = (
    "Modality", "SOPClassUID", "ImageType", "SeriesType", "CorrectedImage", "AttenuationCorrectionMethod", "Units",
    "PatientID", "ClinicalTrialSubjectID", "ClinicalTrialTimePointID", "StudyDate", "SeriesDate", "AcquisitionDate",
    "SeriesDescription", "NumberOfFrames", "FrameCount", "NumberOfTimeSlices", "FrameOfReferenceUID", "Radiopharmaceutical",
    "RadiopharmaceuticalCodeValue", "RadiopharmaceuticalCodeMeaning", "RadionuclideValue", "RadionuclideMeaning",
    "StudyInstanceUID",
)  # fmt: skip
_IMAGES = frozenset(f"1.2.840.10008.5.1.4.1.1.{n}" for n in ("128", "128.1", "130", "2", "2.1", "20")) | {""}
"""SOP classes of PET, CT and nuclear medicine images (PS3.4 B.5); an absent one may be any."""
_NO_IMAGES = (".", "DICOMDIR")
"""Half-written files and a file manager's droppings; the directory of a medium (PS3.10 section 8.6)."""
_NAMED = 5
_FILES_A_TASK = 400


@dataclass(frozen=True)
class Series:
    """One series: its files and what its first header says.

    Parameters
    ----------
    series_uid : str
        Series Instance UID (0020,000E); empty for files that are not readable DICOM.
    attributes : mapping of str to str
        Attributes by which series are told apart, of the first file that has them.
    files : tuple of str
        Paths below the indexed folder, sorted.
    signature : str
        Changes when a file is added, removed or modified (path, size, time of modification).
    problem : str
        Why the files cannot be used at all; empty if they can be read.
    """

    series_uid: str
    attributes: Mapping[str, str]
    files: tuple[str, ...]
    signature: str
    problem: str


@dataclass(frozen=True)
class _File:
    path: str
    size: int
    modified: int


def index_series(
    folder: Path, *, workers: int = 1, cache: Path | None = None, progress: bool = False
) -> tuple[Series, ...]:
    """All series below a folder, in an order that does not depend on the file system.

    Parameters
    ----------
    folder : Path
        Any tree of folders; links are followed, and every folder is read once.
    workers : int
        Processes that read headers.
    cache : Path, optional
        Folder in which the index is kept; it is used again while no file has changed.
    progress : bool
        Whether to show a bar.

    Raises
    ------
    ImageError
        If the folder does not exist.
    """
    if not folder.is_dir():
        raise ImageError(
            "there is no such image folder", where=str(folder.name), expected="a folder of DICOM files"
        )
    files = sorted(_walk(folder), key=lambda file: file.path)
    listing = hashlib.sha256(repr((code_version(), files)).encode()).hexdigest()
    kept = cache / f"index-{listing[:32]}.json" if cache else None
    stored = _stored(kept)
    if stored is not None:
        return stored
    parts = [files[i : i + _FILES_A_TASK] for i in range(0, len(files), _FILES_A_TASK)]
    series = _merged(_read_all(folder, parts, workers, progress), {file.path: file for file in files})
    if kept is not None:
        write_whole(kept, json.dumps([asdict(entry) for entry in series]))
    return series


def _stored(file: Path | None) -> tuple[Series, ...] | None:
    if file is None or not file.is_file():
        return None
    try:
        entries = json.loads(file.read_text(encoding="utf-8"))
        return tuple(
            Series(e["series_uid"], e["attributes"], tuple(e["files"]), e["signature"], e["problem"])
            for e in entries
        )
    except (OSError, json.JSONDecodeError, TypeError, KeyError):
        return None  # made again, and written again


def _walk(folder: Path) -> Iterator[_File]:
    """Every file below a folder; links come last, so that a folder is found by its own path if it has one there."""
    seen: set[tuple[int, int]] = set()
    waiting, linked = [""], []
    while waiting or linked:
        below = waiting.pop() if waiting else linked.pop(linked.index(min(linked)))
        try:
            place = (folder / below).stat()
            with os.scandir(folder / below) as found:
                entries = sorted(found, key=lambda entry: entry.name)
        except OSError as problem:
            raise ImageError(
                f"the folder cannot be read: {problem.strerror or problem}",
                where=below or folder.name,
                expected="a folder that may be read",
            ) from problem
        if (place.st_dev, place.st_ino) in seen:
            continue  # a link to a folder that is read anyway, or in a circle
        seen.add((place.st_dev, place.st_ino))
        for entry in entries:
            if entry.name.startswith(_NO_IMAGES):
                continue
            path = f"{below}/{entry.name}" if below else entry.name
            if entry.is_dir():
                (linked if entry.is_symlink() else waiting).append(path)
            elif entry.is_file():
                stat = entry.stat()
                yield _File(path, stat.st_size, stat.st_mtime_ns)


_Found = list[tuple[str, str, dict[str, str] | None, str]]


def _read_all(
    folder: Path, parts: Sequence[Sequence[_File]], workers: int, progress: bool
) -> Iterator[_Found]:
    import joblib
    from tqdm import tqdm

    jobs = [[file.path for file in part] for part in parts]
    if workers == 1 or len(jobs) < 4:
        found: Iterator[_Found] = (_read_part(folder, job) for job in jobs)
    else:
        found = joblib.Parallel(n_jobs=workers, return_as="generator")(
            joblib.delayed(_read_part)(folder, job) for job in jobs
        )
    yield from tqdm(
        found, total=len(jobs), desc="Reading headers", unit="part", disable=not progress, leave=False
    )


def _read_part(folder: Path, paths: Sequence[str]) -> _Found:
    """Path, series, attributes (of the first file of a series in this part only) and problem of each file."""
    found: _Found = []
    seen: set[str] = set()
    for path in paths:
        try:
            header = read_header(folder / path)
        except ImageError as problem:
            found.append((path, "", None, problem.what))
            continue
        uid = header.get("SeriesInstanceUID")
        known, trouble = described(header)
        if not uid:
            trouble = "SeriesInstanceUID (0020,000E) is missing"
        elif header.truncated and _is_image(header):
            trouble = "the file ends before its pixel data do: it is truncated"
        attributes = {k: known[k] for k in _KEPT if known.get(k)} if uid and uid not in seen else None
        if attributes and header.pixel_start < 0:
            attributes["Pixels"] = "none"
        seen.add(uid)
        found.append((path, uid, attributes, trouble))
    return found


def _is_image(header: SliceHeader) -> bool:
    # Scanners store raw data and protocols under the image's modality, in classes of their own.
    if header.get("Modality") not in ("PT", "CT", "NM"):
        return False
    return header.pixel_start >= 0 or header.get("SOPClassUID") in _IMAGES


def _merged(found: Iterator[_Found], files: Mapping[str, _File]) -> tuple[Series, ...]:
    attributes: dict[str, dict[str, str]] = {}
    members: dict[tuple[str, str], list[str]] = {}
    problems: dict[tuple[str, str], dict[str, list[str]]] = {}
    for part in found:
        for path, uid, attrs, problem in part:
            # Files of no series are listed together, folder by folder.
            key = (uid, "" if uid else path.rpartition("/")[0])
            members.setdefault(key, []).append(path)
            if attrs:
                attributes[uid] = {**attrs, **attributes.get(uid, {})}
            if problem:
                problems.setdefault(key, {}).setdefault(problem, []).append(path.rpartition("/")[2])
    listed = []
    for key in sorted(members):
        paths = tuple(sorted(members[key]))
        signature = hashlib.sha256(repr([files[path] for path in paths]).encode()).hexdigest()
        wrong = "; ".join(f"{what}: {_named(names)}" for what, names in sorted(problems.get(key, {}).items()))
        listed.append(Series(key[0], attributes.get(key[0], {}), paths, signature, wrong))
    return tuple(listed)


def _named(names: Sequence[str]) -> str:
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(sorted(names)[:_NAMED]) + more
