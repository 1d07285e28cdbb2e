"""Commands on published evidence: a figure's curves become patient-level data."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from analysis.cli.command import AddCommand


def reconstruct(arguments: argparse.Namespace) -> int:
    """Patient-level times and events behind a published Kaplan-Meier figure."""
    from analysis.evidence import (
        read_figure,
        reconstruct_arm,
        reconstructed_ratio,
        redigitise,
        write_patients,
    )

    arms = read_figure(arguments.curve, arguments.risk, events=dict(arguments.events))
    found = [reconstruct_arm(arm) for arm in arms]
    write_patients(arguments.out, found)
    for one in found:
        curve = one.curve()
        median, low, high = (_reached(v) for v in (curve.median, curve.median_low, curve.median_high))
        print(f"{one.arm}: {one.n} patients, {one.events} events, median {median} ({low} to {high})")
        for note in one.notes:
            print(f"  note: {note}")
    names = [one.arm for one in found]
    control = arguments.control or (names[1] if len(names) == 2 else None)
    if len(found) == 2 and control:
        ratio = reconstructed_ratio(found, control=control)
        print(
            f"hazard ratio {ratio.comparison}: {ratio.estimate:.3f} "
            f"(95 % {ratio.low:.3f} to {ratio.high:.3f}; {ratio.interval})"
        )
        if arguments.digitisations:
            moved = redigitise(arms, control=control, seed=arguments.seed, samples=arguments.digitisations)
            print(
                f"  digitised again ({moved.method}): middle 95 % of hazard ratios {moved.low:.3f} to {moved.high:.3f}"
            )
            for arm, medians in moved.medians.items():
                low, high = (_reached(limit) for limit in moved.middle(medians))
                print(f"  median of {arm}: {low} to {high}")
            for arm, events in moved.events.items():
                print(f"  events of {arm}: {int(events.min())} to {int(events.max())}")
    print(f"reconstruct: {sum(one.n for one in found)} patients -> {arguments.out}")
    return 0


def _reached(time: float) -> str:
    return f"{time:g}" if math.isfinite(time) else "not reached"


def _arm_events(text: str) -> tuple[str, int]:
    name, _, number = text.rpartition("=")
    if not name or not number.isdigit():
        raise argparse.ArgumentTypeError(f"{text!r}: write ARM=NUMBER, for example everolimus=310")
    return name, int(number)


def register(command: AddCommand) -> None:
    """Add reconstruct."""
    one = command(
        "reconstruct",
        reconstruct,
        epilog="CURVE.csv, points of the curves read off the figure by a digitiser, both corners of a step or the lower one:\n\n"
        "  arm,time,survival\n  everolimus,0,1\n  everolimus,1.4,0.962\n  ...\n  placebo,0,1\n  ...\n\n"
        "RISK.csv, the numbers printed below the figure, from time 0:\n\n"
        "  arm,time,n_risk\n  everolimus,0,485\n  everolimus,6,436\n  ...\n\n"
        "Survival is a share of 1, not percent. Time has any unit, the same in both files. Digitise the flat end of the curve\n"
        "too. Without the column arm there is one arm. A rise of the curve up to 0.005 is levelled and said; a larger one, a\n"
        "number at risk that grows, or patients at risk behind the end of the curve are refused with their line.\n\n"
        "The table has the columns time, event (1 or 0), arm: times are those that the figure implies, not the patients' own.\n"
        "Method: Guyot 2012 (doi 10.1186/1471-2288-12-9), the censored placed where the heights of the steps say.\n\n"
        "Examples:\n"
        "  python -m analysis reconstruct curve.csv risk.csv --out patients.csv --control placebo\n"
        "  python -m analysis reconstruct curve.csv risk.csv --out patients.csv --events everolimus=310 placebo=200",
    )
    one.add_argument("curve", type=Path, metavar="CURVE", help="digitised curves, CSV")
    one.add_argument("risk", type=Path, metavar="RISK", help="numbers at risk, CSV")
    one.add_argument(
        "--out", type=Path, required=True, metavar="FILE", help="table of patients to write, CSV"
    )
    one.add_argument(
        "--events",
        type=_arm_events,
        nargs="+",
        default=[],
        metavar="ARM=NUMBER",
        help="total events of an arm, where the text gives them",
    )
    one.add_argument(
        "--control", metavar="ARM", help="reference of the hazard ratio (default: the second arm)"
    )
    one.add_argument(
        "--digitisations",
        type=int,
        default=200,
        metavar="N",
        help="times the figure is digitised anew in thought, for the uncertainty (default 200; 0: none)",
    )
    one.add_argument(
        "--seed", type=int, default=20140101, help="root of the random numbers (default 20140101)"
    )
