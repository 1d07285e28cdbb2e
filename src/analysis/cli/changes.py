"""Commands that show what differs: between runs, and between this build and the last commit's."""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cli.command import AddCommand
from analysis.errors import PublicationError
from analysis.study import project_root

if TYPE_CHECKING:
    from analysis.publish.changes.differences import Differences, Side

DIFF_PAGE = ".make/diff.html"
_COLOUR = re.compile(r"\x1b\[[0-9;]*m")

COMPARING = """\
What is compared: every named number, every table (cell by cell) and every figure (its pixels), by name.
A number counts as changed also where only digits change that are not printed; these stand in brackets.

RUN is the name of a file in notebooks/runs that was built. RUN@BUILD is that run as an earlier build made it:
  primary@before    what the build before the last different one made
  primary@1a2b3c4   as it was at that commit, if make report finished there with nothing uncommitted

examples:
  python -m analysis compare primary post-hoc-15
  python -m analysis compare primary@before primary --html what-changed.html

exit status: 0 nothing differs, 1 something differs or an error, 2 wrong usage
"""

DIFFING = """\
Compares what make report built last with what it built at the last commit (or at the nearest commit before it that
was built), run by run, and shows the cells of the notebooks that changed. Results of a commit are kept in .make/built
whenever make report finishes with nothing uncommitted; the last five are.

examples:
  make diff
  python -m analysis diff --against 1a2b3c4 --html changes.html
"""


def _side(named: str) -> Side:
    from analysis.publish.changes.differences import read_side
    from analysis.publish.changes.kept import results_of

    run, at, build = named.partition("@")
    if at and not build:
        raise PublicationError(
            f"{named!r} names no build",
            expected="RUN, RUN@before or RUN@ and a commit",
            do="leave out the @ for what is there now",
        )
    return read_side(results_of(project_root() / "reports", build), run, named)


def compare(arguments: argparse.Namespace) -> int:
    """Compare two runs, or two builds of a run: numbers, tables and figures side by side."""
    from analysis.publish.changes.differences import differences
    from analysis.publish.changes.page import write_page
    from analysis.publish.changes.text import as_text

    one, other = _side(arguments.one), _side(arguments.other)
    found = differences(one, other)
    if arguments.html:
        write_page(
            arguments.html,
            [found],
            reports=project_root() / "reports",
            title=f"{one.title} and {other.title}",
            simulated=one.run.simulated or other.run.simulated,
        )
    print(as_text(found))
    return 0 if found.none else 1


def _base(reports: Path, against: str) -> str:
    """The commit to compare with: as asked, or the nearest one before the checkout's state that was built."""
    from analysis.publish.changes.kept import kept_folder
    from analysis.workflow.provenance import git

    if against:
        return against
    kept = {file.stem for file in kept_folder(reports).glob("*.runs")}
    found = next((commit for commit in git("rev-list", "HEAD").split() if commit in kept), "")
    if not found:
        raise PublicationError(
            "no build of this commit or one before it was kept",
            where=".make/built",
            expected="a make report that finished with nothing uncommitted",
            do="git stash && make report && git stash pop && make report, then make diff",
        )
    return found


def _cells(program: Path | None, commit: str) -> str | None:
    """What changed in the cells of the notebooks since a commit, or None without nbdime."""
    if program is None:
        return None
    if not program.is_file():
        raise PublicationError("nbdime is not there", where=str(program), do="make .venv-lab/.complete")
    done = subprocess.run(
        [program, "-s", commit, "--", "notebooks"],
        cwd=project_root(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise PublicationError(f"nbdime failed: {done.stderr.strip()}", where="notebooks")
    return _COLOUR.sub("", done.stdout)


def diff(arguments: argparse.Namespace) -> int:
    """Show what a change did to numbers, tables, figures and cells of notebooks since the last commit."""
    from analysis.publish.changes.differences import differences, read_side
    from analysis.publish.changes.kept import kept_folder, results_of
    from analysis.publish.changes.page import write_page
    from analysis.publish.changes.text import as_text
    from analysis.results.places import DRAFT

    reports = project_root() / "reports"
    commit = _base(reports, arguments.against)
    former, now = results_of(reports, commit), reports / "results"
    listed = kept_folder(reports) / f"{former.name}.runs"
    runs = listed.read_text(encoding="utf-8").split() if listed.is_file() else sorted(path.name for path in former.iterdir())  # fmt: skip
    found: list[Differences] = []
    simulated = False
    for run in runs:
        if not any((now / run).glob("*.json")):
            print(f"diff: run {run} is not built now", file=sys.stderr)
            continue
        one = read_side(former, run, f"{run} at {commit[:10]}")
        other = read_side(now, run, f"{run} now")
        simulated = simulated or other.run.simulated
        found.append(differences(one, other))
    new = sorted(
        path.name for path in now.iterdir() if path.name not in (*runs, DRAFT) and any(path.glob("*.json"))
    )
    for run in new:
        print(f"diff: run {run} was not built at {commit[:10]}", file=sys.stderr)
    cells = _cells(arguments.nbdiff, commit)
    page = arguments.html or project_root() / DIFF_PAGE
    title = f"What changed since commit {commit[:10]}"
    write_page(page, found, reports=reports, title=title, simulated=simulated, notebooks=cells)
    for each in found:
        print(as_text(each))
    if cells:
        print(cells)
    print(f"diff: open {page if arguments.html else DIFF_PAGE}")
    return 0


def register(command: AddCommand) -> None:
    """Add compare and diff."""
    one = command("compare", compare, epilog=COMPARING)
    one.add_argument("one", metavar="RUN[@BUILD]", help="before, or the first run")
    one.add_argument("other", metavar="RUN[@BUILD]", help="after, or the second run")
    one.add_argument("--html", type=Path, metavar="FILE", help="also as a page, figures side by side")

    one = command("diff", diff, epilog=DIFFING)
    one.add_argument("--against", default="", metavar="COMMIT", help="another commit than the last one")
    one.add_argument("--html", type=Path, metavar="FILE", help=f"where the page goes (default {DIFF_PAGE})")
    one.add_argument("--nbdiff", type=Path, metavar="PROGRAM", help="nbdime's nbdiff, to show changed cells")
