"""CDISC Dataset-JSON 1.1: one document, or one line a record (NDJSON)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.intake.binary_tables import as_text
from analysis.data.intake.raw_table import RawTable, ReadingOptions
from analysis.data.problems import Problem, error

VERSION = "1.1"


def read_dataset_json(path: Path, name: str, _: ReadingOptions) -> tuple[list[RawTable], list[Problem]]:
    """Data set of a Dataset-JSON file, with its labels.

    A file ``.ndjson`` holds the description on its first line and one record a line after it.

    References
    ----------
    CDISC Dataset-JSON v1.1 (https://www.cdisc.org/standards/data-exchange/dataset-json).
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        head, rows = _lines(text) if path.suffix.lower() == ".ndjson" else _document(text)
    except (OSError, UnicodeError):
        return [], [error(path.name, "the file is not UTF-8 text", do="write it again as UTF-8")]
    except (ValueError, RecursionError) as fault:
        line = getattr(fault, "lineno", None)
        return [], [error(path.name, "the file is not valid JSON", row=line, do="write it again")]
    if not _is_dataset(head):
        expected = "datasetJSONVersion, columns with a name each, and rows"
        return [], [error(path.name, "the file is JSON, but no Dataset-JSON", expected=expected)]
    version = str(head["datasetJSONVersion"])
    if not version.startswith(VERSION):
        what = f"the file is of version {version[:10]} of Dataset-JSON"
        return [], [error(path.name, what, expected=f"version {VERSION}", do="write it in that version")]
    columns = [column["name"] for column in head["columns"]]
    problems = [
        error(
            path.name,
            f"record {number} has {_width(row)} values",
            expected=f"{len(columns)}, as it has columns",
        )
        for number, row in enumerate(rows, 1)
        if _width(row) != len(columns)
    ]
    told = head.get("records")
    if isinstance(told, int) and told != len(rows):
        what = f"the file says that it holds {told} records, and holds {len(rows)}"
        problems.append(error(path.name, what, do="it may have been cut off: fetch it again"))
    if len(set(columns)) < len(columns):
        problems.append(error(path.name, "two columns have the same name", do="name every column once"))
    if problems:
        return [], problems
    labels = {column["name"]: str(column["label"]) for column in head["columns"] if column.get("label")}
    frame = pd.DataFrame(rows, columns=columns, dtype=object)
    table = str(head.get("name") or name).lower()
    return [RawTable(name=table, file=path.name, cells=as_text(frame), row_noun="record", labels=labels)], []


def _document(text: str) -> tuple[Any, list[Any]]:
    document = json.loads(text)
    rows = document.get("rows") if isinstance(document, dict) else None
    return document, rows if isinstance(rows, list) else []


def _lines(text: str) -> tuple[Any, list[Any]]:
    records: Iterator[str] = (line for line in text.splitlines() if line.strip())
    return json.loads(next(records, "null")), [json.loads(line) for line in records]


def _is_dataset(head: Any) -> bool:
    return (
        isinstance(head, dict)
        and "datasetJSONVersion" in head
        and isinstance(head.get("columns"), list)
        and bool(head["columns"])
        and all(isinstance(each, dict) and isinstance(each.get("name"), str) for each in head["columns"])
    )


def _width(row: Any) -> int:
    return len(row) if isinstance(row, list) else 0
