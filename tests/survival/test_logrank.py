from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lifelines.statistics import logrank_test

from analysis.errors import DesignError
from analysis.survival import logrank, permutation_logrank
from analysis.survival.cutoff import hothorn_lausen_scores
from analysis.survival.logrank import logrank_scores
from analysis.survival.observations import observations

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


KINDS = {
    "logrank": {},
    "Gehan-Breslow": {"weights": "gehan"},
    "Tarone-Ware": {"weights": "tarone-ware"},
    "Peto-Peto": {"rho": 1},  # coin's weight is the curve just before the event
}


COIN = [
    ("aml", "logrank"),
    ("veteran46", "logrank"),
    ("veteran", "logrank_trt"),
    ("lung", "logrank_sex"),
    ("lung", "logrank_sex_strat_ecog"),
]


@pytest.mark.parametrize(("name", "block"), COIN)
@pytest.mark.parametrize("kind", KINDS)
def test_weighted_permutation_statistics_equal_coin(name, block, kind, table, reference):
    data = table(name)
    if block.endswith("ecog"):  # coin's test is unstratified, of the patients who have the stratum
        data = data.dropna(subset=["ph.ecog"])
    expected = reference(name)[block]["coin"][f"{kind}|mid-ranks"]
    found = permutation_logrank(
        data["time"], data["status"], data["group"], seed=1, permutations=9, **KINDS[kind]
    )
    assert found.statistic == pytest.approx(expected["z"] ** 2, abs=1e-9)


@pytest.mark.parametrize("name", ["aml", "veteran46"])
def test_scores_with_hothorn_and_lausens_ties_equal_exactranktests(name, table, reference):
    data, expected = table(name), reference(name)["logrank"]["exactRankTests_scores"]
    scores = hothorn_lausen_scores(observations(data["time"], data["status"]))
    assert scores == pytest.approx(np.array(expected), abs=1e-9)


@pytest.mark.parametrize(
    ("options", "theirs"),
    [
        ({"weights": "gehan"}, {"weightings": "wilcoxon"}),
        ({"weights": "tarone-ware"}, {"weightings": "tarone-ware"}),
        ({"weights": "peto"}, {"weightings": "peto"}),
        ({"rho": 1, "gamma": 1}, {"weightings": "fleming-harrington", "p": 1, "q": 1}),
        ({"gamma": 1}, {"weightings": "fleming-harrington", "p": 0, "q": 1}),
    ],
)
def test_weighted_tests_equal_lifelines(options, theirs, table):
    data = table("veteran")
    groups = [part for _, part in data.groupby("trt2")]
    times, events = ([part[key] for part in groups] for key in ("time", "status"))
    expected = logrank_test(*times, *events, **theirs)
    found = logrank(data["time"], data["status"], data["trt2"], **options)
    assert found.statistic == pytest.approx(expected.test_statistic, abs=1e-9)


def test_weights_that_are_unknown_or_ignored_are_refused():
    with pytest.raises(DesignError, match="unknown"):
        logrank([1, 2], [1, 1], list("ab"), weights="wilcoxon")
    with pytest.raises(DesignError, match="no rho"):
        logrank([1, 2], [1, 1], list("ab"), weights="gehan", rho=1)
    with pytest.raises(DesignError, match="from 0 upwards"):
        logrank([1, 2], [1, 1], list("ab"), rho=-1)


def test_stratified_permutation_p_equals_the_enumeration_of_all_deals_within_strata():
    rng = np.random.default_rng(12)
    time, strata, group = (
        rng.exponential(10, 9),
        np.repeat([0, 1], [4, 5]),
        np.array([0, 0, 1, 1, 0, 0, 0, 1, 1]),
    )
    event = np.array([1, 1, 0, 1, 1, 1, 1, 0, 1])
    found = permutation_logrank(time, event, group, strata=strata, seed=4, permutations=40_000)
    parts = [logrank_scores(observations(time[strata == s], event[strata == s])) for s in (0, 1)]
    sums = np.array(
        [
            parts[0][list(one)].sum() + parts[1][list(two)].sum()
            for one in combinations(range(4), 2)
            for two in combinations(range(5), 2)
        ]
    )
    own = parts[0][2:].sum() + parts[1][3:].sum()
    exact = (np.abs(sums) >= abs(own) - 1e-12).mean()
    assert found.statistic == pytest.approx(own**2 / sums.var())
    assert found.p_value == pytest.approx(exact, abs=4 * np.sqrt(exact * (1 - exact) / 40_000))


def test_one_stratum_is_none():
    data = [5, 8, 1, 9, 4, 7], [1, 1, 1, 0, 1, 1], list("ababab")
    plain = permutation_logrank(*data, seed=1, permutations=99)
    one = permutation_logrank(*data, strata=[1] * 6, seed=1, permutations=99)
    assert one.statistic == pytest.approx(plain.statistic)
    assert "stratified" in one.method


def test_strata_that_each_hold_one_group_are_refused():
    with pytest.raises(DesignError, match="re-dealing changes nothing"):
        permutation_logrank([1, 2, 3, 4], [1] * 4, list("aabb"), strata=[0, 0, 1, 1], seed=1, permutations=9)
