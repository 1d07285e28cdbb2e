"""The contract between a notebook and the text: named values, tables and figures, each held once."""

from analysis.results.notebook import Notebook, open_notebook
from analysis.results.shares import hold_share
from analysis.results.store import NotebookResults, read_results, read_run
from analysis.results.survival_values import attempt, hold_early_response, hold_median, hold_p
from analysis.results.survival_words import engine_table, primary_answer, survival_table
from analysis.results.value import Value
from analysis.results.words import METRIC_NAMES, RULE_NAMES, landmark_note

__all__ = [
    "METRIC_NAMES",
    "RULE_NAMES",
    "Notebook",
    "NotebookResults",
    "Value",
    "attempt",
    "engine_table",
    "hold_early_response",
    "hold_median",
    "hold_p",
    "hold_share",
    "landmark_note",
    "open_notebook",
    "primary_answer",
    "read_results",
    "read_run",
    "survival_table",
]
