"""Participant flow: its steps, and who was excluded at each and why."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FlowStep:
    """One box of the participant-flow diagram.

    Parameters
    ----------
    label : str
        What the patients in this box have in common, in words.
    n : int or None
        How many they are; None where the study's tables cannot tell.
    excluded : tuple of (str, int)
        Reason in words, and how many patients of the parent box are not in this one for it. Each
        patient counts once, so the reasons add up to the parent's n minus this n.
    name : str
        Short name, e.g. ``pet_day14``: a column of :func:`analysis.cohort.populations` for every
        step that is a population.
    parent : str or None
        Name of the step whose patients are divided here; None for the first.
    groups : tuple of (str, int)
        The step's n split by phase of the trial (pilot, extension); empty where phases are not known.
    notes : tuple of str
        What the data cannot tell about this step, in sentences.
    """

    label: str
    n: int | None
    excluded: tuple[tuple[str, int], ...] = ()
    name: str = ""
    parent: str | None = None
    groups: tuple[tuple[str, int], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Flow:
    """The whole diagram: steps in the order of the trial, each after its parent."""

    steps: tuple[FlowStep, ...]

    def step(self, name: str) -> FlowStep:
        """Return the step of that name; KeyError where there is none."""
        for step in self.steps:
            if step.name == name:
                return step
        raise KeyError(name)

    def children(self, name: str) -> tuple[FlowStep, ...]:
        """Return the steps that divide the patients of the step of that name."""
        return tuple(step for step in self.steps if step.parent == name)
