"""Tables of a simulated trial as CSV of the contract, as a European spreadsheet's CSV, and as Parquet."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from analysis.data import write_table


def write_contract_csv(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """As the contract has it: the names, codes and dates of a study folder."""
    for name, frame in tables.items():
        write_table(frame, folder / f"{name}.csv")


def write_spreadsheet_csv(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """As a European spreadsheet saves it: semicolons, decimal commas, 31/12/2014, Windows-1252, ``sep=;``."""
    for name, frame in tables.items():
        text = _shown(frame).to_csv(sep=";", decimal=",", index=False, lineterminator="\r\n")
        (folder / f"{name}.csv").write_bytes(f"sep=;\r\n{text}".encode("cp1252"))


def write_parquet(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Typed columns as Parquet."""
    for name, frame in tables.items():
        frame.convert_dtypes(convert_floating=False).to_parquet(folder / f"{name}.parquet", index=False)


def _shown(frame: pd.DataFrame) -> pd.DataFrame:
    made = {}
    for name in frame:
        values = frame[name]
        if str(name).endswith("_date"):
            made[name] = values.dt.strftime("%d/%m/%Y")
        elif values.map(lambda value: isinstance(value, bool), na_action="ignore").eq(True).any():
            made[name] = values.map({True: "Yes", False: "No"})
        else:
            made[name] = values
    return pd.DataFrame(made)
