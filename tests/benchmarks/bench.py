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
    found = importlib.import_module(part).measurements()
    print(f"--- {part}", *map(str, found), sep="\n", flush=True)
    return int(any(one.missed for one in found))


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
