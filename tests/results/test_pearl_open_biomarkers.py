"""Results known of the trial's open plasma data, from the functions that the notebook calls."""

import pytest

from analysis.biomarkers import plasma_calls, plasma_course, transitions
from analysis.biomarkers.plasma_course import AT_LIMIT, CENSORED
from analysis.data import import_pearl_open, load_study
from analysis.results.resistance import resistance_hazards, resistance_markers
from analysis.study import load_protocol


@pytest.fixture(scope="module")
def study(shared, tmp_path_factory):
    raw = shared / "realdata" / "pearl_ctdna_alfassay" / "upstream" / "data_sorted_short_meta.csv"
    return load_study(import_pearl_open(raw, tmp_path_factory.mktemp("public") / "pearl-open"))


@pytest.fixture(scope="module")
def calls(study):
    return plasma_calls(study, load_protocol())


def test_clearance_is_as_known(calls):
    found = transitions(calls, "panel", second="day14")
    assert (found.cleared, found.cleared + found.persistent, found.emerged) == (9, 24, 0)


def test_hazard_ratios_at_day_14_are_firths_shrinkage_of_those_known(study, calls):
    """Known (facts F040, F041; Cox): 1.91 (0.96-3.83) by the panel, 2.99 (1.49-6.01) by tumour fraction."""
    protocol = load_protocol()
    markers = resistance_markers(study, protocol, calls, visit="day14")
    rows = resistance_hazards(markers, study.table("outcomes"), protocol, calls, visit="day14")
    panel, fraction = rows.to_dict("records")
    assert (panel["n"], panel["positive"], fraction["n"], fraction["positive"]) == (44, 15, 45, 20)
    assert panel["estimate"] == pytest.approx(1.91, abs=0.04)
    assert fraction["estimate"] == pytest.approx(2.99, abs=0.06)
    assert (panel["low"], fraction["low"]) == pytest.approx((0.96, 1.49), abs=0.03)


def test_the_fall_is_larger_than_with_undetected_set_to_the_limit(calls):
    found = plasma_course(calls, load_protocol(), visits=("baseline", "day14"))
    vaf = found[found["quantity"] == "Highest allele frequency"].set_index("way")
    assert (vaf["measurements"].iloc[0], vaf["below"].iloc[0]) == (91, 50)
    assert vaf.loc[CENSORED, "estimate"] < vaf.loc[AT_LIMIT, "estimate"] < 1
