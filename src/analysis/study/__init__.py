"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.parameters import Parameters
from analysis.study.plan import PlannedAnalysis
from analysis.study.protocol import AssessmentSchedule, Protocol, Visit, load_protocol, project_root
from analysis.study.published import PublishedCharacteristic, published_characteristics
from analysis.study.run_file import (
    Families,
    checked_families,
    families_of,
    notebooks_before,
    protocol_file,
    protocol_of,
)

__all__ = [
    "AssessmentSchedule",
    "Families",
    "Parameters",
    "PlannedAnalysis",
    "Protocol",
    "PublishedCharacteristic",
    "Visit",
    "checked_families",
    "families_of",
    "load_protocol",
    "notebooks_before",
    "project_root",
    "protocol_file",
    "protocol_of",
    "published_characteristics",
]
