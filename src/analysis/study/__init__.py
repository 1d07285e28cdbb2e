"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.context_studies import FACTS, ContextStudy, MarkedFact, context_studies
from analysis.study.corrections import Correction, corrections
from analysis.study.fact_files import MARKS
from analysis.study.mapping_file import read_mapping
from analysis.study.parameters import Parameters
from analysis.study.plan import PlannedAnalysis
from analysis.study.protocol import AssessmentSchedule, Protocol, Visit, load_protocol, project_root
from analysis.study.published import PublishedCharacteristic, published_characteristics
from analysis.study.published_trials import PublishedTrial, published_trials
from analysis.study.run_file import (
    Families,
    checked_families,
    families_of,
    notebooks_before,
    protocol_file,
    protocol_of,
)

__all__ = [
    "FACTS",
    "MARKS",
    "AssessmentSchedule",
    "ContextStudy",
    "Correction",
    "Families",
    "MarkedFact",
    "Parameters",
    "PlannedAnalysis",
    "Protocol",
    "PublishedCharacteristic",
    "PublishedTrial",
    "Visit",
    "checked_families",
    "context_studies",
    "corrections",
    "families_of",
    "load_protocol",
    "notebooks_before",
    "project_root",
    "protocol_file",
    "protocol_of",
    "published_characteristics",
    "published_trials",
    "read_mapping",
]
