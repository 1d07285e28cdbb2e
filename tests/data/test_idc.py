"""What is selected of a public PET collection, by made-up rows of the index and by the index itself."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from analysis.data.idc import checksum, index_folder, plan_download, read_index, refuse_other_index, select
from analysis.data.idc_collections import COLLECTIONS
from analysis.errors import DownloadError, ParameterError

QIN, RIDER = COLLECTIONS["qin_breast"], COLLECTIONS["rider_lung_pet_ct"]


@pytest.fixture(scope="module")
def index():
    """Folder of the real index; `make fetch-env` installs it."""
    try:
        return index_folder("qin_breast")
    except DownloadError as fault:
        pytest.skip(str(fault))


def row(uid: str, patient: str = "P1", date: str = "2001-01-01", description: str = "PET FDG SUV", **others):
    return {
        "collection_id": "qin_breast",
        "PatientID": patient,
        "PatientSex": "F",
        "PatientAge": "050Y",
        "StudyInstanceUID": f"study-{patient}-{date}",
        "StudyDate": date,
        "SeriesInstanceUID": uid,
        "SeriesDescription": description,
        "Modality": "PT",
        "ManufacturerModelName": "Scanner",
        "instanceCount": 2,
        "series_size_MB": 0.00001,
        "license_short_name": "CC BY 3.0",
        "source_DOI": "10.1/pet",
        "aws_bucket": "bucket",
        "crdc_series_uuid": f"u-{uid}",
    } | others


def contour(uid: str, description: str, **others):
    return row(uid, description=description, Modality="SEG", instanceCount=1, PatientSex=None, **others)


def plan(collection, rows, **options):
    return select(pd.DataFrame(rows), collection, version=25, **options)


def test_scans_under_therapy_are_visits_in_the_order_of_their_dates():
    found = plan(
        QIN, [row("c", date="2001-03-01"), row("a"), row("b", date="2001-01-07"), row("d", date="2001-09-01")]
    )
    assert [(each.series_uid, each.visit, each.day) for each in found.pet] == [
        ("a", "baseline", 0),
        ("b", "follow_up_1", 6),
        ("c", "follow_up_2", 59),
    ]
    assert found.left_out["a fourth or later scan"] == 1


def test_one_contour_file_a_scan_the_radiologists_first():
    files = [
        contour("1", "tumor AI segmentation"),
        contour("2", "tumor non-expert 2 corrected segmentation"),
        contour("3", "tumor radiologist 1 corrected segmentation"),
    ]
    assert [each.series_uid for each in plan(QIN, [row("a"), *files]).contours] == ["3"]
    assert [each.series_uid for each in plan(QIN, [row("a"), *files[:2]]).contours] == ["2"]
    alone = plan(QIN, [row("a"), files[0]])
    assert [each.series_uid for each in alone.contours] == ["1"]
    assert "0 corrected by a person, 1 by an algorithm" in "\n".join(alone.caveats)


def test_of_several_pairs_of_a_person_the_nearest_in_time_is_selected():
    dates = {"a": "2001-01-01", "b": "2001-03-01", "c": "2001-03-20"}
    found = plan(RIDER, [row(uid, date=date) for uid, date in dates.items()])
    assert [(each.series_uid, each.visit, each.day) for each in found.pet] == [
        ("b", "baseline", 0),
        ("c", "retest", 19),
    ]


@pytest.mark.parametrize(
    "other",
    [
        {"PatientSex": None},
        {"PatientAge": "000Y"},
        {"PatientAge": None},
        {"SeriesDescription": "PET FDG NAC"},
        {"SeriesDescription": "FDG SUV 5AFOV nac"},
        {"SeriesDescription": "SEG-TRAN: FDG SUV"},
        {"SeriesDescription": "Gated FDG SUV"},
        {"SeriesDescription": None},
        {"ManufacturerModelName": "another"},
        {"instanceCount": 3},
        {"StudyDate": "2001-01-01"},
        {"StudyDate": "2001-04-12"},
    ],
)
def test_what_is_no_repeat_of_a_person_makes_no_pair(other):
    rows = [row("a"), row("b", date="2001-04-11")]
    assert len(plan(RIDER, rows).pet) == 2
    rows[1] |= other
    with pytest.raises(ParameterError, match="no series"):
        plan(RIDER, rows)


def test_every_pet_series_is_selected_or_left_out_for_a_reason():
    rows = [
        row("a"),
        row("b", date="2001-02-01"),
        row("n", description="PET FDG NAC"),
        row("p", PatientSex=None),
    ]
    found = plan(RIDER, [*rows, row("x", "P2"), row("y", "P2", "2001-02-02")], max_patients=1)
    assert len(found.pet) + sum(found.left_out.values()) == len(rows) + 2
    assert {each.patient_id for each in found.pet} == {"P1"}


def test_repeats_always_carry_the_caveat_that_change_is_in_them():
    found = plan(RIDER, [row("a"), row("b", date="2001-02-01")])
    assert "biological change" in found.caveats[0]
    assert "31 days after the first scan" in found.caveats[0]
    assert found.caveats[0] in found.as_text()


@pytest.mark.parametrize("option", ["max_days", "max_patients"])
def test_a_number_that_is_not_positive_is_refused(option):
    with pytest.raises(ParameterError, match=option.replace("_", "-")):
        plan(QIN, [row("a")], **{option: 0})


def test_an_unknown_collection_is_refused_with_the_names_there_are():
    with pytest.raises(ParameterError, match="qin_breast, rider_lung_pet_ct"):
        plan_download("qin")


def test_the_checksum_of_an_index_does_not_depend_on_its_order_but_on_every_series():
    rows = pd.DataFrame([row("a"), row("b")])
    assert checksum(rows[::-1]) == checksum(rows)
    for column, other in (
        ("crdc_series_uuid", "new"),
        ("series_size_MB", 0.000011),
        ("license_short_name", "CC BY-NC"),
    ):
        assert checksum(rows.assign(**{column: other})) != checksum(rows)


def test_an_index_that_changed_is_refused_and_what_changed_is_named():
    rows = pd.DataFrame([row("a"), row("b", "P2")])
    pin = dataclasses.replace(QIN.pin, patients=2, series=2, images=4, sha256=checksum(rows))
    pinned = dataclasses.replace(QIN, pin=pin)
    refuse_other_index(rows, 26, pinned)  # a newer index that says the same of the collection
    with pytest.raises(
        DownloadError, match="version 26 instead of 25, patients 1 instead of 2, series 1 instead of 2"
    ):
        refuse_other_index(rows[:1], 26, pinned)
    with pytest.raises(DownloadError, match="equal counts, other series or terms"):
        refuse_other_index(rows.assign(license_short_name="other"), 25, pinned)


def test_without_the_index_the_commands_that_install_it_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    monkeypatch.setattr("analysis.data.idc.project_root", lambda: tmp_path)
    with pytest.raises(
        DownloadError, match=r"make fetch-env.*\.venv-idc/bin/python -m analysis fetch-pet qin_breast"
    ):
        plan_download("qin_breast")


def test_an_index_that_cannot_be_read_is_an_explained_error(tmp_path):
    (tmp_path / "idc_index.parquet").write_bytes(b"nothing")
    with pytest.raises(DownloadError, match="cannot be read"):
        read_index(tmp_path, "qin_breast")


def test_the_index_holds_the_breast_collection_as_pinned(index):
    found = plan_download("qin_breast", index=index)
    assert (len(found.pet), sum(each.images for each in found.pet)) == (110, 9130)
    assert sum(each.size for each in found.pet) == pytest.approx(326.9e6, rel=1e-3)
    scans = pd.Series([each.patient_id for each in found.pet]).value_counts().value_counts()
    assert scans.to_dict() == {3: 29, 2: 9, 1: 5}
    second = [each.day for each in found.pet if each.visit == "follow_up_1"]
    assert (min(second), max(second)) == (6, 31)
    assert {(each.licence, each.doi) for each in found.pet} == {("CC BY 3.0", QIN.doi)}
    assert {(each.licence, each.doi) for each in found.contours} == {("CC BY 4.0", "10.5281/zenodo.8345959")}
    assert len(found.contours) == 110
    assert any("9 corrected by a person, 101 by an algorithm" in sentence for sentence in found.caveats)


def test_the_index_holds_no_repeat_of_a_person_that_is_a_clean_retest(index):
    found = plan_download("rider_lung_pet_ct", index=index)
    days = sorted(each.day for each in found.pet if each.visit == "retest")
    assert days == [24, 29, 49, 65, 71, 83, 95, 98]
    assert len(found.pet) + sum(found.left_out.values()) == RIDER.pin.series
    assert {(each.licence, each.doi) for each in found.pet} == {("CC BY 3.0", RIDER.doi)}
    with pytest.raises(ParameterError, match="no series"):
        plan_download("rider_lung_pet_ct", max_days=7, index=index)


@pytest.mark.parametrize("name", sorted(COLLECTIONS))
def test_sizes_in_the_index_are_whole_bytes(index, name):
    rows, _ = read_index(index, name)
    sizes = rows["series_size_MB"] * 1e6
    assert (sizes - sizes.round()).abs().max() < 1e-3
