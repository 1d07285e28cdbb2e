"""The contract between a notebook and the text: named values, tables and figures, each held once.

What belongs to one subject stays in its own module (``pet_tables``, ``survival_values``, ``survival_words``), so
that a notebook depends on the rooms it uses and on no other.
"""

from analysis.results.notebook import Notebook
from analysis.results.opening import open_notebook
from analysis.results.shares import hold_share
from analysis.results.small_tables import Counted
from analysis.results.store import NotebookResults, read_results, read_run
from analysis.results.value import Value
from analysis.results.words import METRIC_NAMES, RULE_NAMES

__all__ = [
    "METRIC_NAMES",
    "RULE_NAMES",
    "Counted",
    "Notebook",
    "NotebookResults",
    "Value",
    "hold_share",
    "open_notebook",
    "read_results",
    "read_run",
]
