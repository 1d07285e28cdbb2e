import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.survival import logrank, permutation_logrank

BLOCKS = [
    ("veteran", "logrank_trt", "trt2"),
    ("veteran", "logrank_celltype", "cell_code"),
    ("veteran46", "logrank", "trt2"),
    ("lung", "logrank_sex", "female"),
    ("lung", "logrank_ecog", "ph.ecog"),
    ("lung", "logrank_sex_strat_ecog", "female"),
    ("aml", "logrank", "maint"),
]
STRATA = {"logrank_trt": "celltype", "logrank_sex_strat_ecog": "ph.ecog"}


@pytest.mark.parametrize(("name", "block", "group"), BLOCKS)
def test_logrank_family_equals_survdiff(name, block, group, table, reference):
    expected = reference(name)[block]
    data = table(name).dropna(subset=[group])
    if block == "logrank_sex_strat_ecog":
        data = data.dropna(subset=["ph.ecog"])
    for key, rho in (("logrank", 0), ("peto_rho1", 1), ("rho05", 0.5)):
        found = logrank(data["time"], data["status"], data[group], rho=rho)
        assert found.statistic == pytest.approx(expected[key]["chisq"], abs=1e-9)
        assert found.df == expected[key]["df"]
        assert found.p_value == pytest.approx(expected[key]["p"], abs=1e-9)
    if block in STRATA:
        found = logrank(data["time"], data["status"], data[group], strata=data[STRATA[block]])
        assert found.statistic == pytest.approx(expected["stratified"]["chisq"], abs=1e-9)
        assert found.p_value == pytest.approx(expected["stratified"]["p"], abs=1e-9)
    if "trend" in expected:
        found = logrank(data["time"], data["status"], data[group], trend=expected["trend"]["scores"])
        assert np.sqrt(found.statistic) == pytest.approx(abs(expected["trend"]["z"]), abs=1e-9)
        assert found.p_value == pytest.approx(expected["trend"]["p"], abs=1e-9)


def test_permutation_p_equals_the_exact_p_of_coin_within_monte_carlo_error(table, reference):
    data = table("aml")
    exact = reference("aml")["logrank"]["coin"]["logrank|mid-ranks"]["p_exact"]
    permutations = 100_000
    found = permutation_logrank(
        data["time"], data["status"], data["maint"], seed=3, permutations=permutations
    )
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / permutations))


def test_permutation_statistic_equals_coins_standardised_one(table, reference):
    data = table("veteran46")
    expected = reference("veteran46")["logrank"]["coin"]["logrank|mid-ranks"]
    found = permutation_logrank(data["time"], data["status"], data["trt2"], seed=3, permutations=20_000)
    assert found.statistic == pytest.approx(expected["z"] ** 2, abs=1e-9)
    p = expected["p_mc_2e6"]
    assert found.p_value == pytest.approx(p, abs=4 * np.sqrt(p * (1 - p) / 20_000))


def test_permutation_p_is_the_same_for_the_same_seed_and_counts_itself():
    data = ([1, 2, 3, 4, 5, 6], [1, 1, 1, 1, 1, 1], list("aaabbb"))
    one, two = (permutation_logrank(*data, seed=5, permutations=99) for _ in range(2))
    assert (one.statistic, one.p_value) == (two.statistic, two.p_value)
    assert one.p_value >= 1 / 100


def test_hand_computed_logrank():
    # at risk of group a just before each event: 2/4, 1/3, 0/2, 0/1
    expected = 1 / 2 + 1 / 3
    variance = 1 / 4 + 2 / 9
    found = logrank([1, 2, 3, 4], [1, 1, 1, 1], list("aabb"))
    assert found.statistic == pytest.approx((2 - expected) ** 2 / variance)


def test_edge_cases_equal_survdiff(reference):
    for case in reference("edge")["edge"]:
        if "logrank" in case:
            found = logrank(case["t"], case["s"], case["g"])
            assert found.statistic == pytest.approx(case["logrank"]["chisq"], abs=1e-9), case["name"]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=4, max_size=20),
    st.randoms(use_true_random=False),
)
def test_labels_order_and_time_scale_change_nothing(rows, shuffler):
    data = [(t, e, i % 2) for i, (t, e) in enumerate(rows)]
    try:
        one = logrank(*zip(*data, strict=True))
    except DesignError:
        return
    shuffler.shuffle(data)
    two = logrank([t / 7 for t, _, _ in data], [e for _, e, _ in data], ["b" if g else "z" for *_, g in data])
    assert two.statistic == pytest.approx(one.statistic, abs=1e-9)


@pytest.mark.parametrize(
    ("event", "group", "message"),
    [
        ([1, 1, 1], ["a", "a", "a"], "at least 2 groups"),
        ([0, 0, 0], ["a", "b", "b"], "no event while two groups"),
        ([1, 1, 1], ["a", None, "b"], "group is missing"),
    ],
)
def test_a_comparison_that_cannot_be_made_is_refused(event, group, message):
    with pytest.raises(DesignError, match=message):
        logrank([1, 2, 3], event, group)
