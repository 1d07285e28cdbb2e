"""The command line: ``python -m analysis COMMAND``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.errors import AnalysisError, StudyError
from analysis.study import project_root

if TYPE_CHECKING:
    from analysis.data import Problem
    from analysis.pet import Projection


def check_study(arguments: argparse.Namespace) -> int:
    """List everything that is wrong with a study folder."""
    from analysis.data import check_study as check

    problems = check(arguments.folder)
    if not arguments.tables_only and not any(problem.severity == "error" for problem in problems):
        problems += image_problems(arguments.folder)
    errors = [problem for problem in problems if problem.severity == "error"]
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
    return refused + doubts


def simulate(arguments: argparse.Namespace) -> int:
    """Make a simulated trial."""
    from analysis.simulation import DEFAULT_SEED
    from analysis.simulation import simulate as make

    make(
        arguments.folder,
        patients=arguments.patients,
        seed=DEFAULT_SEED if arguments.seed is None else arguments.seed,
        effect=arguments.effect,
        images=not arguments.no_images,
        workers=arguments.workers,
        force=arguments.force,
        progress=sys.stderr.isatty(),
    )
    return 0


def quantify(arguments: argparse.Namespace) -> int:
    """Measure one lesion of one PET series."""
    from analysis.pet import quantify as measure

    found = measure(arguments.image, arguments.mask, roi=arguments.roi, resample=arguments.resample)
    document = found.as_document()
    if arguments.features:
        # JSON has no nan: a feature that is not defined for this region is null.
        document["features"] = {k: v if v == v else None for k, v in found.features().items()}
    if arguments.json:
        print(json.dumps(document, indent=1, ensure_ascii=False))
    else:
        for name, value in document.items():
            print(f"{name}: {value}")
    return 0


def suv(arguments: argparse.Namespace) -> int:
    """SUV factors of the PET series in each folder, from its headers alone."""
    from analysis.pet import read_overrides, refuse_unused, suv_of_folder

    try:
        overrides = read_overrides(arguments.overrides) if arguments.overrides else []
        found = [
            suv_of_folder(folder, lean_body_mass=arguments.lean_body_mass, overrides=overrides)
            for folder in arguments.folder
        ]
        if overrides:
            refuse_unused(
                overrides, [o for entry in found for o in entry.used], file=arguments.overrides.name
            )
    except StudyError as problem:
        print(f"suv: {problem}", file=sys.stderr)
        return 2
    if arguments.json:
        documents = [entry.as_document() for entry in found]
        print(json.dumps(documents, indent=1, ensure_ascii=False, allow_nan=False))
    else:
        print("\n\n".join(entry.as_text() for entry in found))
    return 3 if any(entry.error for entry in found) else 0


def export(arguments: argparse.Namespace) -> int:
    """Write the lesions and measures of a study's scans in DICOM, for any viewer."""
    from analysis.data import load_study
    from analysis.pet import measure_study
    from analysis.pet.exchange.study import check_place, export_study

    study, bar = load_study(arguments.study), sys.stderr.isatty()
    check_place(arguments.out, study)
    measures = measure_study(study, cache=arguments.cache, workers=arguments.workers, progress=bar)
    written = export_study(study, arguments.out, measures=measures, workers=arguments.workers, progress=bar)
    for row in written[written["problem"] != ""].itertuples():
        print(f"export: {row.patient_id} {row.visit}: nothing written: {row.problem}", file=sys.stderr)
    print(
        f"export: {int(written['lesions'].sum())} lesions of {int((written['lesions'] > 0).sum())} scans -> {arguments.out}"
    )
    return 0


def propose(arguments: argparse.Namespace) -> int:
    """Propose lesions on scans that have no contours, for a reader to accept or reject."""
    from functools import partial

    from analysis.data import load_study
    from analysis.pet.proposals.study import propose_study

    study = load_study(arguments.study)
    out = arguments.out or project_root() / "data" / "derived" / "proposals" / study.id
    table, scans = propose_study(
        study,
        out,
        threshold=arguments.threshold,
        smallest_ml=arguments.smallest_ml,
        every_scan=arguments.all,
        picture=partial(proposal_picture, simulated=study.simulated),
        workers=arguments.workers,
        progress=sys.stderr.isatty(),
    )
    for row in scans[scans["warnings"] != ""].itertuples():
        print(f"propose: {row.patient_id} {row.visit}: {row.warnings}", file=sys.stderr)
    count = int((table["kind"] == "proposal").sum())
    print(f"propose: {count} proposals on {len(scans)} scans, to be read by a person -> {out}")
    for rule in sorted(set(scans["rule"]) - {""})[:1]:
        print(f"propose: {rule}")
    return 0


def proposal_picture(panel: Projection, *, simulated: bool) -> bytes:
    """PNG of a scan with its proposals outlined."""
    from analysis.figures import draw_projection
    from analysis.figures.saving import png_bytes

    return png_bytes(draw_projection([panel], simulated=simulated))


def match(arguments: argparse.Namespace) -> int:
    """Propose which lesion of a follow-up scan is which of the baseline."""
    from analysis.results.proposed_matches import propose, write_proposal

    study, proposal, measures = propose(arguments.folder, progress=sys.stderr.isatty())
    for state, rows in proposal.groupby("state"):
        print(f"match: {len(rows)} {state}, of which doubtful: {int(rows['doubtful'].sum())}")
    if arguments.write:
        file, pictures = write_proposal(study, proposal, measures, progress=sys.stderr.isatty())
        print(f"match: {file.relative_to(project_root())}, {pictures} picture(s) beside it")
        print(
            f"match: look at the doubtful rows, correct them, and save it as {arguments.folder}/lesion_matches.csv"
        )
    return 0


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


def fetch(arguments: argparse.Namespace) -> int:
    """Download public real data and turn it into study folders."""
    from analysis.data import SOURCES
    from analysis.data import fetch as download

    names = sorted(SOURCES) if arguments.all else arguments.name
    if not names:
        for name, source in sorted(SOURCES.items()):
            print(f"{name}: {source.title} [{source.licence}]")
        return 0
    for name in names:
        print(f"fetch: {name} -> {download(name).relative_to(project_root())}")
    return 0


def fetch_pet(arguments: argparse.Namespace) -> int:
    """Download a public PET collection and turn it into a study folder."""
    from analysis.data.idc import plan_download
    from analysis.data.idc_study import fetch_pet as download

    plan = plan_download(arguments.name, max_days=arguments.max_days, max_patients=arguments.max_patients)
    print(plan.as_text())
    if not arguments.dry_run:
        print(f"fetch-pet: {arguments.name} -> {download(plan).relative_to(project_root())}")
    return 0


def ready(arguments: argparse.Namespace) -> int:
    """Check a study and measure its scans, once, before notebooks run."""
    from analysis.data import load_study, study_checksum
    from analysis.pet import measure_study
    from analysis.results.places import measures_cache
    from analysis.workflow.runs import load_run
    from analysis.workflow.studies import write_ready

    for name in arguments.runs:  # a mistake in a run file is said before any scan is measured
        load_run(name)
    study = load_study(project_root() / arguments.study)
    if study.has("pet"):
        cache, bar = measures_cache(arguments.study), sys.stderr.isatty()
        series = measure_study(study, cache=cache, workers=arguments.workers, progress=bar).series
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
    write_ready(arguments.study, study.identifiers, study_checksum(study.path))
    return 0


def run(arguments: argparse.Namespace) -> int:
    """Run one notebook of one run."""
    from analysis.workflow.execute import execute

    run_name, _, notebook = arguments.target.rpartition("/")
    copy = execute(run_name, notebook)
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

    for file in render(project_root() / "reports", arguments.runs):
        print(f"publish: {file.relative_to(project_root())}")
    return 0


def index(arguments: argparse.Namespace) -> int:
    """Write the reviewers' landing page and check the finished site."""
    from analysis.publish import render_index

    render_index(project_root() / "reports", arguments.runs)
    return 0


def generate(_: argparse.Namespace) -> int:
    """Write the generated files: data dictionary and environment.yml."""
    from analysis.data import write_dictionary
    from analysis.workflow.conda import write_environment_yml

    for file in (write_dictionary(project_root() / "data" / "README.md"), write_environment_yml()):
        print(f"generate: {file.relative_to(project_root())}")
    return 0


def check(_: argparse.Namespace) -> int:
    """Lint, types, import contract, notebooks, prose."""
    from analysis.publish import check_sources
    from analysis.workflow.checks import check_project

    found = {**check_project(), "prose": check_sources(project_root() / "reports")}
    for name, complaints in found.items():
        print(f"check {name}: {'ok' if not complaints else f'{len(complaints)} complaint(s)'}")
        for complaint in complaints:
            print(f"  {complaint}")
    return 1 if any(found.values()) else 0


def parser() -> argparse.ArgumentParser:
    """The parser of all commands."""
    top = argparse.ArgumentParser(
        prog="python -m analysis",
        description="From PET DICOM and tables to a reviewed publication. `make help` lists what is built from these commands.",
    )
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(
        name: str, function: Callable[[argparse.Namespace], int], epilog: str = ""
    ) -> argparse.ArgumentParser:
        doc = (function.__doc__ or "").splitlines()[0]
        made = commands.add_parser(
            name,
            help=doc,
            description=doc,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=epilog,
        )
        made.set_defaults(function=function)
        return made

    one = command(
        "check-study", check_study, epilog="Exit status: 0 nothing wrong, 1 errors. Warnings do not count."
    )
    one.add_argument("folder", type=Path, help="study folder (its shape: data/README.md)")
    one.add_argument("--tables-only", action="store_true", help="do not read the images")
    one.add_argument("--json", action="store_true", help="as JSON: file, row, column, what, expected, do")

    one = command(
        "simulate",
        simulate,
        epilog="Example, no effect of PET on survival:\n  python -m analysis simulate data/studies/null --effect none --seed 7\n\n"
        "The truth behind the data goes to FOLDER-truth, for tests only. Parameters and their sources: data/simulation.yml.",
    )
    one.add_argument("folder", type=Path, help="study folder to make")
    one.add_argument(
        "--patients", "-n", type=int, help="treated patients (default 46: about 270 MB of images)"
    )
    one.add_argument("--seed", type=int, help="root of every random number (default 20140101)")
    one.add_argument(
        "--effect",
        choices=("published", "none", "strong"),
        default="published",
        help="correlation of SUVmax decrease with log PFS: 0.2, 0 or 0.55 (default published)",
    )
    one.add_argument("--no-images", action="store_true", help="tables only")
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")
    one.add_argument("--force", action="store_true", help="replace the folder if it is there")

    one = command(
        "quantify",
        quantify,
        epilog=(
            "Keys of the answer, with their units:\n"
            "  voxels                                   count\n"
            "  volume_ml, voxel_ml, peak_kernel_ml      ml; kernel: of IBSI's peak on this grid\n"
            "  suv_max, suv_mean                        g/ml\n"
            "  suv_peak, suv_peak_at_max                g/ml; voxel centres within 6.2 mm (IBSI): best sphere, at maximum\n"
            "  suv_peak_1ml, suv_peak_1ml_at_max        g/ml; the same with a sphere of exactly 1 ml\n"
            "  sul_...                                  g/ml, each of these by lean body mass\n"
            "  max_diameter_mm                          mm; greatest distance between the centres of two voxels\n"
            "  mtv_{41,50,2_5,4_0,liver,percist}_ml, tlg_{...}_g   ml, g; of the contour's voxels at or above 41 and 50 % of\n"
            "                                           the maximum, SUV 2.5 and 4.0, the liver's and PERCIST's threshold\n"
            "                                           (mtv_thresholds of the protocol); null where there is no reference\n"
            "  references                               mean, sd, ml and source of liver and blood pool, as far as known\n"
            "  factor                                   g/ml per Bq/ml, or per count\n"
            "  reference                                times; uptake in minutes; spread in % of SUV\n"
            "  warnings                                 everything repaired or doubted\n"
            "Masks: RTSTRUCT, DICOM SEG or NIfTI on the PET's grid; another grid is refused unless --resample. Of several series in the\n"
            "folder: the one the mask names, else the only attenuation-corrected static FDG PET. Exit status 1: refused."
        ),
    )
    one.add_argument("--image", type=Path, required=True, help="folder with the PET series")
    one.add_argument("--mask", type=Path, required=True, help="contour file")
    one.add_argument("--roi", help="name of the ROI or segment, or label value, when the file has several")
    one.add_argument(
        "--resample",
        action="store_true",
        help="take a mask on another grid to the PET's by nearest neighbour, with a warning that states both volumes",
    )
    one.add_argument(
        "--features", action="store_true", help="also the 74 IBSI shape, first-order and histogram features"
    )
    one.add_argument("--json", action="store_true", help="as JSON")

    one = command(
        "suv",
        suv,
        epilog=(
            "Example:\n  python -m analysis suv data/simulated/dicom/PEARL-001/* --json > factors.json\n\n"
            "With --json: a list with one object a folder, in the order of the folders. Its keys, with their units:\n"
            "  folder, error         the folder as named; why it was refused, or null\n"
            "  warnings              everything repaired or doubted\n"
            "  factors               file name -> g/ml per Bq/ml, or per count, or per stored SUV:\n"
            "                        SUVbw = (stored x RescaleSlope + RescaleIntercept) x factor\n"
            "  sul_factor, bsa_factor, ibw_factor\n"
            "                        SUL, SUVbsa (cm2/ml), SUVibw = SUVbw x this; null: height or sex is not known\n"
            "  reference             chosen time and its source, injection, uptake in minutes, every candidate with the\n"
            "                        objection to it, and how far they lie apart in % of SUV\n"
            "  units, decay_correction, dose_mbq, weight_kg, height_cm, sex, half_life_s, nuclide: what was used\n"
            "Of several series in a folder: its only attenuation-corrected static PET. Exit status: 0 every folder has its\n"
            "factors, 3 at least one was refused, 2 wrong usage."
        ),
    )
    one.add_argument("folder", type=Path, nargs="+", help="folder with one PET series, at any depth")
    one.add_argument(
        "--lean-body-mass",
        choices=("janmahasatian", "james", "james128", "file"),
        default="janmahasatian",
        help="formula of SUL (default janmahasatian; file: that of an image stored as SUL)",
    )
    one.add_argument(
        "--overrides",
        type=Path,
        help="CSV of corrected header values: patient_id, field (DICOM keyword), value (in DICOM's unit), reason; series_uid",
    )
    one.add_argument("--json", action="store_true", help="as JSON")

    one = command(
        "export",
        export,
        epilog=(
            "Each measured scan gets a folder OUT/PATIENT/VISIT with\n"
            "  lesions.seg.dcm   DICOM SEG: one segment a lesion, on the PET's own grid, with site and tracking UID\n"
            "  measures.sr.dcm   structured report (TID 1500): SUVmax, mean and peak, SUL, volume, MTV, TLG of each lesion\n"
            "Open them together with the PET in a viewer, e.g. 3D Slicer or OHIF. The same study gives the same bytes;\n"
            "dates are those of the scan, or SOURCE_DATE_EPOCH. They name the patient as the images do: OUT must lie below\n"
            "data, or outside the checkout. A scan without contours is listed and left out.\n"
            "Example:\n  python -m analysis export data/studies/NAME data/derived/NAME-dicom"
        ),
    )
    one.add_argument("study", type=Path, help="study folder")
    one.add_argument("out", type=Path, help="folder to write to")
    one.add_argument(
        "--cache", type=Path, help="folder of stored measures, used again while files and code are the same"
    )
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")

    one = command(
        "propose",
        propose,
        epilog=(
            "Thresholds\n"
            "  41%, 50%    that share of each hot spot's maximum; hot spots are above the liver level\n"
            "  2.5, 4.0    a fixed SUV\n"
            "  liver       1.5 times the liver's mean plus 2 standard deviations: the liver level\n"
            "  percist     the liver level, and only what is measurable by PERCIST 1.0\n"
            "Removed by rules of size and place on the PET alone: brain, heart, kidneys, bladder, and the liver itself. Not\n"
            "removed: bowel, ureters, tonsils, brown fat, muscle, marrow, inflammation, injection site. A lesion that touches a\n"
            "removed organ goes with it, so look at those too. OUT/proposals.csv lists what was proposed and what was removed.\n"
            "Each scan gets OUT/PATIENT/VISIT with\n"
            "  proposal.seg.dcm   DICOM SEG, SegmentAlgorithmType AUTOMATIC\n"
            "  proposal.png       projection: proposals by number, removed organs in brackets\n"
            "A reader opens the SEG beside the PET, deletes, corrects, and saves it as MANUAL or SEMIAUTOMATIC into the study's\n"
            "contours folder. One that is copied there as it is will be measured, but every table and scan says that it is an\n"
            "automatic proposal.\n"
            "Example:\n  python -m analysis propose data/studies/NAME --threshold 41%"
        ),
    )
    one.add_argument("study", type=Path, help="study folder")
    one.add_argument(
        "--threshold", choices=("41%", "50%", "2.5", "4.0", "liver", "percist"), default="41%",
        help="see below (default 41%%)",
    )  # fmt: skip
    one.add_argument(
        "--smallest-ml", type=float, help="leave smaller regions out (default: protocol.yml, 1 ml)"
    )
    one.add_argument("--out", type=Path, help="folder to write to (default data/derived/proposals/STUDY-ID)")
    one.add_argument("--all", action="store_true", help="scans that have contours too")
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")

    one = command(
        "match",
        match,
        epilog="Lesions are matched by place and size after a shift of the whole body; nothing is registered. The proposal\n"
        "is made from the contours alone: names and an existing lesion_matches.csv are not looked at.",
    )
    one.add_argument("folder", type=Path, help="study folder")
    one.add_argument(
        "--write",
        action="store_true",
        help="write the table and a picture of each doubtful row below data/derived",
    )

    one = command("values", values)
    one.add_argument("--run", default="primary", help="run (default primary)")
    one.add_argument("--json", action="store_true", help="as JSON")

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
        "--max-days", type=int, default=100, help="days between the scans of a pair (default 100)"
    )

    one = command("ready", ready)
    one.add_argument("study", help="study folder, relative to the checkout")
    one.add_argument("--runs", nargs="*", default=(), help="runs whose files are checked first")
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")

    for name, function in (("run", run), ("page", page)):
        one = command(name, function)
        one.add_argument("target", metavar="RUN/NOTEBOOK", help="e.g. primary/04-survival")
    for name, function in (("publish", publish), ("index", index)):
        one = command(name, function)
        one.add_argument("runs", nargs="+", help="runs, the main one first")
    command("generate", generate)
    command("check", check)
    return top


def main(argv: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded, 1 on an error that is explained, 2 on wrong usage."""
    arguments = parser().parse_args(argv)
    try:
        return arguments.function(arguments)
    except AnalysisError as error:
        print(f"{arguments.command}: {error}", file=sys.stderr)
        return 1
    except BrokenPipeError:
        return 0
    except KeyboardInterrupt:
        print(f"{arguments.command}: stopped; nothing half-made was kept", file=sys.stderr)
        return 130
