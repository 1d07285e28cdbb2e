"""A faulty figure is refused with its file and line."""

import pytest

from analysis.cli.commands import main
from analysis.errors import StudyError
from analysis.evidence import read_figure

CURVE = "time,survival\n0,1\n2,0.8\n4,0.6\n6,0.3\n"
RISK = "time,n_risk\n0,20\n3,16\n6,8\n"


def read(tmp_path, curve=CURVE, risk=RISK, **settings):
    (tmp_path / "curve.csv").write_text(curve)
    (tmp_path / "risk.csv").write_text(risk)
    return read_figure(tmp_path / "curve.csv", tmp_path / "risk.csv", **settings)


def test_a_figure_is_read_with_both_corners_of_a_step_or_one(tmp_path):
    corners = "time,survival\n0,1\n2,1\n2,0.8\n4,0.8\n4,0.6\n6,0.6\n6,0.3\n"
    for text in (CURVE, corners):
        (arm,) = read(tmp_path, text)
        assert arm.times.tolist() == [0, 2, 4, 6]
        assert arm.survival.tolist() == [1, 0.8, 0.6, 0.3]
        assert arm.n == 20


def test_a_small_rise_is_levelled_and_counted(tmp_path):
    (arm,) = read(tmp_path, "time,survival\n0,1\n2,0.8\n3,0.803\n6,0.3\n")
    assert (arm.levelled, arm.survival.tolist()) == (1, [1, 0.8, 0.8, 0.3])


@pytest.mark.parametrize(
    ("curve", "risk", "message", "where"),
    [
        (CURVE.replace("4,0.6", "4,0.85"), RISK, "rises from 0.8 to 0.85", "curve.csv, line 4"),
        (CURVE.replace("4,0.6", "1,0.6"), RISK, "goes back from 2 to 1", "curve.csv, line 4"),
        ("time,survival\n0,100\n2,80\n", RISK, "survival is 100.*percent", "curve.csv, line 2"),
        ("time,survival\n0,1\n2,0.8\n4,60\n", RISK, "survival reaches 60.*percent", "curve.csv"),
        (CURVE.replace("6,0.3", "6,-0.1"), RISK, "survival is -0.1", "curve.csv, line 5"),
        (CURVE.replace("0.8", "0,8"), RISK, "more cells than the header", "curve.csv, line 3"),
        (CURVE.replace("0.6", "x"), RISK, "survival is 'x'", "curve.csv, line 4"),
        ("t,s\n0,1\n", RISK, "the columns are t, s", "curve.csv"),
        ("time,survival\n", RISK, "no line below its header", "curve.csv"),
        (CURVE, RISK.replace("3,16", "3,25"), "grows from 20 to 25", "risk.csv, line 3"),
        (CURVE, RISK.replace("3,16", "3,1.5"), "number at risk is 1.5", "risk.csv, line 3"),
        (CURVE, RISK.replace("0,20", "1,20"), "begin with 20 at time 1", "risk.csv, line 2"),
        (CURVE, RISK.replace("3,16", "0,16"), "the time goes from 0 to 0", "risk.csv, line 3"),
        (CURVE, RISK + "12,3\n", "3 patients are at risk at time 12, beyond the end", "risk.csv, line 5"),
        (CURVE.replace("0,1", "0,0.9"), RISK, "begins at 0.9", "curve.csv, line 2"),
        (CURVE, RISK.replace("0,20", "0,1e9"), r"number at risk is 1e\+09", "risk.csv, line 2"),
        (CURVE, "arm,time,n_risk\neve,0,20\n", "arm all is in one file", "risk.csv"),
    ],
)
def test_a_faulty_file_is_refused_with_its_line(tmp_path, curve, risk, message, where):
    with pytest.raises(StudyError, match=message) as caught:
        read(tmp_path, curve, risk)
    assert caught.value.where.startswith(where)


def test_nobody_at_risk_behind_the_end_of_the_curve_is_no_fault(tmp_path):
    (arm,) = read(tmp_path, risk=RISK + "9,0\n")
    assert arm.risk_times.tolist() == [0, 3, 6]


@pytest.mark.parametrize("events", [{"all": 21}, {"eve": 3}])
def test_impossible_totals_of_events_are_refused(tmp_path, events):
    with pytest.raises(StudyError, match="events are given"):
        read(tmp_path, events=events)


def test_the_command_writes_patients_and_says_what_they_give(tmp_path, capsys):
    both = "arm,time,survival\n" + "".join(
        f"{arm},{line}\n"
        for arm, scale in (("eve", 1), ("pbo", 0.5))
        for line in ("0,1", f"{2 * scale},0.8", f"{4 * scale},0.6", f"{6 * scale},0.3")
    )
    (tmp_path / "curve.csv").write_text(both)
    (tmp_path / "risk.csv").write_text("arm,time,n_risk\neve,0,20\neve,3,16\npbo,0,10\npbo,2,6\n")
    arguments = ["reconstruct", str(tmp_path / "curve.csv"), str(tmp_path / "risk.csv"), "--control", "pbo"]
    assert main([*arguments, "--out", str(tmp_path / "out.csv"), "--digitisations", "20"]) == 0
    lines = (tmp_path / "out.csv").read_text().splitlines()
    assert lines[0] == "time,event,arm"
    assert len(lines) == 31
    said = capsys.readouterr().out
    assert "eve: 20 patients" in said
    assert "hazard ratio eve v pbo" in said
    assert "20 digitisations" in said
    assert "events of eve: " in said
    assert "not reached" in said
    assert "nan" not in said


def test_the_command_refuses_a_faulty_figure_and_writes_nothing(tmp_path, capsys):
    (tmp_path / "curve.csv").write_text(CURVE.replace("4,0.6", "4,0.85"))
    (tmp_path / "risk.csv").write_text(RISK)
    status = main(
        [
            "reconstruct",
            *(str(tmp_path / f"{n}.csv") for n in ("curve", "risk")),
            "--out",
            str(tmp_path / "o"),
        ]
    )
    assert status == 1
    assert "rises" in capsys.readouterr().err
    assert not (tmp_path / "o").exists()
