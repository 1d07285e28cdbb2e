"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.parameters import Parameters
from analysis.study.protocol import AssessmentSchedule, Protocol, Visit, load_protocol, project_root

__all__ = ["AssessmentSchedule", "Parameters", "Protocol", "Visit", "load_protocol", "project_root"]
