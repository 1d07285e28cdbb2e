import numpy as np
import pytest

from analysis.errors import DesignError
from analysis.survival import cox, cox_residuals, robust_hazard_ratio, robust_std_errors, robust_wald


def fitted(name, table, expected):
    terms = [str(term) for term in np.atleast_1d(expected["terms"])]
    data = table(name).dropna(subset=terms)
    return data, cox(data["time"], data["status"], data[terms], terms=tuple(terms))


@pytest.mark.parametrize("name", ["veteran", "veteran46", "lung", "aml"])
def test_residuals_and_robust_errors_equal_r(name, table, reference, number):
    expected = reference(name)["cox"]
    _, fit = fitted(name, table, expected)
    found, wanted = cox_residuals(fit), expected["residuals_efron"]
    assert found.martingale == pytest.approx(number(wanted["martingale"]), abs=1e-9)
    assert found.deviance == pytest.approx(number(wanted["deviance"]), abs=1e-9)
    for mine, theirs in ((found.score, wanted["score"]), (found.dfbeta, wanted["dfbeta"])):
        assert mine == pytest.approx(np.reshape(np.array(theirs, float), mine.shape), abs=1e-9)
    assert robust_std_errors(fit) == pytest.approx(number(expected["robust_se_efron"]), abs=1e-9)


def test_splitting_a_patient_into_intervals_changes_no_clustered_error(table):
    data = table("veteran46")
    whole = cox(data["time"], data["status"], data["karno"])
    patients = np.arange(len(data))
    late = (data["time"] > 30).to_numpy()
    first_end = np.minimum(data["time"], 30)
    time = np.concatenate([first_end, data["time"][late]])
    event = np.concatenate([np.where(late, 0, data["status"]), data["status"][late]])
    entry = np.concatenate([np.full(len(data), -1.0), np.full(late.sum(), 30.0)])
    karno = np.concatenate([data["karno"], data["karno"][late]])
    split = cox(time, event, karno, entry=entry)
    assert split.coefficients == pytest.approx(whole.coefficients)
    clustered = robust_std_errors(split, cluster=np.concatenate([patients, patients[late]]))
    assert clustered == pytest.approx(robust_std_errors(whole))


def test_martingale_residuals_sum_to_nothing_in_every_stratum(table):
    data = table("veteran")
    fit = cox(data["time"], data["status"], data["karno"], strata=data["trt2"])
    residuals = cox_residuals(fit).martingale
    for stratum in (0, 1):
        assert residuals[(data["trt2"] == stratum).to_numpy()].sum() == pytest.approx(0, abs=1e-9)


def test_clustered_errors_equal_coxph(table, reference, number):
    expected = reference("lung")["cox"]
    wanted = expected["cluster_se_efron"]
    terms = list(expected["terms"])
    data = table("lung").dropna(subset=[*terms, wanted["cluster"]])
    fit = cox(data["time"], data["status"], data[terms].to_numpy())
    assert fit.n == wanted["n"]
    assert fit.coefficients == pytest.approx(number(wanted["coef"]), abs=1e-7)
    found = robust_std_errors(fit, cluster=data[wanted["cluster"]])
    assert found == pytest.approx(number(wanted["se"]), abs=1e-9)


def test_robust_interval_and_tests_equal_summary_coxph(table):
    # R 4.2.2: r <- coxph(Surv(time, status) ~ trt2 + karno, veteran46, robust = TRUE)
    #          summary(r)$conf.int; summary(r)$coefficients; r$wald.test
    data = table("veteran46")
    fit = cox(data["time"], data["status"], data[["trt2", "karno"]].to_numpy(), terms=("trt2", "karno"))
    found = robust_hazard_ratio(fit, "trt2")
    wanted = (1.273653529010301, 0.654438428895916, 2.478756198191403, 4.76467294487845e-01)
    assert (found.estimate, found.low, found.high, found.p_value) == pytest.approx(wanted, rel=1e-8)
    assert found.interval == "robust"
    assert robust_wald(fit).statistic == pytest.approx(23.72300298512, abs=1e-7)


def test_a_fit_with_separation_has_no_robust_error():
    with pytest.raises(DesignError, match="separation"):
        robust_std_errors(cox([1, 2, 3, 4], [1, 1, 0, 0], [1, 1, 0, 0]))
