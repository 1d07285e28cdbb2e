"""DICOM files without the patient: PS3.15 Annex E, Basic Profile, with what SUV needs kept.

Chosen after looking at the libraries that are alive: dicognito shifts dates by hours, and with them only those clock times
whose date stands beside them, so that the time from injection to scan changes; deid is a language for recipes without the
standard's table; dicom-anonymizer makes random UIDs anew in every run and replaces times. Its table of PS3.15 is generated
from the standard and is used here (:mod:`.profile`), on pydicom's data sets.
"""

from analysis.pet.deidentification.dataset import Deidentified, deidentify
from analysis.pet.deidentification.profile import Options

__all__ = ["Deidentified", "Options", "deidentify"]
