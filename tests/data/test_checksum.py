"""The checksum of a study changes with its content and with nothing else."""

from __future__ import annotations

import os
import shutil

import pytest

from analysis.data import load_study, study_checksum
from analysis.errors import StudyError


@pytest.fixture
def with_images(study):
    (study.path / "dicom" / "a").mkdir()
    (study.path / "dicom" / "a" / "1.dcm").write_bytes(b"one")
    (study.path / "dicom" / "2.dcm").write_bytes(b"two")
    return study


def test_copying_touching_and_notes_leave_it_as_it_is(with_images, tmp_path):
    before = study_checksum(with_images.path)
    copy = tmp_path / "elsewhere"
    shutil.copytree(with_images.path, copy)
    (copy / "notes.md").write_text("not part of the study")
    (copy / "dicom" / ".DS_Store").write_text("left by a file manager")
    os.utime(copy / "patients.csv", (0, 0))
    assert study_checksum(copy) == before == load_study(copy).checksum


@pytest.mark.parametrize(
    "change",
    [
        lambda path: (path / "study.yml").write_text((path / "study.yml").read_text() + "# noted\n"),
        lambda path: (path / "tissue.csv").unlink(),
        lambda path: (path / "dicom" / "2.dcm").write_bytes(b"owt"),
        lambda path: (path / "dicom" / "2.dcm").rename(path / "dicom" / "3.dcm"),
        lambda path: (path / "dicom" / "3.dcm").write_bytes(b""),
        lambda path: (path / "contours" / "1.nii").write_bytes(b"mask"),
    ],
)
def test_every_change_of_content_changes_it(with_images, change):
    before = study_checksum(with_images.path)
    change(with_images.path)
    assert study_checksum(with_images.path) != before


def test_two_files_that_exchange_their_contents_change_it(with_images):
    before = study_checksum(with_images.path)
    (with_images.path / "dicom" / "2.dcm").write_bytes(b"one")
    (with_images.path / "dicom" / "a" / "1.dcm").write_bytes(b"two")
    assert study_checksum(with_images.path) != before


def test_images_outside_the_study_folder_count_too(with_images, tmp_path):
    inside = study_checksum(with_images.path)
    shutil.move(with_images.path / "dicom", tmp_path / "archive")
    with_images.change("study.yml", "licence: none", f"licence: none\ndicom: {tmp_path / 'archive'}")
    outside = study_checksum(with_images.path)
    (tmp_path / "archive" / "2.dcm").write_bytes(b"changed")
    assert len({inside, outside, study_checksum(with_images.path)}) == 3


def test_a_folder_that_does_not_exist_has_none(tmp_path):
    with pytest.raises(StudyError, match="does not exist"):
        study_checksum(tmp_path / "nowhere")
