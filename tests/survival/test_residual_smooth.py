import numpy as np
import pytest
from scipy.stats import norm

from analysis.errors import DesignError
from analysis.survival import cox, proportional_hazards, smooth_residuals

TWO_ERRORS = 2 * norm.cdf(2) - 1
"""R draws plus and minus two standard errors."""

# R 4.2.2, survival 3.5-3, the computation of plot.cox.zph:
#   f <- coxph(Surv(time, status) ~ trt2 + karno, veteran46, control = coxph.control(eps = 1e-13))
#   z <- cox.zph(f, transform = tr, terms = FALSE); px <- seq(min(z$x), max(z$x), length = 40)
#   B <- splines::ns(c(px, z$x), df = 4, intercept = TRUE); Q <- qr(B[-(1:40), ]); P <- B[1:40, ]
#   y <- P %*% qr.coef(Q, z$y[, j]); bk <- backsolve(Q$qr[1:4, 1:4], diag(4))
#   w <- 2 * sqrt(z$var[j, j] * rowSums((P %*% (bk %*% t(bk))) * P)); points 1, 14, 27 and 40
CURVES = {
    ("km", "trt2"): (
        [-0.0594014929688577, 0.7806831007580923, 0.0899518117994930, -0.6332371564059825],
        [2.12700279434969, 1.26080334135091, 1.33338813808517, 2.31012603299879],
    ),
    ("km", "karno"): (
        [-0.0338956337148406, -0.0625586808555443, -0.0209423983916387, -0.0435447279203380],
        [0.0576339448666401, 0.0341631287256071, 0.0361299094859574, 0.0625959104400468],
    ),
    ("identity", "trt2"): (
        [0.627093838428254, -0.621970977572829, -0.712611326287596, 0.505210657927826],
        [1.29506231410511, 1.52895673297668, 2.42790175303003, 3.16477760863354],
    ),
    ("identity", "karno"): (
        [-0.0553311783969523, -0.0208651170737986, -0.0287289609312738, -0.0565528858970082],
        [0.0350914207580143, 0.0414290983942023, 0.0657871988449991, 0.0857538216196512],
    ),
}


@pytest.mark.parametrize(("transform", "term"), CURVES)
def test_the_smooth_and_its_band_equal_plot_cox_zph(transform, term, table):
    data = table("veteran46")
    fit = cox(data["time"], data["status"], data[["trt2", "karno"]].to_numpy(), terms=("trt2", "karno"))
    found = smooth_residuals(proportional_hazards(fit, transform=transform), term, level=TWO_ERRORS)
    curve, width = CURVES[transform, term]
    points = [0, 13, 26, 39]
    assert found.log_hazard_ratio[points] == pytest.approx(curve, abs=1e-8)
    assert found.high[points] - found.log_hazard_ratio[points] == pytest.approx(width, rel=1e-8)
    assert found.log_hazard_ratio[points] - found.low[points] == pytest.approx(width, rel=1e-8)


def test_days_of_the_curve_run_from_the_first_to_the_last_event(table):
    data = table("veteran46")
    tested = proportional_hazards(cox(data["time"], data["status"], data["karno"], terms=("karno",)))
    found = smooth_residuals(tested, "karno")
    assert (found.days[0], found.days[-1]) == (tested.times[0], tested.times[-1])
    assert (np.diff(found.days) >= 0).all()


def test_residuals_without_trend_have_a_flat_straight_line():
    rng = np.random.default_rng(3)
    x = rng.normal(size=4000)
    tested = proportional_hazards(cox(rng.exponential(np.exp(-0.5 * x)), np.ones(4000), x, terms=("x",)))
    found = smooth_residuals(tested, "x", df=2)
    assert found.log_hazard_ratio == pytest.approx(np.full(40, 0.5), abs=0.12)
    assert ((found.low < 0.5) & (found.high > 0.5)).all()


def test_too_few_event_times_for_a_curve_are_refused():
    tested = proportional_hazards(cox([1, 2, 3, 4], [1, 1, 1, 0], [1, 0, 1, 0], terms=("x",)))
    with pytest.raises(DesignError, match="3 different event times"):
        smooth_residuals(tested, "x")
    with pytest.raises(DesignError, match="no term"):
        smooth_residuals(tested, "y")
