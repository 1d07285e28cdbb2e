"""Published curves reconstructed by others, against the extract that was made of them independently."""

import shutil

import numpy as np
import pandas as pd
import pytest

from analysis.data import COLLECTIONS, fetch, import_kmdata, read_kmdata
from analysis.data.download import MIRROR
from analysis.errors import StudyError
from analysis.units import DAYS_PER_MONTH


@pytest.fixture(scope="module")
def upstream(shared):
    return shared / "realdata" / "kmdata" / "upstream"


@pytest.fixture(scope="module")
def folder(upstream, tmp_path_factory):
    files = {source.title: upstream / source.file for source in COLLECTIONS["kmdata"].files}
    return import_kmdata(files, tmp_path_factory.mktemp("public") / "kmdata")


def test_every_data_set_equals_the_independent_extract(folder, shared):
    table = read_kmdata(folder)
    assert table["dataset"].nunique() == len(COLLECTIONS["kmdata"].files) == 11
    for name, own in table.groupby("dataset"):
        theirs = pd.read_csv(shared / "realdata" / "kmdata" / f"{name}.csv")
        unit = 7.0 if name == "BOLERO3_2" else DAYS_PER_MONTH
        np.testing.assert_allclose(own["days"], theirs["time"] * unit, atol=1e-6)
        assert own["event"].tolist() == theirs["event"].tolist()
        assert own["arm"].tolist() == theirs["arm"].tolist()


def test_fetching_from_a_local_copy_makes_the_table(shared, tmp_path, monkeypatch):
    monkeypatch.setenv(MIRROR, str(shared / "realdata" / "kmdata"))
    made = fetch("kmdata", tmp_path / "kmdata")
    assert len(read_kmdata(made)) == 5910
    assert sorted(path.name for path in made.iterdir()) == ["patients.csv", "source.yml"]


def test_a_file_under_another_data_sets_name_is_refused_and_nothing_is_written(upstream, tmp_path):
    with pytest.raises(StudyError, match="no data frame FALCON_2"):
        import_kmdata({"FALCON_2": upstream / "BOLERO2_1.rda"}, tmp_path / "kmdata")
    assert not (tmp_path / "kmdata").exists()


def test_a_folder_of_something_else_is_left_alone(upstream, tmp_path):
    (tmp_path / "kmdata").mkdir()
    (tmp_path / "kmdata" / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match="something else"):
        import_kmdata({"FALCON_2": upstream / "FALCON_2.rda"}, tmp_path / "kmdata")
    assert (tmp_path / "kmdata" / "mine.txt").read_text() == "mine"


def test_without_the_table_the_message_says_how_to_fetch_it(tmp_path):
    with pytest.raises(StudyError, match="fetch kmdata"):
        read_kmdata(tmp_path)


def test_a_damaged_table_is_refused(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "kmdata")
    (tmp_path / "kmdata" / "patients.csv").write_text("dataset,arm,days\nA,b,1\n")
    with pytest.raises(StudyError, match="not the table"):
        read_kmdata(tmp_path / "kmdata")
