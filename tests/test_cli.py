import json

import pytest

from analysis.cli import main, parser

COMMANDS = [
    "check-study",
    "simulate",
    "quantify",
    "values",
    "fetch",
    "ready",
    "run",
    "page",
    "publish",
    "index",
]


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
