"""The simulated study folder: whole, checked, reproducible, and never in the place of something else."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
import yaml

from analysis.data import check_study, load_study
from analysis.errors import StudyError
from analysis.simulation import embedded, simulate
from analysis.simulation.staging import staged_folder


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def tables_only(destination: Path, **options) -> Path:
    simulate(destination, images=False, progress=False, **options)
    return destination


@pytest.mark.parametrize(
    ("patients", "seed", "effect"), [(46, 20140101, "published"), (1, 2, "none"), (130, 3, "strong")]
)
def test_a_simulated_study_passes_the_check_of_study_folders(tmp_path, patients, seed, effect):
    folder = tables_only(tmp_path / "study", patients=patients, seed=seed, effect=effect)
    assert [str(problem) for problem in check_study(folder) if problem.severity == "error"] == []


def test_a_simulated_study_says_that_it_is(tmp_path):
    study = load_study(tables_only(tmp_path / "study"))
    assert study.simulated
    assert "SIMULATED" in study.title
    assert "SIMULATED" in study.caveats[0]
    assert study.id == "pearl-simulated"
    assert len(study.table("outcomes")) == 46


def test_a_study_without_images_lacks_the_part_pet(tmp_path):
    study = load_study(tables_only(tmp_path / "study", patients=5))
    assert not study.has("pet")
    assert study.has("plasma")


def test_the_same_arguments_give_the_same_bytes(tmp_path):
    first, again, other = (
        contents(tables_only(tmp_path / name, seed=seed)) for name, seed in (("a", 4), ("b", 4), ("c", 5))
    )
    assert first == again
    assert first != other


def test_the_number_of_workers_changes_no_byte(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    simulate(one, patients=2, seed=6, workers=1, progress=False)
    simulate(two, patients=2, seed=6, workers=2, progress=False)
    assert contents(one) == contents(two)
    assert list((one / "dicom").rglob("*"))
    assert list((one / "contours").rglob("*"))
    assert [problem for problem in check_study(one) if problem.severity == "error"] == []


def test_the_truth_stands_apart_from_the_study(tmp_path):
    folder = tables_only(tmp_path / "study", patients=8)
    truth = tmp_path / "study-truth"
    assert {path.name for path in truth.iterdir()} == {
        "patients.csv",
        "lesions.csv",
        "plasma.csv",
        "truth.yml",
    }
    assert yaml.safe_load((truth / "truth.yml").read_text())["rho"] == 0.2
    assert {path.name for path in tmp_path.iterdir()} == {"study", "study-truth"}
    for path in folder.rglob("*.csv"):
        header = path.read_text().splitlines()[0]
        assert "true" not in header
        assert "latent" not in header


def test_a_simulated_study_is_replaced_only_with_force(tmp_path):
    folder = tables_only(tmp_path / "study", patients=3, seed=1)
    before = contents(folder)
    with pytest.raises(StudyError, match="--force"):
        tables_only(folder, patients=3, seed=2)
    assert contents(folder) == before
    tables_only(folder, patients=3, seed=2, force=True)
    assert contents(folder) != before
    assert {path.name for path in tmp_path.iterdir()} == {"study", "study-truth"}


@pytest.mark.parametrize("description", ["kind: real\n", "kind: [\n", None])
def test_what_is_not_a_simulated_study_is_never_replaced(tmp_path, description):
    folder = tmp_path / "study"
    folder.mkdir()
    (folder / "patients.csv").write_text("patient_id\n")
    if description:
        (folder / "study.yml").write_text(description)
    before = contents(folder)
    with pytest.raises(StudyError, match="not a simulated study"):
        tables_only(folder, force=True)
    assert contents(folder) == before


def test_a_folder_in_the_place_of_the_truth_is_left_alone(tmp_path):
    (tmp_path / "study-truth").mkdir()
    (tmp_path / "study-truth" / "mine.txt").write_text("mine")
    with pytest.raises(StudyError, match="something else"):
        tables_only(tmp_path / "study", force=True)
    assert not (tmp_path / "study").exists()


def test_a_simulation_that_fails_leaves_nothing_and_the_old_study_as_it_was(tmp_path, monkeypatch):
    folder = tables_only(tmp_path / "study", patients=3, seed=1)
    before = contents(tmp_path)

    def fail(*_, **__):
        raise OSError("disk full")

    monkeypatch.setattr(embedded, "write_study", fail)
    with pytest.raises(OSError, match="disk full"):
        tables_only(folder, patients=3, seed=2, force=True)
    assert contents(tmp_path) == before


def test_what_a_killed_process_left_behind_is_cleared_away(tmp_path):
    gone = 2**22 + 1  # above the largest process number of Linux
    for name in (f".study.{gone}.part", f".study.{gone}.old"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "half.csv").write_text("x")
    kept = tmp_path / ".other.1.part"
    kept.mkdir()
    with staged_folder(tmp_path / "study") as folder:
        (folder / "whole.csv").write_text("y")
    assert {path.name for path in tmp_path.iterdir()} == {"study", ".other.1.part"}
