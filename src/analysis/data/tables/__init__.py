"""The tables of a study folder: one schema a table, from which checks and dictionary are made."""

from analysis.data.tables.clinical import (
    ADVERSE_EVENTS,
    ASSESSMENTS,
    OUTCOMES,
    QUALITY_OF_LIFE,
    QUALITY_OF_LIFE_ITEMS,
)
from analysis.data.tables.imaging import (
    CONTOURS,
    LESION_MATCHES,
    LESIONS,
    PET_OVERRIDES,
    PET_VISITS,
    PET_VISITS_IN_ORDER,
    SCANS,
)
from analysis.data.tables.patients import ELIGIBILITY, PATIENTS
from analysis.data.tables.samples import PLASMA_CONCENTRATIONS, PLASMA_SAMPLES, PLASMA_VARIANTS, TISSUE
from analysis.data.tables.table import Column, Table

TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        PATIENTS,
        ELIGIBILITY,
        ASSESSMENTS,
        OUTCOMES,
        ADVERSE_EVENTS,
        QUALITY_OF_LIFE,
        QUALITY_OF_LIFE_ITEMS,
        PLASMA_SAMPLES,
        PLASMA_VARIANTS,
        PLASMA_CONCENTRATIONS,
        TISSUE,
        PET_VISITS,
        SCANS,
        PET_OVERRIDES,
        CONTOURS,
        LESIONS,
        LESION_MATCHES,
    )
}

__all__ = ["PET_VISITS_IN_ORDER", "TABLES", "Column", "Table"]
