"""Many scans: processes or Dask, in any number, give the same bytes; what fails or dies costs one scan."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace

import pytest
from faulty_files import DeadlyFile, OddFile
from make_series import setting, true_suv, write_series

import analysis.pet.measures.stored_scans as stored
import analysis.work.cluster as cluster
from analysis.errors import ParameterError
from analysis.pet.measures.scan import ScanTask
from analysis.pet.measures.scan_source import ScanSource
from analysis.pet.measures.stored_scans import measure_scans


@pytest.fixture(autouse=True)
def no_scheduler(monkeypatch):
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS", raising=False)


@pytest.fixture
def tasks(tmp_path):
    """Five scans; the fourth cannot be converted."""
    made = []
    for number in range(5):
        edits = [setting(PatientWeight=None)] if number == 3 else []
        files = write_series(
            tmp_path / f"s{number}", *edits, uid=f"1.{number + 1}", suv=true_suv() * (number + 1)
        )
        made.append(ScanTask(f"P-{number}", "baseline", f"1.{number + 1}.200", ScanSource(tuple(files)), (), "janmahasatian", f"{number:040d}"))  # fmt: skip
    return made


def measured(tasks, cache=None, workers=1):
    return json.dumps(measure_scans(tasks, cache=cache, workers=workers, progress=False))


def test_one_process_two_processes_and_dask_give_the_same_bytes(tasks, scheduler, monkeypatch):
    alone = measured(tasks)
    assert measured(tasks, workers=2) == alone
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler)
    assert measured(tasks) == alone
    monkeypatch.delenv("DASK_SCHEDULER_ADDRESS")
    backwards = measure_scans(tasks[::-1], cache=None, workers=2, progress=False)
    assert json.dumps(backwards[::-1]) == alone
    assert "PatientWeight" in json.loads(alone)[3]["error"]


def test_a_worker_that_is_killed_costs_its_scan_and_says_so(tasks, tmp_path):
    deadly = replace(tasks[1], source=ScanSource((DeadlyFile(tmp_path / "x"),)))
    found = measure_scans([tasks[0], deadly, *tasks[2:]], cache=tmp_path / "cache", workers=2, progress=False)
    assert "process that measured this scan died" in found[1]["error"]
    assert [bool(result["error"]) for result in found] == [False, True, False, True, False]
    # The next run tries it again, and measures nothing else.
    assert len(list((tmp_path / "cache").glob("scan-*.json"))) == 4
    again = measure_scans(tasks, cache=tmp_path / "cache", workers=2, progress=False)
    assert json.dumps(again) == measured(tasks)


def test_a_dask_worker_that_is_killed_costs_its_scan_and_says_so(tasks, tmp_path, scheduler, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler)
    deadly = replace(tasks[1], source=ScanSource((DeadlyFile(tmp_path / "x"),)))
    found = measure_scans([tasks[0], deadly, *tasks[2:]], cache=None, workers=1, progress=False)
    assert "workers that measured this scan died" in found[1]["error"]
    assert [bool(result["error"]) for result in found] == [False, True, False, True, False]


@pytest.mark.parametrize("workers", [1, 2])
def test_an_error_nobody_expects_is_that_scans_error_and_names_its_type(tasks, tmp_path, workers):
    found = measure_scans([replace(tasks[0], source=ScanSource((OddFile(tmp_path / "x"),))), tasks[1]], cache=tmp_path / "c",
                          workers=workers, progress=False)  # fmt: skip
    assert "ZeroDivisionError: odd" in found[0]["error"]
    assert found[1]["error"] is None
    assert len(list((tmp_path / "c").iterdir())) == 1


def test_files_out_of_reach_of_a_worker_cost_that_scan_and_are_tried_again(
    tasks, tmp_path, scheduler, monkeypatch
):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler)
    lost = replace(tasks[0], source=ScanSource((tmp_path / "nowhere" / "1.dcm",)))
    found = measure_scans([lost, tasks[1]], cache=tmp_path / "c", workers=1, progress=False)
    assert "1.dcm cannot be read on" in found[0]["error"]
    assert str(tmp_path) not in found[0]["error"]
    assert found[1]["error"] is None
    assert len(list((tmp_path / "c").iterdir())) == 1


def test_a_run_that_is_stopped_goes_on_where_it_was(tasks, tmp_path, monkeypatch):
    cache, original = tmp_path / "cache", stored.as_text
    measured_now = []

    def until_the_third(task):
        if len(measured_now) == 2:
            raise KeyboardInterrupt
        measured_now.append(task.patient_id)
        return original(task)

    monkeypatch.setattr(stored, "as_text", until_the_third)
    with pytest.raises(KeyboardInterrupt):
        measured(tasks, cache)
    assert measured_now == ["P-0", "P-1"]
    measured_now[:] = ["before", "the", "stop"]
    assert measured(tasks, cache) == measured(tasks)
    assert measured_now[3:8] == ["P-2", "P-3", "P-4", "P-0", "P-1"]
    assert not list(cache.glob(".*"))


def test_a_scheduler_that_is_not_there_is_said_in_short_time(tasks, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    with pytest.raises(ParameterError, match=r"scheduler at tcp://127\.0\.0\.1:9 cannot be reached"):
        measured(tasks)


def test_an_address_that_is_none_is_said(tasks, monkeypatch):
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "no address")
    with pytest.raises(ParameterError, match="cannot be reached"):
        measured(tasks)


def test_workers_with_other_code_are_refused(tasks, scheduler, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", scheduler)
    monkeypatch.setattr(stored, "code_version", _another_version)
    with pytest.raises(ParameterError, match="2 of 2 Dask workers do not run this code"):
        measured(tasks)


def _another_version() -> str:
    return str(os.getpid())


def test_a_missing_dask_is_said(tasks, monkeypatch):
    monkeypatch.setenv("DASK_SCHEDULER_ADDRESS", "tcp://127.0.0.1:9")
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ParameterError, match="Dask is not installed"):
        measured(tasks)


def test_dask_is_loaded_only_when_a_scheduler_is_named(project):
    program = "import sys, analysis.pet; print('distributed' in sys.modules or 'dask' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], env={**os.environ, "PYTHONPATH": str(project / "src")},
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.strip() == "False"
