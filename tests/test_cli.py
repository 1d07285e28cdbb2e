import argparse
import errno
import json
import os

import pytest

from analysis.cli import commands, main, parser

COMMANDS = [
    "check-study",
    "simulate",
    "quantify",
    "suv",
    "export",
    "propose",
    "match",
    "values",
    "fetch",
    "fetch-pet",
    "ready",
    "run",
    "page",
    "publish",
    "index",
]


def stand_in(function):
    """A parser whose only command is this function."""
    made = argparse.ArgumentParser()
    made.add_argument("command")
    made.set_defaults(function=function)
    return made


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_teaches_itself(command, capsys):
    with pytest.raises(SystemExit) as stop:
        parser().parse_args([command, "--help"])
    assert stop.value.code == 0
    assert len(capsys.readouterr().out) > 150


def test_an_error_is_one_line_without_a_traceback(capsys, tmp_path):
    assert main(["check-study", str(tmp_path / "nowhere")]) == 1
    captured = capsys.readouterr()
    assert captured.err.startswith("check-study: ")
    assert "nowhere" in captured.err
    assert "Traceback" not in captured.err


@pytest.mark.parametrize(
    ("number", "file", "said"),
    [
        (errno.ENOSPC, None, "No space left on device. Do: free space on that disk"),
        (errno.ENOSPC, "reports/results/a.json", "[reports/results/a.json]"),
        (errno.EDQUOT, None, "Disk quota exceeded. Do: free space"),
        (errno.EROFS, "data/derived", "Read-only file system. Do: make it writable"),
        (errno.EACCES, "data/derived", "Permission denied. Do: make it writable"),
        (errno.EPERM, "data/../../Jane Doe.csv", "[outside of the project's folder]"),
        (errno.EPERM, "../elsewhere/Jane Doe.csv", "[outside of the project's folder]"),
    ],
)
def test_a_disk_that_takes_nothing_is_explained_in_one_line(
    monkeypatch, capsys, project, tmp_path, number, file, said
):
    def refuse(_):
        if file is None:
            raise OSError(number, os.strerror(number))
        place = tmp_path if file.startswith("..") else project
        raise OSError(number, os.strerror(number), str(place / file))

    monkeypatch.setattr(commands, "parser", lambda: stand_in(refuse))
    assert main(["seal"]) == 1
    told = capsys.readouterr().err
    assert told.startswith("seal: ")
    assert said in told
    assert told.count("\n") == 1
    assert not [name for name in (str(project), str(tmp_path), "Jane") if name in told]


@pytest.mark.parametrize("error", [FileNotFoundError(errno.ENOENT, "gone", "a"), OSError(errno.EIO, "broken", "a"), OSError(errno.EACCES, "the port")])  # fmt: skip
def test_another_error_of_the_system_keeps_its_traceback(monkeypatch, error):
    def fail(_):
        raise error

    monkeypatch.setattr(commands, "parser", lambda: stand_in(fail))
    with pytest.raises(type(error)):
        main(["seal"])


def test_the_real_series_is_quantified_from_the_command_line(shared, capsys):
    folder = shared / "realdata/tcia_sts001_fdg_raw"
    command = [
        "quantify",
        "--image",
        str(folder / "image"),
        "--mask",
        str(folder / "mask/1-1.dcm"),
        "--roi",
        "GTV_Mass",
        "--json",
    ]
    assert main(command) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["voxels"] == 5095
    assert found["suv_max"] == pytest.approx(7.91067, abs=1e-4)
    assert found["suv_mean"] == pytest.approx(2.55513, abs=1e-4)


def test_an_unknown_roi_lists_those_there_are(shared, capsys):
    folder = shared / "realdata/tcia_sts001_fdg_raw"
    command = [
        "quantify",
        "--image",
        str(folder / "image"),
        "--mask",
        str(folder / "mask/1-1.dcm"),
        "--roi",
        "Tumour",
    ]
    assert main(command) == 1
    assert "GTV_Mass" in capsys.readouterr().err


def test_a_run_without_results_is_named(capsys):
    assert main(["values", "--run", "nonsense"]) == 1
    assert "no results" in capsys.readouterr().err


@pytest.fixture(scope="module")
def small_study(tmp_path_factory):
    folder = tmp_path_factory.mktemp("studies") / "small"
    assert main(["simulate", str(folder), "--patients", "3", "--seed", "5"]) == 0
    return folder


def test_a_whole_study_has_no_errors(small_study, capsys):
    assert main(["check-study", str(small_study)]) == 0
    assert "0 error(s)" in capsys.readouterr().out


def test_check_study_names_every_fault_of_tables_or_images(small_study, tmp_path, capsys):
    import shutil

    broken = tmp_path / "broken"
    shutil.copytree(small_study, broken)
    series = max(
        (folder for folder in (broken / "dicom").rglob("*") if folder.is_dir()),
        key=lambda f: len(list(f.iterdir())),
    )
    first, *_ = sorted(file for file in series.iterdir() if file.is_file())
    first.write_bytes(first.read_bytes()[:2000])
    assert main(["check-study", str(broken)]) == 1
    assert f"the file is not what was sealed: dicom/{first.relative_to(broken / 'dicom').as_posix()}" in (
        capsys.readouterr().out
    )
    assert main(["seal", str(broken)]) == 0
    assert main(["check-study", str(broken)]) == 1
    assert first.name in capsys.readouterr().out
    table = broken / "patients.csv"
    table.write_text(table.read_text().replace("height_cm", "height_m"))
    assert main(["check-study", str(broken), "--json"]) == 1
    problems = json.loads(capsys.readouterr().out)
    assert {problem["file"] for problem in problems if problem["severity"] == "error"} == {"patients.csv"}
    assert any("height_m" in problem["what"] + problem["do"] + str(problem["column"]) for problem in problems)
