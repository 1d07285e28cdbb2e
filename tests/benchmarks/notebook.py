"""What the survival notebooks compute, beyond their imports and their drawing, on the embedded studies.

A notebook's own cells are run in this process; its functions that draw or describe a figure, and the session's that
writes one, are timed apart. Needs the results of ``make report``, which the notebooks read.
"""

from __future__ import annotations

import functools
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from measurement import Measurement

PROJECT = Path(__file__).parents[2]
MOST_SECONDS = {"04-survival": (5.0, 15.0), "05-first-line": (10.0, 10.0)}
"""Beyond imports and drawing, and with drawing."""
NEEDED = ("reports/results/primary/02-pet-response.json", "data/simulated-first-line/study.yml")


class Drawing:
    """Processor seconds spent in drawing, calls inside each other counted once."""

    def __init__(self) -> None:
        self.seconds, self._depth = 0.0, 0

    def timed(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The same function, its time counted."""

        @functools.wraps(function)
        def call(*arguments: Any, **named: Any) -> Any:
            self._depth += 1
            start = time.process_time()
            try:
                return function(*arguments, **named)
            finally:
                self._depth -= 1
                if self._depth == 0:
                    self.seconds += time.process_time() - start

        return call


def measurements() -> list[Measurement]:
    """Processor seconds of 04-survival, run primary, and of 05-first-line, run first-line."""
    if not all((PROJECT / name).exists() for name in NEEDED):
        raise SystemExit("bench: needs the results of runs primary and first-line: make report")
    import matplotlib as mpl

    mpl.use("agg")

    from analysis import figures
    from analysis.results.notebook import Notebook

    drawing = Drawing()
    for name in dir(figures):
        if name.startswith(("draw_", "describe_")):
            setattr(figures, name, drawing.timed(getattr(figures, name)))
    Notebook.figure = drawing.timed(Notebook.figure)  # type: ignore[method-assign]
    return [one for notebook in MOST_SECONDS for one in seconds_of(notebook, drawing)]


def seconds_of(notebook: str, drawing: Drawing) -> list[Measurement]:
    """Processor seconds of one notebook, without the cell that writes its results."""
    from IPython.core.interactiveshell import InteractiveShell

    document = json.loads((PROJECT / f"notebooks/{notebook}.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    parameters, set_up, *analyses = (cell for cell in cells if "book.close()" not in cell)
    shell = InteractiveShell.instance()
    shell.reset()
    shell.run_cell(parameters, store_history=True).raise_error()
    shell.run_cell(set_up, store_history=True).raise_error()
    start, drawn = time.process_time(), drawing.seconds
    for cell in analyses:
        shell.run_cell(cell, store_history=True).raise_error()
    spent = time.process_time() - start
    drawn = drawing.seconds - drawn
    most, most_drawn = MOST_SECONDS[notebook]
    return [
        Measurement(f"{notebook}: processor time beyond imports and drawing", spent - drawn, most, "s"),
        Measurement(f"{notebook}: the same with its figures drawn and written", spent, most_drawn, "s"),
    ]
