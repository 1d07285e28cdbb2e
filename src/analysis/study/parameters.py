"""The parameters of a run of the notebooks: typed, complete, and checked before a kernel starts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

from analysis.errors import ParameterError

METRICS = ("suv_max", "suv_mean", "suv_peak", "sul_peak")
PATIENT_RULES = (
    "any_resistant",
    "all_resistant",
    "majority",
    "majority_by_volume",
    "hottest",
    "hottest_at_baseline",
    "mean",
    "sum",
)
LEAN_BODY_MASSES = ("janmahasatian", "james", "james128")


@dataclass(frozen=True, kw_only=True)
class Parameters:
    """What a run may choose; everything else is a fact of the protocol.

    Parameters
    ----------
    run : str
        Name of the run: the stem of its file in ``notebooks/runs``.
    study : str
        Study folder, relative to the top of the checkout.
    metric : str
        Lesion measure whose change decides response; one of ``METRICS``.
    cutoff_percent : float
        Decrease, in percent of baseline, from which a lesion has responded; above 0, below 100.
    day : int
        Nominal day of the PET that decides: 14 or 28.
    patient_rule : str
        How lesions make a patient's response; one of ``PATIENT_RULES``.
    lean_body_mass : str
        Formula of SUL; one of ``LEAN_BODY_MASSES``.
    pre_specified : bool
        Whether the analysis was fixed before the data were seen. Post-hoc runs say so in every text.
    seed : int
        Root of every random number of the run (``numpy.random.SeedSequence``).
    """

    run: str
    study: str
    metric: str
    cutoff_percent: float
    day: int
    patient_rule: str
    lean_body_mass: str
    pre_specified: bool
    seed: int

    def __post_init__(self) -> None:
        for field in fields(self):
            self._check_type(field.name, str(field.type))
        self._check_choice("metric", METRICS)
        self._check_choice("patient_rule", PATIENT_RULES)
        self._check_choice("lean_body_mass", LEAN_BODY_MASSES)
        self._check_choice("day", (14, 28))
        if not 0 < self.cutoff_percent < 100:
            self._refuse("cutoff_percent", "a percentage above 0 and below 100")
        if self.seed < 0:
            self._refuse("seed", "a whole number from 0")

    def _check_type(self, name: str, kind: str) -> None:
        value = getattr(self, name)
        right = {
            "str": isinstance(value, str) and bool(value),
            "bool": isinstance(value, bool),
            "int": isinstance(value, int) and not isinstance(value, bool),
            "float": isinstance(value, int | float) and not isinstance(value, bool),
        }[kind]
        if not right:
            wording = {"str": "text", "bool": "true or false", "int": "a whole number", "float": "a number"}
            self._refuse(name, wording[kind])

    def _check_choice(self, name: str, allowed: tuple) -> None:
        if getattr(self, name) not in allowed:
            self._refuse(name, "one of " + ", ".join(map(str, allowed)))

    def _refuse(self, name: str, expected: str) -> None:
        raise ParameterError(
            f"parameter {name!r} has the value {getattr(self, name)!r}",
            where=f"run {self.run}",
            expected=expected,
            do=f"correct it in notebooks/runs/{self.run}.yml",
            offenders=(name,),
        )

    @classmethod
    def from_mapping(cls, values: Mapping[str, Any], *, where: str) -> Parameters:
        """Parameters from a run file or a notebook's namespace; unknown and missing names are errors."""
        known = [field.name for field in fields(cls)]
        unknown = [name for name in values if name not in known]
        missing = [name for name in known if name not in values]
        if unknown or missing:
            problems = [f"unknown parameter {name!r}" for name in unknown]
            problems += [f"missing parameter {name!r}" for name in missing]
            raise ParameterError(
                "; ".join(problems),
                where=where,
                expected="exactly " + ", ".join(known),
                do="correct the names",
                offenders=(*unknown, *missing),
            )
        return cls(**values)
