"""A sealed study: every file of it is known by its content, to us and to sha256sum."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess

import pytest

from analysis.data import FaultyStudyError, check_study, file_hashes, load_study, seal_study
from analysis.data.file_hashes import CACHE, hash_files
from analysis.errors import StudyError


@pytest.fixture
def sealed(study):
    seal_study(study.path)
    return study


@pytest.fixture
def remembering(monkeypatch):
    """Few and small files are remembered too."""
    monkeypatch.setattr(file_hashes, "WORTH_REMEMBERING", (0, 0))


def findings(study):
    """What the manifest has to say: file, line, severity."""
    return [
        (problem.severity, problem.file, problem.row, problem.what)
        for problem in check_study(study.path)
        if "seal" in problem.what + problem.do
    ]


def test_a_study_as_it_was_sealed_has_nothing_to_say(sealed):
    assert findings(sealed) == []
    load_study(sealed.path)


def test_the_manifest_is_what_sha256sum_writes_and_verifies(sealed):
    digest = hashlib.sha256((sealed.path / "patients.csv").read_bytes()).hexdigest()
    assert f"{digest}  patients.csv\n" in (sealed.path / "manifest.sha256").read_text()
    if shutil.which("sha256sum") is None:
        pytest.skip("no sha256sum on this system")
    told = subprocess.run(
        ["sha256sum", "--strict", "-c", "manifest.sha256"], cwd=sealed.path, capture_output=True, text=True
    )
    assert told.returncode == 0
    assert told.stdout.count(": OK") == len((sealed.path / "manifest.sha256").read_text().splitlines())


def test_one_changed_byte_of_a_table_is_an_error_that_names_the_table(sealed):
    sealed.change("patients.csv", "70.5", "70.6")
    assert findings(sealed) == [("error", "patients.csv", None, "the file is not what was sealed")]
    with pytest.raises(FaultyStudyError, match=r"patients\.csv: the file is not what was sealed"):
        load_study(sealed.path)


def test_a_changed_image_is_named_by_its_line_even_if_size_and_time_are_as_before(
    sealed, remembering, monkeypatch
):
    monkeypatch.setattr(file_hashes, "UNSETTLED_NS", 0)
    image = sealed.path / "dicom" / "1.dcm"
    check_study(sealed.path)
    assert (sealed.path / CACHE).exists()
    before = image.stat()
    image.write_bytes(b"an imagE, not read here")
    os.utime(image, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert image.stat().st_size == before.st_size
    [(severity, file, row, what)] = findings(sealed)
    assert (severity, file, what) == (
        "error",
        "manifest.sha256",
        "the file is not what was sealed: dicom/1.dcm",
    )
    assert (sealed.path / "manifest.sha256").read_text().splitlines()[row - 1].endswith("  dicom/1.dcm")


def test_a_missing_file_is_an_error_and_a_new_one_a_warning(sealed):
    (sealed.path / "tissue.csv").unlink()
    (sealed.path / "dicom" / "2.dcm").write_bytes(b"another")
    sealed.write("lesions.csv", "patient_id,lesion_id,site,target\nP01,L1,bone,yes\n")
    assert findings(sealed) == [
        ("error", "tissue.csv", None, "the file was sealed and is gone"),
        ("warning", "lesions.csv", None, "the file is not in manifest.sha256"),
        ("warning", "manifest.sha256", None, "1 file(s) of images or contours are not in it: dicom/2.dcm"),
    ]


def test_sealing_anew_takes_the_change_in(sealed):
    sealed.change("patients.csv", "70.5", "70.6")
    seal_study(sealed.path)
    assert findings(sealed) == []


def test_a_person_in_the_path_of_an_image_is_not_repeated(sealed):
    for name in ("dicom/P01/Doe^Jane/0001.dcm", "dicom/doe.dcm"):
        (sealed.path / name).parent.mkdir(parents=True, exist_ok=True)
        (sealed.path / name).write_bytes(b"an image")
    [(_, _, _, what)] = findings(sealed)
    assert what.endswith("dicom/P01/…/0001.dcm, dicom/…")


def test_names_with_a_line_end_or_a_backslash_are_written_as_sha256sum_does(sealed):
    odd = sealed.path / "dicom" / "a\\b\nc.dcm"
    try:
        odd.write_bytes(b"odd")
    except OSError:
        pytest.skip("this file system has no such names")
    seal_study(sealed.path)
    assert findings(sealed) == []
    assert r"\9dbe" not in (sealed.path / "manifest.sha256").read_text()
    line = next(x for x in (sealed.path / "manifest.sha256").read_text().splitlines() if x.startswith("\\"))
    assert line.endswith(r"  dicom/a\\b\nc.dcm")


def test_a_line_that_is_none_is_named(sealed):
    manifest = sealed.path / "manifest.sha256"
    manifest.write_text("nonsense\n" + manifest.read_text())
    assert findings(sealed) == [("error", "manifest.sha256", 1, "the line is not of a manifest")]


def test_images_outside_the_study_folder_are_sealed_too(study, tmp_path):
    shutil.move(study.path / "dicom", tmp_path / "archive")
    study.change("study.yml", "licence: none", f"licence: none\ndicom: {tmp_path / 'archive'}")
    seal_study(study.path)
    assert findings(study) == []
    (tmp_path / "archive" / "1.dcm").write_bytes(b"changed")
    [(severity, file, _, what)] = findings(study)
    assert (severity, file) == ("error", "manifest.sha256")
    assert what.startswith("the file is not what was sealed")


def test_a_hash_is_remembered_only_while_the_file_is_as_it_was(tmp_path, remembering, monkeypatch):
    file, cache = tmp_path / "a", tmp_path / CACHE
    file.write_bytes(b"one")
    os.utime(file, (1e9, 1e9))
    one = hashlib.sha256(b"one").hexdigest()
    monkeypatch.setattr(file_hashes, "UNSETTLED_NS", 0)  # the status changed a moment ago
    assert hash_files({"a": str(file)}, cache=cache) == {"a": one}
    with monkeypatch.context() as patched:
        patched.setattr(file_hashes, "_sha256", lambda path: pytest.fail("hashed again"))
        assert hash_files({"a": str(file)}, cache=cache) == {"a": one}
    file.write_bytes(b"two")
    assert hash_files({"a": str(file)}, cache=cache) == {"a": hashlib.sha256(b"two").hexdigest()}


def test_what_cannot_be_read_has_no_hash_and_a_broken_memory_is_none(tmp_path):
    (tmp_path / CACHE).write_text("{]")
    assert hash_files({"a": str(tmp_path / "absent")}, cache=tmp_path / CACHE) == {"a": None}


def test_only_a_study_can_be_sealed(tmp_path):
    with pytest.raises(StudyError, match=r"no study\.yml"):
        seal_study(tmp_path)
