"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.families import Families, checked_families, families_of
from analysis.study.parameters import Parameters
from analysis.study.plan import PlannedAnalysis
from analysis.study.protocol import AssessmentSchedule, Protocol, Visit, load_protocol, project_root
from analysis.study.published import PublishedCharacteristic, published_characteristics

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
    "project_root",
    "published_characteristics",
]
