"""The facts of the trial as frozen dataclasses, read once from ``data/protocol.yml``."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from analysis.errors import ParameterError
from analysis.study.mapping_file import read_mapping
from analysis.study.plan import PlannedAnalysis, read_plan

BASES = ("registered", "published", "recalled", "assumed")
"""How far a fact can be trusted; ``recalled`` and ``assumed`` must be said wherever it is printed."""


def project_root() -> Path:
    """Folder of the checkout: the one that holds ``data/protocol.yml``."""
    return Path(__file__).resolve().parents[3]


@dataclass(frozen=True)
class Fact:
    """One value of the protocol with its basis."""

    value: Any
    basis: str


@dataclass(frozen=True)
class Visit:
    """A planned visit: nominal day and window, in days since treatment start, both ends included."""

    name: str
    day: int
    window: tuple[int, int]
    basis: str

    def contains(self, day: float) -> bool:
        """Whether a study day lies inside the window; a missing day does not."""
        return self.window[0] <= day <= self.window[1]


@dataclass(frozen=True)
class AssessmentSchedule:
    """Planned assessments of the tumour, in weeks from treatment start, and how far off its day one may be.

    Parameters
    ----------
    every_weeks, until_week, then_every_weeks : int
        The first distance of assessments, the week up to which it holds, and the distance after it.
    tolerance_days : float
        An assessment this early or late is still the planned one.
    """

    every_weeks: int
    until_week: int
    then_every_weeks: int
    tolerance_days: float

    def planned_days(self, last_day: float) -> tuple[int, ...]:
        """Planned days up to and one beyond ``last_day``, rising.

        >>> AssessmentSchedule(8, 24, 12, 14).planned_days(300)
        (56, 112, 168, 252, 336)
        """
        days, week = [], self.every_weeks
        while not days or days[-1] <= last_day:
            days.append(7 * week)
            week += self.every_weeks if week + self.every_weeks <= self.until_week else self.then_every_weeks
        return tuple(days)


@dataclass(frozen=True)
class EligibilityItem:
    """One criterion: its code in ``eligibility.csv``, its kind and its wording."""

    code: str
    kind: str
    text: str


@dataclass(frozen=True)
class Protocol:
    """All facts of the trial.

    ``facts["response.cutoff_percent"]`` is a :class:`Fact`; :meth:`value` gives its value alone.
    """

    trial: Mapping[str, Any]
    visits: Mapping[str, Visit]
    eligibility: Mapping[str, EligibilityItem]
    facts: Mapping[str, Fact]
    comparison_rule: str
    landmarks_days: tuple[int, ...]
    rates_at_months: tuple[int, ...]
    published_source: str
    plan: Mapping[str, PlannedAnalysis] = field(default_factory=dict)
    file: str = "data/protocol.yml"

    @property
    def assessments(self) -> AssessmentSchedule:
        """When tumours are to be assessed."""
        names = ("every_weeks", "until_week", "then_every_weeks", "tolerance_days")
        return AssessmentSchedule(*(self.value(f"assessments.{name}") for name in names))

    def value(self, name: str) -> Any:
        """Value of a fact by its dotted name.

        Raises
        ------
        ParameterError
            If the protocol holds no such fact; the message lists the section's facts.
        """
        if name not in self.facts:
            section = name.split(".")[0]
            known = [fact for fact in self.facts if fact.startswith(section + ".")]
            raise ParameterError(
                f"the protocol has no fact named {name!r}",
                where=self.file,
                expected="one of " + ", ".join(known or sorted(self.facts)),
                do="correct the name, or add the fact with its value and basis",
            )
        return self.facts[name].value


def _facts(document: Mapping[str, Any]) -> dict[str, Fact]:
    found = {}
    for section, entries in document.items():
        if not isinstance(entries, dict):
            continue
        for name, entry in entries.items():
            if isinstance(entry, dict) and set(entry) == {"value", "basis"}:
                if entry["basis"] not in BASES:
                    raise ParameterError(
                        f"basis {entry['basis']!r} of {section}.{name} is unknown",
                        where="data/protocol.yml",
                        expected="one of " + ", ".join(BASES),
                    )
                found[f"{section}.{name}"] = Fact(entry["value"], entry["basis"])
    return found


@functools.cache
def load_protocol(path: Path | None = None) -> Protocol:
    """Read the protocol; without a path, the project's own ``data/protocol.yml``.

    The protocol of another trial (a run file names it) may be without the visits, criteria and days that it does not have.

    Raises
    ------
    ParameterError
        If the file is no YAML or no mapping, lacks an entry or has one of another form, or a basis in it is unknown.
    """
    source = path or project_root() / "data" / "protocol.yml"
    where, expected = f"data/{source.name}", "sections of facts, as in data/protocol.yml"
    document = read_mapping(source, where=where, expected=expected)
    try:
        return _protocol_of(document, where)
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as error:
        what = (
            f"lacks the entry {error}"
            if isinstance(error, KeyError)
            else f"has an entry of another form: {error}"
        )
        do = "compare the sections with those of data/protocol.yml as it is in git"
        raise ParameterError(f"the protocol {what}", where=where, expected=expected, do=do) from error


def _protocol_of(document: Mapping[str, Any], file: str) -> Protocol:
    rule = document.get("comparison_of_days", {}).get("rule", {"value": ""})
    visits = {
        name: Visit(name, entry["day"], (entry["window"][0], entry["window"][1]), entry["basis"])
        for name, entry in document.get("visits", {}).items()
    }
    items = {
        code: EligibilityItem(code, entry["kind"], entry["text"])
        for code, entry in document.get("eligibility", {}).items()
    }
    return Protocol(
        trial=document["trial"],
        visits=visits,
        eligibility=items,
        facts=_facts(document),
        comparison_rule=rule["value"],
        landmarks_days=tuple(document["survival"].get("landmarks_days", ())),
        rates_at_months=tuple(document["survival"]["rates_at_months"]),
        published_source=document["published"]["source"],
        plan=read_plan(document.get("plan", {}), bases=BASES, file=file),
        file=file,
    )
