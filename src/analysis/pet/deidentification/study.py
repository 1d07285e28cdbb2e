"""A whole study brought in without its patients: tables, images and contours by one key."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.data import PseudonymKey
from analysis.data.description import read_description
from analysis.data.pseudonymised import TableReport, pseudonymised_tables
from analysis.errors import StudyError
from analysis.pet.deidentification.files import FolderReport, deidentify_folder
from analysis.pet.deidentification.profile import Options
from analysis.yaml_text import yaml_content

_MASKS = (".nii", ".nii.gz")


@dataclass(frozen=True)
class StudyReport:
    """What was done, or would be: counts alone."""

    tables: TableReport
    images: FolderReport
    contours: FolderReport
    masks: int
    dry_run: bool

    @property
    def aside(self) -> dict[str, str]:
        """Files that a person has to look at, by path below the source, with the reason."""
        return {
            f"{folder}/{path}": reason
            for folder, report in (("dicom", self.images), ("contours", self.contours))
            for path, reason in sorted(report.aside.items())
        }

    def as_text(self) -> str:
        """Counts in lines; no name, no path, no pseudonym."""
        would = "would be " if self.dry_run else ""
        lines = [f"patients in the tables: {len(self.tables.patients)}"]
        lines += [f"tables: {n} {what}" for what, n in sorted(self.tables.done.items())]
        lines += [f"tables: {name}.csv: column {column} left out" for name, columns in self.tables.left_out.items() for column in columns]  # fmt: skip
        for name, found in (("images", self.images), ("contours", self.contours)):
            lines.append(
                f"{name}: {found.written} files {would}written, {found.there_already} there already, of {len(found.patients)} patients"
            )
            lines += [f"{name}: {n} {what}" for what, n in sorted(found.done.items())]
            lines += [
                f"{name}: {n} set aside: {why}" for why, n in sorted(Counter(found.aside.values()).items())
            ]
        lines += [f"contours: {self.masks} NIfTI masks {would}copied under new names"] if self.masks else []
        return "\n".join(lines)


def pseudonymise_study(
    source: Path,
    target: Path,
    *,
    key: PseudonymKey,
    options: Options | None = None,
    workers: int = 1,
    dry_run: bool = False,
    progress: bool = False,
) -> StudyReport:
    """Write a study folder that names nobody, from one that may.

    Everything is made in a hidden folder beside the target and put in place when it is whole; an interrupted call goes on
    where it was if it is made again with the same key.

    Parameters
    ----------
    source : Path
        Study folder with direct identifiers; it is only read.
    target : Path
        Study folder to make; anything that is there is left alone.
    key : PseudonymKey
        The study's key: the same key gives the same pseudonyms.
    options : Options
        What the profile leaves open.
    workers : int
        Processes.
    dry_run : bool
        Say what would be done; nothing is written.
    progress : bool
        Whether to show bars.

    Raises
    ------
    StudyError
        If the target is there, lies inside the source, or a table cannot be read.
    """
    refuse_places(source, target)
    tables, told = pseudonymised_tables(source, key)
    how = {"options": options, "workers": workers, "dry_run": dry_run, "progress": progress}
    return put_together(source, target, tables, told, key=key, **how)


def put_together(
    source: Path,
    target: Path,
    tables: Mapping[str, str],
    told: TableReport,
    *,
    key: PseudonymKey,
    options: Options | None = None,
    workers: int = 1,
    dry_run: bool = False,
    progress: bool = False,
) -> StudyReport:
    """Study folder of pseudonymised tables and of the images and contours that the source's ``study.yml`` names.

    Parameters
    ----------
    source, target, key, options, workers, dry_run, progress
        As of :func:`pseudonymise_study`.
    tables : mapping of str to str
        CSV text of each table, pseudonymised.
    told : TableReport
        What was done to them.

    Raises
    ------
    StudyError
        If an interrupted call with another key left a folder behind.
    """
    description, _ = read_description(source)
    partial = target.with_name(f".{target.name}.pseudonymising")
    _continue_or_refuse(partial, key, dry_run=dry_run)
    common = {
        "key": key,
        "options": options,
        "patients": frozenset(told.patients),
        "of_series": told.of_series,
    }
    settings = {"workers": workers, "dry_run": dry_run, "progress": progress}
    images, contours, masks = FolderReport(), FolderReport(), 0
    if (source / description.dicom).is_dir():
        images = deidentify_folder(source / description.dicom, partial / "dicom", **common, **settings)
    if (source / description.contours).is_dir():
        contours = deidentify_folder(
            source / description.contours, partial / "contours", **common, **settings
        )
        contours, masks = _masks(
            source / description.contours, partial / "contours", contours, told, dry_run=dry_run
        )
    if not dry_run:
        for name, text in tables.items():
            (partial / f"{name}.csv").write_text(text, encoding="utf-8")
        _describe(source, partial, set(told.left_out.get("patients", ())))
        (partial / _KEY).unlink()
        partial.rename(target)
    return StudyReport(told, images, contours, masks, dry_run)


_KEY = ".key"


def refuse_places(source: Path, target: Path) -> None:
    """Raise where a study cannot be made.

    Raises
    ------
    StudyError
        If there is no source, something is at the target, or the target lies inside the source.
    """
    if not source.is_dir():
        raise StudyError("the folder to pseudonymise does not exist", where=source.name)
    if target.exists():
        raise StudyError(
            "there is something at the target, and it is left alone",
            where=target.name,
            do="name another folder",
        )
    if target.resolve().is_relative_to(source.resolve()):
        raise StudyError("the target lies inside the source", where=target.name, do="name another folder")


def _continue_or_refuse(partial: Path, key: PseudonymKey, *, dry_run: bool) -> None:
    """Make the folder to fill, or go on in one that the same key began."""
    mark = partial / _KEY
    if partial.exists() and (not mark.is_file() or mark.read_text(encoding="ascii") != key.fingerprint):
        raise StudyError(
            "an interrupted call with another key left a folder behind",
            where=partial.name,
            do="remove it, or use the key it was begun with",
        )
    if not dry_run and not partial.exists():
        partial.mkdir(parents=True)
        mark.write_text(key.fingerprint, encoding="ascii")


def _masks(
    source: Path, target: Path, contours: FolderReport, told: TableReport, *, dry_run: bool
) -> tuple[FolderReport, int]:
    """NIfTI masks under new names, those that contours.csv says whose they are; the header's texts are blanked."""
    import nibabel

    aside, copied = dict(contours.aside), 0
    for path in sorted(contours.aside):
        new = told.mask_files.get(path)
        if not path.endswith(_MASKS) or new is None:
            continue
        if not dry_run:
            image: Any = nibabel.load(source / path)
            for name in ("descrip", "aux_file", "intent_name", "db_name"):
                if name in image.header:
                    image.header[name] = b""
            image.header.extensions.clear()
            target.mkdir(parents=True, exist_ok=True)
            nibabel.save(image, target / new)
        del aside[path]
        copied += 1
    return replace(contours, aside=aside), copied


def _describe(source: Path, target: Path, left_out: set[str]) -> None:
    """study.yml, last: as it was, with images and contours inside the folder, and birth declared lacking."""
    import yaml

    file = source / "study.yml"
    if not file.is_file():
        return
    document = yaml_content(file.read_text(encoding="utf-8-sig")) or {}
    document.pop("dicom", None)
    document.pop("contours", None)
    lacks = {name: list(columns) for name, columns in (document.get("lacks") or {}).items()}
    if left_out and "birth" not in lacks.get("patients", []):
        lacks.setdefault("patients", []).append("birth")
    if lacks:
        document["lacks"] = lacks
    document["caveats"] = [
        *(document.get("caveats") or []),
        "Pseudonymised: dates were moved by a number of days of each patient's own, dates of birth and free text left out.",
    ]
    (target / "study.yml").write_text(
        yaml.safe_dump(document, allow_unicode=True, sort_keys=False), encoding="utf-8"
    )


def write_aside(report: StudyReport, file: Path) -> None:
    """List what a person has to look at; for whoever holds the key, since paths may name patients."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as opened:
        opened.write(json.dumps(report.aside, indent=1, ensure_ascii=False) + "\n")
