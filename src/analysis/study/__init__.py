"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.parameters import Parameters
from analysis.study.protocol import AssessmentSchedule, Protocol, Visit, load_protocol, project_root
from analysis.study.published import PublishedCharacteristic, published_characteristics

__all__ = [
    "AssessmentSchedule",
    "Parameters",
    "Protocol",
    "PublishedCharacteristic",
    "Visit",
    "load_protocol",
    "project_root",
    "published_characteristics",
]
