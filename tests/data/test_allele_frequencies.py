"""Allele frequencies of samples and of their variants are in the same unit and say the same."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analysis.data import check_study
from analysis.data.allele_frequencies import same_but_rounded


@pytest.mark.parametrize(
    ("file", "old", "new", "do"),
    [
        (
            "plasma_samples.csv",
            "yes,12.5",
            "yes,0.125",
            "max_vaf_percent looks like a fraction: multiply by 100",
        ),
        (
            "plasma_variants.csv",
            "E545K,12.5",
            "E545K,0.125",
            "vaf_percent of plasma_variants.csv looks like a fraction: multiply by 100",
        ),
        ("plasma_samples.csv", "yes,12.5", "yes,13.1", "correct whichever is wrong"),
        ("plasma_variants.csv", "12.5\n", "12.5\nS01,ESR1,p.D538G,14\n", "correct whichever is wrong"),
        ("plasma_variants.csv", "12.5\n", "12.5\nS02,ESR1,p.D538G,0.3\n", "correct whichever is wrong"),
    ],
)
def test_a_highest_frequency_that_is_not_that_of_the_variants_is_an_error(study, file, old, new, do):
    study.change(file, old, new)
    (found,) = (each for each in check_study(study.path) if each.severity == "error")
    assert (found.file, found.row, found.column) == (
        "plasma_samples.csv",
        3 if "S02" in new else 2,
        "max_vaf_percent",
    )
    assert found.do == do


@pytest.mark.parametrize("highest", ["12", "13", "12.5", "12.50"])
def test_a_highest_frequency_may_be_rounded(study, highest):
    study.change("plasma_samples.csv", "yes,12.5", f"yes,{highest}")
    study.change("plasma_variants.csv", "12.5\n", "12.5\nS01,ESR1,p.D538G,3\n")
    assert check_study(study.path) == []


@given(number=st.integers(1, 10_000), decimals=st.integers(0, 4), other=st.integers(0, 6))
def test_a_number_is_itself_rounded_and_never_its_hundredth(number, decimals, other):
    value = round(number / 10**decimals, decimals)
    rounded = round(value, other)
    one = pd.Series([value])
    assert same_but_rounded(one, pd.Series([rounded])).all() == (rounded > 0)
    assert not same_but_rounded(one, one / 100).any()


@pytest.mark.parametrize(
    ("file", "old", "new", "what"),
    [
        ("plasma_variants.csv", "S01,PIK3CA,p.E545K,12.5\n", "", "yet no variant"),
        ("plasma_samples.csv", "yes,12.5", "yes,", "yet no highest frequency"),
    ],
)
def test_a_sample_with_one_of_the_two_only_is_a_warning(study, file, old, new, what):
    (found,) = check_study(study.change(file, old, new).path)
    assert (found.severity, found.row, found.column) == ("warning", 2, "max_vaf_percent")
    assert what in found.what


def test_a_detection_below_the_limit_is_a_warning(study):
    study.change("plasma_samples.csv", "yes,12.5,0.1", "yes,0.05,0.1")
    study.change("plasma_variants.csv", "12.5", "0.05")
    (found,) = check_study(study.path)
    assert (found.severity, found.row, found.column) == ("warning", 2, "max_vaf_percent")
    assert "0.05 %, below the limit of detection of 0.1 %" in found.what


def test_a_detection_of_nothing_is_a_warning(study):
    study.change("plasma_samples.csv", "no,0,0.1", "yes,0,0.1")
    (found,) = check_study(study.path)
    assert (found.severity, found.row, found.column) == ("warning", 3, "panel_detected")


@pytest.mark.parametrize("cell", ["12,5", "much", ""])
def test_an_illegible_frequency_of_a_variant_is_reported_once(study, cell):
    study.change("plasma_variants.csv", "12.5\n", f'3\nS01,ESR1,p.D538G,"{cell}"\n')
    (found,) = check_study(study.path)
    assert (found.file, found.row) == ("plasma_variants.csv", 3)
