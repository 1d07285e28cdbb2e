"""Words for the choices of a run."""

METRIC_NAMES = {
    "suv_max": "SUVmax",
    "suv_mean": "SUVmean",
    "suv_peak": "SUVpeak",
    "sul_peak": "SULpeak",
    "mtv_baseline_threshold_ml": "MTV",
    "tlg_baseline_threshold_g": "TLG",
}
RULE_NAMES = {
    "any_resistant": "any resistant lesion makes a non-responder",
    "all_resistant": "only resistance of every lesion makes a non-responder",
    "majority": "the majority of lesions decides",
    "majority_by_volume": "the majority of the lesions' volume decides",
    "hottest": "the hottest lesion of each visit decides",
    "hottest_at_baseline": "the lesion hottest at baseline decides",
    "mean": "the mean change of the lesions decides",
    "sum": "the change of the lesions' sum decides",
}
