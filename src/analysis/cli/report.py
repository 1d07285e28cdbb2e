"""Commands the build calls: measure, run, render; and the values of a run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence

from analysis.cli.command import AddCommand
from analysis.errors import PublicationError, StudyError
from analysis.study import load_protocol, project_root


def values(arguments: argparse.Namespace) -> int:
    """Print every named value of a run."""
    from analysis.results import read_run

    listed = [
        {"name": name, "run": part.run, "notebook": part.notebook, **value}
        for part in read_run(arguments.run)
        for name, value in part.values.items()
    ]
    if arguments.json:
        print(json.dumps(listed, indent=1, ensure_ascii=False))
        return 0
    for value in listed:
        interval = f" ({value['interval_text']})" if value["interval_text"] else ""
        unit = f" {value['unit']}" if value["unit"] else ""
        size = "" if value["n"] is None else f"  n={value['n']}"
        events = "" if value["events"] is None else f", events={value['events']}"
        reason = f"  [{value['reason']}]" if value["reason"] else ""
        relation = "" if value["kind"] == "p" and value["value"] is not None else "= "
        print(f"{value['name']} {relation}{value['text']}{unit}{interval}{size}{events}{reason}")
        print(f"    {value['definition']}  <- {value['notebook']}, cell {value['cell'] or 'without label'}")
    return 0


def ready(arguments: argparse.Namespace) -> int:
    """Check a study and measure its scans, once, before notebooks run."""
    from analysis.data import check_study, load_study, study_checksum
    from analysis.pet import measure_study
    from analysis.pet.deidentification.door import series_with_identifiers
    from analysis.results.places import measures_cache
    from analysis.workflow.runs import load_run
    from analysis.workflow.studies import kinds_of, write_ready

    for name in arguments.runs:  # a mistake in a run file is said before any scan is measured
        load_run(name)
    study = load_study(project_root() / arguments.study)
    if study.has("pet"):
        cache, bar = measures_cache(arguments.study), sys.stderr.isatty()
        found = measure_study(study, cache=cache, workers=arguments.workers, progress=bar)
        named, series = series_with_identifiers(study, found.selected), found.series
        if named:
            raise StudyError(
                f"{len(named)} series of images name their patients: {named[0][1]}",
                where=arguments.study,
                do=f"bring the study in by `python -m analysis pseudonymise`; `python -m analysis check-study {arguments.study}` lists them",
            )
        refused = int((series["fault"] & ~series["kept"]).sum())
        print(
            f"ready: {arguments.study}: {int(series['kept'].sum())} PET series measured, {len(series)} found"
        )
        if refused:
            print(
                f"ready: {refused} series that should have been measured were refused and are listed as such. "
                f"Do: python -m analysis check-study {arguments.study}",
                file=sys.stderr,
            )
    smallest = 0 if study.simulated else int(load_protocol().value("disclosure.smallest_cell"))
    findings = kinds_of(check_study(study.path), smallest=smallest)
    write_ready(arguments.study, study.identifiers, study_checksum(study.path), findings)
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run one notebook of one run."""
    from analysis.workflow.execute import execute

    run_name, _, notebook = arguments.target.rpartition("/")
    copy = execute(run_name, notebook, kernel=arguments.kernel)
    print(f"run: {copy.relative_to(project_root())}")
    return 0


def page(arguments: argparse.Namespace) -> int:
    """Turn one executed notebook into a page of the site."""
    from analysis.publish import render_notebook

    run_name, _, notebook = arguments.target.rpartition("/")
    print(
        f"page: {render_notebook(project_root() / 'reports', run_name, notebook).relative_to(project_root())}"
    )
    return 0


def publish(arguments: argparse.Namespace) -> int:
    """Check and render the publication."""
    from analysis.publish import publish as render

    known = identifiers_of(arguments.runs)
    for file in render(project_root() / "reports", arguments.runs, identifiers=known):
        print(f"publish: {file.relative_to(project_root())}")
    return 0


def index(arguments: argparse.Namespace) -> int:
    """Write the pages about the whole site, check everything, and list what its authors should know."""
    from analysis.publish import render_index
    from analysis.publish.changes.kept import keep_build
    from analysis.workflow.provenance import commit
    from analysis.workflow.runs import load_run
    from analysis.workflow.studies import ready as ready_study

    done = render_index(
        project_root() / "reports",
        arguments.runs,
        identifiers=identifiers_of(arguments.runs),
        findings={run: ready_study(load_run(run).parameters.study).findings for run in arguments.runs},
    )
    if keep_build(project_root() / "reports", arguments.runs, commit()):
        tell_changes(arguments.runs)
    for warning in done.warnings:
        print(f"index: warning: {warning}")
    print(f"index: {len(done.warnings)} warning(s)")
    return 0


def tell_changes(runs: Sequence[str]) -> None:
    """Say how much differs from the build before, run by run, and how to see it."""
    from analysis.publish.changes.differences import differences, read_side
    from analysis.publish.changes.kept import BEFORE, results_of
    from analysis.publish.changes.text import summary

    reports = project_root() / "reports"
    for run in runs:
        try:
            before = read_side(results_of(reports, BEFORE), run, f"{run}@{BEFORE}")
        except PublicationError:  # the build before did not have this run
            continue
        found = differences(before, read_side(reports / "results", run, run))
        if not found.none:
            print(f"index: {summary(found)}: python -m analysis compare {run}@{BEFORE} {run}")


def identifiers_of(runs: Sequence[str]) -> set[str]:
    """Pseudonyms of the studies of these runs, as they were when the studies were made ready."""
    from analysis.workflow.runs import load_run
    from analysis.workflow.studies import ready

    return {name for run in runs for name in ready(load_run(run).parameters.study).identifiers}


def register(command: AddCommand) -> None:
    """Add values, ready, run, page, publish and index."""
    one = command("values", values)
    one.add_argument("--run", default="primary", help="run (default primary)")
    one.add_argument("--json", action="store_true", help="as JSON")

    one = command("ready", ready)
    one.add_argument("study", help="study folder, relative to the checkout")
    one.add_argument("--runs", nargs="*", default=(), help="runs whose files are checked first")
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")

    for name, function in (("run", run), ("page", page)):
        one = command(name, function)
        one.add_argument("target", metavar="RUN/NOTEBOOK", help="e.g. primary/04-survival")
        one.set_defaults(kernel=None)

    for name, function in (("publish", publish), ("index", index)):
        one = command(name, function)
        one.add_argument("runs", nargs="+", help="runs, the main one first")
