"""How far results are from R's, recorded while the tests compare them: the table on the checks page of the site.

Every comparison by ``pytest.approx`` whose expected number is one that R printed (a file of the reference folder holds it,
digit for digit) is noted, by the test's file, which stands for a method. ``pytest tests --agreement data/agreement.csv -n 0``
writes the worst of each method. In every other session a test fails whose results are worse than the committed file says.
"""

from __future__ import annotations

import csv
import functools
import json
import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "data" / "agreement.csv"
FIELDS = (
    "method",
    "reference",
    "cases",
    "worst_absolute",
    "worst_relative",
    "tolerance",
    "commit",
    "measured",
)
SLACK, FLOOR = 10.0, 1e-11
"""Another processor or library rounds differently: so much more than the file says, or so little at all, is no worse result."""

LOOSE, LOOSELY = 1e-4, ", compared loosely"
"""Above this tolerance (of the number, if it is large) a comparison stands in a line of its own: one side is simulated,
read from printed tables or stopped early, and its distance says little of the exact ones."""

METHODS = {
    "test_accuracy": ("Time-dependent ROC: AUC, sensitivity, specificity", ("riskRegression",)),
    "test_bands": ("Confidence bands of a survival curve", ("km.ci",)),
    "test_brier": ("Brier score with censoring", ("riskRegression",)),
    "test_censored_model": ("Regression with values below a limit", ("survival",)),
    "test_competing_risks": ("Cumulative incidence, Gray's test", ("cmprsk", "survival")),
    "test_concordance": ("Concordance (Harrell, Uno)", ("survival",)),
    "test_continuous": ("Cox model of a continuous marker", ("survival",)),
    "test_cox": ("Cox model, Wald, score, likelihood-ratio, profile limits", ("survival",)),
    "test_cutoff": ("Maximally selected log-rank statistics", ("maxstat", "coin")),
    "test_episodes": ("Cox model of time-dependent covariates", ("survival",)),
    "test_firth": ("Firth's penalised Cox model", ()),
    "test_hazard_ratio": ("Hazard ratio of two groups", ("survival",)),
    "test_interval_censored": ("Turnbull's estimator for interval censoring", ("npsurv",)),
    "test_kaplan_meier": ("Kaplan–Meier curve, limits, quantiles, follow-up", ("survival",)),
    "test_landmark": ("Landmark analysis", ("survival",)),
    "test_logrank": ("Log-rank and weighted tests", ("survival", "coin")),
    "test_many_fits": ("Many Cox models at once", ("survival",)),
    "test_mixed_model": ("Mixed model by REML, Satterthwaite degrees of freedom", ()),
    "test_pooling": ("Pooling of imputations, Barnard and Rubin's degrees of freedom", ()),
    "test_prediction": ("Predicted survival, optimism", ("survival", "rms")),
    "test_proportion": ("Proportions: exact and other intervals", ()),
    "test_proportional_hazards": ("Test of proportional hazards", ("survival",)),
    "test_residuals": ("Residuals of the Cox model", ("survival",)),
    "test_restricted_mean": ("Restricted mean survival time", ("survival",)),
    "test_tail_interval": ("Interval of a curve's tail", ("survival",)),
    "test_time_dependent": ("Effects that change with time", ("survival",)),
    "test_association": ("Tests of association, odds ratios", ()),
    "test_contingency": ("Exact tests of tables", ()),
    "test_agreement": ("Agreement of calls: kappa, McNemar", ("psych", "vcd")),
    "test_ranks": ("Rank tests with ties", ("exactRankTests", "coin")),
}  # fmt: skip
"""Method of each test file, and R's packages it is compared with."""


@dataclass
class Worst:
    """The largest distances of one method from R, and the loosest tolerance of its comparisons."""

    cases: int = 0
    absolute: float = 0.0
    relative: float = 0.0
    tolerance: float = 0.0

    def add(self, expected: float, actual: float, tolerance: float) -> None:
        """Note one comparison."""
        distance = abs(expected - actual)
        self.cases += 1
        self.absolute = max(self.absolute, distance)
        self.relative = max(self.relative, distance / abs(expected))
        self.tolerance = max(self.tolerance, tolerance)


RECORDED: dict[str, Worst] = {}
_now: list[str] = []


def _numbers(value: object) -> Iterator[float]:
    if isinstance(value, dict):
        for below in value.values():
            yield from _numbers(below)
    elif isinstance(value, list):
        for below in value:
            yield from _numbers(below)
    elif isinstance(value, float) and math.isfinite(value) and value != int(value):
        yield value


@functools.cache
def printed_by_r(folder: Path) -> frozenset[float]:
    """Numbers in R's results that are not whole: a whole one would be met by chance."""
    files = sorted((folder / "reference" / "survival").glob("ref_*.json"))
    return frozenset(
        number for file in files for number in _numbers(json.loads(file.read_text(encoding="utf-8")))
    )


def note(method: str, expected: object, actual: object, tolerance: float, known: frozenset[float]) -> None:
    """Note a comparison that agreed, if its expected number is R's."""
    if isinstance(expected, bool) or not isinstance(expected, float) or float(expected) not in known:
        return
    if abs(expected - float(actual)) <= tolerance:  # type: ignore[arg-type]
        method += LOOSELY if tolerance > LOOSE * max(1.0, abs(expected)) else ""
        RECORDED.setdefault(method, Worst()).add(float(expected), float(actual), tolerance)  # type: ignore[arg-type]


def watch() -> None:
    """Make ``pytest.approx`` note what it compares; what it answers stays as it was."""
    scalar = type(pytest.approx(1.0))
    answer = scalar.__eq__

    def noted(self: object, actual: object) -> bool:
        agrees = answer(self, actual)
        if agrees and _now and getattr(actual, "ndim", 0) == 0 and isinstance(actual, int | float):
            note(_now[0], self.expected, actual, self.tolerance, printed_by_r(Path(_now[1])))  # type: ignore[attr-defined]
        return agrees

    scalar.__eq__ = noted  # type: ignore[method-assign]


def claimed(file: Path = FILE) -> dict[str, dict[str, str]]:
    """Rows of the committed table by method; none where there is no file."""
    if not file.is_file():
        return {}
    with file.open(encoding="utf-8", newline="") as lines:
        return {row["method"]: row for row in csv.DictReader(lines)}


def better_than_measured(method: str, worst: Worst, rows: dict[str, dict[str, str]]) -> str:
    """What the committed table claims and the tests do not find; empty if it claims nothing better."""
    row = rows.get(method)
    if row is None:
        return f"{FILE.name} has no line for {method!r}: write it again by `pytest tests --agreement data/agreement.csv -n 0`"
    said, found = float(row["worst_absolute"]), worst.absolute
    if found > max(SLACK * said, FLOOR):
        return f"{FILE.name} says that {method!r} is within {said:.1e} of R; measured: {found:.1e}"
    return ""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add ``--agreement FILE``."""
    parser.addoption("--agreement", type=Path, help="write how far results are from R's, by method")


def pytest_configure(config: pytest.Config) -> None:
    """Begin to watch."""
    if config.getoption("--agreement") and config.getoption("numprocesses", None):
        raise pytest.UsageError("--agreement counts in one process: add -n 0")
    watch()


@pytest.fixture(autouse=True)
def agreement_is_as_claimed(request: pytest.FixtureRequest) -> Iterator[None]:
    """Note what a test compares with R, and fail it where the committed table claims better."""
    name = request.path.stem
    if "shared" not in request.fixturenames or name not in METHODS:
        yield
        return
    _now[:] = [METHODS[name][0], str(request.getfixturevalue("shared"))]
    try:
        yield
    finally:
        _now.clear()
    if request.config.getoption("--agreement"):
        return
    for method in (METHODS[name][0], METHODS[name][0] + LOOSELY):
        complaint = better_than_measured(method, RECORDED[method], claimed()) if method in RECORDED else ""
        assert not complaint, complaint


def _software(packages: tuple[str, ...], shared: Path) -> str:
    found = json.loads((shared / "reference/survival/ref_lung.json").read_text(encoding="utf-8"))["_meta"][
        "versions"
    ]
    number = found["R"].removeprefix("R version ").split()[0]
    return ", ".join([f"R {number}", *(f"{name} {found[name]}" for name in packages)])


def write_agreement(file: Path, shared: Path) -> None:
    """Write the table, one line a method."""
    asked = ["git", "log", "-1", "--format=%H %cs"]
    commit, _, day = subprocess.run(asked, cwd=PROJECT, capture_output=True, text=True, check=False).stdout.strip().partition(" ")  # fmt: skip
    packages = dict(METHODS.values())
    lines = [
        {
            "method": method,
            "reference": _software(packages[method.removesuffix(LOOSELY)], shared),
            "cases": worst.cases,
            "worst_absolute": f"{worst.absolute:.2e}",
            "worst_relative": f"{worst.relative:.2e}",
            "tolerance": f"{worst.tolerance:.2e}",
            "commit": commit[:12],
            "measured": day,
        }
        for method, worst in sorted(RECORDED.items())
    ]
    with file.open("w", encoding="utf-8", newline="") as target:
        writer = csv.DictWriter(target, FIELDS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(lines)


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the table where it was asked for."""
    file = session.config.getoption("--agreement")
    if file and RECORDED:
        from os import environ

        write_agreement(file, Path(environ.get("ANALYSIS_SHARED", PROJECT.parent / "shared")))
