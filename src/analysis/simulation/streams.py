"""Random numbers: one independent stream a subject, all from one seed."""

from __future__ import annotations

from typing import Literal, get_args

import numpy as np

Subject = Literal[
    "latent",
    "patients",
    "lesions",
    "course",
    "assessments",
    "pet_visits",
    "scans",
    "plasma",
    "tissue",
    "adverse_events",
    "quality_of_life",
    "plasma_tables",
]


def stream(seed: int, subject: Subject) -> np.random.Generator:
    """Give the random numbers of one subject of the simulation.

    A subject's numbers do not depend on how many another subject has drawn, so that a change in the
    plasma leaves the lesions as they were. A subject added later goes to the end
    of the list, so that every other keeps its place.

    >>> stream(1, "plasma").random() == stream(1, "plasma").random()
    True
    >>> stream(1, "plasma").random() == stream(1, "tissue").random()
    False
    """
    return np.random.default_rng(np.random.SeedSequence(seed, spawn_key=(get_args(Subject).index(subject),)))
