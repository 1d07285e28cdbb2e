import ast
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from analysis.workflow import graph


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with two rooms, of which the notebook imports one."""
    room = tmp_path / "src" / "analysis"
    for name, text in {
        "__init__.py": "",
        "units.py": "",
        "pet/__init__.py": "from analysis.pet.suv import suv\n",
        "pet/suv.py": "from analysis import units\n",
        "survival/__init__.py": "def late():\n    from analysis.survival import cox\n",
        "survival/cox.py": "",
    }.items():
        (room / name).parent.mkdir(parents=True, exist_ok=True)
        (room / name).write_text(text)
    monkeypatch.setattr(graph, "ROOT", tmp_path)
    monkeypatch.setattr(graph, "SOURCE", tmp_path / "src")
    forget()
    yield tmp_path
    forget()


def forget():
    for remembered in (graph.module_place, graph.beside, graph.direct, graph.remembered):
        remembered.cache_clear()


def names(files):
    return [file.removeprefix("src/analysis/") for file in files]


def test_a_closure_holds_what_is_imported_directly_or_not_and_nothing_else(checkout):
    assert names(graph.closure({"analysis.pet"})) == [
        "__init__.py",
        "pet/__init__.py",
        "pet/suv.py",
        "units.py",
    ]


def test_an_import_inside_a_function_counts(checkout):
    assert "survival/cox.py" in names(graph.closure({"analysis.survival"}))


def test_an_import_for_the_type_checker_alone_does_not_count(checkout):
    (checkout / "src/analysis/pet/suv.py").write_text(
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from analysis.survival import cox\n"
    )
    graph.direct.cache_clear()
    assert not [name for name in names(graph.closure({"analysis.pet"})) if name.startswith("survival")]


def test_what_a_file_imports_is_remembered_until_it_is_saved_again(checkout, monkeypatch):
    before = graph.closure({"analysis.pet"})
    graph.remembered().save()
    kept = checkout / ".make" / "imports.json"

    def again(reader=ast.parse):
        forget()
        monkeypatch.setattr(graph.ast, "parse", reader)
        return graph.closure({"analysis.pet"})

    def refuse(text):
        raise AssertionError(f"read again: {text}")

    whole = ast.parse
    assert again(refuse) == before
    suv = checkout / "src/analysis/pet/suv.py"
    suv.write_text("from analysis.survival import cox\n")
    assert "survival/cox.py" in names(again(whole))
    for wrong in ("{", "[]", '{"reader": [1, 2], "files": {"src/analysis/pet/suv.py": 1}}'):
        kept.write_text(wrong)
        assert "survival/cox.py" in names(again(whole))


def test_a_notebook_depends_on_its_imports_its_run_its_study_and_the_notebooks_it_reads(checkout):
    cells = [
        {
            "cell_type": "code",
            "source": "%matplotlib inline\nfrom analysis import pet\nbook.kept('01-cohort', 'patients')",
        },
        {"cell_type": "markdown", "source": "from analysis import survival"},
    ]
    (checkout / "notebooks/runs").mkdir(parents=True)
    (checkout / "notebooks/01-cohort.ipynb").write_text(json.dumps({"cells": []}))
    (checkout / "notebooks/02-pet.ipynb").write_text(json.dumps({"cells": cells}))
    run = checkout / "notebooks/runs/primary.yml"
    run.write_text("notebooks: [02-pet]\nparameters:\n  study: data/mine\n")
    assert "01-cohort" not in "\n".join(
        graph.fragment(["primary"])
    )  # the run does not hold it: nothing to wait for
    run.write_text("notebooks: [01-cohort, 02-pet]\nparameters:\n  study: data/mine\n")
    rules = graph.fragment(["primary"]).splitlines()
    head = next(line for line in rules if line.startswith("reports/notebooks/primary/02-pet.ipynb"))
    assert "reports/results/primary/02-pet.json" in head.split(":")[0]
    wanted = {
        "src/analysis/pet/suv.py",
        "notebooks/runs/primary.yml",
        "reports/results/primary/01-cohort.json",
        "data/derived/studies/data-mine/ready.json",
    }
    assert wanted <= set(head.split(":")[1].split())
    assert "survival" not in head


def test_a_notebook_that_reads_every_log_comes_after_all_that_stand_before_it_in_the_run(checkout):
    (checkout / "notebooks/runs").mkdir(parents=True)
    for stem, source in (("01-cohort", ""), ("04-survival", ""), ("07-reporting", "results = book.before()")):
        cells = [{"cell_type": "code", "source": source}]
        (checkout / f"notebooks/{stem}.ipynb").write_text(json.dumps({"cells": cells}))
    (checkout / "notebooks/runs/primary.yml").write_text(
        "notebooks: [01-cohort, 04-survival, 07-reporting]\nparameters:\n  study: data/mine\n"
    )
    rules = graph.fragment(["primary"]).splitlines()
    head = next(line for line in rules if line.startswith("reports/notebooks/primary/07-reporting.ipynb"))
    before = {f"reports/results/primary/{stem}.json" for stem in ("01-cohort", "04-survival")}
    assert before <= set(head.split(":")[1].split())
    first = next(line for line in rules if line.startswith("reports/notebooks/primary/01-cohort.ipynb"))
    assert "results/primary/04" not in first


def test_a_run_depends_on_the_protocol_that_its_file_names(checkout):
    (checkout / "notebooks/runs").mkdir(parents=True)
    (checkout / "notebooks/05-first-line.ipynb").write_text(json.dumps({"cells": []}))
    (checkout / "notebooks/runs/second.yml").write_text(
        "protocol: data/protocol-second.yml\nnotebooks: [05-first-line]\nparameters:\n  study: data/mine\n"
    )
    rules = graph.fragment(["second"]).splitlines()
    head = next(line for line in rules if line.startswith("reports/notebooks/second/05-first-line.ipynb"))
    assert "data/protocol-second.yml" in head.split(":")[1].split()


def test_an_unknown_run_is_named_with_those_there_are(checkout):
    (checkout / "notebooks/runs").mkdir(parents=True)
    (checkout / "notebooks/runs/primary.yml").write_text("")
    with pytest.raises(SystemExit, match=r"no run named 'x'.*primary"):
        graph.fragment(["x"])


def test_a_file_changed_after_a_study_was_made_ready_is_noticed(checkout):
    study = checkout / "data" / "mine"
    (study / "dicom").mkdir(parents=True)
    ready = checkout / "ready.json"
    ready.write_text("{}")
    assert not graph.newer_than("data/mine", ready)
    (study / "dicom" / "late.dcm").write_text("x")
    later = ready.stat().st_mtime + 5
    import os

    os.utime(study / "dicom" / "late.dcm", (later, later))
    assert graph.newer_than("data/mine", ready)


def test_it_runs_without_any_installed_package(project, tmp_path):
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-S",
            project / "src/analysis/workflow/graph.py",
            tmp_path / "graph.mk",
            "primary",
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    copies = (tmp_path / "graph.mk").read_text().splitlines()[0]
    assert copies.startswith("COPIES := reports/notebooks/primary/")
    # What others wait for starts first, whatever the order in the run's file.
    order = [Path(name).stem for name in copies.split()[2:]]
    assert order[0] == "02-pet-response"
    # The last waits for both; the longer starts first.
    assert order.index("04-survival") < order.index("01-cohort")
    assert order[-1] == "07-reporting"


def test_notebooks_that_wait_for_each_other_are_named():
    with pytest.raises(SystemExit, match="wait for each other: a, b"):
        graph.waiting_behind({"a": {"b"}, "b": {"a"}})


@pytest.mark.skipif(shutil.which("make") is None, reason="make is not installed")
def test_make_refuses_an_unknown_run(project):
    done = subprocess.run(
        ["make", "-n", "report", "RUNS=nonsense"], cwd=project, capture_output=True, text=True, check=False
    )
    assert done.returncode != 0
    assert "no run named 'nonsense'" in done.stderr
