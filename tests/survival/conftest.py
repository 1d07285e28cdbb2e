"""Reference results made with R, as README.md of their folder describes; data sets beside them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

EVENT = {"veteran": "status", "veteran46": "status", "lung": "event", "aml": "status"}
GROUP = {"veteran": "trt2", "veteran46": "trt2", "lung": "female", "aml": "maint"}


@pytest.fixture(scope="session")
def reference(shared: Path) -> Callable[[str], dict[str, Any]]:
    """Results of one data set by R."""

    def read(name: str) -> dict[str, Any]:
        return json.loads((shared / "reference" / "survival" / f"ref_{name}.json").read_text())

    return read


@pytest.fixture(scope="session")
def table(shared: Path) -> Callable[[str], pd.DataFrame]:
    """One data set, its event column called ``status`` and its group column ``group``."""

    def read(name: str) -> pd.DataFrame:
        found = pd.read_csv(shared / "reference" / "survival" / f"{name}.csv")
        if name in EVENT:
            found["status"] = found[EVENT[name]]
            found["group"] = found[GROUP[name]]
        return found

    return read


@pytest.fixture(scope="session")
def strata(table: Callable[[str], pd.DataFrame]) -> Callable[[str], dict[str, pd.DataFrame]]:
    """One data set whole and by group, named as the reference names them."""

    def read(name: str) -> dict[str, pd.DataFrame]:
        data = table(name)
        parts = {f"{GROUP[name]}={value}": part for value, part in data.groupby("group")}
        return {"overall": data, **parts}

    return read


@pytest.fixture(scope="session")
def plasma(shared: Path) -> pd.DataFrame:
    """Read the trial's open plasma data, one row a patient; days = raw / 12 (see its README)."""
    found = pd.read_csv(shared / "realdata" / "pearl_ctdna_alfassay" / "pearl_patients_wide.csv")
    found["days"] = found["pfs_time_raw"] / 12
    return found


@pytest.fixture(scope="session")
def number() -> Callable[[Any], np.ndarray]:
    """Turn reference values into a float array, null as NaN, scalars as arrays of length 1."""
    return lambda values: np.atleast_1d(np.array(values, dtype=float))
