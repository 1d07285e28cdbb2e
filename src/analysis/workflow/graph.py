"""The build graph of the chosen runs as a Make fragment.

``make`` runs this as a plain script while it reads the Makefile, also on a machine where nothing is installed
yet: it may import the standard library only. It reads imports as text (nothing of the project is run), so a
notebook depends on exactly the modules that it imports, directly or not.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import functools
import json
import os
import re
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]
SOURCE = ROOT / "src"
COPIES = "reports/notebooks"
RESULTS = "reports/results"
KEPT = re.compile(r"""\b(?:kept|has_kept|earlier)\(\s*["']([\w-]+)["']""")
EVERY = re.compile(r"""\bbook\.before\(\)""")
"""A notebook that reads what all before it in the run have written."""
BUILT = {  # studies that the project itself makes: the command, and the module whose closure decides
    "data/simulated": (
        "simulate data/simulated --force",
        "analysis.simulation",
        ["data/simulation.yml", "data/protocol.yml"],
    ),
    "data/simulated-first-line": (
        "simulate data/simulated-first-line --design two-arm --force",
        "analysis.simulation.two_arms",
        ["data/simulation-first-line.yml"],
    ),
    "data/public/pearl-open": ("fetch pearl-open", "analysis.data", []),
    "data/public/inspire": ("fetch inspire", "analysis.data", []),
}

PUBLISHED = [
    f"data/{name}.csv"
    for name in ("published_characteristics", "published_trials", "context_studies", "corrections")
]
"""Facts of other trials, which notebooks print."""
FETCHED = "data/public/kmdata/source.yml"
"""Published curves: a notebook does without them, and is run again once they have been fetched."""


_HOLDS_STATEMENTS = (ast.stmt, ast.excepthandler, ast.match_case)


@functools.cache
def module_place(name: str) -> str | None:
    """File of a module of the package, relative to the checkout, or None if there is no such module."""
    base = f"{SOURCE.relative_to(ROOT).as_posix()}/{name.replace('.', '/')}"
    # Asked for two thousand names, most of which are functions: pathlib would take three times as long.
    return next(
        (place for place in (f"{base}/__init__.py", f"{base}.py") if os.path.isfile(f"{ROOT}/{place}")), None
    )


@functools.cache
def beside(folder: str) -> frozenset[str]:
    """What lies in a package and below that is no module, relative to the checkout."""
    return frozenset(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / folder).rglob("*")
        if path.suffix not in {".py", ".pyc"} and path.is_file()
    )


def executed(tree: ast.AST) -> Iterator[ast.AST]:
    """Every statement of a syntax tree but those below ``if TYPE_CHECKING:``, which never run."""
    waiting = [tree]
    while waiting:
        node = waiting.pop()
        yield node
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            waiting.extend(node.orelse)
        else:
            waiting.extend(
                child for child in ast.iter_child_nodes(node) if isinstance(child, _HOLDS_STATEMENTS)
            )


def named(tree: ast.AST) -> set[str]:
    """What of the package a syntax tree imports: modules, and names that may be modules."""
    names: set[str] = set()
    for node in executed(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return {name for name in names if name.split(".")[0] == "analysis"}


def modules(names: Iterable[str]) -> set[str]:
    """Those of the names that are modules, and the packages above them."""
    found = set()
    for name in names:
        parts = name.split(".")
        found.update(".".join(parts[: end + 1]) for end in range(len(parts)))
    return {name for name in found if module_place(name)}


def imported(tree: ast.AST) -> set[str]:
    """Modules of the package that a syntax tree imports, packages above them included."""
    return modules(named(tree))


class Named:
    """Remembers what each file imports, until it is saved again: reading seven hundred files takes a second."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._reader = self._state(Path(__file__))
        self._known: dict[str, Any] = {}
        self._new = False
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            if kept["reader"] == self._reader:
                self._known = kept["files"]
        except (OSError, ValueError, KeyError, TypeError):
            pass  # nothing is kept, or by another version: every file is read

    @staticmethod
    def _state(file: Path | str) -> list[int]:
        status = os.stat(file)
        return [status.st_mtime_ns, status.st_size]

    def __call__(self, place: str, code: str | None = None) -> list[str]:
        """What a file imports of the package, as :func:`named` says; of a notebook, its code."""
        file = f"{ROOT}/{place}"
        state = self._state(file)
        kept = self._known.get(place)
        if kept is None or kept[0] != state:
            text = Path(file).read_text(encoding="utf-8") if code is None else code
            names = sorted(named(ast.parse(text)))
            self._known[place], self._new = [state, names], True
            return names
        return kept[1]

    def save(self) -> None:
        """Keep it for the next time; without a place to write, the files are read again."""
        if self._new:
            partial = self._file.with_name(f"{self._file.name}.{os.getpid()}")
            with contextlib.suppress(OSError):
                self._file.parent.mkdir(parents=True, exist_ok=True)
                partial.write_text(
                    json.dumps({"reader": self._reader, "files": self._known}), encoding="utf-8"
                )
                partial.replace(self._file)


@functools.cache
def remembered() -> Named:
    """What is known of the imports of this checkout's files."""
    return Named(ROOT / ".make" / "imports.json")


@functools.cache
def direct(name: str) -> frozenset[str]:
    """Modules of the package that one module imports, wherever in its text."""
    place = module_place(name)
    if place is None:
        return frozenset()
    parts = name.split(".")
    above = {".".join(parts[:end]) for end in range(1, len(parts))}
    return frozenset(modules(remembered()(place)) | above)


def closure(names: set[str]) -> list[str]:
    """Files of the modules and of all they import, relative to the checkout, sorted."""
    seen: set[str] = set()
    waiting = set(names)
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= direct(name) - seen
    files = {place for name in seen if (place := module_place(name))}
    for file in sorted(files):  # templates and tables that lie beside the modules
        if file.endswith("/__init__.py") and file != "src/analysis/__init__.py":
            files |= beside(file.rpartition("/")[0])
    return sorted(files)


def code_of(notebook: Path) -> str:
    """The code of a notebook; line and cell magics are left out."""
    try:
        document = json.loads(notebook.read_text(encoding="utf-8"))
    except ValueError as error:
        raise SystemExit(f"graph: {notebook.relative_to(ROOT)} is not a notebook: {error}") from error
    cells = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    lines = [line for cell in cells for line in cell.splitlines() if not line.lstrip().startswith(("%", "!"))]
    return "\n".join(lines)


def run_entries(name: str) -> tuple[str, list[str], str]:
    """Study, notebooks and protocol of a run, read from its YAML file without a YAML reader.

    The runner reads the same file in earnest and refuses what is wrong with it.
    """
    file = ROOT / "notebooks" / "runs" / f"{name}.yml"
    if not file.is_file():
        known = ", ".join(sorted(path.stem for path in file.parent.glob("*.yml")))
        raise SystemExit(
            f"graph: there is no run named {name!r}. Expected: one of {known}. [notebooks/runs/{name}.yml]"
        )
    text = file.read_text(encoding="utf-8")
    study = re.search(r"""^\s+study:\s*["']?([^\s"'#]+)""", text, re.MULTILINE)
    listed = re.search(r"^notebooks:\s*\[([^\]]*)\]", text, re.MULTILINE)
    if not study or not listed:
        raise SystemExit(
            f"graph: notebooks/runs/{name}.yml needs 'notebooks: [...]' on one line and 'study:' below parameters"
        )
    protocol = re.search(r"""^protocol:\s*["']?([^\s"'#]+)""", text, re.MULTILINE)
    stems = [stem.strip() for stem in listed.group(1).split(",") if stem.strip()]
    return study.group(1), stems, protocol.group(1) if protocol else "data/protocol.yml"


def rule(
    targets: list[str], prerequisites: list[str], recipe: str | None = None, order_only: str = ""
) -> str:
    """One explicit Make rule."""
    head = f"{' '.join(targets)}: {' '.join(prerequisites)}" + (f" | {order_only}" if order_only else "")
    return head + (f"\n\t{recipe}" if recipe else "") + "\n"


def ready_file(study: str) -> str:
    """The file that says a study is ready (see studies.py)."""
    return f"data/derived/studies/{study.replace('/', '-')}/ready.json"


def newer_than(study: str, ready: Path) -> bool:
    """Whether a file or folder of a study has changed since it was made ready."""
    folder = ROOT / study
    if not ready.exists() or not folder.is_dir():
        return False
    limit = ready.stat().st_mtime_ns
    stack = [os.fspath(folder)]
    while stack:
        current = stack.pop()
        if os.stat(current).st_mtime_ns > limit:
            return True
        with os.scandir(current) as entries:
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    stack.append(entry.path)
                elif entry.stat().st_mtime_ns > limit:
                    return True
    return False


def study_rules(study: str) -> list[str]:
    """How a study comes to be, and how it becomes ready."""
    ready = ready_file(study)
    prerequisites = [*closure({"analysis.pet", "analysis.data"}), "data/protocol.yml"]
    rules = []
    if study in BUILT:
        command, module, more = BUILT[study]
        rules.append(
            rule([f"{study}/study.yml"], [*closure({module}), *more], f"$(ANALYSIS) {command}", "$(ENV)")
        )
        prerequisites.append(f"{study}/study.yml")
    if newer_than(study, ROOT / ready):
        prerequisites.append("FORCE")
    rules.append(rule([ready], prerequisites, f"$(ANALYSIS) ready {study} --runs $(RUNS)", "$(ENV)"))
    return rules


def waiting_behind(needs: dict[str, set[str]]) -> dict[str, int]:
    """How many notebooks come after each one, in the longest chain: those most waited for start first.

    >>> waiting_behind({"response": set(), "quality": set(), "survival": {"response"}})
    {'response': 1, 'quality': 0, 'survival': 0}
    """
    followers = {name: {other for other, of in needs.items() if name in of} for name in needs}

    def chain(name: str, *before: str) -> int:
        if name in before:
            raise SystemExit(f"graph: notebooks wait for each other: {', '.join(sorted({name, *before}))}.")
        return 1 + max((chain(other, name, *before) for other in followers[name]), default=-1)

    return {name: chain(name) for name in needs}


def fragment(runs: list[str]) -> str:
    """The whole Make fragment for the runs."""
    rules: list[str] = []
    copies: dict[str, tuple[int, int]] = {}
    studies: list[str] = []
    for run in runs:
        study, notebooks, protocol = run_entries(run)
        if study not in studies:
            studies.append(study)
        needs: dict[str, set[str]] = {}
        for stem in notebooks:
            file = ROOT / "notebooks" / f"{stem}.ipynb"
            if not file.is_file():
                raise SystemExit(f"graph: there is no notebook {stem!r}. [notebooks/runs/{run}.yml]")
            code = code_of(file)
            all_before = notebooks[: notebooks.index(stem)] if EVERY.search(code) else []
            # What the run does not hold is not waited for: the notebook asks whether it is there, and says so.
            kept = set(KEPT.findall(code)) & set(notebooks)
            earlier = sorted({*kept, *all_before} - {stem})
            needs[stem] = set(earlier)
            copy = f"{COPIES}/{run}/{stem}.ipynb"
            needed = closure({"analysis", *modules(remembered()(f"notebooks/{stem}.ipynb", code))})
            simulates = any(file.startswith("src/analysis/simulation/") for file in needed)
            rules.append(
                rule(
                    [copy, f"{RESULTS}/{run}/{stem}.json"],
                    [
                        f"notebooks/{stem}.ipynb",
                        f"notebooks/runs/{run}.yml",
                        *dict.fromkeys(("data/protocol.yml", protocol)),
                        "data/repeatability.yml",
                        *PUBLISHED,
                        "requirements.lock",
                        *(["data/simulation.yml"] if simulates else []),
                        *([FETCHED] if "fetched_kmdata" in code and (ROOT / FETCHED).is_file() else []),
                        *needed,
                        ready_file(study),
                        *(f"{RESULTS}/{run}/{name}.json" for name in earlier),
                    ],
                )
            )
        for stem, behind in waiting_behind(needs).items():
            # Of two that are waited for alike, the one with more to do: its source tells roughly.
            size = (ROOT / "notebooks" / f"{stem}.ipynb").stat().st_size
            copies[f"{COPIES}/{run}/{stem}.ipynb"] = (behind, size)
    copies = dict(sorted(copies.items(), key=lambda each: each[1], reverse=True))
    for study in studies:
        rules += study_rules(study)
    variables = {
        "COPIES": list(copies),
        "VALUES": [
            f"{RESULTS}/{copy.removeprefix(COPIES + '/').removesuffix('.ipynb')}.json" for copy in copies
        ],
        "PAGES": [
            f"reports/_site/notebooks/{copy.removeprefix(COPIES + '/').removesuffix('.ipynb')}.html"
            for copy in copies
        ],
        "STUDIES": [ready_file(study) for study in studies],
        "PUBLISH": closure({"analysis.publish"}),
        "PUBLICATION": sorted(
            path.relative_to(ROOT).as_posix()
            for pattern in ("*.qmd", "*.bib", "*.yml", "parts/*", "style/**/*")
            for path in (ROOT / "reports").glob(pattern)
            if path.is_file() and (not path.name.startswith("_") or path.name == "_quarto.yml")
        ),
    }
    lines = [f"{name} := {' '.join(values)}" for name, values in variables.items()]
    return "\n".join([*lines, "", *rules])


def main() -> int:
    """Write the fragment; 0 when that worked."""
    parser = argparse.ArgumentParser(description="Write the build graph of the runs as a Make fragment.")
    parser.add_argument("output", type=Path)
    parser.add_argument("runs", help="names of runs, separated by blanks")
    arguments = parser.parse_args()
    runs = arguments.runs.split()
    for name in runs:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name):
            raise SystemExit(
                f"graph: {name!r} is no name of a run. Expected: letters, digits, dot, hyphen, underscore."
            )
    if not runs:
        raise SystemExit(
            'graph: RUNS is empty. Expected: names of files in notebooks/runs, e.g. make report RUNS="primary".'
        )
    text = fragment(runs)
    remembered().save()
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
