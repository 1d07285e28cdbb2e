"""The study folder: its tables, loading and checking them, writing them, and fetching public data."""

from analysis.data.tables import TABLES, Column, Table
from analysis.data.writing import write_study, write_table

__all__ = ["TABLES", "Column", "Table", "write_study", "write_table"]
