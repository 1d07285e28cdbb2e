"""Commands on study folders: check, simulate, download."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cli.command import AddCommand
from analysis.study import project_root

if TYPE_CHECKING:
    from analysis.data import Problem


SENT_FORMS = (
    "csv",
    "csv-spreadsheet",
    "parquet",
    "redcap-raw",
    "redcap-labels",
    "cdisc-xpt",
    "cdisc-json",
    "cdisc-ndjson",
)
"""As in :data:`analysis.simulation.exports.FORMS`, which a test compares; importing it would slow every command."""


def check_study(arguments: argparse.Namespace) -> int:
    """List everything that is wrong with a study folder."""
    from analysis.data import check_study as check

    problems = check(arguments.folder)
    if not arguments.tables_only and not any(problem.severity == "error" for problem in problems):
        problems += image_problems(arguments.folder)
    errors = [problem for problem in problems if problem.severity == "error"]
    if arguments.html:
        from analysis.data.problem_page import write_problem_page

        write_problem_page(arguments.html, problems, title=f"Check of {arguments.folder.name}")
    if arguments.json:
        print(json.dumps([vars(problem) for problem in problems], indent=1, ensure_ascii=False))
    else:
        for problem in problems:
            print(problem)
        print(f"{arguments.folder}: {len(errors)} error(s), {len(problems) - len(errors)} warning(s)")
    return 1 if errors else 0


def image_problems(folder: Path) -> list[Problem]:
    """What is wrong with the images of a study whose tables can be read: each series by name."""
    from analysis.data import Problem, load_study
    from analysis.pet import measure_study
    from analysis.pet.deidentification.door import series_with_identifiers

    study = load_study(folder)
    if study.dicom_folder is None:
        return []
    found = measure_study(study, progress=sys.stderr.isatty())
    series, where = found.series, study.dicom_folder.name
    refused = [
        Problem(
            severity="error", file=where, what=f"{row.patient_id or 'no patient'} {row.visit}: {row.reason}"
        )
        for row in series[series["fault"] & ~series["kept"]].itertuples()
    ]
    doubts = [
        Problem(severity="warning", file=where, what=f"{entry.patient_id} {entry.visit}: {text}")
        for entry in found.selected
        if entry.kept
        for text in entry.warnings
    ]
    named = [
        Problem(
            severity="error",
            file=where,
            what=f"a series of visit {entry.visit or 'unknown'}: {reason}",
            do="bring the study in by `python -m analysis pseudonymise`",
        )
        for entry, reason in series_with_identifiers(study, found.selected)
    ]
    return named + refused + doubts


def simulate(arguments: argparse.Namespace) -> int:
    """Make a simulated trial."""
    if arguments.design == "two-arm":
        return _simulate_two_arms(arguments)
    from analysis.simulation import DEFAULT_SEED, load_parameters
    from analysis.simulation import simulate as make

    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    effect = arguments.effect or "published"
    if arguments.form:
        from analysis.simulation.exports import send_trial

        count = load_parameters()["design.patients"] if arguments.patients is None else arguments.patients
        send_trial(arguments.folder, arguments.form, patients=count, seed=seed, effect=effect)
        return 0
    make(
        arguments.folder,
        patients=arguments.patients,
        seed=seed,
        effect=effect,
        images=not arguments.no_images,
        workers=arguments.workers,
        force=arguments.force,
        progress=sys.stderr.isatty(),
    )
    return 0


def _simulate_two_arms(arguments: argparse.Namespace) -> int:
    """Make a simulated trial of two arms; what only the other design has is refused, not ignored."""
    from analysis.errors import ParameterError
    from analysis.simulation.two_arms import DEFAULT_SEED, simulate_two_arms

    given = {
        "--patients": arguments.patients is not None,
        "--effect": arguments.effect is not None,
        "--as": arguments.form is not None,
        "--workers": arguments.workers is not None,
    }
    refused = [name for name, is_given in given.items() if is_given]
    if refused:
        raise ParameterError(
            f"{', '.join(refused)} does not go with --design two-arm",
            expected="--seed and --force",
            do="change the sizes and effects in data/simulation-first-line.yml",
            offenders=refused,
        )
    seed = DEFAULT_SEED if arguments.seed is None else arguments.seed
    simulate_two_arms(arguments.folder, seed=seed, force=arguments.force)
    return 0


def fetch(arguments: argparse.Namespace) -> int:
    """Download public data and turn it into study folders, and published curves into a table."""
    from analysis.data import COLLECTIONS, SOURCES
    from analysis.data import fetch as download

    sources = {**SOURCES, **COLLECTIONS}
    names = sorted(sources) if arguments.all else arguments.name
    if not names:
        for name, source in sorted(sources.items()):
            print(f"{name}: {source.title} [{source.licence}]")
        return 0
    for name in names:
        print(f"fetch: {name} -> {download(name).relative_to(project_root())}")
    return 0


def fetch_pet(arguments: argparse.Namespace) -> int:
    """Download a public PET collection and turn it into a study folder."""
    from analysis.data.idc import plan_download
    from analysis.data.idc_study import fetch_pet as download

    days = {} if arguments.max_days is None else {"max_days": arguments.max_days}
    plan = plan_download(arguments.name, max_patients=arguments.max_patients, **days)
    print(plan.as_text())
    if not arguments.dry_run:
        print(f"fetch-pet: {arguments.name} -> {download(plan).relative_to(project_root())}")
    return 0


def register(command: AddCommand) -> None:
    """Add check-study, simulate, fetch and fetch-pet."""
    one = command(
        "check-study",
        check_study,
        epilog="Exit status: 0 nothing wrong, 1 errors, 2 wrong usage. Warnings do not count.",
    )
    one.add_argument("folder", type=Path, help="study folder (its shape: data/README.md)")
    one.add_argument("--tables-only", action="store_true", help="do not read the images")
    one.add_argument("--json", action="store_true", help="as JSON: file, row, column, what, expected, do")
    one.add_argument("--html", type=Path, metavar="FILE", help="as a page that opens offline")

    one = command(
        "simulate",
        simulate,
        epilog="Example, no effect of PET on survival:\n  python -m analysis simulate data/studies/null --effect none --seed 7\n\n"
        "The truth behind the data goes to FOLDER-truth, for tests only. Parameters and their sources: data/simulation.yml.",
    )
    one.add_argument("folder", type=Path, help="study folder to make")
    one.add_argument(
        "--design",
        choices=("single-arm", "two-arm"),
        default="single-arm",
        help="single-arm: PET and plasma, as PEARL; two-arm: randomised with a first-line stratum, as BOLERO-2, without images "
        "(data/simulation-first-line.yml)",
    )
    one.add_argument(
        "--patients", "-n", type=int, help="treated patients (default 46: about 270 MB of images)"
    )
    one.add_argument(
        "--seed", type=int, help="root of every random number (default 20140101; two-arm 20090603)"
    )
    one.add_argument(
        "--effect",
        choices=("published", "none", "strong"),
        help="correlation of SUVmax decrease with log PFS: 0.2, 0 or 0.55 (default published)",
    )
    one.add_argument("--no-images", action="store_true", help="tables only")
    one.add_argument(
        "--as",
        dest="form",
        choices=SENT_FORMS,
        help="not a study folder, but its tables as a hospital or CRO would send them: material for map and import",
    )
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")
    one.add_argument("--force", action="store_true", help="replace the folder if it is there")

    one = command(
        "fetch",
        fetch,
        epilog="ANALYSIS_DATA_MIRROR=FOLDER takes the files from a local folder instead (same name, same checksum).",
    )
    one.add_argument("name", nargs="*", help="data set; none: list them")
    one.add_argument("--all", action="store_true", help="all of them")

    one = command("fetch-pet", fetch_pet, epilog="`make fetch-env` builds the environment that downloads.")
    one.add_argument("name", help="qin_breast or rider_lung_pet_ct")
    one.add_argument(
        "--dry-run", action="store_true", help="only say what would be downloaded; needs no internet"
    )
    one.add_argument("--max-patients", type=int, default=None, help="only the first so many patients")
    one.add_argument(
        "--max-days",
        type=int,
        default=None,
        help="days between the scans of a pair; --dry-run says the default",
    )
