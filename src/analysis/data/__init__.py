"""The study folder: its tables, loading and checking them, writing them, and fetching public data."""

from analysis.data.checksum import study_checksum
from analysis.data.dictionary import data_dictionary, write_dictionary
from analysis.data.download import fetch
from analysis.data.inspire import import_inspire
from analysis.data.kmdata import fetched_kmdata, import_kmdata, read_kmdata
from analysis.data.loading import check_study, load_study
from analysis.data.manifest import MANIFEST, Seal, seal_study
from analysis.data.pearl_open import import_pearl_open
from analysis.data.problems import FaultyStudyError, Problem
from analysis.data.pseudonym_key import PseudonymKey, new_key, read_key
from analysis.data.sources import COLLECTIONS, SOURCES, Collection, Source
from analysis.data.staging import whole_folder
from analysis.data.study import PARTS, Study
from analysis.data.tables import TABLES, Column, Table
from analysis.data.writing import write_study, write_table

__all__ = [
    "COLLECTIONS",
    "MANIFEST",
    "PARTS",
    "SOURCES",
    "TABLES",
    "Collection",
    "Column",
    "FaultyStudyError",
    "Problem",
    "PseudonymKey",
    "Seal",
    "Source",
    "Study",
    "Table",
    "check_study",
    "data_dictionary",
    "fetch",
    "fetched_kmdata",
    "import_inspire",
    "import_kmdata",
    "import_pearl_open",
    "load_study",
    "new_key",
    "read_key",
    "read_kmdata",
    "seal_study",
    "study_checksum",
    "whole_folder",
    "write_dictionary",
    "write_study",
    "write_table",
]
