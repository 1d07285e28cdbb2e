"""Header values that a reader corrects, each with its reason: applied before SUV, and audited with what they change."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from analysis.data.tables.imaging import OVERRIDABLE
from analysis.errors import ImageError, StudyError
from analysis.pet.headers.attributes import parse_date, parse_date_time, parse_number, parse_time
from analysis.pet.headers.dicom_file import SliceHeader
from analysis.pet.headers.tags import tag_text
from analysis.pet.suv.factors import SuvFactors, suv_factors


def _above_zero(text: str) -> bool:
    value = parse_number(text)
    return value is not None and value > 0


_TRACER = "RadiopharmaceuticalInformationSequence"
_PARSED: dict[str, Callable[[str], object]] = {
    "HHMMSS": parse_time,
    "YYYYMMDD": parse_date,
    "YYYYMMDDHHMMSS": parse_date_time,
}
_COLUMNS = ("patient_id", "series_uid", "visit", "field", "value", "reason")


@dataclass(frozen=True)
class Override:
    """One corrected value: whose, of which series and visit (empty: all), the attribute, its value, why, and its line."""

    patient_id: str
    series_uid: str
    visit: str
    field: str
    value: str
    reason: str
    line: int

    def concerns(self, *, patient_id: str, series_uid: str, visit: str) -> bool:
        """Whether it is meant for a series."""
        return (
            self.patient_id == patient_id
            and self.series_uid in ("", series_uid)
            and self.visit in ("", visit)
        )


@dataclass(frozen=True)
class Applied:
    """An override with what it replaced and what all overrides of the series together changed.

    Parameters
    ----------
    field, value, reason : str
        The attribute, the value used, and why.
    header_value : str
        The header's own value; empty if it has none.
    factor_before, factor_after : float or None
        SUVbw factor of the first slice; ``None`` where the header alone was refused.
    change_percent : float or None
        Change of SUVbw in percent.
    refused_before : str
        Why the header alone was refused; empty if it was not.
    """

    field: str
    value: str
    reason: str
    header_value: str
    factor_before: float | None
    factor_after: float | None
    change_percent: float | None
    refused_before: str


def overrides_of_rows(rows: Sequence[Mapping[Any, Any]], *, file: str) -> list[Override]:
    """Overrides of a table's rows, the first of which stands on line 2.

    Raises
    ------
    StudyError
        If a field is not one that may be overridden, a value is none of its attribute, or a reason is missing.
    """
    found = []
    for line, row in enumerate(rows, start=2):
        entry = Override(*((row.get(name) or "").strip() for name in _COLUMNS), line)  # type: ignore[arg-type]
        where = f"{file}, line {line}"
        if entry.field not in OVERRIDABLE:
            raise StudyError(
                f"the field {entry.field[:40]!r} cannot be overridden", where=where, expected="one of " + ", ".join(OVERRIDABLE),
                offenders=(str(line),),
            )  # fmt: skip
        meant = OVERRIDABLE[entry.field]
        valid = (
            entry.value in meant if isinstance(meant, tuple) else _PARSED.get(meant, _above_zero)(entry.value)
        )
        if not valid:
            raise StudyError(
                f"the value of {tag_text(entry.field)} means nothing", where=where,
                expected=meant if isinstance(meant, str) else "one of " + ", ".join(meant),
                do="write it as it stands in DICOM, in the same unit", offenders=(str(line),),
            )  # fmt: skip
        for name in ("patient_id", "reason"):
            if not getattr(entry, name):
                raise StudyError(
                    f"the {name} is empty", where=where, expected="a text", offenders=(str(line),)
                )
        found.append(entry)
    return found


def read_overrides(file: Path) -> list[Override]:
    """Overrides of a file with the columns of ``pet_overrides.csv``; ``series_uid`` and ``visit`` may be absent.

    Raises
    ------
    StudyError
        If the file cannot be read, lacks a column, or holds a row that means nothing.
    """
    try:
        with file.open(encoding="utf-8-sig", newline="") as text:
            reader = csv.DictReader(text)
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as problem:
        raise StudyError(
            "the override file cannot be read", where=file.name, expected="a CSV file"
        ) from problem
    lacking = {"patient_id", "field", "value", "reason"} - set(reader.fieldnames or ())
    if lacking:
        raise StudyError(
            f"the override file lacks the column {sorted(lacking)[0]}",
            where=file.name,
            expected=", ".join(_COLUMNS),
        )
    return overrides_of_rows(rows, file=file.name)


def refuse_unused(overrides: Sequence[Override], used: Sequence[Override], *, file: str) -> None:
    """Raise if an override concerns no series: it is a mistake that would be believed to be done.

    Raises
    ------
    StudyError
        If one is not used.
    """
    for entry in overrides:
        if entry not in used:
            raise StudyError(
                f"the override of {entry.field} concerns no series that is measured", where=f"{file}, line {entry.line}",
                expected="a patient, series or visit that is measured", do="correct the row, or remove it",
                offenders=(str(entry.line),),
            )  # fmt: skip


def overridden(headers: Sequence[SliceHeader], overrides: Sequence[Override]) -> list[SliceHeader]:
    """Headers with the corrected values in every slice."""
    values = {entry.field: entry.value for entry in overrides}
    changed = []
    for header in headers:
        attributes = {**header.attributes, **values}
        if attributes.get(_TRACER, "0") in ("", "0") and any(name.startswith("Radio") for name in values):
            attributes[_TRACER] = "1"  # what the header lacks is given by the overrides, or refused by name
        changed.append(replace(header, attributes=attributes))
    return changed


def corrected_factors(
    headers: Sequence[SliceHeader], overrides: Sequence[Override], *, lean_body_mass: str = "janmahasatian"
) -> SuvFactors:
    """SUV factors of one series after its overrides, with the audit of each.

    Raises
    ------
    ImageError
        If SUV cannot be known even so; see :func:`analysis.pet.suv.factors.suv_factors`.
    StudyError
        If two overrides give one attribute of the series.
    """
    if not overrides:
        return suv_factors(headers, lean_body_mass=lean_body_mass)
    lines = {name: [o.line for o in overrides if o.field == name] for name in {o.field for o in overrides}}
    for name, found_on in sorted(lines.items()):
        if len(found_on) > 1:
            raise StudyError(
                f"{name} of one series is overridden on lines {', '.join(map(str, found_on))}",
                expected="one value", do="remove one of the lines", offenders=tuple(map(str, found_on)),
            )  # fmt: skip
    before: float | None = None
    refused = ""
    try:
        before = float(suv_factors(headers, lean_body_mass=lean_body_mass).factors[0])
    except ImageError as problem:
        refused = problem.what
    found = suv_factors(overridden(headers, overrides), lean_body_mass=lean_body_mass)
    after = float(found.factors[0])
    applied = tuple(
        Applied(
            entry.field, entry.value, entry.reason, ", ".join(dict.fromkeys(h.get(entry.field) for h in headers)), before, after,
            None if before is None else (after / before - 1) * 100, refused,
        )
        for entry in overrides
    )  # fmt: skip
    said = tuple(
        f"{tag_text(a.field)} was overridden: {a.header_value or 'absent'} became {a.value} ({a.reason})"
        for a in applied
    )
    return replace(found, overrides=applied, warnings=(*said, *found.warnings))
