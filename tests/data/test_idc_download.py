"""A public PET collection becomes a study folder whole, or not at all."""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
import pytest
import requests

from analysis.cli import main
from analysis.data import check_study, load_study
from analysis.data.idc import select
from analysis.data.idc_collections import COLLECTIONS
from analysis.data.idc_download import complete, download, refuse_unreachable
from analysis.data.idc_study import fetch_pet
from analysis.errors import DownloadError, StudyError

UIDS = ("1.1", "1.2", "2.1")


def made_up_rows() -> pd.DataFrame:
    scans = [("1.1", "Q-1", "2001-01-01"), ("1.2", "Q-1", "2001-01-09"), ("2.1", "Q-2", "2001-05-01")]
    pet = [
        {
            "Modality": "PT",
            "PatientID": patient,
            "PatientSex": "F",
            "PatientAge": "050Y",
            "StudyInstanceUID": f"s{uid}",
            "StudyDate": date,
            "SeriesInstanceUID": uid,
            "SeriesDescription": "PET AC 3DWB",
            "ManufacturerModelName": "Scanner",
            "instanceCount": 3,
            "series_size_MB": 30e-6,
            "license_short_name": "CC BY 3.0",
            "source_DOI": "10.1/pet",
            "aws_bucket": "bucket",
        }
        for uid, patient, date in scans
    ]
    other = {
        "Modality": "SEG",
        "instanceCount": 1,
        "series_size_MB": 10e-6,
        "SeriesDescription": "AI segmentation",
    }
    terms = {
        "license_short_name": "CC BY 4.0",
        "source_DOI": "10.1/seg",
        "PatientSex": None,
        "PatientAge": None,
    }
    contours = [
        each | other | terms | {"SeriesInstanceUID": f"9.{each['SeriesInstanceUID']}"} for each in pet
    ]
    return pd.DataFrame(pet + contours)


@pytest.fixture
def plan():
    return select(made_up_rows(), COLLECTIONS["qin_breast"], version=25)


class Store:
    """Stand-in for the client: gives every file 10 bytes, and stops after so many files without a word."""

    def __init__(self, files: int = 1000):
        self.files = files
        self.asked: list[list[str]] = []

    def download_from_selection(self, folder, *, seriesInstanceUID, dirTemplate, quiet, show_progress_bar):
        assert dirTemplate == "%SeriesInstanceUID"
        self.asked.append(seriesInstanceUID)
        for uid in seriesInstanceUID:
            for number in range(1 if uid.startswith("9.") else 3):
                if self.files == 0:
                    return
                self.files -= 1
                place = Path(folder) / uid
                place.mkdir(exist_ok=True)
                (place / f"{number}.dcm").write_bytes(b"0123456789")


def test_the_study_folder_is_accepted_and_says_whose_and_when(plan, tmp_path):
    folder = fetch_pet(plan, tmp_path / "qin_breast", client=Store())
    assert [problem for problem in check_study(folder) if problem.severity == "error"] == []
    study = load_study(folder)
    assert (study.id, study.kind) == ("qin-breast", "real")
    assert study.licence == "PET: CC BY 3.0, doi 10.1/pet; contours: CC BY 4.0, doi 10.1/seg"
    assert any("count as proposals" in caveat for caveat in study.caveats)
    scans = study.table("scans").set_index("series_uid")["visit"].to_dict()
    assert scans == {"1.1": "baseline", "1.2": "follow_up_1", "2.1": "baseline"}
    assert study.table("pet_visits")["scanned_day"].tolist() == [0, 8, 0]
    assert len(list((folder / "dicom").rglob("*.dcm"))) == 9
    assert len(list((folder / "contours").rglob("*.dcm"))) == 3
    assert sorted(each.name for each in tmp_path.rglob("*") if each.name.startswith(".")) == []


def test_an_interrupted_download_leaves_no_study_and_goes_on_where_it_stopped(plan, tmp_path):
    target = tmp_path / "qin_breast"
    with pytest.raises(DownloadError, match="2 of 6 series are whole"):
        fetch_pet(plan, target, client=Store(files=6))
    assert not target.exists()
    store = Store()
    fetch_pet(plan, target, client=store)
    assert len(store.asked) == 1
    assert len(store.asked[0]) == 4
    assert not (tmp_path / "_downloads" / "qin_breast").exists()


def test_a_client_that_breaks_off_is_an_explained_error(plan, tmp_path):
    class Broken(Store):
        def download_from_selection(self, *_, **__):
            raise OSError(28, "No space left on device")

    with pytest.raises(DownloadError, match="No space left"):
        fetch_pet(plan, tmp_path / "qin_breast", client=Broken())
    assert not (tmp_path / "qin_breast").exists()


def test_a_series_of_the_wrong_size_or_number_of_files_is_downloaded_again(plan, tmp_path):
    download(plan, tmp_path, client=Store())
    (tmp_path / "1.1" / "0.dcm").write_bytes(b"012345678")
    (tmp_path / "1.2" / "extra.dcm").write_bytes(b"")
    (tmp_path / "9.2.1" / "0.dcm").unlink()
    store = Store()
    download(plan, tmp_path, client=store)
    assert sorted(store.asked[0]) == ["1.1", "1.2", "9.2.1"]
    assert all(complete(each, tmp_path) for each in plan.series)


def test_a_finished_study_is_not_downloaded_again_and_grows_by_what_is_missing(plan, tmp_path):
    one = select(made_up_rows(), COLLECTIONS["qin_breast"], version=25, max_patients=1)
    target = tmp_path / "qin_breast"
    fetch_pet(one, target, client=Store())
    store = Store()
    fetch_pet(plan, target, client=store)
    assert sorted(store.asked[0]) == ["2.1", "9.2.1"]
    fetch_pet(plan, target, client=store)
    assert len(store.asked) == 1
    assert len(load_study(target).table("patients")) == 2


def test_a_folder_that_holds_something_else_is_left_alone(plan, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    store = Store()
    with pytest.raises(StudyError, match="something else"):
        fetch_pet(plan, tmp_path, client=store)
    assert store.asked == []


def test_a_full_disk_is_noticed_before_anything_is_downloaded(plan, tmp_path, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: type("Usage", (), {"free": 10})())
    store = Store()
    with pytest.raises(DownloadError, match="the disk has 0 MB left"):
        download(plan, tmp_path, client=store)
    assert store.asked == []


def test_without_the_client_the_commands_that_install_it_are_named(plan, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "idc_index", None)
    with pytest.raises(DownloadError, match=r"make fetch-env.*fetch-pet qin_breast"):
        fetch_pet(plan, tmp_path / "qin_breast")
    assert list(tmp_path.iterdir()) == []


def test_without_internet_nothing_is_written_and_the_message_says_so(plan, tmp_path, monkeypatch):
    def unreachable(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(requests, "head", unreachable)
    monkeypatch.setattr("analysis.data.idc_download.installed_client", lambda _: Store())
    with pytest.raises(DownloadError, match="cannot be reached; nothing was downloaded"):
        fetch_pet(plan, tmp_path / "qin_breast")
    assert list(tmp_path.iterdir()) == []


def test_a_store_that_answers_anything_is_reachable(monkeypatch):
    asked = []
    monkeypatch.setattr(requests, "head", lambda address, **_: asked.append(address))
    refuse_unreachable({"one", "two"})
    assert asked == ["https://one.s3.amazonaws.com", "https://two.s3.amazonaws.com"]


def test_the_command_prints_the_plan_and_downloads_nothing_when_dry(plan, monkeypatch, capsys):
    monkeypatch.setattr("analysis.data.idc.plan_download", lambda *_, **__: plan)
    monkeypatch.setattr("analysis.data.idc_study.fetch_pet", lambda *_: pytest.fail("downloads"))
    assert main(["fetch-pet", "qin_breast", "--dry-run"]) == 0
    printed = capsys.readouterr().out
    for text in (
        "2: 1 with 2 scan(s), 1 with 1 scan(s)",
        "3 series, 9 files, 0.0 MB",
        "CC BY 3.0, doi 10.1/pet",
        "index v25",
    ):
        assert text in printed


def test_the_command_fails_with_a_message_for_an_unknown_collection(capsys):
    assert main(["fetch-pet", "nothing"]) == 1
    assert "no PET collection named 'nothing'" in capsys.readouterr().err
