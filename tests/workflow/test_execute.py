import os

import pytest

from analysis.errors import PublicationError
from analysis.study import project_root
from analysis.workflow.execute import clear_left_behind, refuse_paths


def test_stages_of_dead_runners_go_and_those_of_living_ones_stay(tmp_path):
    dead, living = tmp_path / ".stage-01-cohort-4194303", tmp_path / f".stage-01-cohort-{os.getpid()}"
    for stage in (dead, living, tmp_path / "01-cohort"):
        stage.mkdir()
    clear_left_behind(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [living.name, "01-cohort"]


def test_parts_of_files_go_with_their_dead_runners_and_nothing_else_does(tmp_path):
    kept = [f".a.json.{os.getpid()}-1.part", ".a.json.part", "a.json", ".a.part.4194303-1.json"]
    for name in (*kept, ".a.json.4194303-140.part", f".b.json.{'9' * 30}-1.part"):
        (tmp_path / name).write_text("")
    clear_left_behind(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_a_path_of_this_machine_in_an_output_is_refused_and_not_repeated():
    with pytest.raises(PublicationError) as error:
        refuse_paths(f'"{project_root()}/data/secret.csv"', where="01-cohort.ipynb, cell populations")
    assert str(project_root()) not in str(error.value)
    assert "data/secret.csv" in str(error.value)
