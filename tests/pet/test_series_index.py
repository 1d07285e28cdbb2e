"""The index: every file once, read again only if it changed; what cannot be used is listed and costs itself only."""

from __future__ import annotations

import os
import shutil

import pydicom
import pytest
from make_contours import box, rtstruct
from make_series import setting, true_suv, write_series

import analysis.pet.series.index as module
from analysis.errors import ImageError
from analysis.pet import read_suv
from analysis.pet.headers.layout import HeaderReader
from analysis.pet.series.index import index_series
from analysis.pet.series.reason import meant_as_image, reason_left_out


@pytest.fixture
def folder(tmp_path):
    top = tmp_path / "dicom"
    write_series(top / "a", uid="1.1")
    write_series(top / "b" / "c", uid="1.2")
    return top


@pytest.fixture
def reads(monkeypatch):
    """Names of the files whose headers are read."""
    names = []
    original = HeaderReader.read

    def counted(self, path):
        names.append(path.name)
        return original(self, path)

    monkeypatch.setattr(HeaderReader, "read", counted)
    return names


def by_uid(found):
    return {series.series_uid: series for series in found}


def test_a_changed_an_added_and_a_removed_file_are_the_only_ones_that_are_looked_at_again(
    folder, tmp_path, reads
):
    cache = tmp_path / "cache"
    first = index_series(folder, cache=cache)
    assert len(reads) == 12
    reads.clear()
    assert index_series(folder, cache=cache) == first
    assert reads == []
    changed, removed = sorted((folder / "a").iterdir())[:2]
    os.utime(changed, ns=(1, 1))
    removed.unlink()
    shutil.copy(changed, folder / "new.dcm")
    found = index_series(folder, cache=cache)
    assert sorted(reads) == sorted([changed.name, "new.dcm"])
    assert found == index_series(folder)
    assert found != first
    assert not list(cache.glob(".*"))


def test_an_interrupted_index_keeps_what_was_read(folder, tmp_path, reads, monkeypatch):
    monkeypatch.setattr(module, "_FILES_A_TASK", 4)
    original = module.read_records

    def stopped(job):
        if len(reads) >= 8:
            raise KeyboardInterrupt
        return original(job)

    monkeypatch.setattr(module, "read_records", stopped)
    with pytest.raises(KeyboardInterrupt):
        index_series(folder, cache=tmp_path / "cache")
    monkeypatch.setattr(module, "read_records", original)
    reads.clear()
    assert index_series(folder, cache=tmp_path / "cache") == index_series(folder)
    assert len(reads) == 4 + 12


@pytest.mark.parametrize("damage", ["", "{}", "[1]", '{"attributes": [], "files": [["a/x", 1]]}', "\x00"])
def test_a_damaged_store_is_made_again(folder, tmp_path, damage):
    cache = tmp_path / "cache"
    first = index_series(folder, cache=cache)
    (file,) = cache.iterdir()
    whole = file.read_text()
    file.write_text(damage)
    assert index_series(folder, cache=cache) == first
    assert file.read_text() == whole


def test_two_folders_of_the_same_names_share_a_store_without_harm(folder, tmp_path):
    cache = tmp_path / "cache"
    other = tmp_path / "other"
    shutil.copytree(folder, other)
    for file in sorted((other / "a").iterdir()):
        ds = pydicom.dcmread(file)
        ds.PatientID = "P-002"
        stat = file.stat()
        ds.save_as(file)
        os.utime(file, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    index_series(folder, cache=cache)
    assert by_uid(index_series(other, cache=cache))["1.1.200"].attributes["PatientID"] == "P-002"


def test_a_copy_of_a_series_in_another_folder_adds_no_slices(folder):
    before = by_uid(index_series(folder))["1.1.200"]
    shutil.copytree(folder / "a", folder / "z" / "again")
    after = by_uid(index_series(folder))["1.1.200"]
    assert after.files == before.files
    assert after.warnings == ("6 files are copies of others of the series and are left out",)
    assert not after.problem
    assert read_suv([folder / name for name in after.files]).suv.shape == true_suv().shape


def test_a_copy_with_another_writers_preamble_is_a_copy(folder):
    file = sorted((folder / "a").iterdir())[0]
    ds = pydicom.dcmread(file)
    ds.preamble = b"x" * 128
    ds.file_meta.ImplementationVersionName = "OTHER"
    ds.save_as(folder / "z.dcm", enforce_file_format=True)
    found = by_uid(index_series(folder))["1.1.200"]
    assert len(found.files) == 6
    assert not found.problem


def test_one_instance_in_two_files_that_differ_is_refused(folder):
    file = sorted((folder / "a").iterdir())[0]
    ds = pydicom.dcmread(file)
    ds.PatientWeight = "71"
    ds.save_as(folder / "z.dcm")
    found = by_uid(index_series(folder))["1.1.200"]
    assert "SOP Instance UID (0008,0018) stands in files that differ" in found.problem
    assert reason_left_out(found) == found.problem


@pytest.mark.parametrize(
    "keyword", ["PatientID", "StudyInstanceUID", "FrameOfReferenceUID", "ClinicalTrialSubjectID"]
)
def test_a_series_whose_files_belong_to_several_is_refused_without_naming_them(folder, keyword):
    def edit(ds, index):
        setattr(ds, keyword, f"4711.{index % 2}")

    write_series(folder / "a", edit, uid="1.1")
    found = by_uid(index_series(folder))["1.1.200"]
    assert f"{keyword} (" in found.problem
    assert "differs between the files of one series" in found.problem
    assert "4711" not in found.problem


def test_what_is_no_series_is_listed_with_its_reason(folder):
    (folder / "readme.txt").write_text("about")
    (folder / "images.ZIP").write_bytes(b"PK")
    (folder / "lost.dcm").symlink_to(folder / "nowhere")
    (folder / "DICOMDIR").write_bytes(b"\0" * 128 + b"DICM")
    (folder / ".hidden").write_bytes(b"")
    (found,) = [series for series in index_series(folder) if not series.series_uid]
    assert found.files == ("images.ZIP", "lost.dcm", "readme.txt")
    for text in (
        "an archive, which is not read: images.ZIP",
        "a link that leads nowhere: lost.dcm",
        "no DICOM prefix",
    ):
        assert text in found.problem
    assert not meant_as_image(found)


def test_a_folder_that_cannot_be_read_is_listed_and_the_rest_goes_on(folder, monkeypatch):
    original = os.scandir

    def refusing(path):
        if str(path).endswith("b/c"):
            raise PermissionError(13, "Permission denied")
        return original(path)

    monkeypatch.setattr(os, "scandir", refusing)
    found = by_uid(index_series(folder))
    assert "1.1.200" in found
    assert found[""].problem == "the folder cannot be read: Permission denied: c"
    assert meant_as_image(found[""])


def test_a_file_that_could_not_be_read_is_tried_again(folder, tmp_path, monkeypatch):
    cache, read = tmp_path / "cache", HeaderReader.read
    name = sorted((folder / "a").iterdir())[0].name

    def refusing(self, path):
        if path.name == name and path.parent.name == "a":
            raise ImageError("file cannot be read: Input/output error") from OSError(5, "Input/output error")
        return read(self, path)

    monkeypatch.setattr(HeaderReader, "read", refusing)
    assert "Input/output error" in by_uid(index_series(folder, cache=cache))[""].problem
    monkeypatch.setattr(HeaderReader, "read", read)
    assert "" not in by_uid(index_series(folder, cache=cache))


def test_a_name_that_is_no_text_is_listed(folder):
    (folder / os.fsdecode(b"odd-\xff.txt")).write_bytes(b"x")
    found = by_uid(index_series(folder))[""]
    found.problem.encode()


def test_extent_and_start_come_from_the_slices(folder):
    found = by_uid(index_series(folder))["1.1.200"]
    assert found.positions == (0, 4, 8, 12, 16, 20)
    assert found.extent_mm == 24
    assert found.started == "20150310100000"


def test_processes_find_what_one_alone_finds(folder, monkeypatch):
    alone = index_series(folder)
    monkeypatch.setattr(module, "_FILES_A_TASK", 3)
    monkeypatch.setattr(module, "_LONG_SECONDS", 0.0)
    used = []
    original = module.in_processes

    def watched(function, jobs, workers, **options):
        used.extend(jobs)
        return original(function, jobs, workers, **options)

    monkeypatch.setattr(module, "in_processes", watched)
    assert index_series(folder, workers=2) == alone
    assert len(used) == 3  # all but the first, which was read to know how long the others take


def test_a_mixed_tree_of_real_series_gives_each_series_once_with_its_reason(shared, tmp_path):
    top = tmp_path / "all"
    top.mkdir()
    for name in (
        "tcia_sts001_fdg_raw",
        "siemens_flt_breast_slices",
        "ibsi_sts_pet_sample",
        "ibsi_suv_dro_sample",
    ):
        (top / name).symlink_to(shared / "realdata" / name, target_is_directory=True)
    write_series(top / "nac", setting(CorrectedImage=["DECY"]), uid="1.9")
    rtstruct(top / "rs.dcm", {"L": [(box(2, 5, 2, 4), 8.0)]})
    found = [series for series in index_series(top, workers=2) if series.series_uid]
    assert len({series.series_uid for series in found}) == len(found)
    kinds = sorted(
        (
            series.files[0].split("/")[0].split(".")[0],
            len(series.files),
            reason_left_out(series, doubtful_too=True),
        )
        for series in found
    )
    assert kinds == sorted([
        ("tcia_sts001_fdg_raw", 267, ""), ("tcia_sts001_fdg_raw", 1, "contours"),
        ("siemens_flt_breast_slices", 1, "a single slice"), ("siemens_flt_breast_slices", 1, "dynamic series"),
        ("ibsi_sts_pet_sample", 48, ""), ("ibsi_sts_pet_sample", 51, ""), ("ibsi_sts_pet_sample", 1, "contours"),
        ("ibsi_sts_pet_sample", 1, "contours"), *[("ibsi_suv_dro_sample", 20, "")] * 4, *[("ibsi_suv_dro_sample", 1, "contours")] * 4,
        ("nac", 6, "not attenuation-corrected (NAC)"), ("rs", 1, "contours"),
    ])  # fmt: skip
