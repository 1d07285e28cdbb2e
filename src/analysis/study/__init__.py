"""The protocol's facts, typed notebook parameters, and what a study folder contains."""

from analysis.study.parameters import Parameters
from analysis.study.protocol import Protocol, Visit, load_protocol, project_root

__all__ = ["Parameters", "Protocol", "Visit", "load_protocol", "project_root"]
