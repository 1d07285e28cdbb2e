"""``make check``: lint, types, import contract, notebook hygiene."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from analysis.errors import AnalysisError
from analysis.study import Parameters, project_root
from analysis.workflow.runs import load_run, runs_folder

TOOLS = (
    ("format", ["ruff", "format", "--check", "--quiet", "."]),
    ("lint", ["ruff", "check", "--quiet", "."]),
    ("types", ["pyrefly", "check", "--summary=none"]),
    ("imports", ["lint-imports", "--no-cache"]),
)
ABSOLUTE = re.compile(r"""["'](?:/[\w.-]+){2,}|["'][A-Za-z]:\\\\""")
DEFINITION = re.compile(r"^\s*(?:def|class|async def)\s")
IMPORTED = re.compile(r"^\s*(?:from|import)\s+([\w.]+)", re.MULTILINE)
ALLOWED = ("analysis", "dataclasses", "matplotlib", "numpy", "pandas")
"""What a notebook may import: an estimate by another library would stand in no log."""
PAST_THE_LOG = re.compile(r"\blogbook\b|__wrapped__|\.log\.(?!question\b)")
OUTPUT_KEYS = ("outputs", "execution_count")


def run_tools() -> Iterator[tuple[str, str]]:
    """Each tool's name and what it complains of; empty when it is content."""
    folder = Path(sys.executable).parent
    environment = {**os.environ, "PYTHONPATH": str(project_root() / "src")}
    for name, (program, *arguments) in TOOLS:
        done = subprocess.run(
            [folder / program, *arguments],
            cwd=project_root(),
            env=environment,
            text=True,
            capture_output=True,
            check=False,
        )
        yield name, (done.stdout + done.stderr).strip() if done.returncode else ""


def notebook_problems(file: Path) -> list[str]:
    """What is wrong with a committed notebook, by cell.

    A notebook is committed without outputs; one cell is tagged ``parameters`` and holds literals only; it
    defines nothing, names no absolute path, imports no other library of statistics and ends by closing its session.
    """
    document = json.loads(file.read_text(encoding="utf-8"))
    problems = []
    tagged = 0
    for number, cell in enumerate(document["cells"], start=1):
        where = f"{file.name}, cell {number}"
        source = "".join(cell["source"])
        if not cell.get("id"):
            problems.append(f"{where}: has no id (open and save it in JupyterLab)")
        if cell["cell_type"] != "code":
            continue
        if any(cell.get(key) for key in OUTPUT_KEYS):
            problems.append(f"{where}: has outputs or an execution count (make strip)")
        if set(cell["metadata"]) - {"tags"}:
            problems.append(f"{where}: has metadata {sorted(set(cell['metadata']) - {'tags'})} (make strip)")
        if any(DEFINITION.match(line) for line in source.splitlines()):
            problems.append(f"{where}: defines a function or class (put it into the package)")
        if ABSOLUTE.search(source):
            problems.append(f"{where}: names an absolute path")
        foreign = sorted({name for name in IMPORTED.findall(source) if name.split(".")[0] not in ALLOWED})
        if foreign:
            problems.append(
                f"{where}: imports {foreign[0]} (estimates are made by the package, which logs them)"
            )
        if PAST_THE_LOG.search(source):
            problems.append(f"{where}: reaches past the log of analyses")
        if "parameters" in cell["metadata"].get("tags", []):
            tagged += 1
            problems += [f"{where}: {problem}" for problem in parameter_problems(source)]
    if tagged != 1:
        problems.append(f"{file.name}: has {tagged} cells tagged 'parameters', not one")
    kernel = document["metadata"].get("kernelspec", {}).get("name")
    if kernel != "python3":
        problems.append(f"{file.name}: its kernel is {kernel!r}, not 'python3'")
    if "book.close()" not in "".join(document["cells"][-1]["source"]):
        problems.append(f"{file.name}: its last cell does not close the session (book.close())")
    return problems


def parameter_problems(source: str) -> list[str]:
    """What is wrong with a parameters cell: anything but one literal a parameter, all of them."""
    import ast

    names = []
    problems = []
    for node in ast.parse(source).body:
        if not (
            isinstance(node, ast.Assign) and len(node.targets) == 1 and isinstance(node.targets[0], ast.Name)
        ):
            problems.append(f"line {node.lineno} is not 'name = literal'")
            continue
        names.append(node.targets[0].id)
        if not isinstance(node.value, ast.Constant):
            problems.append(f"parameter {names[-1]!r} is not a literal")
    known = list(Parameters.__dataclass_fields__)
    if sorted(names) != sorted(known):
        problems.append(f"the parameters are {sorted(names)}, expected {sorted(known)}")
    return problems


def check_project() -> dict[str, list[str]]:
    """Every check by name with its complaints; a check without complaint has an empty list."""
    found = {name: [text] if text else [] for name, text in run_tools()}
    notebooks = sorted((project_root() / "notebooks").glob("*.ipynb"))
    found["notebooks"] = [problem for file in notebooks for problem in notebook_problems(file)]
    found["runs"] = []
    for file in sorted(runs_folder().glob("*.yml")):
        try:
            load_run(file.stem)
        except AnalysisError as error:
            found["runs"].append(str(error))
    return found
