"""Time, disk and memory that the build takes, from a clean clone to the report."""

from __future__ import annotations

import json
import os
import resource
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import yaml
from measurement import Measurement, ratio

PROJECT = Path(__file__).resolve().parents[2]
PYTHON = PROJECT / ".venv" / "bin" / "python"
RUN = "primary"
PAIRS = 3
DIRECT = {
    "IPython", "PIL", "highdicom", "joblib", "lifelines", "matplotlib", "nibabel", "numpy", "pandas", "pandera",
    "pyarrow", "pydicom", "scipy", "seaborn", "skimage", "yaml",
}  # fmt: skip


def timed(command: list[str], folder: Path, environment: dict[str, str]) -> float:
    """Wall seconds of a command; its failure ends the benchmark with its output."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    elapsed = time.perf_counter() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}")
    return elapsed


def folder_size(folder: Path) -> int:
    """Bytes that a folder takes on disk."""
    return sum(path.lstat().st_blocks * 512 for path in folder.rglob("*"))


def clone(folder: Path) -> Path:
    """A clean clone that uses this checkout's environment."""
    target = folder / "clone"
    subprocess.run(["git", "clone", "--quiet", str(PROJECT), str(target)], check=True)
    (target / ".venv").symlink_to(PROJECT / ".venv")
    os.utime(PROJECT / ".venv" / ".complete")
    return target


def cells_of(notebook: Path, folder: Path, keep: Callable[[dict], dict | None], last: str, name: str) -> Path:
    """A copy of a notebook with the code cells that ``keep`` returns, and one cell more."""
    document = json.loads(notebook.read_text(encoding="utf-8"))
    cells = [kept for cell in document["cells"] if cell["cell_type"] == "code" and (kept := keep(cell))]
    cells.append(
        {
            "cell_type": "code",
            "id": "last",
            "metadata": {},
            "source": last,
            "outputs": [],
            "execution_count": None,
        }
    )
    target = folder / name
    target.write_text(json.dumps({**document, "cells": cells}), encoding="utf-8")
    return target


def papermill(notebook: Path, output: Path, folder: Path, environment: dict[str, str]) -> float:
    """Seconds that plain papermill takes for a notebook."""
    command = [str(PYTHON), "-m", "papermill", "--no-progress-bar", str(notebook), str(output)]
    return timed(command, folder, environment)


def packages_of(notebook: Path, checkout: Path, environment: dict[str, str], scratch: Path) -> list[str]:
    """The modules of the direct dependencies that a notebook has loaded when it has run."""
    probe = f"import sys; print(*sorted(name for name in sys.modules if name.split('.')[0] in {DIRECT!r}))"
    whole = cells_of(notebook, scratch, lambda cell: cell, probe, f"probe-{notebook.name}")
    output = scratch / f"probed-{notebook.name}"
    papermill(whole, output, checkout, environment)
    shown = json.loads(output.read_text(encoding="utf-8"))["cells"][-1]["outputs"][0]["text"]
    return "".join(shown).split()


def bare(notebook: Path, packages: list[str], scratch: Path) -> Path:
    """The same notebook with its parameters and imports only: the limit that papermill itself sets."""

    def keep(cell: dict) -> dict | None:
        source = "".join(cell["source"])
        if "parameters" in cell["metadata"].get("tags", []):
            return cell
        return {**cell, "source": source.split("\nbook = ")[0]} if "label: set-up" in source else None

    loading = (
        f"import importlib\nfor name in {packages!r}:\n"
        "    try:\n        importlib.import_module(name)\n    except ImportError:\n        pass\n"
    )
    return cells_of(notebook, scratch, keep, loading, notebook.name)


def notebooks_over_bare(checkout: Path, environment: dict[str, str], scratch: Path) -> float:
    """Time of the runner over a run's notebooks, divided by papermill's over the bare ones, both one by one."""
    run = yaml.safe_load((checkout / "notebooks/runs" / f"{RUN}.yml").read_text(encoding="utf-8"))
    files = [checkout / "notebooks" / f"{name}.ipynb" for name in run["notebooks"]]
    limits = [bare(file, packages_of(file, checkout, environment, scratch), scratch) for file in files]
    ours = [str(PYTHON), "-m", "analysis", "run"]
    ours_taken, limits_taken = [], []
    for _ in range(PAIRS):  # in turn, so that a machine that drifts does so for both
        made = limit = 0.0
        for file, bare_file in zip(files, limits, strict=True):
            made += timed([*ours, f"{RUN}/{file.stem}"], checkout, environment)
            limit += papermill(bare_file, scratch / f"out-{file.name}", checkout, environment)
        ours_taken.append(made)
        limits_taken.append(limit)
    return ratio(ours_taken, limits_taken)


def run_over_peers(checkout: Path, environment: dict[str, str], scratch: Path) -> float:
    """One papermill and one nbconvert process a notebook of a run, in time of our notebooks and pages.

    The peers come one by one, as a loop over notebooks runs them; ours as ``make`` makes them, on every core.
    """
    stems = [path.stem for path in sorted((checkout / "reports/notebooks" / RUN).glob("*.ipynb"))]
    parameters = ["-p", "run", RUN]
    peers, ours = [], []
    for _ in range(PAIRS):
        taken = 0.0
        for stem in stems:
            copy = scratch / f"peer-{stem}.ipynb"
            mill = [str(PYTHON), "-m", "papermill", "--no-progress-bar", f"notebooks/{stem}.ipynb", str(copy)]
            taken += timed([*mill, *parameters], checkout, environment)
            taken += timed([str(PYTHON), "-m", "nbconvert", "--to", "html", str(copy)], checkout, environment)
        peers.append(taken)
        for place in (f"reports/notebooks/{RUN}", f"reports/results/{RUN}", f"reports/_site/notebooks/{RUN}"):
            shutil.rmtree(checkout / place)
        ours.append(timed(["make", "pages", f"RUNS={RUN}"], checkout, environment))
    return ratio(peers, ours)


def sentence_seconds(checkout: Path, environment: dict[str, str]) -> float:
    """Seconds from a saved sentence to its page, as the running preview makes it."""
    program = """
import time
from pathlib import Path
from analysis.publish.preview.rendering import render_changed
reports, runs = Path("reports").resolve(), ["primary", "post-hoc-15", "design", "first-line"]
given = reports, runs, reports / "_preview"
assert render_changed(*given, None).pages
start = time.perf_counter()
assert render_changed(*given, ["index.qmd"]).pages == ("index.html",)
print(time.perf_counter() - start)
"""
    done = subprocess.run(
        [str(PYTHON), "-c", program],
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return float(done.stdout)


def slowest_paint(site: Path) -> float | None:
    """Seconds until the slowest page of a site shows something, opened from disk without a network; None without a browser."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if chromium is None:
        print("bench: no Chromium, so no first paint (apt-get install chromium)", flush=True)
        return None
    program = f"""
from pathlib import Path
from playwright.sync_api import sync_playwright
painted = "performance.getEntriesByName('first-contentful-paint').length"
slowest = 0.0
with sync_playwright() as playwright:
    browser = playwright.chromium.launch(executable_path={chromium!r}, args=["--no-sandbox", "--disable-gpu"])
    context = browser.new_context(offline=True)
    for file in sorted(Path({str(site)!r}).rglob("*.html")):
        times = []
        for _ in range({PAIRS}):  # the quickest: what else the machine does is not the page's
            page = context.new_page()
            page.goto(file.as_uri())
            page.wait_for_function(painted)
            times.append(page.evaluate("performance.getEntriesByName('first-contentful-paint')[0].startTime"))
            page.close()
        slowest = max(slowest, min(times))
    browser.close()
print(slowest / 1000)
"""
    done = subprocess.run([str(PYTHON), "-c", program], capture_output=True, text=True, check=True)
    return float(done.stdout)


def measurements() -> Iterator[Measurement]:
    """Every measurement, in one clean clone."""
    if not PYTHON.exists() or shutil.which("make") is None:
        raise SystemExit("bench: needs make and .venv (make env)")
    yield Measurement("environment on disk", folder_size(PROJECT / ".venv") / 1e9, 2, "GB")
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder)
        checkout = clone(scratch)
        environment = {**os.environ, "PYTHONPATH": str(checkout / "src"), "OMP_NUM_THREADS": "1"}
        make = ["make", "report"]
        yield Measurement(
            "cold make report, simulation included", timed(make, checkout, environment), 150, "s"
        )
        yield Measurement(
            "simulated study on disk", folder_size(checkout / "data/simulated") / 1e6, 300, "MB"
        )
        yield Measurement("make report, nothing changed", timed(make, checkout, environment), 1, "s")
        with (checkout / "reports/index.qmd").open("a", encoding="utf-8") as text:
            text.write("\nA changed sentence.\n")
        yield Measurement("make report, one sentence changed", timed(make, checkout, environment), 15, "s")
        sentence = sentence_seconds(checkout, environment)
        yield Measurement("a saved sentence to its page, by the preview", sentence, 1.5, "s")
        shutil.rmtree(checkout / "reports/_site")
        shutil.rmtree(checkout / ".make/looked-at", ignore_errors=True)  # as the first time
        taken = timed(make, checkout, environment)
        yield Measurement("the whole site after the notebooks", taken, 10, "s")
        site = checkout / "reports/_site"
        size = sum(path.stat().st_size for path in site.rglob("*") if path.is_file())
        yield Measurement("site of the default study", size / 1e6, 25, "MB")
        if (paint := slowest_paint(site)) is not None:
            yield Measurement("first paint of the slowest page, from disk", paint, 1, "s")
        peers = run_over_peers(checkout, environment, scratch)
        yield Measurement(
            "papermill and nbconvert one by one / notebooks and pages of a run",
            peers,
            2.5,
            "x",
            at_least=True,
        )
        over = notebooks_over_bare(checkout, environment, scratch)
        yield Measurement("notebooks / papermill with the imports alone", over, 1.5, "x")
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1e6
        yield Measurement("peak memory of any process", peak, 1.5, "GB")
