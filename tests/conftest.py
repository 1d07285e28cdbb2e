"""The one place where tests learn where material outside the project lies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from hypothesis import settings
from recorded_agreement import (
    agreement_is_as_claimed,
    pytest_addoption,
    pytest_configure,
    pytest_sessionfinish,
)

from analysis.data import TABLES, Study
from analysis.workflow.provenance import commit

__all__ = ["agreement_is_as_claimed", "pytest_addoption", "pytest_configure", "pytest_sessionfinish"]

# A busy machine is slow, not wrong: no property is judged by its time. ``make test`` tries the same examples whenever
# the code is the same; ``make fuzz`` looks for new ones, and what it finds becomes a named case.
settings.register_profile("same", deadline=None, derandomize=True, database=None)
settings.register_profile("new", deadline=None)
settings.load_profile(os.environ.get("ANALYSIS_EXAMPLES", "same"))

PROJECT = Path(__file__).resolve().parents[1]


LONGEST = ("test_make.py", "test_patient_certainty.py", "test_scale.py", "test_fuzzed_headers.py")
"""Files that take longest; a worker that got one of them last would keep the others waiting."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start with the longest files."""
    items.sort(key=lambda item: item.path.name not in LONGEST)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Leave word of what the whole suite found at this commit, for the site's page of checks."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if not whole or config.option.keyword or config.option.markexpr:
        return
    counts = {
        name: len(terminalreporter.stats.get(name, ())) for name in ("passed", "failed", "error", "skipped")
    }
    counts["failed"] += counts.pop("error")
    file = PROJECT / ".make" / "tests.json"
    file.parent.mkdir(exist_ok=True)
    file.write_text(json.dumps({"commit": commit(), **counts}) + "\n", encoding="utf-8")


@pytest.fixture(scope="session")
def shared() -> Path:
    """Folder of reference values and public real data; tests that need it are skipped where it is absent.

    ``ANALYSIS_SHARED`` names it; otherwise a folder ``shared`` beside the checkout.
    """
    folder = Path(os.environ.get("ANALYSIS_SHARED", PROJECT.parent / "shared"))
    if not folder.is_dir():
        pytest.skip(
            "no reference material: set ANALYSIS_SHARED to its folder, or put it beside the checkout as 'shared'"
        )
    return folder


@pytest.fixture(scope="session")
def project() -> Path:
    """Top of the checkout."""
    return PROJECT


@pytest.fixture(scope="session")
def study_of() -> Callable[..., Study]:
    """Builder of a study in memory: ``study_of(patients=[{"patient_id": "P1"}], …)``.

    Each table is a list of rows; every column of the contract is there and typed as the loader types
    it, missing where a row does not name it. ``lacks`` is as in study.yml.
    """
    dtypes = {"yes_no": "boolean", "whole": "Int64", "number": "float64", "time": "float64"}

    def build(*, lacks: dict[str, tuple[str, ...]] | None = None, **tables: list[dict]) -> Study:
        frames = {}
        for name, rows in tables.items():
            columns = {
                f"{column.name}_day" if column.kind == "time" else column.name: dtypes.get(
                    column.kind, "string"
                )
                for column in TABLES[name].columns
                if column.name != "birth"
            }
            unknown = {key for row in rows for key in row} - set(columns)
            assert not unknown, f"{name} has no column {unknown}"
            frames[name] = pd.DataFrame(rows, columns=list(columns)).astype(columns)
        parts = tuple(dict.fromkeys(TABLES[name].part for name in frames))
        return Study(
            path=PROJECT,
            id="made-up",
            title="A study made up by a test",
            kind="simulated",
            design="single-arm",
            source="a test",
            licence="none",
            caveats=(),
            lacks=lacks or {},
            tables=frames,
            parts=parts,
            dicom_folder=None,
            contours_folder=None,
        )

    return build


PATHS = os.pathsep.join(str(Path(__file__).parents[1] / place) for place in ("src", "tests/pet"))
"""What a worker must be able to import: the package, and the faulty files of the tests of many scans."""


def started(module, *options, environment):
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-m", f"distributed.cli.{module}", *options],
        env={**os.environ, "PYTHONPATH": environment, "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1"}, start_new_session=True,
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip


@pytest.fixture(scope="module")
def scheduler(tmp_path_factory):
    """Address of a scheduler with two workers, each a process of its own."""
    folder = tmp_path_factory.mktemp("dask")
    contact = folder / "scheduler.json"
    processes = [
        started("dask_scheduler", "--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file",
                str(contact), environment=PATHS)
    ]  # fmt: skip
    try:
        until = time.monotonic() + 60
        while not contact.exists() or not contact.read_text():
            assert time.monotonic() < until, "the scheduler did not start"
            time.sleep(0.1)
        for number in range(2):
            processes.append(
                started("dask_worker", "--scheduler-file", str(contact), "--nthreads", "2", "--no-dashboard", "--host",
                        "127.0.0.1", "--local-directory", str(folder / f"w{number}"), environment=PATHS)
            )  # fmt: skip
        yield json.loads(contact.read_text())["address"]
    finally:
        for process in processes:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
