import numpy as np
import pytest

from analysis.survival import cox, firth_cox


def check(fit, expected, number):
    assert fit.coefficients == pytest.approx(number(expected["coef"]), abs=1e-6)
    assert fit.std_errors == pytest.approx(number(expected["se"]), abs=1e-6)
    assert fit.log_likelihood == pytest.approx(expected["loglik_pen"], abs=1e-6)
    if "loglik_pen_at_0" in expected:
        assert fit.log_likelihood_null == pytest.approx(expected["loglik_pen_at_0"], abs=1e-6)
    for term, wanted in zip(fit.terms, expected.get("per_term", []), strict=False):
        ratio = fit.hazard_ratio(term)
        assert np.log(ratio.low) == pytest.approx(wanted["coef_lower"], abs=1e-6)
        assert np.log(ratio.high) == pytest.approx(wanted["coef_upper"], abs=1e-6)
        assert ratio.p_value == pytest.approx(wanted["plr_p"], abs=1e-6)
        tested = fit.penalised_likelihood_ratio(term)
        assert tested.statistic == pytest.approx(wanted["plr_chisq_full_penalty"], abs=1e-6)


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_firth_equals_the_reference_implementation(name, table, reference, number):
    expected = reference(name)["firth"]
    terms = tuple(np.atleast_1d(expected["terms"]))
    data = table(name).dropna(subset=list(terms))
    check(
        firth_cox(data["time"], data["status"], data[list(terms)].to_numpy(), terms=terms), expected, number
    )


def test_separation_gives_the_reference_estimate(table, reference, number):
    data = table("veteran46")
    design = np.column_stack([data["status"] == 0, data["karno"]]).astype(float)
    fit = firth_cox(data["time"], data["status"], design, terms=("sep", "karno"))
    check(fit, reference("veteran46")["firth_separation"], number)


def test_penalised_test_keeps_the_full_penalty_and_not_the_reduced_models(table, reference):
    wanted = reference("veteran46")["firth"]["per_term"][0]
    data = table("veteran46")
    fit = firth_cox(data["time"], data["status"], data[["trt2", "karno"]].to_numpy(), terms=("trt2", "karno"))
    found = fit.penalised_likelihood_ratio("trt2").statistic
    assert found == pytest.approx(wanted["plr_chisq_full_penalty"], abs=1e-6)
    assert abs(found - wanted["plr_chisq_reduced_model"]) > 2


def test_edge_cases_equal_the_reference(reference, number):
    for case in reference("edge")["edge"]:
        if "firth" in case:
            check(firth_cox(case["t"], case["s"], case["g"]), case["firth"], number)


def test_toy_example_of_coxphf_equals_its_help_page(reference, number):
    check(firth_cox([1, 2, 3], [1, 1, 1], [1, 1, 0]), reference("aml")["firth_toy_coxphf_help"], number)


def test_two_patients_give_the_analytic_log_3(reference):
    # one informative risk set: l = -log(1 + e^-b), I = e^b / (1 + e^b)^2; l + log(I) / 2 peaks at e^b = 3
    fit = firth_cox([1, 2], [1, 1], [1, 0])
    assert fit.coefficients[0] == pytest.approx(np.log(3), abs=1e-9)
    expected = reference("aml")["firth_two_subjects_log3"]
    assert fit.log_likelihood == pytest.approx(expected["loglik_pen"], abs=1e-9)
    tested = fit.penalised_likelihood_ratio("x1").statistic
    assert tested == pytest.approx(expected["per_term"][0]["plr_chisq_full_penalty"], abs=1e-9)


def test_firth_and_cox_agree_in_a_large_sample():
    generator = np.random.default_rng(np.random.SeedSequence(8))
    x = generator.normal(size=400)
    time = generator.exponential(np.exp(-0.5 * x))
    event = np.ones(400)
    plain = cox(time, event, x).coefficients[0]
    penalised = firth_cox(time, event, x).coefficients[0]
    assert penalised == pytest.approx(plain, abs=0.01)
