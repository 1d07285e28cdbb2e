"""What the survival notebook computes, beyond its imports and its drawing, on the embedded study.

The notebook's own cells are run in this process; its functions that draw or describe a figure, and the session's that
writes one, are timed apart. Needs the results of ``make report``, which the notebook reads.
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
MOST_SECONDS = 5.0


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
    """Processor seconds of 04-survival, run primary."""
    kept = PROJECT / "reports/results/primary/02-pet-response.json"
    if not kept.exists():
        raise SystemExit("bench: needs the results of run primary: make report")
    import matplotlib as mpl

    mpl.use("agg")
    from IPython.core.interactiveshell import InteractiveShell

    from analysis import figures
    from analysis.results.notebook import Notebook

    drawing = Drawing()
    for name in dir(figures):
        if name.startswith(("draw_", "describe_")):
            setattr(figures, name, drawing.timed(getattr(figures, name)))
    Notebook.figure = drawing.timed(Notebook.figure)  # type: ignore[method-assign]
    document = json.loads((PROJECT / "notebooks/04-survival.ipynb").read_text(encoding="utf-8"))
    cells = ["".join(cell["source"]) for cell in document["cells"] if cell["cell_type"] == "code"]
    parameters, set_up, *analyses = (cell for cell in cells if "book.close()" not in cell)
    shell = InteractiveShell.instance()
    shell.run_cell(parameters, store_history=True).raise_error()
    shell.run_cell(set_up, store_history=True).raise_error()
    start, drawn = time.process_time(), drawing.seconds
    for cell in analyses:
        shell.run_cell(cell, store_history=True).raise_error()
    spent = time.process_time() - start
    drawn = drawing.seconds - drawn
    return [
        Measurement(
            "04-survival: processor time beyond imports and drawing", spent - drawn, MOST_SECONDS, "s"
        ),
        Measurement("04-survival: the same with its figures drawn and written", spent, 3 * MOST_SECONDS, "s"),
    ]
