import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import search_cutoff
from analysis.survival.cutoff import hothorn_lausen_scores
from analysis.survival.observations import observations

BLOCKS = [
    ("veteran", "maxstat_karno"),
    ("veteran", "maxstat_age"),
    ("veteran46", "maxstat_karno"),
    ("veteran46", "maxstat_age"),
    ("lung", "maxstat_age"),
    ("lung", "maxstat_wtloss"),
]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_maximally_selected_statistic_and_corrected_p_equal_maxstat(name, block, table, reference):
    expected = reference(name)[block]
    data = table(name).dropna(subset=[expected["var"]])
    scores = hothorn_lausen_scores(observations(data["time"], data["status"]))
    assert scores == pytest.approx(np.array(expected["scores"]), abs=1e-9)
    permutations = 20_000
    found = search_cutoff(
        data["time"], data["status"], data[expected["var"]], seed=9, permutations=permutations
    )
    assert found.value == expected["cutpoint"]
    assert found.cutoffs.tolist() == expected["cuts"]
    assert found.statistics == pytest.approx(np.array(expected["stats"]), abs=1e-9)
    assert found.statistic == pytest.approx(expected["statistic"], abs=1e-9)
    assert found.p_lausen_1992 == pytest.approx(expected["p_Lau92"], abs=1e-9)
    assert found.p_lausen_1994 == pytest.approx(expected["p_Lau94"], abs=1e-9)
    p = expected["p_condMC"]
    error = np.sqrt(p * (1 - p) * (1 / permutations + 1 / expected["condMC_B"])) + 1 / permutations
    assert found.p_permutation == pytest.approx(p, abs=4 * error)


def test_corrected_p_holds_the_type_one_error_that_the_naive_p_does_not():
    generator = np.random.default_rng(np.random.SeedSequence(46))
    rejected = 0
    for _ in range(200):
        found = search_cutoff(
            generator.exponential(100, 46), np.ones(46), generator.normal(size=46), seed=1, permutations=199
        )
        rejected += found.p_permutation <= 0.05
    assert rejected / 200 < 0.05 + 4 * np.sqrt(0.05 * 0.95 / 200)


def test_the_result_calls_itself_post_hoc():
    found = search_cutoff(np.arange(1, 31), np.ones(30), np.arange(30), seed=1, permutations=99)
    assert found.method.startswith("post hoc")


@pytest.mark.parametrize(
    ("marker", "event", "message"),
    [
        ([1] * 6, [1] * 6, "no cut-off"),
        ([1, 2, 3, 4, 5, None], [1] * 6, "missing"),
        (range(6), [0] * 6, "no event"),
    ],
)
def test_a_marker_that_cannot_be_cut_is_refused(marker, event, message):
    with pytest.raises(DesignError, match=message):
        search_cutoff([1, 2, 3, 4, 5, 6], event, list(marker), seed=1, permutations=9)
