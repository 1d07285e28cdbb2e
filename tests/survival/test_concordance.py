import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import concordance, concordance_difference, cox


@pytest.mark.parametrize(
    ("name", "block"),
    [("veteran", "cox"), ("veteran", "cox_1"), ("veteran46", "cox"), ("lung", "cox"), ("aml", "cox")],
)
def test_c_its_standard_error_and_pairs_equal_r(name, block, table, reference):
    expected = reference(name)[block]
    terms = list(np.atleast_1d(expected["terms"]))
    data = table(name).dropna(subset=terms)
    wanted = expected["efron"]
    fit = cox(data["time"], data["status"], data[terms].to_numpy())
    # rounded, so that patients with equal covariates are tied whatever the order of the sum
    found = concordance(data["time"], data["status"], np.round(data[terms].to_numpy() @ fit.coefficients, 10))
    assert found.estimate == pytest.approx(wanted["concordance"], abs=1e-9)
    assert found.std_error == pytest.approx(wanted["concordance_se"], abs=1e-9)
    counts = wanted["concordance_counts"]
    pairs = (found.concordant, found.discordant, found.tied_risk, found.tied_time, found.tied_both)
    assert pairs == tuple(counts[key] for key in ("concordant", "discordant", "tied.x", "tied.y", "tied.xy"))


# R gives the same numbers for n/G as for n/G2
PAIRINGS = [("harrell", "timewt_n"), ("uno", "timewt_n/G2"), ("uno", "timewt_n/G")]


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung"])
@pytest.mark.parametrize("pairing", PAIRINGS)
def test_paired_difference_equals_r(name, pairing, table, reference):
    expected = reference(name)["cindex_pair"]
    terms = {*np.atleast_1d(expected["model1"]), *np.atleast_1d(expected["model2"])}
    data = table(name).dropna(subset=list(terms))
    kind, weights = pairing
    found = concordance_difference(data["time"], data["status"], expected["lp2"], expected["lp1"], kind=kind)
    wanted = expected[weights]
    assert found.first.estimate == pytest.approx(wanted["c2"], abs=1e-9)
    assert found.estimate == pytest.approx(wanted["diff_2_minus_1"], abs=1e-9)
    assert found.std_error == pytest.approx(wanted["diff_se"], abs=1e-9)
    assert found.p_value == pytest.approx(wanted["p"], abs=1e-9)


def test_reversing_the_score_reverses_c():
    time, event, risk = [1, 4, 4, 6, 9, 9], [1, 1, 0, 1, 0, 1], [5, 3, 3, 1, 2, 7]
    forth = concordance(time, event, risk)
    back = concordance(time, event, [-r for r in risk])
    assert forth.estimate + back.estimate == pytest.approx(1)
    assert forth.std_error == pytest.approx(back.std_error)


def test_hand_counted_pairs():
    # usable: (1,2) (1,3) (1,4) (2,3) (2,4); patient 3 is censored first
    found = concordance([1, 2, 3, 4], [1, 1, 0, 1], [4, 1, 2, 1])
    assert (found.concordant, found.discordant, found.tied_risk) == (3, 1, 1)
    assert found.estimate == pytest.approx(3.5 / 5)


def test_the_same_score_twice_differs_by_nothing():
    found = concordance_difference([1, 2, 3], [1, 1, 1], [3, 1, 2], [3, 1, 2])
    assert (found.estimate, found.p_value) == (0, 1)


def test_without_two_patients_in_order_there_is_no_c():
    with pytest.raises(DesignError, match="in order"):
        concordance([1, 2], [0, 0], [1, 2])
