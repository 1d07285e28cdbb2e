"""Headers that were read before: a file is read again only when its path, size or time of modification changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from analysis.pet.series.file_record import FileRecord
from analysis.pet.series.files import FoundFile
from analysis.pet.versions import code_version
from analysis.work.whole_file import write_whole


def _place(cache: Path, folder: Path) -> Path:
    name = hashlib.sha256(repr((code_version(), str(folder.resolve()))).encode()).hexdigest()
    return cache / f"index-{name[:32]}.json"


def stored_records(cache: Path | None, folder: Path, files: Mapping[str, FoundFile]) -> dict[str, FileRecord]:
    """Records of those files that have not changed since they were stored, by path."""
    if cache is None:
        return {}
    try:
        document = json.loads(_place(cache, folder).read_text(encoding="utf-8"))
        attributes = [tuple((str(k), str(v)) for k, v in entry) for entry in document["attributes"]]
        return {
            path: FileRecord(uid, instance, attributes[number], tuple(along), moment, problem)
            for path, size, modified, uid, instance, number, along, moment, problem in document["files"]
            if path in files and (files[path].size, files[path].modified) == (size, modified)
        }
    except (OSError, ValueError, TypeError, KeyError, IndexError):
        return {}  # read again, and written again


def store_records(
    cache: Path | None, folder: Path, files: Mapping[str, FoundFile], records: Mapping[str, FileRecord]
) -> None:
    """Keep the records, whole or not at all; the attributes that files of a series share are written once."""
    if cache is None:
        return
    numbers: dict[tuple[tuple[str, str], ...], int] = {}
    rows = [
        [
            path, files[path].size, files[path].modified, record.series_uid, record.instance_uid,
            numbers.setdefault(record.attributes, len(numbers)), record.along, record.moment, record.problem,
        ]
        for path, record in sorted(records.items())
        if not record.passing
    ]  # fmt: skip
    write_whole(_place(cache, folder), json.dumps({"attributes": list(numbers), "files": rows}))
