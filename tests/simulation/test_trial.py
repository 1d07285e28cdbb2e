"""Recovery: over many trials, what was put into the simulation comes out of it.

Limits are four standard errors of the pooled estimate, unless a published range is tested.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter, KaplanMeierFitter
from scipy import stats

from analysis.errors import ParameterError
from analysis.simulation import deciding_decrease, draw_joint, load_parameters
from analysis.simulation.latent import latent_correlation
from analysis.units import DAYS_PER_MONTH


def pooled(trials, values) -> np.ndarray:
    return np.concatenate([np.asarray(values(trial)) for trial in trials])


def decrease(trial, visit="day14"):
    return deciding_decrease(trial.lesions, visit)


def close_to_share(found: np.ndarray, share: float) -> bool:
    return abs(found.mean() - share) < 4 * np.sqrt(share * (1 - share) / len(found))


def hazard_ratio(time, event, group) -> float:
    frame = pd.DataFrame({"time": time, "event": event, "group": np.asarray(group, dtype=float)})
    return float(CoxPHFitter().fit(frame, "time", "event").hazard_ratios_["group"])


def test_the_deciding_decrease_at_day_14_has_mean_17_and_standard_deviation_19(trials):
    found = pooled(trials, decrease)
    assert abs(found.mean() - 17) < 4 * 19 / np.sqrt(len(found))
    assert abs(found.std() - 19) < 4 * 19 / np.sqrt(2 * len(found))


def test_two_patients_in_three_do_not_respond_at_25_percent(trials):
    assert close_to_share(pooled(trials, decrease) < 25, stats.norm.cdf((25 - 17) / 19))


def test_the_decreases_of_day_14_and_day_28_correlate_as_assumed(trials):
    found = np.corrcoef(pooled(trials, decrease), pooled(trials, lambda trial: decrease(trial, "day28")))[
        0, 1
    ]
    assert abs(np.arctanh(found) - np.arctanh(0.8)) < 4 / np.sqrt(len(trials) * 46)


def test_lesions_of_a_patient_differ_about_as_much_as_in_somore(trials):
    classes = np.zeros(3)
    for trial in trials:
        targets = trial.lesions[trial.lesions["target"]]
        refractory = 100 * (1 - targets["suv_day14"] / targets["suv_baseline"]) < 15
        share = refractory.groupby(targets["patient"]).mean()
        classes += [(share == 0).sum(), ((share > 0) & (share < 1)).sum(), (share == 1).sum()]
    # Another cancer and another drug: a calibration target, met within 0.1.
    np.testing.assert_allclose(classes / classes.sum(), [0.47, 0.32, 0.21], atol=0.1)


def test_repeated_scans_of_a_lesion_vary_by_10_percent(trials):
    lesions = pd.concat([trial.lesions for trial in trials])
    noise = np.log(lesions["suv_baseline"] / lesions["true_baseline"]).dropna()
    # Half of the variance is shared within a scan, so that the scans count, not the lesions.
    scans = len(trials) * 46
    assert abs(noise.std() - np.sqrt(np.log1p(0.1**2))) < 4 * 0.1 / np.sqrt(2 * scans)


def test_the_number_of_lesions_has_mean_3_1_and_never_exceeds_ten_old_ones(trials):
    counts = pooled(trials, lambda trial: trial.lesions[~trial.lesions["new"]].groupby("patient").size())
    assert abs(counts.mean() - 3.1) < 4 * counts.std() / np.sqrt(len(counts))
    assert counts.min() == 1
    assert counts.max() == 10
    targets = pooled(trials, lambda trial: trial.lesions.groupby("patient")["target"].sum())
    np.testing.assert_array_equal(targets, np.minimum(counts, 5))


def test_baseline_uptake_is_that_of_the_literature(trials):
    first = pooled(trials, lambda trial: trial.lesions.drop_duplicates("patient")["true_baseline"])
    # The floor of what is visible moves the median by less than the limit.
    assert abs(np.log(np.median(first)) - np.log(6.5)) < 4 * 1.2533 * 0.5 / np.sqrt(len(first))


def test_true_progression_is_log_normal_as_the_parameters_say(trials):
    marginal = load_parameters()["survival.pfs_log_months"]
    logs = np.log(pooled(trials, lambda trial: trial.course.progression_true) / DAYS_PER_MONTH)
    assert stats.kstest(logs, stats.norm(marginal["mu"], marginal["sigma"]).cdf).pvalue > 1e-4


def test_observed_pfs_has_the_median_and_the_rates_of_the_open_data(trials):
    time = pooled(trials, lambda trial: trial.course.pfs_days) / DAYS_PER_MONTH
    event = pooled(trials, lambda trial: trial.course.pfs_event)
    curve = KaplanMeierFitter().fit(time, event)
    assert 4.15 <= curve.median_survival_time_ <= 4.5
    for month in (3, 6, 12):
        log_normal = stats.norm.sf((np.log(month) - 1.488) / 0.739)
        # Visits at fixed weeks turn the smooth curve into steps.
        assert abs(curve.predict(month) - log_normal) < 0.05


def test_one_patient_in_six_is_censored_for_pfs(trials):
    assert close_to_share(~pooled(trials, lambda trial: trial.course.pfs_event), 8 / 48)


def test_median_overall_survival_lies_in_the_published_range(trials):
    time = pooled(trials, lambda trial: trial.course.observed_until) / DAYS_PER_MONTH
    death = pooled(trials, lambda trial: ~np.isnan(trial.course.death))
    assert 20 <= KaplanMeierFitter().fit(time, death).median_survival_time_ <= 31


@pytest.mark.parametrize(("effect", "rho"), [("published", 0.2), ("none", 0.0), ("strong", 0.55)])
def test_measured_decrease_and_log_pfs_correlate_as_the_effect_says(effect, rho):
    draw = draw_joint(5000, seed=7, effect=effect)
    found = np.corrcoef(decrease(draw), np.log(draw.course.progression_true))[0, 1]
    assert abs(np.arctanh(found) - np.arctanh(rho)) < 4 / np.sqrt(5000)


def test_hazard_ratios_of_response_vary_between_trials_as_derived(trials):
    found = []
    for trial in trials:
        late = trial.course.pfs_days > 14
        response = decrease(trial) >= 25
        found.append(hazard_ratio(trial.course.pfs_days[late], trial.course.pfs_event[late], response[late]))
    logs = np.log(found)
    # Derived for the simulation: 0.75, 95 % of trials of this size between 0.39 and 1.45.
    spread = (np.log(1.45) - np.log(0.39)) / (2 * 1.96)
    assert abs(np.median(logs) - np.log(0.75)) < 4 * 1.2533 * spread / np.sqrt(len(logs))
    assert abs(logs.std() / spread - 1) < 4 / np.sqrt(2 * len(logs))


def test_without_effect_response_says_nothing_about_pfs():
    draw = draw_joint(5000, seed=11, effect="none")
    late = draw.course.pfs_days > 14
    found = hazard_ratio(
        draw.course.pfs_days[late], draw.course.pfs_event[late], (decrease(draw) >= 25)[late]
    )
    assert abs(np.log(found)) < 4 * 2 / np.sqrt(draw.course.pfs_event.sum())


def test_ctdna_is_detected_as_often_as_in_the_open_data(trials):
    for column, share in ((0, 0.55), (1, 0.34), (-1, 0.55)):
        assert close_to_share(pooled(trials, lambda trial, at=column: trial.plasma.detected[:, at]), share)


def test_nobody_turns_positive_between_baseline_and_day_14(trials):
    assert not any((trial.plasma.detected[:, 1] & ~trial.plasma.detected[:, 0]).any() for trial in trials)


def test_day_14_ctdna_has_about_the_published_hazard_ratio():
    draw = draw_joint(5000, seed=13)
    late = draw.course.pfs_days > 14
    time, event = draw.course.pfs_days[late], draw.course.pfs_event[late]
    error = 4 * 2.1 / np.sqrt(event.sum())
    assert abs(np.log(hazard_ratio(time, event, draw.plasma.detected[late, 1]) / 2.5)) < error
    high = draw.plasma.tumour_fraction_percent[late, 1] >= 3
    assert abs(np.log(hazard_ratio(time, event, high) / 2.99)) < 1.5 * error


def test_baseline_allele_frequency_is_that_of_the_open_data(trials):
    vaf = pooled(trials, lambda trial: trial.plasma.vaf_percent[:, 0])
    logs = np.log10(vaf[vaf > 0])
    assert abs(logs.mean() - 0.95) < 4 * 0.45 / np.sqrt(len(logs))
    assert abs(logs.std() - 0.45) < 0.03


def test_metabolic_non_responders_have_more_ctdna():
    draw = draw_joint(5000, seed=17)
    non_responding, detected = decrease(draw) < 25, draw.plasma.detected[:, 1]
    table = pd.crosstab(non_responding, detected).to_numpy()
    assert 1.4 < table[0, 0] * table[1, 1] / (table[0, 1] * table[1, 0]) < 2.1


def test_baseline_characteristics_are_those_of_the_parameters(trials):
    patients = pd.concat([trial.patients for trial in trials])
    for name, share in {"visceral": 0.56, "bone": 0.80, "liver": 0.38, "lung": 0.20, "nodes": 0.25}.items():
        assert close_to_share(patients[name].to_numpy(), share), name
    assert close_to_share((patients["centre"] == "C1").to_numpy(), 32 / 48)
    assert abs(patients["measurable"].mean() - 0.77) < 0.03
    sites = patients["sites"].clip(upper=4).value_counts(normalize=True).sort_index()
    np.testing.assert_allclose(sites, [0.32, 0.285, 0.21, 0.18], atol=0.05)
    assert patients["age_years"].between(33, 88).all()


def test_the_same_seed_gives_the_same_draw_and_another_does_not():
    first, again, other = (draw_joint(46, seed=seed) for seed in (5, 5, 6))
    pd.testing.assert_frame_equal(first.lesions, again.lesions)
    np.testing.assert_array_equal(first.course.pfs_days, again.course.pfs_days)
    assert not np.array_equal(first.course.pfs_days, other.course.pfs_days)


def test_an_unknown_effect_is_refused_with_the_known_ones():
    with pytest.raises(ParameterError, match="published, none, strong"):
        draw_joint(46, seed=1, effect="huge")


@pytest.mark.parametrize(("n", "seed"), [(0, 1), (46, -1)])
def test_impossible_sizes_and_seeds_are_refused(n, seed):
    with pytest.raises(ParameterError, match="cannot be simulated"):
        draw_joint(n, seed=seed)


def test_every_effect_has_a_joint_distribution():
    parameters = load_parameters()
    for effect in parameters.effects:
        assert np.linalg.eigvalsh(latent_correlation(parameters, effect=effect)).min() > 0.05


def test_every_parameter_with_an_unknown_name_is_refused():
    with pytest.raises(ParameterError, match=r"no parameter named 'design\.patient'"):
        load_parameters()["design.patient"]
