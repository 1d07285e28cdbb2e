"""The study folder: its tables, loading and checking them, writing them, and fetching public data."""

from analysis.data.checksum import study_checksum
from analysis.data.loading import check_study, load_study
from analysis.data.problems import FaultyStudyError, Problem
from analysis.data.study import PARTS, Study
from analysis.data.tables import TABLES, Column, Table
from analysis.data.writing import write_study, write_table

__all__ = [
    "PARTS",
    "TABLES",
    "Column",
    "FaultyStudyError",
    "Problem",
    "Study",
    "Table",
    "check_study",
    "load_study",
    "study_checksum",
    "write_study",
    "write_table",
]
