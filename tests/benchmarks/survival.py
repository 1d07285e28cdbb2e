"""Survival methods against limits, and against lifelines, R and scikit-survival in the same run."""

from __future__ import annotations

import importlib.util
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from time import process_time
from typing import Any

import lifelines
import numpy as np
import pandas as pd
from measurement import Measurement, interleaved, ratio

from analysis.evidence import DigitisedArm, redigitise
from analysis.survival import (
    bootstrap_cox,
    bootstrap_indices,
    cox,
    kaplan_meier,
    maximally_selected,
    permutation_logrank,
)

FEW, TERMS, MANY = 46, 5, 100_000
BOOTSTRAPS, LIFELINES_BOOTSTRAPS = 2_000, 20
SINGLE = 20
"""Cox models timed together."""
FIGURE = {"treated": (485, 15.0), "control": (239, 6.0)}
"""Patients and mean months of the figure that is digitised again: a trial of BOLERO-2's size."""
R_SCRIPT = """
suppressPackageStartupMessages(library(survival))
few <- read.csv("few.csv"); many <- read.csv("many.csv")
seconds <- function(times, f) { f(); median(sapply(1:times, function(i) system.time(f())[["elapsed"]])) }
fit <- function(d) coxph(Surv(time, event) ~ x1 + x2 + x3 + x4 + x5, d)
cat(seconds(5, function() for (i in 1:100) fit(few)) / 100,
    seconds(3, function() fit(many)),
    seconds(3, function() survfit(Surv(time, event) ~ 1, many, conf.type = "log-log")))
"""


@dataclass(frozen=True)
class Skipped:
    """A peer that is not installed here."""

    name: str
    missed: bool = False

    def __str__(self) -> str:
        return f"{self.name:<74}   skipped, not installed"


def patients(n: int, seed: int) -> pd.DataFrame:
    """Exponential times of n patients with five covariates, a fifth of them censored."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, TERMS)), columns=[f"x{j + 1}" for j in range(TERMS)])
    return table.assign(time=rng.exponential(200 * np.exp(-0.3 * table["x1"])), event=rng.random(n) < 0.8)


def processor_seconds(run: Callable[[], object], repetitions: int = 7) -> float:
    """Least processor time of some runs, after one that warms the caches."""
    run()
    taken = []
    for _ in range(repetitions):
        start = process_time()
        run()
        taken.append(process_time() - start)
    return min(taken)


def figure() -> list[DigitisedArm]:
    """Two exponential curves read to 0.002, with numbers at risk every six months."""
    rng = np.random.default_rng(7)
    arms = []
    for name, (n, mean) in FIGURE.items():
        life, end = rng.exponential(mean, n), rng.uniform(3, 30, n)
        time = np.minimum(life, end)
        curve = kaplan_meier(time, life <= end)
        ticks = np.arange(0.0, time.max(), 6.0)
        at_risk = (time[:, None] >= ticks).sum(axis=0)
        arms.append(DigitisedArm(name, curve.times, np.round(curve.survival / 0.002) * 0.002, ticks, at_risk))
    return arms


def measurements() -> list[Measurement | Skipped]:
    """Every target of the survival room.

    A limit in seconds is one of processor time, which other work on the machine disturbs least (every function here
    runs on one core); ratios are of runs that followed each other.
    """
    few, many = patients(FEW, 1), patients(MANY, 2)
    terms = [f"x{j + 1}" for j in range(TERMS)]
    arrays = {
        size: (table["time"].to_numpy(), table["event"].to_numpy(), table[terms].to_numpy())
        for size, table in (("few", few), ("many", many))
    }
    time, event, design = arrays["few"]
    group = design[:, 0] > 0
    drawn = bootstrap_indices(FEW, samples=BOOTSTRAPS, seed=1)

    def lifelines_cox(table: pd.DataFrame) -> object:
        return lifelines.CoxPHFitter().fit(table, "time", "event")

    def lifelines_bootstrap() -> None:
        for sample in drawn[:LIFELINES_BOOTSTRAPS]:
            lifelines_cox(few.iloc[sample])

    arms = figure()
    bare = [replace(arm, risk_times=arm.risk_times[:1], at_risk=arm.at_risk[:1]) for arm in arms]
    counted = [replace(arm, events=total) for arm, total in zip(bare, (284, 207), strict=True)]
    limited = {
        "cox": lambda: [cox(time, event, design) for _ in range(SINGLE)],
        "bootstrap": lambda: bootstrap_cox(time, event, design, indices=drawn),
        "permutation": lambda: permutation_logrank(time, event, group, seed=1, permutations=100_000),
        "figure": lambda: redigitise(arms, control="control", seed=1, samples=200),
        "bare": lambda: redigitise(bare, control="control", seed=1, samples=200),
        "counted": lambda: redigitise(counted, control="control", seed=1, samples=200),
        "maxstat": lambda: maximally_selected(time, event, design[:, 0], seed=1, permutations=10_000),
    }
    small = {
        name: processor_seconds(run, 2 if name in ("figure", "bare", "counted") else 7)
        for name, run in limited.items()
    }
    resampled = interleaved({"ours": limited["bootstrap"], "lifelines": lifelines_bootstrap}, repetitions=3)
    big_time, big_event, big_design = arrays["many"]
    big = interleaved(
        {
            "cox": lambda: cox(big_time, big_event, big_design),
            "lifelines cox": lambda: lifelines_cox(many),
            "curve": lambda: kaplan_meier(big_time, big_event),
            "lifelines curve": lambda: (
                lifelines.KaplanMeierFitter().fit(big_time, big_event).confidence_interval_
            ),
        },
        repetitions=3,
    )
    whole = [s * BOOTSTRAPS / LIFELINES_BOOTSTRAPS for s in resampled["lifelines"]]
    ours = {"few": small["cox"] / SINGLE, "many": min(big["cox"]), "curve": min(big["curve"])}
    return [
        Measurement(f"n = {FEW}: Cox, {TERMS} covariates", 1e3 * ours["few"], 1, "ms"),
        Measurement(f"n = {FEW}: {BOOTSTRAPS} bootstrap Cox, {TERMS} covariates", small["bootstrap"], 0.3, "s"),
        Measurement("lifelines / ours, bootstrap Cox", ratio(whole, resampled["ours"]), 50, "x", at_least=True),
        Measurement(f"n = {FEW}: 100,000 permutation log-rank", small["permutation"], 0.2, "s"),
        Measurement(f"n = {FEW}: 10,000 permutation maxstat", 1e3 * small["maxstat"], 50, "ms"),
        Measurement("200 digitisations of a figure of 724 patients, reconstructed", small["figure"], 5, "s"),
        Measurement("the same without later numbers at risk", small["bare"], 5, "s"),
        Measurement("the same, total of events known", small["counted"], 15, "s"),
        Measurement(f"lifelines / ours, Cox, n = {MANY}", ratio(big["lifelines cox"], big["cox"]), 10, "x", at_least=True),
        Measurement(
            f"lifelines / ours, Kaplan-Meier with interval, n = {MANY}",
            ratio(big["lifelines curve"], big["curve"]), 3, "x", at_least=True,
        ),
        *against_r({"few": few, "many": many}, ours),
        *against_scikit_survival(arrays, ours),
    ]  # fmt: skip


def against_r(tables: dict[str, pd.DataFrame], ours: dict[str, float]) -> list[Measurement | Skipped]:
    """R's coxph and survfit over ours, where R and its package survival are there."""
    name = "R survival / ours"
    if shutil.which("Rscript") is None:
        return [Skipped(name)]
    with tempfile.TemporaryDirectory() as folder:
        for size, table in tables.items():
            table.astype({"event": int}).to_csv(Path(folder) / f"{size}.csv", index=False)
        done = subprocess.run(
            ["Rscript", "-e", R_SCRIPT], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode:
        return [Skipped(name)]
    seconds = [float(word) for word in done.stdout.split()]
    kinds = (f"Cox, n = {FEW}", f"Cox, n = {MANY}", f"Kaplan-Meier with interval, n = {MANY}")
    return [
        Measurement(f"{name}, {kind}", theirs / own, 1, "x", at_least=True)
        for kind, theirs, own in zip(kinds, seconds, ours.values(), strict=True)
    ]


def against_scikit_survival(arrays: dict[str, tuple], ours: dict[str, float]) -> list[Measurement | Skipped]:
    """scikit-survival's Cox model over ours, where it is installed; it is no dependency (GPL)."""
    name = "scikit-survival / ours"
    if importlib.util.find_spec("sksurv") is None:
        return [Skipped(name)]
    linear: Any = importlib.import_module("sksurv.linear_model")
    make: Any = importlib.import_module("sksurv.util").Surv.from_arrays

    def fit(size: str) -> Callable[[], object]:
        time, event, design = arrays[size]
        outcome = make(event, time)
        return lambda: linear.CoxPHSurvivalAnalysis(ties="efron").fit(design, outcome)

    taken = interleaved({size: fit(size) for size in arrays}, repetitions=3)
    return [
        Measurement(f"{name}, Cox, n = {n}", median(taken[size]) / ours[size], 1, "x", at_least=True)
        for size, n in (("few", FEW), ("many", MANY))
    ]
