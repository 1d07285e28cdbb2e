"""Commands on the design of the trial, without any study: operating characteristics."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from analysis.cli.command import AddCommand


def operating_characteristics(arguments: argparse.Namespace) -> int:
    """Simulate many trials of the design and analyse each: power, type-I error, optimism."""
    from analysis.simulation import DEFAULT_SEED, load_parameters
    from analysis.simulation.operating import characteristics, expected_seconds
    from analysis.simulation.operating import operating_characteristics as simulate
    from analysis.study import project_root
    from analysis.work.whole_file import write_whole

    known = load_parameters()
    sizes = arguments.n or known["operating.patients"]
    effects = arguments.effect or list(known.effects)
    workers = arguments.workers or os.cpu_count() or 1
    seconds = expected_seconds(trials=arguments.trials, sizes=sizes, effects=effects, workers=workers)
    plan = (
        f"{arguments.trials} trials of each of {len(sizes)} sizes ({', '.join(map(str, sizes))} patients) and "
        f"{len(effects)} effects ({', '.join(effects)}): {arguments.trials * len(sizes) * len(effects)} trials"
    )
    place = os.environ.get("DASK_SCHEDULER_ADDRESS") or f"{workers} processes"
    print(f"operating-characteristics: {plan}, about {_duration(seconds)} in {place}", file=sys.stderr)
    if arguments.dry_run:
        return 0
    found = simulate(
        trials=arguments.trials,
        sizes=sizes,
        effects=effects,
        cutoff_percent=arguments.cutoff_percent,
        permutations=arguments.permutations,
        seed=DEFAULT_SEED if arguments.seed is None else arguments.seed,
        workers=workers,
        store=None if arguments.no_store else project_root() / "data/derived/operating-characteristics",
        progress=sys.stderr.isatty(),
    )
    table = characteristics(found)
    text = (
        table.to_json(orient="records", indent=1, force_ascii=False, double_precision=15)
        if arguments.out.suffix == ".json"
        else table.to_csv(index=False)
    )
    write_whole(arguments.out, text if text.endswith("\n") else text + "\n")
    print(f"operating-characteristics: {len(table)} numbers -> {arguments.out}")
    return 0


def _duration(seconds: float) -> str:
    return f"{seconds:.0f} seconds" if seconds < 120 else f"{seconds / 60:.0f} minutes"


def _file(text: str) -> Path:
    path = Path(text)
    if path.suffix not in {".csv", ".json"}:
        raise argparse.ArgumentTypeError(f"{text!r}: the name ends in .csv or .json")
    return path


def register(command: AddCommand) -> None:
    """Add operating-characteristics."""
    one = command(
        "operating-characteristics",
        operating_characteristics,
        epilog="Examples:\n"
        "  python -m analysis operating-characteristics --dry-run\n"
        "  python -m analysis operating-characteristics --trials 2000 --n 46 --effect none --out type-one.csv\n\n"
        "Every trial is simulated from data/simulation.yml and analysed as the study is: landmark at day 14, log-rank, Cox,\n"
        "Firth, a searched cut-off with and without correction, the choice of the day. The table has one row a number:\n"
        "effect, n, name, words, kind (share: of trials; ratio: geometric mean of hazard ratios, non-responders v\n"
        "responders; mean), estimate, low and high (95 % Monte-Carlo interval), trials, without_answer, and for ratios\n"
        "the middle 95 % of trials. A share of 5 % in T trials is known to about 0.43 / sqrt(T) on either side.\n\n"
        "The result does not depend on the number of workers. With DASK_SCHEDULER_ADDRESS the trials go to that cluster.\n"
        "Finished batches are kept in data/derived/operating-characteristics: interrupt and repeat, and it goes on.",
    )
    one.add_argument("--trials", type=int, default=2000, help="trials of each size and effect (default 2000)")
    one.add_argument(
        "--n",
        type=int,
        nargs="+",
        metavar="N",
        help="treated patients of a trial, one or several (default 30 46 90 130)",
    )
    one.add_argument(
        "--effect",
        nargs="+",
        choices=("published", "none", "strong"),
        help="correlation of SUVmax decrease with log PFS: 0.2, 0 or 0.55 (default: all)",
    )
    one.add_argument(
        "--cutoff-percent",
        type=float,
        default=25.0,
        help="pre-specified decrease that counts as response (default 25)",
    )
    one.add_argument(
        "--permutations", type=int, default=999, help="re-dealings of each permutation test (default 999)"
    )
    one.add_argument("--seed", type=int, help="root of every random number (default 20140101)")
    one.add_argument("--workers", type=int, default=None, help="processes (default: every core)")
    one.add_argument(
        "--out",
        type=_file,
        default=Path("operating-characteristics.csv"),
        metavar="FILE",
        help="table to write, .csv or .json (default operating-characteristics.csv)",
    )
    one.add_argument("--no-store", action="store_true", help="neither use nor keep finished batches")
    one.add_argument(
        "--dry-run", action="store_true", help="only say what would be done and how long it may take"
    )
