"""Commands that propose, for a reader to correct: lesions, and which is which at follow-up."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from analysis.cli.command import AddCommand
from analysis.study import project_root

if TYPE_CHECKING:
    from analysis.pet import Projection


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


def register(command: AddCommand) -> None:
    """Add propose and match."""
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
