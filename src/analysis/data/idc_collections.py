"""Public collections of FDG PET: which of their series become a study, and what must be said of it.

The rules work on rows of the index of the Imaging Data Commons alone. What only a header tells (units, attenuation
correction, injected activity) is judged when the images are read, as for any study.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

VISITS = ("baseline", "follow_up_1", "follow_up_2")
"""Visits of scans under therapy, in the order of their dates: they are not the trial's day 14 and day 28."""

MAX_DAYS = 100
"""Days between the two scans of a pair, unless told otherwise. Within a week, as test–retest asks for, no person of
the collection was scanned twice; the nearest pairs are 24 and 29 days apart."""

CONTOURS = "AIMI annotations, doi 10.5281/zenodo.8345959 (CC BY 4.0)"


@dataclass(frozen=True, kw_only=True)
class Pin:
    """What the index held when the rules were written; another content is noticed.

    Parameters
    ----------
    version : int
        Version of the index.
    patients, series, images : int
        Patients, series and images of PET in the collection.
    sha256 : str
        Checksum of the collection's PET and contour rows, see :func:`analysis.data.idc.checksum`.
    """

    version: int
    patients: int
    series: int
    images: int
    sha256: str


@dataclass(frozen=True, kw_only=True)
class Collection:
    """A collection and the rule by which a study is selected from it.

    Parameters
    ----------
    name : str
        Its name in the index, and the folder's in ``data/public``.
    title, citation, doi : str
        As printed with every result.
    select : callable
        ``select(rows, max_days)``: PET and contour rows to the selected ones with the columns ``visit`` and ``day``
        (days since the patient's first selected scan), and what was left out: reason and number of PET series.
    caveats : callable
        Sentences for ``study.yml`` from the selected rows.
    pin : Pin
        What the index held.
    """

    name: str
    title: str
    citation: str
    doi: str
    select: Callable[[pd.DataFrame, int], tuple[pd.DataFrame, dict[str, int]]]
    caveats: Callable[[pd.DataFrame, int], list[str]]
    pin: Pin


def scans_under_therapy(rows: pd.DataFrame, _max_days: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Every PET as a visit in the order of its date, with one contour file each.

    The file that a person corrected is taken before the algorithm's, a radiologist's before another reader's; of
    equals the one that comes first by identifier.
    """
    pet = _dated(rows[rows["Modality"] == "PT"]).sort_values(["PatientID", "date", "SeriesInstanceUID"])
    place = pet.groupby("PatientID")["date"].rank(method="dense").astype(int) - 1
    repeated = pet.duplicated("StudyInstanceUID")
    kept = pet[(place < len(VISITS)) & ~repeated].copy()
    kept["visit"] = place[kept.index].map(dict(enumerate(VISITS)))
    kept["day"] = _days_since_first(kept)
    contours = rows[rows["Modality"] == "SEG"].copy()
    contours["rank"] = contours["SeriesDescription"].fillna("").map(_rank_of_contour)
    contours = contours.sort_values(["rank", "SeriesInstanceUID"]).drop_duplicates("StudyInstanceUID")
    contours = contours.merge(kept[["StudyInstanceUID", "visit", "day"]], on="StudyInstanceUID")
    left_out = {"another PET of the same examination": int(repeated.sum())}
    left_out["a fourth or later scan"] = int((place >= len(VISITS)).sum())
    return pd.concat([kept, contours], ignore_index=True), left_out


def _rank_of_contour(description: str) -> int:
    if "corrected" not in description:
        return 2
    return 0 if "radiologist" in description else 1


def repeats_of_persons(rows: pd.DataFrame, max_days: int) -> tuple[pd.DataFrame, dict[str, int]]:
    """Pairs of attenuation-corrected FDG scans of one person, at most ``max_days`` apart.

    A scan counts if its patient has a sex and an age above 0 (phantoms have neither) and its description names FDG and
    SUV, and neither a scan without attenuation correction, a transmission, a gate nor the legs. Two scans are a pair
    if they were made by one scanner model with equally many slices, on different days, with no such scan between them.
    Of several pairs of a person the nearest in time counts, then the one that sorts first.
    """
    pet = _dated(rows[rows["Modality"] == "PT"])
    described = pet["SeriesDescription"].fillna("").str.upper()
    person = pet["PatientSex"].isin(["F", "M"]) & (pet["PatientAge"].map(age_years).fillna(0) > 0)
    corrected = (
        described.str.contains(r"\bFDG\b")
        & described.str.contains(r"\bSUV\b")
        & ~described.str.contains("NAC|ATTEN|TRAN|GATED|LEGS")
    )
    left_out = {
        "phantom or physics test: no sex or no age": int((~person).sum()),
        "of a person, but not described as attenuation-corrected FDG": int((person & ~corrected).sum()),
    }
    scans = pet[person & corrected].sort_values(["PatientID", "date", "SeriesInstanceUID"])
    pairs = [pair for _, mine in scans.groupby("PatientID") if (pair := _nearest_pair(mine, max_days))]
    labels = [label for pair in pairs for label in pair]
    kept = scans.loc[labels].copy()
    kept["visit"] = ["baseline", "retest"] * len(pairs)
    kept["day"] = _days_since_first(kept)
    left_out[
        f"no second scan within {max_days} days by the same scanner and extent, or not of the nearest pair"
    ] = len(scans) - len(kept)
    return kept.reset_index(drop=True), left_out


def _nearest_pair(scans: pd.DataFrame, max_days: int) -> tuple[int, int] | None:
    """Labels of the two rows, or None; ``scans`` are of one person, by date."""
    found = []
    for _, alike in scans.groupby(["ManufacturerModelName", "instanceCount"], dropna=False):
        one_a_day = alike.drop_duplicates("date")
        days = one_a_day["date"].map(pd.Timestamp.toordinal).tolist()
        labels = one_a_day.index.tolist()
        found += [
            (later - earlier, place, labels[place], labels[place + 1])
            for place, (earlier, later) in enumerate(itertools.pairwise(days))
            if later - earlier <= max_days
        ]
    return min(found)[2:] if found else None


def age_years(text: object) -> float:
    """Age in years of an index entry such as ``049Y``; NaN where it has none.

    >>> age_years("049Y")
    49.0
    """
    written = str(text)
    return float(written[:-1]) if written[:-1].isdigit() and written.endswith("Y") else float("nan")


def _dated(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(date=pd.to_datetime(rows["StudyDate"].astype(str)))


def _days_since_first(rows: pd.DataFrame) -> pd.Series:
    return (rows["date"] - rows.groupby("PatientID")["date"].transform("min")).dt.days


def _span(rows: pd.DataFrame, visit: str) -> str:
    """From how many to how many days after the first scan the scans of a visit were made."""
    days = rows.loc[(rows["visit"] == visit) & (rows["Modality"] == "PT"), "day"]
    if days.empty:
        return "(there is none)"
    return (
        f"{days.min():.0f} days" if days.min() == days.max() else f"{days.min():.0f} to {days.max():.0f} days"
    )


_DAYS = (
    "Days are counted from the patient's first scan here, since the start of treatment is not in the index; "
    "they must not be read as days of treatment."
)


def _caveats_under_therapy(rows: pd.DataFrame, _max_days: int) -> list[str]:
    contours = rows[rows["Modality"] == "SEG"]
    people = int(contours["SeriesDescription"].str.contains("corrected").sum())
    return [
        "These are not the trial's patients: breast cancer under therapy, of another institution.",
        f"Visits are the order of the scans' dates. The second scan was made {_span(rows, 'follow_up_1')} after the "
        f"first, the third {_span(rows, 'follow_up_2')}: neither is the trial's day 14 or day 28.",
        _DAYS,
        f"Contours are of the {CONTOURS}, one file a scan: {people} corrected by a person, {len(contours) - people} by an "
        "algorithm, which count as proposals that nobody has accepted. One segment may hold several lesions.",
        "Contours on another grid than the PET's are resampled, with a warning on the scan.",
    ]


def _caveats_of_repeats(rows: pd.DataFrame, max_days: int) -> list[str]:
    return [
        f"This is not a clean test–retest data set. The repeats were made {_span(rows, 'retest')} after the first scan, "
        "and what was done to the patients between them is not known: differences between two scans include biological "
        "change. A within-subject coefficient of variation from them is no repeatability; state this caveat with it.",
        f"Selected are pairs of FDG PET of persons, at most {max_days} days apart, by the same scanner model and with "
        "equally many slices, the nearest pair of each person. Phantoms and physics tests, scans without attenuation "
        "correction, gated scans and transmission scans were left out by what the index says of them.",
        _DAYS,
        "There are no contours: the public ones of this collection hold the lungs beside the tumours.",
    ]


COLLECTIONS: dict[str, Collection] = {
    each.name: each
    for each in (
        Collection(
            name="qin_breast",
            title="QIN-BREAST: FDG PET of breast cancer under therapy",
            citation="Li X, Abramson RG, Arlinghaus LR, et al. Data from QIN-BREAST. The Cancer Imaging Archive 2016, "
            "doi 10.7937/K9/TCIA.2016.21JUEBH0",
            doi="10.7937/k9/tcia.2016.21juebh0",
            select=scans_under_therapy,
            caveats=_caveats_under_therapy,
            pin=Pin(
                version=25,
                patients=43,
                series=110,
                images=9130,
                sha256="c48e819a72dd30264d7ad903a14efcc192e7c157bd864eb66f108223b5415f52",
            ),
        ),
        Collection(
            name="rider_lung_pet_ct",
            title="RIDER Lung PET-CT: repeated FDG PET of the chest",
            citation="Muzi P, Wanner M, Kinahan P. Data from RIDER Lung PET-CT. The Cancer Imaging Archive 2015, "
            "doi 10.7937/K9/TCIA.2015.OFIP7TVM",
            doi="10.7937/k9/tcia.2015.ofip7tvm",
            select=repeats_of_persons,
            caveats=_caveats_of_repeats,
            pin=Pin(
                version=25,
                patients=116,
                series=513,
                images=118648,
                sha256="51df1088c247b76f140b53c403028e77ef84812223028f170e8854e78efbf4db",
            ),
        ),
    )
}
"""Collection by name."""
