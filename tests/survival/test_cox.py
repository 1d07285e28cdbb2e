import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.survival import cox, logrank

BLOCKS = [("veteran", "cox"), ("veteran", "cox_1"), ("veteran46", "cox"), ("lung", "cox"), ("aml", "cox")]


def fitted(table, name, expected, **options):
    terms = tuple(np.atleast_1d(expected["terms"]))
    data = table(name).dropna(subset=list(terms))
    if "strata" in options:
        data = data.dropna(subset=[options["strata"]])
        options["strata"] = data[options["strata"]]
    return cox(data["time"], data["status"], data[list(terms)].to_numpy(), terms=terms, **options)


def check(fit, expected, number):
    assert fit.coefficients == pytest.approx(number(expected["coef"]), abs=1e-7)
    assert fit.covariance == pytest.approx(np.atleast_2d(expected["vcov"]), abs=1e-7)
    assert fit.log_likelihood_null == pytest.approx(expected["loglik_null"], abs=1e-7)
    assert fit.log_likelihood == pytest.approx(expected["loglik"], abs=1e-7)
    assert fit.likelihood_ratio.statistic == pytest.approx(expected["lrt"], abs=1e-7)
    assert fit.wald.statistic == pytest.approx(expected["wald"], abs=1e-7)
    assert fit.score.statistic == pytest.approx(expected["score"], abs=1e-7)
    assert fit.likelihood_ratio.p_value == pytest.approx(expected["lrt_p"], abs=1e-9)
    assert (fit.n, fit.events) == (expected["n"], expected["nevent"])
    for j, term in enumerate(fit.terms):
        ratio = fit.hazard_ratio(term, interval="wald")
        found = [ratio.estimate, ratio.low, ratio.high, ratio.p_value]
        wanted = [number(expected[key])[j] for key in ("hr", "hr_lower", "hr_upper", "p")]
        assert found == pytest.approx(wanted, rel=1e-7)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
@pytest.mark.parametrize("ties", ["efron", "breslow"])
def test_cox_equals_coxph(name, block, ties, table, reference, number):
    expected = reference(name)[block]
    check(fitted(table, name, expected, ties=ties), expected[ties], number)


@pytest.mark.parametrize("name", ["veteran46", "aml"])
def test_efrons_ties_lie_nearer_to_the_exact_likelihood_than_breslows(name, table, reference, number):
    exact = number(reference(name)["cox"]["exact"]["coef"])
    far = {
        ties: np.abs(fitted(table, name, reference(name)["cox"], ties=ties).coefficients - exact).max()
        for ties in ("efron", "breslow")
    }
    assert far["efron"] < far["breslow"]


@pytest.mark.parametrize(("name", "strata"), [("veteran", "celltype"), ("lung", "inst")])
def test_stratified_cox_equals_coxph(name, strata, table, reference, number):
    expected = reference(name)["cox"]
    check(fitted(table, name, expected, strata=strata), expected["stratified_efron"], number)


def test_start_stop_cox_equals_coxph(table, reference, number):
    expected = reference("lung")["timedep"]
    data = table("lung_startstop")
    terms = tuple(expected["terms"])
    fit = cox(data["time"], data["event"], data[list(terms)].to_numpy(), terms=terms, entry=data["tstart"])
    check(fit, expected, number)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_profile_interval_and_likelihood_ratio_test_of_a_term_equal_r(name, block, table, reference):
    expected = reference(name)[block]
    fit = fitted(table, name, expected)
    for term in expected["profile_ci_efron"]:
        ratio = fit.hazard_ratio(term["term"])
        assert np.log(ratio.low) == pytest.approx(term["coef_lower"], abs=1e-6)
        assert np.log(ratio.high) == pytest.approx(term["coef_upper"], abs=1e-6)
        assert ratio.p_value == pytest.approx(term["lrt_drop_p"], abs=1e-9)
        assert ratio.interval == "profile"


def test_score_interval_and_test_equal_r(table):
    # R 4.2.2: the score test at b is coxph(S ~ X, init = i, control = coxph.control(iter.max = 0))$score with i[j] = b
    # and the others at their estimates given offset(X[, j] * b); uniroot of it less qchisq(0.95, 1) on either side.
    data = table("veteran46")
    fit = cox(data["time"], data["status"], data[["trt2", "karno"]].to_numpy(), terms=("trt2", "karno"))
    wanted = {
        "trt2": (-0.414420951913341, 0.898223575184914, 0.475876125196876),
        "karno": (-0.0596932288891909, -0.0239799523243267, 3.11128916231742e-06),
    }
    for term, (low, high, p_value) in wanted.items():
        ratio = fit.hazard_ratio(term, interval="score")
        assert (np.log(ratio.low), np.log(ratio.high)) == pytest.approx((low, high), abs=1e-8)
        assert ratio.p_value == pytest.approx(p_value, rel=1e-7)


def test_the_score_test_of_two_groups_without_ties_is_the_logrank_test():
    rng = np.random.default_rng(9)
    time, event, group = rng.exponential(50, 40), rng.random(40) < 0.8, rng.integers(0, 2, 40)
    ratio = cox(time, event, group).hazard_ratio("x1", interval="score")
    assert ratio.p_value == pytest.approx(logrank(time, event, group).p_value, abs=1e-12)


def test_edge_cases_have_coxphs_null_likelihood_and_no_finite_fit(reference):
    for case in reference("edge")["edge"]:
        if "cox_loglik" in case:
            fit = cox(case["t"], case["s"], case["g"])
            assert fit.log_likelihood_null == pytest.approx(case["cox_loglik"][0], abs=1e-9)
            assert fit.log_likelihood == pytest.approx(case["cox_loglik"][1], abs=1e-6)
            assert not fit.finite, case["name"]
            with pytest.raises(DesignError, match="separation"):
                fit.hazard_ratio("x1")


def test_hand_computed_single_covariate():
    # events at 1 (x=1), 2 (x=0), 3 (x=1): l = b - log(2e^b + 1) + 0 - log(e^b + 1), whose score is
    # 1 - 2r/(2r+1) - r/(r+1) with r = e^b, zero at 2r^2 = 1
    fit = cox([1, 2, 3], [1, 1, 1], [1, 0, 1])
    assert np.exp(fit.coefficients[0]) == pytest.approx(np.sqrt(0.5))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans(), st.integers(-5, 5)), min_size=8, max_size=25),
    st.randoms(use_true_random=False),
)
def test_order_time_scale_and_shift_of_the_covariate_change_nothing(rows, shuffler):
    time, event, x = zip(*rows, strict=True)
    try:
        one = cox(time, event, x)
    except DesignError:
        return
    if not one.finite:
        return
    shuffled = list(rows)
    shuffler.shuffle(shuffled)
    two = cox([t * 12.5 for t, _, _ in shuffled], [e for _, e, _ in shuffled], [v + 40 for *_, v in shuffled])
    assert two.coefficients == pytest.approx(one.coefficients, abs=1e-7)
    assert two.covariance == pytest.approx(one.covariance, rel=1e-6)


def test_splitting_a_patient_into_intervals_changes_nothing(table):
    data = table("veteran46")
    whole = cox(data["time"], data["status"], data["karno"])
    long = data[data["time"] > 30]
    time = np.concatenate([np.minimum(data["time"], 30), long["time"]])
    event = np.concatenate([np.where(data["time"] > 30, 0, data["status"]), long["status"]])
    entry = np.concatenate([np.zeros(len(data)), np.full(len(long), 30.0)])
    split = cox(time, event, np.concatenate([data["karno"], long["karno"]]), entry=entry)
    assert split.coefficients == pytest.approx(whole.coefficients, abs=1e-9)
    assert split.log_likelihood == pytest.approx(whole.log_likelihood, abs=1e-9)


@pytest.mark.parametrize(
    ("event", "design", "message"),
    [
        ([0, 0, 0], [1, 0, 1], "no event"),
        ([1, 1, 1], [2, 2, 2], "never differs"),
        ([1, 1, 1], [[1, 2], [0, 0], [3, 6]], "collinear"),
        ([1, 1, 1], [1, None, 0], "missing"),
        ([1, 1, 1], [1, 0], "one row a patient"),
    ],
)
def test_a_model_without_an_answer_is_refused(event, design, message):
    with pytest.raises(DesignError, match=message):
        cox([1, 2, 3], event, design)


def test_entry_after_the_end_of_observation_names_the_patient():
    with pytest.raises(DesignError, match="Entry") as caught:
        cox([5, 6, 7], [1, 1, 1], [0, 1, 0], entry=[0, 6, 0])
    assert caught.value.offenders == ("1",)
