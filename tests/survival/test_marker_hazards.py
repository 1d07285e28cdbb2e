"""A hazard ratio a marker: R's Firth values, and markers that hold no information."""

import numpy as np
import pytest

from analysis.survival import firth_cox, marker_hazards


def test_each_ratio_is_the_single_fit_over_the_patients_known():
    rng = np.random.default_rng(2)
    time, event = rng.exponential(10, 30), rng.random(30) < 0.8
    gene, stain = (rng.random(30) < 0.4).astype(float), rng.normal(50, 20, 30)
    gene[:5] = np.nan
    found = marker_hazards(time, event, {"gene": gene, "stain": stain})
    single = firth_cox(time[5:], event[5:], gene[5:], terms=("gene",)).hazard_ratio("gene")
    assert (found[0].ratio.estimate, found[0].ratio.p_value) == (single.estimate, single.p_value)
    assert (found[0].n, found[0].positive) == (25, int(np.nansum(gene)))
    scaled = firth_cox(time, event, stain / stain.std(ddof=1), terms=("stain",)).hazard_ratio("stain")
    assert found[1].ratio.estimate == pytest.approx(scaled.estimate)
    assert found[1].positive is None


def test_a_marker_without_an_event_among_its_carriers_has_a_finite_ratio():
    found = marker_hazards([1, 2, 3, 4, 5], [1, 1, 1, 0, 0], {"gene": [0, 0, 0, 1, 1]})
    assert 0 < found[0].ratio.estimate < 1


def test_markers_without_information_stay_in_the_list_with_the_reason():
    found = marker_hazards([1, 2, 3], [1, 1, 1], {"a": [1, 1, 1], "b": [np.nan] * 3, "c": [1, 0, np.nan]})
    assert [one.reason for one in found[:2]] == ["every patient has the same value", "no patient has a value"]
    assert found[2].n == 2
    assert marker_hazards([1, 2], [0, 0], {"a": [0, 1]})[0].reason == "no event"
