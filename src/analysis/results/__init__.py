"""The contract between a notebook and the text: named values, tables and figures, each held once."""

from analysis.results.notebook import Notebook, open_notebook
from analysis.results.store import NotebookResults, read_results, read_run
from analysis.results.value import Value

__all__ = ["Notebook", "NotebookResults", "Value", "open_notebook", "read_results", "read_run"]
