"""The contract on a large study: 3,000 patients with 200,000 plasma variants, right and wrong, on one core.

Seconds are those of the processor, so that a busy machine makes no difference; the interpreter and its imports
count. Sealing is compared with reading and hashing the same bytes, and with looking whether they changed.
"""

from __future__ import annotations

import hashlib
import os
import resource
import sys
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from measurement import Measurement, interleaved, ratio

from analysis.data import seal_study, write_study
from analysis.data.description import read_description
from analysis.data.file_hashes import CACHE
from analysis.data.manifest import manifest_problems
from analysis.simulation import draw_joint, tabulate_trial

PATIENTS, VARIANTS = 3000, 200_000
SECONDS, MEGABYTES = 20.0, 1000.0
IMAGES, IMAGE_BYTES = 20_000, 4096

PROGRAM = "import sys; from analysis.data import check_study; problems = check_study(sys.argv[1]); sys.exit(len(problems) < int(sys.argv[2]))"


def write_large(folder: Path) -> None:
    """Write the simulated trial, its variants repeated under other names until there are enough."""
    tables = tabulate_trial(draw_joint(PATIENTS, seed=1))
    tables = {name: table for name, table in tables.items() if name not in ("pet_visits", "lesions")}
    samples = tables["plasma_samples"]
    found = samples.loc[samples["max_vaf_percent"].fillna(0) > 0, ["sample_id", "max_vaf_percent"]]
    rows = found.loc[found.index.repeat(-(-VARIANTS // len(found)))].head(VARIANTS).reset_index(drop=True)
    place = rows.groupby("sample_id").cumcount()
    share = np.random.default_rng(np.random.SeedSequence(1)).random(len(rows))
    tables["plasma_variants"] = pd.DataFrame(
        {
            "sample_id": rows["sample_id"],
            "gene": "G" + (place % 7).astype(str),
            "protein_change": "p.E" + place.astype(str) + "K",
            "vaf_percent": np.where(
                place == 0, rows["max_vaf_percent"], (rows["max_vaf_percent"] * share).round(3)
            ),
        }
    )
    meta = {"id": "large", "title": "SIMULATED", "kind": "simulated", "design": "single-arm"}
    folder.mkdir()
    write_study(folder, meta={**meta, "source": "bench", "licence": "MIT", "caveats": []}, tables=tables)


def spoil(folder: Path) -> None:
    """Make every variant wrong twice: a decimal comma, and the key of the line before."""
    file = folder / "plasma_variants.csv"
    lines = file.read_text().splitlines()
    faulty = [f'{line.split(",")[0]},G,p.X1Y,"1,{number % 10}"' for number, line in enumerate(lines[1:])]
    file.write_text("\n".join([lines[0], *faulty]) + "\n")


def checked(folder: Path, at_least: int) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a process that checks the study and finds at least so much."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    if os.spawnv(os.P_WAIT, sys.executable, [sys.executable, "-c", PROGRAM, str(folder), str(at_least)]):
        raise SystemExit("bench: the check failed, or found too little")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, after.ru_maxrss / 1e3


def measurements() -> list[Measurement]:
    """Checking the large study right and wrong; verifying the manifest of many small images."""
    found = []
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "large"
        write_large(folder)
        size = f"{PATIENTS} patients, {VARIANTS} variants"
        seconds, megabytes = checked(folder, 0)
        found.append(Measurement(f"check-study of {size}, CPU", seconds, SECONDS, "s"))
        found.append(Measurement("its peak memory", megabytes, MEGABYTES, "MB"))
        spoil(folder)
        seconds, megabytes = checked(folder, VARIANTS)
        found.append(Measurement("the same with every variant wrong, twice", seconds, SECONDS, "s"))
        found.append(Measurement("the larger of the two peaks of memory", megabytes, MEGABYTES, "MB"))
        found += sealing(folder)
    return found


def sealing(folder: Path) -> list[Measurement]:
    """Manifest of many small files: never verified before, and remembered."""
    images = folder / "dicom"
    for number in range(IMAGES):
        file = images / f"{number // 500:03d}" / f"{number:06d}.dcm"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(number.to_bytes(4, "little") * (IMAGE_BYTES // 4))
        os.utime(file, (1e9, 1e9))
    seal_study(folder)
    description, _ = read_description(folder)
    paths = sorted(images.rglob("*.dcm"))

    def forgotten() -> None:
        (folder / CACHE).unlink(missing_ok=True)
        assert manifest_problems(folder, description) == []

    def remembered() -> None:
        assert manifest_problems(folder, description) == []

    taken = interleaved(
        {
            "forgotten": forgotten,
            "remembered": remembered,
            "hashed": lambda: [hashlib.sha256(path.read_bytes()).digest() for path in paths],
            "asked": lambda: [path.stat() for path in paths],
        },
        repetitions=3,
    )
    many = f"manifest of {IMAGES} images"
    return [
        Measurement(
            f"{many}, nothing remembered / reading and hashing",
            ratio(taken["forgotten"], taken["hashed"]),
            2.5,
            "x",
        ),
        Measurement(
            f"{many}, remembered / asking for their state", ratio(taken["remembered"], taken["asked"]), 6, "x"
        ),
    ]
