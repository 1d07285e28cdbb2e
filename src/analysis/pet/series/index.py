"""Every DICOM series below a folder, found by the headers of its files, whatever the folders look like."""

from __future__ import annotations

import hashlib
import itertools
import statistics
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.errors import ImageError
from analysis.pet.headers.tags import tag_text
from analysis.pet.series.copies import without_copies
from analysis.pet.series.file_record import FileRecord, read_records
from analysis.pet.series.files import FoundFile, walk
from analysis.pet.series.record_store import store_records, stored_records
from analysis.work.processes import in_processes

_NAMED = 5
_FILES_A_TASK = 1000
_LONG_SECONDS = 8.0
"""Reading alone goes on while no more than this is left: a process takes seconds to start, a header microseconds."""
_IDENTITY = (
    "PatientID",
    "ClinicalTrialSubjectID",
    "ClinicalTrialTimePointID",
    "StudyInstanceUID",
    "Modality",
)
"""What all files of one series share (PS3.3 A.1.2: a series belongs to one study of one patient)."""


_Job = tuple[Path, Sequence[str]]


@dataclass(frozen=True)
class Series:
    """One series: its files and what their headers say.

    Parameters
    ----------
    series_uid : str
        Series Instance UID (0020,000E); empty for files that are not readable DICOM.
    attributes : mapping of str to str
        Attributes by which series are told apart, of the first file that has them.
    files : tuple of str
        Paths below the indexed folder, sorted; of several copies of one image only the first.
    signature : str
        Changes when a file is added, removed or modified (path, size, time of modification).
    problem : str
        Why the files cannot be used at all; empty if they can be read.
    positions : tuple of float
        Positions of all images along the normal of their plane in mm, ascending; empty unless all are known.
    started : str
        Earliest acquisition as YYYYMMDDHHMMSS; empty if unknown.
    warnings : tuple of str
        What a reader of the list must know, e.g. that copies were left out.
    """

    series_uid: str
    attributes: Mapping[str, str]
    files: tuple[str, ...]
    signature: str
    problem: str
    positions: tuple[float, ...] = ()
    started: str = ""
    warnings: tuple[str, ...] = ()

    @property
    def extent_mm(self) -> float:
        """Length covered along the normal, half a slice beyond the outer centres included; 0 if unknown."""
        if len(self.positions) < 2:
            return 0.0
        gaps = [b - a for a, b in itertools.pairwise(self.positions)]
        return self.positions[-1] - self.positions[0] + statistics.median(gaps)


def index_series(
    folder: Path, *, workers: int = 1, cache: Path | None = None, progress: bool = False
) -> tuple[Series, ...]:
    """All series below a folder, in an order that does not depend on the file system.

    Files that are no DICOM, archives, folders that cannot be read and links that lead nowhere are listed as well, with
    ``problem`` and without a series. Names beginning with a dot and DICOMDIR are passed over.

    Parameters
    ----------
    folder : Path
        Any tree of folders; links are followed, and every folder is read once.
    workers : int
        Processes that read headers, where there are so many that starting them is worth while.
    cache : Path, optional
        Folder in which the headers are kept; a file is read again only when its size or time of modification changed.
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
    found, unreadable = walk(folder)
    files = {file.path: file for file in found}
    records = stored_records(cache, folder, files)
    before = len(records)
    left = [file.path for file in found if file.path not in records]
    try:
        for path, record in _read_all(folder, left, workers, progress):
            records[path] = record
    finally:  # an interrupted index goes on where it was
        if len(records) > before:
            store_records(cache, folder, files, records)
    lost = {path: FileRecord("", "", (), (), "", why) for path, why in unreadable.items()}
    stamps = files | {path: FoundFile(path, 0, 0) for path in lost}
    return _merged(folder, records | lost, stamps)


def _read_all(
    folder: Path, paths: Sequence[str], workers: int, progress: bool
) -> Iterator[tuple[str, FileRecord]]:
    from tqdm import tqdm

    jobs = [(folder, paths[i : i + _FILES_A_TASK]) for i in range(0, len(paths), _FILES_A_TASK)]
    with tqdm(
        total=len(paths), desc="Reading headers", unit="file", disable=not progress, leave=False
    ) as bar:
        for number, records in _records(jobs, workers):
            yield from zip(jobs[number][1], records, strict=True)
            bar.update(len(records))


def _records(jobs: Sequence[_Job], workers: int) -> Iterator[tuple[int, list[FileRecord]]]:
    """Number of each job and its records: here, until it turns out that processes are worth starting."""
    start = time.perf_counter()
    for number, job in enumerate(jobs):
        passed, left = time.perf_counter() - start, len(jobs) - number
        if workers > 1 and number and passed / number * left > _LONG_SECONDS:
            for place, records in in_processes(read_records, jobs[number:], workers, died=_died):
                yield number + place, records
            return
        yield number, read_records(job)


def _died(job: _Job) -> list[FileRecord]:
    lost = FileRecord("", "", (), (), "", "the process that read this file and its neighbours died", True)
    return [lost] * len(job[1])


def _merged(
    folder: Path, records: Mapping[str, FileRecord], files: Mapping[str, FoundFile]
) -> tuple[Series, ...]:
    members: dict[tuple[str, str], list[str]] = {}
    for path in sorted(records):
        uid = records[path].series_uid
        # Files of no series are listed together, folder by folder.
        members.setdefault((uid, "" if uid else path.rpartition("/")[0]), []).append(path)
    return tuple(_series(folder, uid, members[uid, place], records, files) for uid, place in sorted(members))


def _series(
    folder: Path,
    uid: str,
    paths: Sequence[str],
    records: Mapping[str, FileRecord],
    files: Mapping[str, FoundFile],
) -> Series:
    signature = hashlib.sha256(repr([files[path] for path in paths]).encode()).hexdigest()
    problems: dict[str, list[str]] = {}
    for path in paths:
        if records[path].problem:
            problems.setdefault(records[path].problem, []).append(path.rpartition("/")[2])
    wrong = [f"{what}: {named(names)}" for what, names in sorted(problems.items())]
    kept, warnings = tuple(paths), ()
    if uid:
        kept, copies, differing = without_copies(
            folder, [(path, records[path].instance_uid) for path in paths]
        )
        if copies:
            warnings = (f"{len(copies)} files are copies of others of the series and are left out",)
        if differing:
            wrong.append(f"one SOP Instance UID (0008,0018) stands in files that differ: {named(differing)}")
    attributes: dict[str, str] = {}
    values: dict[str, set[str]] = {}
    for shared_by_files in dict.fromkeys(records[path].attributes for path in kept):
        for name, value in shared_by_files:
            attributes.setdefault(name, value)
            values.setdefault(name, set()).add(value)
    shared = (*_IDENTITY, "FrameOfReferenceUID") if attributes.get("Modality") == "PT" else _IDENTITY
    for name in shared:
        if len(values.get(name, ())) > 1:
            # Whose it is cannot be told: the values themselves may be hospital numbers.
            wrong.append(f"{tag_text(name)} differs between the files of one series")
            del attributes[name]
    places = [records[path].along for path in kept]
    known = sorted(itertools.chain.from_iterable(places)) if all(places) else []
    moments = [records[path].moment for path in kept if records[path].moment]
    return Series(
        uid, attributes, kept, signature, "; ".join(wrong),
        tuple(known), min(moments, default=""), warnings,
    )  # fmt: skip


def named(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are; bytes that are no text are replaced."""
    shown = [
        name.encode("utf-8", "surrogateescape").decode("utf-8", "replace") for name in sorted(names)[:_NAMED]
    ]
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(shown) + more
