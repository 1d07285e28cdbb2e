"""Speed and memory against limits and peers measured in the same run. Run by ``make bench``.

Prints one line a measurement with its target; a target that is missed is marked, and the exit status is 1.
``bench.py reading`` runs that part alone. A part is a module beside this one with a function ``measurements``.
"""

from __future__ import annotations

import importlib
import subprocess
import sys

PARTS = ("reading", "lesions", "scale", "survival", "notebook", "operating", "report", "contract")


def run(part: str) -> int:
    """Print the measurements of one part; 1 if a target was missed."""
    print(f"--- {part}", flush=True)
    missed = 0
    for one in importlib.import_module(
        part
    ).measurements():  # some take minutes: each is told as soon as it is there
        print(one, flush=True)
        missed |= int(one.missed)
    return missed


def main(wanted: list[str]) -> int:
    """Every part that is wanted, or all; each in a process of its own, whose memory is then its own."""
    unknown = set(wanted) - set(PARTS)
    if unknown:
        raise SystemExit(f"bench: no part {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    if len(wanted) == 1:
        return run(wanted[0])
    done = [
        subprocess.run([sys.executable, __file__, part], check=False).returncode for part in wanted or PARTS
    ]
    return int(any(done))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
