"""A folder comes into being whole or not at all."""

from __future__ import annotations

import pytest

from analysis.data import whole_folder


def test_what_is_filled_takes_the_place_of_what_was_there(tmp_path):
    for text in ("first", "second"):
        with whole_folder(tmp_path / "study") as folder:
            (folder / f"{text}.csv").write_text(text)
    assert [path.name for path in tmp_path.rglob("*")] == ["study", "second.csv"]


def test_an_error_leaves_the_former_folder_and_nothing_else(tmp_path):
    with whole_folder(tmp_path / "study") as folder:
        (folder / "first.csv").write_text("first")

    def interrupted():
        with whole_folder(tmp_path / "study") as folder:
            (folder / "second.csv").write_text("sec")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [path.name for path in tmp_path.rglob("*")] == ["study", "first.csv"]


def test_what_a_killed_process_left_is_cleared_away(tmp_path):
    (tmp_path / ".study.part").mkdir()
    (tmp_path / ".study.part" / "half.csv").write_text("ha")
    with whole_folder(tmp_path / "study") as folder:
        (folder / "whole.csv").write_text("whole")
    assert [path.name for path in tmp_path.rglob("*")] == ["study", "whole.csv"]
