import dataclasses

import pytest

from analysis import survival

METHODS = {
    "accuracy", "bands", "brier", "calibration", "competing_risks", "concordance", "continuous", "cox",
    "cumulative_hazard", "cutoff", "decision_curve", "estimates", "firth", "interval_censored", "optimism",
    "prediction", "residual_smooth",
}  # fmt: skip
"""Modules of single methods, whose results are printed as they are."""
PARTS = {"Estimate", "PreSpecifiedCutoff", "RmstDifference"}
"""A number of a result that has them; a setting; and one whose two groups have them."""
RESULTS = sorted(
    name
    for name in survival.__all__
    if dataclasses.is_dataclass(getattr(survival, name))
    and getattr(survival, name).__module__.rsplit(".", 1)[1] in METHODS
    and name not in PARTS
)


@pytest.mark.parametrize("name", RESULTS)
def test_every_estimate_carries_method_n_and_events(name):
    kind = getattr(survival, name)
    has = {field.name for field in dataclasses.fields(kind)} | set(dir(kind))
    assert {"method", "n", "events"} <= has


def test_every_result_is_frozen():
    kinds = [getattr(survival, name) for name in survival.__all__]
    thawed = [
        kind.__name__
        for kind in kinds
        if dataclasses.is_dataclass(kind) and not kind.__dataclass_params__.frozen
    ]
    assert thawed == []
