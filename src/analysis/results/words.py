"""Words for the choices of a run."""

METRIC_NAMES = {"suv_max": "SUVmax", "suv_mean": "SUVmean", "suv_peak": "SUVpeak", "sul_peak": "SULpeak"}
RULE_NAMES = {
    "any_resistant": "any resistant lesion makes a non-responder",
    "all_resistant": "only resistance of every lesion makes a non-responder",
    "majority": "the majority of lesions decides",
    "hottest": "the hottest lesion of each visit decides",
    "mean": "the mean change of the lesions decides",
    "sum": "the change of the lesions' sum decides",
}
