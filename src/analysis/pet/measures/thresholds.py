"""Thresholds of metabolic volume: each a rule that is named in the protocol, and the volumes under it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from analysis.errors import ParameterError
from analysis.study import load_protocol


@dataclass(frozen=True)
class Threshold:
    """A rule that says from which SUV on a voxel of a lesion's contour counts as metabolic volume.

    Parameters
    ----------
    text : str
        As the protocol writes it: ``41%`` of the lesion's own maximum, ``2.5`` g/ml, ``liver`` (1.5 × mean + 2 SD of
        the liver), ``percist`` (the same; 2.0 × mean + 2 SD of the blood pool where the liver holds a lesion).
    """

    text: str

    @property
    def name(self) -> str:
        """How columns name it: ``41``, ``2_5``, ``liver``."""
        return self.text.removesuffix("%").replace(".", "_")

    def level(self, suv_max: float, references: Mapping[str, float]) -> float:
        """Threshold in g/ml; nan where the reference it rests on is not known.

        Parameters
        ----------
        suv_max : float
            The lesion's maximum.
        references : mapping of str to float
            Thresholds in g/ml that a scan sets, by ``liver`` and ``percist``.
        """
        if self.text in ("liver", "percist"):
            return float(references.get(self.text, np.nan))
        if self.text.endswith("%"):
            return float(self.text[:-1]) / 100 * suv_max
        return float(self.text)


@functools.cache
def mtv_thresholds() -> tuple[Threshold, ...]:
    """The protocol's thresholds, the facts of ``mtv_thresholds`` in their order.

    Raises
    ------
    ParameterError
        If one is neither a percentage, an SUV above 0, ``liver`` nor ``percist``, or two have one name.
    """
    facts = load_protocol().facts
    found = tuple(
        Threshold(str(facts[name].value).strip()) for name in facts if name.startswith("mtv_thresholds.")
    )
    for one in found:
        try:
            sound = one.text in ("liver", "percist") or 0 < float(one.text.removesuffix("%")) < 1000
        except ValueError:
            sound = False
        if not sound:
            raise ParameterError(
                f"the threshold {one.text!r} is unknown", where="data/protocol.yml, mtv_thresholds",
                expected="a percentage such as 41%, an SUV such as 2.5, liver or percist", offenders=(one.text,),
            )  # fmt: skip
    if len({one.name for one in found}) != len(found):
        raise ParameterError(
            "two thresholds have one name", where="data/protocol.yml, mtv_thresholds",
            expected="each threshold once", offenders=tuple(one.text for one in found),
        )  # fmt: skip
    return found


def liver_threshold(mean: float | None, sd: float | None) -> float:
    """1.5 × mean + 2 SD of the liver, in the unit of the mean; nan where it is not known."""
    return np.nan if mean is None or sd is None else 1.5 * mean + 2 * sd


def blood_pool_threshold(mean: float | None, sd: float | None) -> float:
    """2.0 × mean + 2 SD of the blood pool, PERCIST's threshold where the liver is diseased; nan where not known."""
    return np.nan if mean is None or sd is None else 2.0 * mean + 2 * sd


def metabolic_volume(values: np.ndarray, voxel_ml: float, *, threshold: float) -> tuple[float, float]:
    """Metabolic volume in ml and total lesion glycolysis in g of a contour's voxels at or above a threshold.

    ``values`` ascend. Only voxels inside the contour count. Glycolysis is the mean SUV of those voxels times their volume. Both are nan
    where the threshold is not known, and 0 where no voxel reaches it.

    >>> metabolic_volume(np.array([1.0, 2.0, 4.0]), 0.5, threshold=2.0)
    (1.0, 3.0)
    """
    if np.isnan(threshold):
        return np.nan, np.nan
    above = values[np.searchsorted(values, threshold) :]
    return above.size * voxel_ml, float(above.sum()) * voxel_ml
