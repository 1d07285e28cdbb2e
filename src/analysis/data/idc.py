"""What to download of a public PET collection: a plan, made from the index of the Imaging Data Commons.

The index lies inside a package that is installed apart (``make fetch-env``), since it is large. Reading it needs no
connection, so that a plan can be looked at before anything is downloaded.
"""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
from collections import Counter
from collections.abc import Hashable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from analysis.data.idc_collections import COLLECTIONS, MAX_DAYS, Collection, age_years
from analysis.errors import DownloadError, ParameterError
from analysis.study import project_root

ENVIRONMENT = ".venv-idc"
"""Folder of the environment that ``make fetch-env`` builds."""


_COLUMNS = (
    "collection_id",
    "PatientID",
    "PatientSex",
    "PatientAge",
    "StudyInstanceUID",
    "StudyDate",
    "SeriesInstanceUID",
    "SeriesDescription",
    "Modality",
    "ManufacturerModelName",
    "instanceCount",
    "series_size_MB",
    "license_short_name",
    "source_DOI",
    "aws_bucket",
    "crdc_series_uuid",
)


@dataclass(frozen=True, kw_only=True)
class PlannedSeries:
    """One series to download.

    Parameters
    ----------
    modality : str
        ``PT``, or ``SEG`` for contours.
    patient_id, visit : str
        Whose it is and when.
    day : int
        Days since the patient's first scan of the plan.
    sex : str
        ``F``, ``M`` or empty.
    age_years : float
        NaN where the index has none.
    series_uid : str
        Series Instance UID.
    images, size : int
        Files, and their bytes together.
    bucket, licence, doi : str
        Where it lies, its terms, and what it is cited by.
    """

    modality: str
    patient_id: str
    visit: str
    day: int
    sex: str
    age_years: float
    series_uid: str
    images: int
    size: int
    bucket: str
    licence: str
    doi: str


@dataclass(frozen=True, kw_only=True)
class Plan:
    """Everything that will be downloaded for a study, and what is said of it.

    Parameters
    ----------
    collection : Collection
    index_version : int
    series : tuple of PlannedSeries
        By patient, visit and modality.
    left_out : mapping of str to int
        PET series of the collection that are not selected, by reason.
    caveats : tuple of str
        For ``study.yml``.
    """

    collection: Collection
    index_version: int
    series: tuple[PlannedSeries, ...]
    left_out: dict[str, int]
    caveats: tuple[str, ...]

    @property
    def pet(self) -> tuple[PlannedSeries, ...]:
        """Series of PET."""
        return tuple(each for each in self.series if each.modality == "PT")

    @property
    def contours(self) -> tuple[PlannedSeries, ...]:
        """Series of contours."""
        return tuple(each for each in self.series if each.modality == "SEG")

    @property
    def licences(self) -> str:
        """Licence and DOI of what is downloaded, as one line."""
        parts = [
            f"{what}: {' and '.join(sorted({f'{each.licence}, doi {each.doi}' for each in series}))}"
            for what, series in self._parts()
        ]
        return "; ".join(parts)

    def _parts(self) -> list[tuple[str, tuple[PlannedSeries, ...]]]:
        return [(what, series) for what, series in (("PET", self.pet), ("contours", self.contours)) if series]

    def as_text(self) -> str:
        """The plan for a reader: patients, series, size, terms, what is left out, caveats."""
        scans = Counter(Counter(each.patient_id for each in self.pet).values())
        lines = [
            f"{self.collection.name}: {self.collection.title} (index v{self.index_version})",
            f"  patients  {scans.total()}: "
            + ", ".join(
                f"{count} with {number} scan(s)" for number, count in sorted(scans.items(), reverse=True)
            ),
        ]
        for what, series in self._parts():
            images, size = sum(each.images for each in series), sum(each.size for each in series)
            lines.append(f"  {what:<9} {len(series)} series, {images:,} files, {size / 1e6:,.1f} MB")
        lines.append(f"  licence   {self.licences}")
        lines.append(f"  cite      {self.collection.citation}")
        lines += [f"  left out  {count} series: {reason}" for reason, count in self.left_out.items() if count]
        lines += [f"  caveat    {sentence}" for sentence in self.caveats]
        return "\n".join(lines)


def how_to_install(name: str) -> str:
    """What to do where the package is not installed, as commands."""
    return f"run `make fetch-env`, then `{ENVIRONMENT}/bin/python -m analysis fetch-pet {name}`"


def plan_download(
    name: str, *, max_days: int = MAX_DAYS, max_patients: int | None = None, index: Path | None = None
) -> Plan:
    """Plan of the download of a collection, from the installed index.

    Parameters
    ----------
    name : str
        One of ``COLLECTIONS``.
    max_days : int
        Days between the scans of a pair, where the collection is selected by pairs.
    max_patients : int, optional
        Only so many patients, the first by identifier.
    index : Path, optional
        Folder of the index; by default that of the package, of this environment or of ``.venv-idc``.

    Raises
    ------
    ParameterError
        If there is no such collection, or a number is not positive.
    DownloadError
        If the index is not installed, or the collection in it is not the one the rules were written for.
    """
    if name not in COLLECTIONS:
        raise ParameterError(
            f"there is no PET collection named {name!r}",
            expected="one of " + ", ".join(COLLECTIONS),
            do="correct the name",
            offenders=(name,),
        )
    collection = COLLECTIONS[name]
    rows, version = read_index(index or index_folder(name), name)
    refuse_other_index(rows, version, collection)
    return select(rows, collection, version=version, max_days=max_days, max_patients=max_patients)


def select(
    rows: pd.DataFrame,
    collection: Collection,
    *,
    version: int,
    max_days: int = MAX_DAYS,
    max_patients: int | None = None,
) -> Plan:
    """The plan that follows from the rows of a collection; a pure function of them.

    Parameters
    ----------
    rows : DataFrame
        Rows of the index, one a series, see :func:`read_index`.
    collection : Collection
        Its rule selects.
    version : int
        Version of the index.
    max_days, max_patients
        As for :func:`plan_download`.

    Raises
    ------
    ParameterError
        If a number is not positive, or nothing is selected.
    """
    for option, value in (("--max-days", max_days), ("--max-patients", max_patients)):
        if value is not None and value < 1:
            raise ParameterError(f"{option} is {value}", expected="1 or more", offenders=(option,))
    selected, left_out = collection.select(rows, max_days)
    if max_patients is not None:
        first = sorted(selected["PatientID"].unique())[:max_patients]
        dropped = selected[~selected["PatientID"].isin(first)]
        left_out["of another patient than the first ones asked for"] = int(
            (dropped["Modality"] == "PT").sum()
        )
        selected = selected[selected["PatientID"].isin(first)]
    if selected.empty:
        raise ParameterError(
            f"no series of {collection.name} is selected",
            where=f"--max-days {max_days}",
            do="allow more days",
        )
    series = [_planned(row) for row in selected.to_dict("records")]
    return Plan(
        collection=collection,
        index_version=version,
        series=tuple(sorted(series, key=lambda each: (each.patient_id, each.day, each.modality))),
        left_out=left_out,
        caveats=tuple(collection.caveats(selected, max_days)),
    )


def _planned(row: dict[Hashable, Any]) -> PlannedSeries:
    return PlannedSeries(
        modality=row["Modality"],
        patient_id=row["PatientID"],
        visit=row["visit"],
        day=int(row["day"]),
        sex=row["PatientSex"] if row["PatientSex"] in ("F", "M") else "",
        age_years=age_years(row["PatientAge"]),
        series_uid=row["SeriesInstanceUID"],
        images=int(row["instanceCount"]),
        size=round(row["series_size_MB"] * 1e6),
        bucket=row["aws_bucket"],
        licence=row["license_short_name"],
        doi=row["source_DOI"],
    )


def index_folder(name: str) -> Path:
    """Folder of the installed index: of this environment, else of the one ``make fetch-env`` builds."""
    found = importlib.util.find_spec("idc_index_data")
    places = [Path(found.origin).parent] if found is not None and found.origin else []
    places += sorted((project_root() / ENVIRONMENT).glob("lib/python3*/site-packages/idc_index_data"))
    for place in places:
        if (place / "idc_index.parquet").is_file():
            return place
    raise DownloadError(
        "the index of public PET collections is not installed", expected="idc-index", do=how_to_install(name)
    )


def read_index(folder: Path, name: str) -> tuple[pd.DataFrame, int]:
    """PET and contour rows of a collection, one a series, and the version of the index.

    Parameters
    ----------
    folder : Path
        With ``idc_index.parquet`` and ``version_metadata_index.parquet``.
    name : str
        The collection.

    Raises
    ------
    DownloadError
        If the files cannot be read or are not such an index.
    """
    try:
        rows = pd.read_parquet(
            folder / "idc_index.parquet",
            columns=list(_COLUMNS),
            filters=[("collection_id", "==", name), ("Modality", "in", ["PT", "SEG"])],
        )
        versions = pd.read_parquet(folder / "version_metadata_index.parquet", columns=["idc_version"])
        return rows, int(versions["idc_version"].max())
    except (OSError, ValueError, KeyError) as fault:
        raise DownloadError(
            "the index of public PET collections cannot be read", do=how_to_install(name)
        ) from fault


def checksum(rows: pd.DataFrame) -> str:
    """SHA-256 of what the index says of a collection's series, independent of their order."""
    columns = [name for name in _COLUMNS if name not in ("collection_id", "series_size_MB")]
    text = rows[columns].astype("string").fillna("").agg("\t".join, axis=1)
    sizes = (rows["series_size_MB"] * 1e6).round().astype("int64").astype("string")
    return hashlib.sha256("\n".join(sorted(text + "\t" + sizes)).encode()).hexdigest()


def refuse_other_index(rows: pd.DataFrame, version: int, collection: Collection) -> None:
    """Raise a DownloadError that names what differs, unless the collection is the one the rules were written for."""
    if checksum(rows) == collection.pin.sha256:
        return
    pet = rows[rows["Modality"] == "PT"]
    now = {
        "version": version,
        "patients": pet["PatientID"].nunique(),
        "series": len(pet),
        "images": int(pet["instanceCount"].sum()),
    }
    pinned = dataclasses.asdict(collection.pin)
    changes = [
        f"{what} {value} instead of {pinned[what]}" for what, value in now.items() if value != pinned[what]
    ]
    raise DownloadError(
        f"the index says something else of {collection.name} than when its selection was written: "
        + (", ".join(changes) or "equal counts, other series or terms"),
        expected=f"version {collection.pin.version} of the index, as pinned in requirements-idc.lock",
        do="run `make fetch-env`; if the change is wanted, look at the selection again and correct its pin in src/analysis/data/idc_collections.py",
    )
