"""The build graph as a user meets it: a clone, a small study without images, and things that change or break."""

import hashlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from contextlib import contextmanager
from pathlib import Path

import pytest
import yaml

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        shutil.which("make") is None or shutil.which("git") is None, reason="needs make and git"
    ),
]
STEPS = re.compile(r"(?:-m analysis|ask\.py) (\S+) ?(\S*)")


@pytest.fixture(scope="module")
def checkout(project, tmp_path_factory):
    """The files of this checkout elsewhere, with its environment, and a run of a small simulated study."""
    if not (project / ".venv/bin/python").exists():
        pytest.skip("needs the environment in .venv: make env")
    folder = tmp_path_factory.mktemp("clone") / "checkout"
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard"],
        cwd=project,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    for name in filter(None, listed):
        if (project / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(project / name, folder / name)
    (folder / ".venv").symlink_to(project / ".venv")
    old = time.time() - 10_000
    for name in ("requirements.lock", "requirements-uv.lock", "src/analysis/workflow/bootstrap.py"):
        os.utime(folder / name, (old, old))
    text = (folder / "notebooks/runs/primary.yml").read_text().replace("data/simulated", "data/studies/small")
    # The quality of scans is looked at where there are some; here the chain is built again and again.
    text = text.replace("02-pet-quality, ", "").replace("08-context, ", "")
    (folder / "notebooks/runs/small.yml").write_text(text)
    git(folder, "init", "--quiet")
    (folder / ".git/info/exclude").write_text(".venv\n")
    commit(folder)
    subprocess.run(
        [
            sys.executable,
            "-m",
            "analysis",
            "simulate",
            "data/studies/small",
            "--no-images",
            "--patients",
            "40",
        ],
        cwd=folder,
        env=environment(folder),
        check=True,
        capture_output=True,
    )
    return folder


def git(checkout, *arguments):
    who = ["-c", "user.name=A Tester", "-c", "user.email=tester@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *who, *arguments], cwd=checkout, check=True, capture_output=True)


def commit(checkout):
    git(checkout, "add", "--all")
    git(checkout, "commit", "--quiet", "--message", "A state of the checkout")


def environment(checkout):
    return {**os.environ, "PYTHONPATH": str(checkout / "src"), "MAKEFLAGS": "", "RUNS": "small"}


def make(checkout, *arguments):
    done = subprocess.run(
        ["make", *arguments],
        cwd=checkout,
        env=environment(checkout),
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def planned(checkout):
    """Steps that make says it would take, as ``command target``."""
    status, output = make(checkout, "-n", "report")
    assert status == 0, output
    return [" ".join(step).strip() for step in STEPS.findall(output)]


def later(file: Path):
    """Give a file a time stamp after everything that was built, and before everything that is built from now on."""
    time.sleep(0.02)
    os.utime(file)
    time.sleep(0.02)


@contextmanager
def changed(file: Path, text: str | None = None):
    """A file that is newer, and says something else where a text is given; afterwards as if nothing had happened."""
    before, times = file.read_text(), file.stat()
    if text is not None:
        file.write_text(text)
    later(file)
    try:
        yield
    finally:
        file.write_text(before)
        os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.fixture(scope="module")
def built(checkout):
    status, output = make(checkout, "report", "-j2")
    assert status == 0, output
    return checkout


def test_a_study_without_images_is_built_and_says_so(built):
    page = (built / "reports/_site/publication/index.html").read_text()
    assert "This study holds no PET" in page
    assert "SIMULATED" in page
    values = json.loads((built / "reports/results/small/04-survival.json").read_text())["values"]
    assert values["pfs.hr"]["text"] == "—"
    assert values["ctdna_pfs.hr"]["value"] > 0


def altered(crate: Path, name: str) -> Path:
    """The same archive with one more line in a file, which its manifest knows."""
    with zipfile.ZipFile(crate) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}
    before = hashlib.sha256(files[name]).hexdigest()
    files[name] += b"altered\n"
    manifest = files["manifest-sha256.txt"].decode().replace(before, hashlib.sha256(files[name]).hexdigest())
    files["manifest-sha256.txt"] = manifest.encode()
    target = crate.with_name("altered.zip")
    with zipfile.ZipFile(target, "w") as archive:
        for entry, content in files.items():
            archive.writestr(entry, content)
    return target


def test_an_archive_is_rebuilt_elsewhere_and_only_what_was_altered_comes_out_different(built):
    status, output = make(built, "crate")
    assert status == 0, output
    crate = built / "reports/_crate.zip"
    with zipfile.ZipFile(crate) as archive:
        names = archive.namelist()
        about = {
            entity["@id"]: entity for entity in json.loads(archive.read("ro-crate-metadata.json"))["@graph"]
        }
    # Facts lie in data/ itself; patients, made or real, in the folders below it.
    assert not [name for name in names if name.startswith("data/") and name.count("/") > 1]
    assert set(names) - {"manifest-sha256.txt", "ro-crate-metadata.json"} <= set(about)
    assert about["#small-cutoff_percent"]["value"] == 25
    made = {part["@id"] for part in about["#run-small"]["result"]}
    assert {"reports/notebooks/small/04-survival.ipynb", "reports/results/small/04-survival.json"} <= made
    wrong = altered(crate, "reports/results/small/01-cohort.json")
    # Another clock, another language, another number of workers, another folder.
    elsewhere = {**environment(built), "TZ": "Asia/Tokyo", "LC_ALL": "C", "JOBS": "3"}
    done = subprocess.run(
        ["make", "verify", f"CRATE={wrong}"],
        cwd=built,
        env=elsewhere,
        capture_output=True,
        text=True,
        check=False,
    )
    found = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("verify: ")]
    total = sum(
        name.startswith(("reports/_site/", "reports/notebooks/", "reports/results/")) for name in names
    )
    assert sorted(found) == [
        f"verify: {total - 1} of {total} files came out equal byte for byte",
        "verify: reports/results/small/01-cohort.json: one ends before the other",
    ]
    assert done.returncode != 0
    assert not (built / "data/derived/verify").exists()


def test_nothing_changed_runs_nothing(built):
    assert planned(built) == []
    status, output = make(built, "report")
    assert status == 0
    assert "report: open reports/_site/index.html" in output
    assert "run:" not in output


def test_a_changed_sentence_renders_the_text_only(built):
    with (built / "reports/index.qmd").open("a") as text:
        text.write("\nA changed sentence.\n")
    later(built / "reports/index.qmd")
    assert planned(built) == ["publish small", "index small"]
    assert make(built, "report")[0] == 0
    assert "A changed sentence." in (built / "reports/_site/publication/index.html").read_text()
    assert planned(built) == []


def test_a_changed_module_runs_the_notebooks_that_import_it(built):
    later(built / "src/analysis/results/day_tables.py")
    steps = planned(built)
    assert [step for step in steps if step.startswith("run ")] == ["run small/04-survival"]
    status, output = make(built, "report")
    assert status == 0, output
    # What reads the results of others follows them; make -n cannot know that they will change.
    assert "reports/notebooks/small/07-reporting.ipynb" in output
    assert planned(built) == []


def test_a_changed_run_file_runs_that_run(built):
    file = built / "notebooks/runs/small.yml"
    with changed(file):
        steps = [step for step in planned(built) if step.startswith("run ")]
        wanted = yaml.safe_load(file.read_text())["notebooks"]
        assert sorted(steps) == sorted(
            f"run small/{name}" for name in wanted
        )  # the graph decides on the order
    assert planned(built) == []


def test_a_deleted_output_comes_back(built):
    (built / "reports/results/small/03-biomarkers.json").unlink()
    assert "run small/03-biomarkers" in planned(built)
    assert make(built, "report")[0] == 0
    assert planned(built) == []


def test_a_changed_row_is_noticed_and_a_build_killed_again_and_again_is_completed_by_the_next(built):
    later(built / "data/studies/small/outcomes.csv")
    assert "ready data/studies/small" in planned(built)
    for seconds in (0.6, 2.0, 4.0):
        running = subprocess.Popen(
            ["make", "report", "-j2"],
            cwd=built,
            env=environment(built),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        time.sleep(seconds)
        os.killpg(running.pid, signal.SIGKILL)
        running.wait()
        for file in (built / "reports/results/small").glob("*.json"):
            json.loads(file.read_text())
    assert planned(built) != []
    status, output = make(built, "report")
    assert status == 0, output
    assert planned(built) == []
    assert not [
        path
        for path in (built / "reports").rglob(".*")
        if path.name.startswith(".stage-") or path.suffix == ".part"
    ]


def test_a_broken_table_stops_the_build_with_file_row_and_column(built):
    table = built / "data/studies/small/outcomes.csv"
    lines = table.read_text().splitlines()
    column = lines[0].split(",").index("pfs_days")
    cells = lines[1].split(",")
    cells[column] = "soon"
    with changed(table, "\n".join([lines[0], ",".join(cells), *lines[2:]]) + "\n"):
        status, output = make(built, "report")
    assert status != 0
    assert re.search(r"outcomes\.csv, line 2, column pfs_days", output)
    assert "Traceback" not in output
    assert planned(built) == []


def test_a_parameter_that_is_unknown_stops_the_build(built):
    file = built / "notebooks/runs/small.yml"
    with changed(file, file.read_text().replace("  day: 14", "  dya: 14")):
        status, output = make(built, "report")
    assert status != 0
    assert "unknown parameter 'dya'" in output
    assert planned(built) == []


def test_a_study_that_does_not_exist_is_named(checkout):
    (checkout / "notebooks/runs/gone.yml").write_text(
        (checkout / "notebooks/runs/small.yml").read_text().replace("data/studies/small", "data/studies/gone")
    )
    status, output = make(checkout, "report", "RUNS=gone")
    assert status != 0
    assert "data/studies/gone" in output
    assert "Traceback" not in output


def plugged_in(checkout, name, *lacking):
    """A copy of the small study without some of its files, and a run of it."""
    folder = checkout / "data/studies" / name
    shutil.copytree(checkout / "data/studies/small", folder)
    # It is another study than the one that was sealed.
    for pattern in ("manifest.sha256", *lacking):
        for file in folder.glob(pattern):
            file.unlink()
    text = (
        (checkout / "notebooks/runs/small.yml")
        .read_text()
        .replace("data/studies/small", f"data/studies/{name}")
    )
    (checkout / f"notebooks/runs/{name}.yml").write_text(text)
    return folder


@pytest.mark.parametrize(
    ("name", "lacking", "said"),
    [
        ("no-outcomes", ["outcomes.csv"], "lacks assessed PET or outcomes"),
        ("no-plasma", ["plasma_*.csv", "tissue.csv"], "This study holds no plasma"),
        ("patients-only", ["[!ps]*.csv", "p[!a]*.csv"], "This study holds no plasma"),
    ],
)
def test_a_study_that_lacks_parts_is_published_and_says_so(built, name, lacking, said):
    plugged_in(built, name, *lacking)
    status, output = make(built, "report", f"RUNS={name}")
    assert status == 0, output
    assert said in (built / "reports/_site/publication/index.html").read_text()
    assert "nan" not in re.findall(r"\b\w+\b", (built / "reports/_variables.yml").read_text())


def test_the_open_plasma_data_give_the_published_numbers_of_their_extract(built, shared):
    mirror = {**environment(built), "ANALYSIS_DATA_MIRROR": str(shared / "realdata")}
    done = subprocess.run(
        ["make", "report", "RUNS=pearl-open"],
        cwd=built,
        env=mirror,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    values = json.loads((built / "reports/results/pearl-open/04-survival.json").read_text())["values"]
    for name, expected, p_value in (
        ("ctdna_pfs", "1.91 0.96–3.83", "= 0.063"),
        ("baseline_pfs", "1.93 1.00–3.73", "= 0.045"),
        ("fraction_pfs", "2.99 1.49–6.01", "= 0.001"),
    ):
        found = values[f"{name}.hr_wald"]
        assert f"{found['text']} {found['interval_text']}" == expected
        assert values[f"{name}.logrank_p"]["text"] == p_value
    page = (built / "reports/_site/publication/index.html").read_text()
    assert "do not reproduce the day-14 figures" in page
    assert "SIMULATED" not in page


def test_a_limit_of_threads_is_not_taken_for_the_number_of_cores(project):
    """`nproc` answers with OMP_NUM_THREADS where it is set, and many set it to 1."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "JOBS")}
    command = ["make", "--no-print-directory", "--eval", "jobs: ; @echo $(JOBS)", "jobs"]
    told = subprocess.run(
        command,
        cwd=project,
        env={**environment, "OMP_NUM_THREADS": "1", "OMP_THREAD_LIMIT": "1"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(told.stdout) == len(os.sched_getaffinity(0))
