"""Contours of all visits under the name of the lesion they are: as a reader matched them, else by equal names."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from analysis.errors import StudyError
from analysis.pet.series.selection import SelectedSeries

STATES = ("same", "disappeared", "new", "uncertain", "not_contoured")

RULES: Mapping[str, str] = {
    **dict.fromkeys(("voxels", "volume_ml", "max_diameter_mm"), "sum"),
    **{f"{unit}_{name}": "highest" for unit in ("suv", "sul") for name in ("max", "peak", "peak_1ml")},
    **{f"{unit}_{name}_at_max": "at maximum" for unit in ("suv", "sul") for name in ("peak", "peak_1ml")},
    **dict.fromkeys(("suv_mean", "sul_mean", "centre_x_mm", "centre_y_mm", "centre_z_mm"), "mean"),
    **dict.fromkeys(("peak_kernel_ml", "peak_leaves_region", "peak_leaves_image"), "at peak"),
    "proposal": "any",
    "values": "values",
    "overlaps": "overlaps",
}
"""How each stored measure of a lesion follows from those of its parts. Diameters of parts add up, as RECIST 1.1 has it
(Eisenhauer 2009, doi 10.1016/j.ejca.2008.10.026); ``mean`` is over voxels, ``at maximum`` and
``at peak`` is what holds of the part with the highest maximum or peak, as a flag of a sphere that is not reported would
mislead. Volumes under thresholds are computed from the pooled values, so by the joined lesion's own thresholds."""


@dataclass(frozen=True)
class Matched:
    """Measures under the names of lesions; see :func:`matched`.

    Parameters
    ----------
    results : list of dict
        Measures of each scan with its lesions renamed and joined.
    states : DataFrame
        ``patient_id, visit, lesion_id, state`` (one of ``STATES``) of every lesion at the visits that the table
        describes; a visit that it does not mention is matched by equal names and has no row.
    names : mapping of (patient_id, visit) to mapping of str to str
        Lesion of each contour that does not bear its lesion's name, for those who read the contours again.
    """

    results: list[dict[str, Any]]
    states: pd.DataFrame
    names: Mapping[tuple[str, str], Mapping[str, str]]


def matched(
    matches: pd.DataFrame | None, kept: Sequence[SelectedSeries], results: Sequence[dict[str, Any]]
) -> Matched:
    """Measures of each scan with its contours under their lesions' names, and what the reader said of each lesion.

    A lesion is named as at baseline. One that fell into parts, and lesions that grew together, are measured as one
    at every visit (named ``L01+L02``): volumes add up, maximum and peak are the highest, the mean is over all
    voxels (``RULES``). Contours that overlap cannot be joined so.

    Parameters
    ----------
    matches : DataFrame or None
        Study table ``lesion_matches``.
    kept : sequence of SelectedSeries
        The measured scans.
    results : sequence of dict
        From :func:`analysis.pet.measures.scan.measure_scan`, in the same order; they are left as they are.

    Raises
    ------
    StudyError
        If the table names a contour or baseline lesion that was not measured, leaves out a contour of a visit that
        it describes, or joins contours that overlap: their common voxels would count twice.
    """
    columns = ["patient_id", "visit", "lesion_id", "state"]
    if matches is None or matches.empty:
        return Matched(list(results), pd.DataFrame(columns=columns, dtype="string"), {})
    rows: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for line, row in enumerate(matches.to_dict("records"), start=2):
        rows.setdefault((str(row["patient_id"]), str(row["visit"])), []).append(
            {"line": line, **{str(name): None if pd.isna(cell) else cell for name, cell in row.items()}}
        )
    scans = {
        (entry.patient_id, entry.visit): {lesion["lesion_id"] for lesion in result["lesions"]}
        for entry, result in zip(kept, results, strict=True)
        if not result["error"]
    }
    groups = {patient: _groups(rows, patient) for patient in {key[0] for key in rows}}
    states = []
    named: dict[tuple[str, str], dict[str, str]] = {}
    for (patient, visit), mine in rows.items():
        if (patient, visit) not in scans or (patient, "baseline") not in scans:
            continue  # a refused scan is listed with its reason, and has nothing to match
        _check(mine, scans[patient, visit], scans[patient, "baseline"])
        named[patient, visit], said = _at_visit(mine, groups[patient], scans[patient, "baseline"], visit)
        states += [(patient, visit, lesion, state) for lesion, state in said.items()]
    keys = [(entry.patient_id, entry.visit) for entry in kept]
    names = {key: named.get(key, groups.get(key[0], {})) for key in keys}
    renamed = [
        {**result, "lesions": _renamed(result["lesions"], names[key])} if names[key] else result
        for key, result in zip(keys, results, strict=True)
    ]
    return Matched(renamed, pd.DataFrame(states, columns=columns, dtype="string"), names)


def _groups(rows: Mapping[tuple[str, str], Sequence[Mapping[str, Any]]], patient: str) -> dict[str, str]:
    """Name of the lesion of each baseline contour that grew together with another at any visit."""
    member: dict[str, set[str]] = {}
    for (owner, _visit), mine in rows.items():
        if owner != patient:
            continue
        contours: dict[str, set[str]] = {}
        for row in mine:
            if row["state"] == "same":
                contours.setdefault(row["lesion_id"], set()).add(row["baseline_lesion_id"])
        for together in contours.values():
            joined = together.union(*(member.get(name, set()) for name in together))
            member |= dict.fromkeys(joined, joined)
    return {name: "+".join(sorted(joined)) for name, joined in member.items() if len(joined) > 1}


def _check(rows: Sequence[Mapping[str, Any]], contours: set[str], baseline: set[str]) -> None:
    for row in rows:
        for column, there, when in (
            ("lesion_id", contours, "at its visit"),
            ("baseline_lesion_id", baseline, "at baseline"),
        ):
            if row[column] is not None and row[column] not in there:
                raise StudyError(
                    f"lesion_matches.csv names a contour {row[column]!r} that was not measured {when}",
                    where=f"lesion_matches.csv, row {row['line'] - 1}",
                    expected="one of " + ", ".join(sorted(there)) if there else f"no contour {when}",
                    do="correct the name, or take the row out",
                    offenders=(row[column],),
                )
    left = sorted(contours - {row["lesion_id"] for row in rows})
    if left:
        raise StudyError(
            f"lesion_matches.csv describes a visit but not its contour {left[0]!r}",
            where=f"lesion_matches.csv, the visit of row {rows[0]['line'] - 1}",
            expected="a row for every contour of the visit, or none",
            do="add the contour with its baseline lesion, or as new or uncertain",
            offenders=tuple(left),
        )


def _at_visit(
    rows: Sequence[Mapping[str, Any]], groups: Mapping[str, str], baseline: set[str], visit: str
) -> tuple[dict[str, str], dict[str, str]]:
    """Lesion of each contour of a visit, and state of each lesion there."""
    names: dict[str, str] = {}
    members: dict[str, dict[str, str]] = {}
    for name in baseline:
        members.setdefault(groups.get(name, name), {})[name] = "not_contoured"  # until a row says more
    said: dict[str, str] = {}
    for row in rows:
        if row["baseline_lesion_id"] is not None:
            lesion = groups.get(row["baseline_lesion_id"], row["baseline_lesion_id"])
            members[lesion][row["baseline_lesion_id"]] = row["state"]
            if row["state"] == "same":
                names[row["lesion_id"]] = lesion
        else:
            # A new lesion may bear the name of another one at baseline: it is not that one.
            lesion = row["lesion_id"] if row["lesion_id"] not in baseline else f"{row['lesion_id']} ({visit})"
            names[row["lesion_id"]], said[lesion] = lesion, row["state"]
    for lesion, states in members.items():
        # A lesion of which a part is unknown is unknown; one of which a part is left is there.
        found = set(states.values())
        said[lesion] = next(state for state in ("not_contoured", "same", "disappeared") if state in found)
    return names, said


def _renamed(lesions: Sequence[dict[str, Any]], names: Mapping[str, str]) -> list[dict[str, Any]]:
    parts: dict[str, list[dict[str, Any]]] = {}
    for lesion in lesions:
        parts.setdefault(names.get(lesion["lesion_id"], lesion["lesion_id"]), []).append(lesion)
    return [
        {**(mine[0] if len(mine) == 1 else combined(mine)), "lesion_id": name} for name, mine in parts.items()
    ]


def combined(parts: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Measures of several regions as one, from the stored measures of each.

    Parameters
    ----------
    parts : sequence of mapping
        Stored measures of two or more regions of one scan that do not overlap.

    Returns
    -------
    dict
        The same keys. A measure that is not known for one of the parts, or has no rule, is ``None``.

    Raises
    ------
    StudyError
        If parts overlap.
    """
    together = {part["lesion_id"] for part in parts}
    common = sorted({name for part in parts for name in part["overlaps"]} & together)
    if common:
        raise StudyError(
            f"the contours {' and '.join(common)} overlap, and are to be measured as one lesion",
            where="lesion_matches.csv",
            expected="contours without a common voxel: it would count twice",
            do="join them into one contour",
            offenders=tuple(common),
        )
    weights = np.array([part["voxels"] for part in parts], float)
    at_maximum = max(parts, key=lambda part: (part["suv_max"], part["suv_peak_at_max"]))
    at_peak = max(parts, key=lambda part: part["suv_peak"])
    by_rule: dict[str, Callable[[list[Any]], Any]] = {
        "sum": sum,
        "highest": max,
        "mean": lambda given: float(np.average(given, weights=weights)),
        "any": any,
        "values": _pooled,
        "overlaps": lambda given: sorted(set().union(*given)),
    }
    whole: dict[str, Any] = {}
    for name in parts[0]:
        rule = RULES.get(name)
        given: list[Any] = [part.get(name) for part in parts]
        if rule in ("at maximum", "at peak"):
            whole[name] = (at_maximum if rule == "at maximum" else at_peak)[name]
        elif rule is None or any(value is None for value in given):
            whole[name] = None
        else:
            whole[name] = by_rule[rule](given)
    return whole


def _pooled(stored: Sequence[str]) -> str:
    """Sorted SUVs of all parts, as those of one lesion are stored."""
    values = np.concatenate([np.frombuffer(base64.b64decode(part), "<f4") for part in stored])
    return base64.b64encode(np.sort(values).tobytes()).decode("ascii")
