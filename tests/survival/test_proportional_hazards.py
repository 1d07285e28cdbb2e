import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, proportional_hazards, schoenfeld


def fitted(table, name, expected):
    terms = tuple(np.atleast_1d(expected["terms"]))
    data = table(name).dropna(subset=list(terms))
    return cox(data["time"], data["status"], data[list(terms)].to_numpy(), terms=terms)


BLOCKS = [("veteran", "cox"), ("veteran", "cox_1"), ("veteran46", "cox"), ("lung", "cox"), ("aml", "cox")]


@pytest.mark.parametrize(("name", "block"), BLOCKS)
@pytest.mark.parametrize("transform", ["km", "rank", "identity", "log"])
def test_score_test_equals_cox_zph(name, block, transform, table, reference, number):
    expected = reference(name)[block]
    wanted = expected["zph"][transform]
    found = proportional_hazards(fitted(table, name, expected), transform=transform)
    assert found.statistic == pytest.approx(number(wanted["chisq"]), abs=1e-9)
    assert found.p_values == pytest.approx(number(wanted["p"]), abs=1e-9)
    assert found.overall.statistic == pytest.approx(wanted["global_chisq"], abs=1e-9)
    assert found.overall.df == wanted["global_df"]
    assert found.overall.p_value == pytest.approx(wanted["global_p"], abs=1e-9)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_residuals_equal_rs_schoenfeld_and_scaled_schoenfeld(name, block, table, reference, number):
    expected = reference(name)[block]
    fit = fitted(table, name, expected)
    wanted = expected["residuals_efron"]
    p = len(fit.terms)
    plain = np.column_stack([wanted["schoenfeld_time"], number(wanted["schoenfeld"]).reshape(-1, p)])
    scaled = np.column_stack([wanted["schoenfeld_time"], number(wanted["scaledsch"]).reshape(-1, p)])
    found = proportional_hazards(fit)
    # patients tied in time stand in another order in R
    for own, theirs in ((schoenfeld(fit), plain), (found.residuals, scaled)):
        rows = np.column_stack([found.times, own])
        assert in_order(rows) == pytest.approx(in_order(theirs), abs=1e-7)


@pytest.mark.parametrize(("name", "block"), BLOCKS)
def test_the_formula_of_1994_is_what_our_residuals_give_and_not_what_we_test(
    name, block, table, reference, number
):
    expected = reference(name)[block]["zph_old_approximation"]["km"]
    fit = fitted(table, name, reference(name)[block])
    found = proportional_hazards(fit)
    # R takes 1 minus the pooled curve before each event; the variance is averaged over the events
    clock = found.transformed - found.transformed.mean()
    pull = clock @ schoenfeld(fit)
    spread = fit.covariance * fit.events / (clock @ clock)
    scaled = (fit.covariance * fit.events) @ pull
    old = scaled**2 / (np.diag(fit.covariance) * fit.events * (clock @ clock))
    assert old == pytest.approx(number(expected["chisq"]), abs=1e-9)
    assert pull @ spread @ pull == pytest.approx(expected["global_chisq"], abs=1e-9)
    assert abs(found.overall.statistic - expected["global_chisq"]) > 1e-4


def in_order(rows):
    return rows[np.lexsort(np.round(rows, 7).T[::-1])]


def test_schoenfeld_residuals_add_up_to_nothing(table):
    data = table("veteran46")
    assert schoenfeld(cox(data["time"], data["status"], data["karno"])).sum() == pytest.approx(0, abs=1e-9)


def test_crossing_hazards_are_found():
    generator = np.random.default_rng(np.random.SeedSequence(2))
    early, late = generator.weibull(0.6, 150), generator.weibull(2.5, 150)
    fit = cox(np.concatenate([early, late]), np.ones(300), np.repeat([0, 1], 150))
    assert proportional_hazards(fit).overall.p_value < 1e-6


def test_a_fit_with_separation_is_refused():
    with pytest.raises(DesignError, match="restricted mean"):
        proportional_hazards(cox([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]))


def test_log_of_an_event_at_time_zero_is_refused():
    fit = cox([0, 1, 2, 3], [1, 1, 1, 1], [1, 0, 1, 0])
    with pytest.raises(DesignError, match="logarithm"):
        proportional_hazards(fit, transform="log")
