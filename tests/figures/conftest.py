"""One small example of every figure, drawn from hand-made inputs."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from analysis.biomarkers import Oncoprint
from analysis.cohort import Flow, FlowStep, representativeness
from analysis.figures import (
    draw_agreement,
    draw_associations,
    draw_calibration,
    draw_change_and_pfs,
    draw_cutoff_search,
    draw_decision_curve,
    draw_decisions,
    draw_dumbbell,
    draw_flow,
    draw_gene_matrix,
    draw_interval_curves,
    draw_joint,
    draw_landmark_cost,
    draw_lesion_changes,
    draw_lesion_planes,
    draw_oncoprint,
    draw_plasma,
    draw_power,
    draw_projection,
    draw_representativeness,
    draw_response_map,
    draw_scan_quality,
    draw_schoenfeld,
    draw_score_course,
    draw_spline,
    draw_survival_curves,
    draw_swimmer,
    draw_tipping_point,
    draw_type_one,
    draw_volcano,
    draw_waterfall,
)
from analysis.pet import Agreement, LesionPlanes, Plane, Projection
from analysis.study import PublishedCharacteristic
from analysis.survival import (
    DecisionCurve,
    Estimate,
    HazardRatio,
    IntervalCurve,
    IntervalTwin,
    PostHocCutoff,
    ProportionalHazards,
    SplineEffect,
    SurvivalCurve,
    TestResult,
    calibration,
    decisions,
    tipping_point,
)

PATIENT = "P-SECRET"
"""Starts every pseudonym of the examples: it may appear in no picture."""


def curve(label: str, times: list[float], events: list[int]) -> SurvivalCurve:
    """Kaplan-Meier by hand, for distinct times in order; limits are half and all of the survival."""
    time, event = np.array(times, dtype=float), np.array(events, dtype=int)
    at_risk = np.arange(len(times), 0, -1)
    survival = np.cumprod(1 - event / at_risk)
    reached = time[survival <= 0.5]

    def first(value, rest):
        return np.concatenate([[value], rest])

    return SurvivalCurve(
        label=label,
        times=first(0.0, time),
        survival=first(1.0, survival),
        low=first(np.nan, np.where(survival < 1, survival / 2, np.nan)),
        high=first(np.nan, np.where(survival < 1, survival, np.nan)),
        at_risk=first(len(times), at_risk),
        events=first(0, event),
        censored=first(0, 1 - event),
        n=len(times),
        n_events=int(event.sum()),
        median=float(reached[0]) if len(reached) else np.nan,
        median_low=float(time[0]),
        median_high=np.nan,
        conf_type="log-log",
        median_rule="R",
    )


MONTH = 30.4375
RESPONDERS = curve("Responder", [2 * MONTH, 4 * MONTH, 6 * MONTH, 8 * MONTH], [1, 0, 1, 1])
NON_RESPONDERS = curve("Non-responder", [MONTH, 2 * MONTH, 3 * MONTH, 12 * MONTH], [1, 1, 1, 0])

FLOW = Flow(
    (
        FlowStep("Screened", 10, (), "screened", None, (("pilot", 6), ("extension", 4))),
        FlowStep(
            "Eligible",
            9,
            (("criterion I5 not met: refractory to a non-steroidal aromatase inhibitor", 1),),
            "eligible",
            "screened",
        ),
        FlowStep("PET at day 14", 7, (("death", 1), ("logistics", 1)), "pet", "eligible"),
        FlowStep("Plasma at day 14", 9, (), "plasma", "eligible"),
        FlowStep(
            "Tissue", None, (), "tissue", "eligible", (), ("Not known: the study has no tissue table.",)
        ),
    )
)

PATIENTS = pd.DataFrame(
    {
        "patient_id": [f"{PATIENT}{i}" for i in range(5)],
        "change_percent": [-40.0, 10.0, -25.0, 150.0, np.nan],
        "response": ["responder", "non_responder", "responder", "non_responder", "not_assessable"],
        "new_lesion": pd.array(["no", "yes", None, "no", "uncertain"], dtype="string"),
        "progression": pd.array([False, False, False, True, None], dtype="boolean"),
        "low": [-55.0, -10.0, -40.0, 100.0, np.nan],
        "high": [-20.0, 30.0, -5.0, 210.0, np.nan],
        "time_days": [200.0, 60.0, 180.0, 30.0, 90.0],
        "event": pd.array([True, True, False, True, True], dtype="boolean"),
    }
)
LESIONS = pd.DataFrame(
    [
        (f"{PATIENT}0", "L01", "bone", "day14", -30.0),
        (f"{PATIENT}0", "L01", "bone", "day28", -50.0),
        (f"{PATIENT}0", "L02", "liver", "day14", -25.0),
        (f"{PATIENT}1", "L01", "node", "day14", 12.0),
        (f"{PATIENT}1", "L01", "node", "day28", np.nan),
    ],
    columns=["patient_id", "lesion_id", "site", "visit", "change_percent"],
)
AGREEMENT = Agreement(
    n=3,
    both_responder=1,
    first_only=0,
    second_only=1,
    neither=1,
    agreement_percent=66.7,
    kappa=0.4,
    kappa_low=-0.3,
    kappa_high=1.0,
    mcnemar_p=1.0,
    pairs=pd.DataFrame(
        {
            "patient_id": [f"{PATIENT}{i}" for i in range(3)],
            "first": [-40.0, -20.0, 0.0],
            "second": [-50.0, -30.0, 4.0],
            "first_response": ["responder", "non_responder", "non_responder"],
            "second_response": ["responder", "responder", "non_responder"],
        }
    ),
    bias=-5.33,
    bias_low=-25.4,
    bias_high=14.7,
    sd=8.08,
    limit_low=-21.17,
    limit_high=10.51,
    limit_reach=39.54,  # 4.3027 × 8.08 × √(1/3 + 1.96²/4)
)
LINES = pd.DataFrame(
    [
        (1, "baseline", 3.0, False),
        (1, "day14", 0.1, True),
        (2, "baseline", 0.4, False),
        (2, "day14", 0.9, False),
    ],
    columns=["line", "visit", "vaf_percent", "below_limit"],
)
DETECTION = pd.DataFrame(
    [("panel", "baseline", 26, 47, 26 / 47, 0.40, 0.70), ("panel", "day14", 0, 0, np.nan, 0.0, 1.0)],
    columns=["marker", "visit", "k", "n", "estimate", "low", "high"],
)
ROWS = pd.DataFrame(
    {
        "name": ["PIK3CA", "ESR1", "TP53"],
        "estimate": [1.914, np.nan, np.nan],
        "low": [0.96, 0.7, np.nan],
        "high": [60.0, np.nan, np.nan],
        "p_value": [0.063, 0.2, np.nan],
        "q_value": [0.126, 0.2, np.nan],
        "n": [46, 46, 44],
        "family": ["Plasma", "Plasma", "Tissue"],
        "note": ["", "", "every patient has the same marker status"],
    }
)
HAZARDS = ProportionalHazards(
    terms=("non-responder v responder",),
    statistic=np.array([2.0]),
    p_values=np.array([0.157]),
    overall=TestResult(2.0, 1, 0.157, "score test"),
    transform="km",
    times=np.array([30.0, 90.0, 200.0]),
    transformed=np.array([0.1, 0.4, 0.9]),
    residuals=np.array([[1.0], [-0.5], [0.2]]),
    coefficients=np.array([0.551]),
    residual_covariance=np.array([[5.0]]),
    n=46,
    events=3,
)
SPLINE = SplineEffect(
    grid=np.array([-60.0, -25.0, 0.0, 40.0]),
    hazard_ratio=np.array([0.5, 0.8, 1.0, 1.6]),
    low=np.array([0.2, 0.5, 1.0, 0.9]),
    high=np.array([1.3, 1.2, 1.0, 3.1]),
    reference=0.0,
    knots=np.array([-50.0, -20.0, 10.0]),
    overall=TestResult(3.1, 2, 0.21, "likelihood-ratio test"),
    nonlinearity=TestResult(0.2, 1, 0.65, "likelihood-ratio test"),
    n=44,
    events=40,
)
SWIMMERS = pd.DataFrame(
    {
        "patient_id": [f"{PATIENT}{i}" for i in range(4)],
        "treatment_days": [200.0, 60.0, 180.0, np.nan],
        "response": pd.array(["responder", "non_responder", None, "responder"], dtype="string"),
        "on_treatment": [True, False, False, False],
        "progression_day": [np.nan, 58.0, np.nan, 10.0],
        "death_day": [np.nan, 300.0, np.nan, np.nan],
    }
)
TWIN = IntervalTwin(
    curves=(
        IntervalCurve(np.array([0.0, 60.0]), np.array([30.0, 90.0]), np.array([0.6, 0.4]), -3.0, 4, 4),
        IntervalCurve(np.array([30.0, 120.0]), np.array([60.0, np.inf]), np.array([0.5, 0.5]), -3.0, 4, 2),
    ),
    labels=("Non-responder", "Responder"),
    hazard_ratio=Estimate(1.9, 0.7, 5.2, "Weibull", 0.2),
    n=8,
    events=6,
)
SEARCH = PostHocCutoff(
    value=-24.0,
    statistic=2.05,
    p_lausen_1992=0.4,
    p_lausen_1994=0.33,
    p_gauss=0.3,
    p_permutation=0.28,
    permutations=999,
    cutoffs=np.array([-40.0, -24.0, 5.0]),
    statistics=np.array([0.9, 2.05, 0.4]),
    smallest_share=0.1,
    low=-39.0,
    high=12.0,
    resampled=np.array([-39.0, -24.0, -24.0, 12.0, np.nan]),
    cross_validated=HazardRatio(1.34, 0.62, 2.91, 0.45, 40, 32, "Cox", "profile"),
    n=40,
    events=32,
    method="post hoc cut-off",
)
DECISION = DecisionCurve(
    day=182.6,
    thresholds=np.array([0.1, 0.4, 0.7]),
    net_benefit={"Response": np.array([0.5, 0.3, 0.01]), "Change": np.array([0.5, 0.2, np.nan])},
    treat_all=np.array([0.5, 0.25, -0.4]),
    above={"Response": np.array([40, 25, 25]), "Change": np.array([40, 30, 2])},
    n=40,
    events=22,
)
COUNTS = pd.DataFrame(
    [[10, 4], [17, 12]], index=["responder", "non_responder"], columns=["not_detected", "detected"]
)
GENES = pd.DataFrame(
    [
        ("all", "PIK3CA", "baseline", 14, 47),
        ("all", "PIK3CA", "day14", 9, 44),
        ("all", "ESR1", "baseline", 3, 47),
        ("all", "ESR1", "day14", 0, 44),
    ],
    columns=["group", "gene", "visit", "k", "n"],
)
CHECKS = pd.DataFrame(
    [
        (f"{PATIENT}0", "baseline", "uptake_minutes", "Uptake time", "min", 60.0, 50.0, 75.0, 0.1, "within"),
        (f"{PATIENT}1", "baseline", "uptake_minutes", "Uptake time", "min", 95.0, 50.0, 75.0, 4.0, "outside"),
        (f"{PATIENT}0", "day14", "uptake_minutes", "Uptake time", "min", 61.0, 50.0, 75.0, 0.2, "within"),
        (
            f"{PATIENT}1",
            "day14",
            "uptake_minutes",
            "Uptake time",
            "min",
            np.nan,
            50.0,
            75.0,
            np.nan,
            "unknown",
        ),
        (
            f"{PATIENT}0",
            "baseline",
            "liver_sul_mean",
            "Liver SUL",
            "g/ml",
            3.0,
            np.nan,
            np.nan,
            5.0,
            "unusual",
        ),
        (
            f"{PATIENT}0",
            "day14",
            "comparable",
            "Comparable with baseline",
            "",
            np.nan,
            np.nan,
            np.nan,
            np.nan,
            "outside",
        ),
    ],
    columns=["patient_id", "visit", "check", "label", "unit", "value", "low", "high", "robust_z", "state"],
)
CLASSES = pd.DataFrame(
    [
        ("25 %", f"{PATIENT}0", "non_responder"),
        ("25 %", f"{PATIENT}1", "responder"),
        ("25 %", f"{PATIENT}2", "not_assessable"),
        ("15 %", f"{PATIENT}0", "responder"),
        ("15 %", f"{PATIENT}1", "responder"),
        ("15 %", f"{PATIENT}2", None),
    ],
    columns=["rule", "patient_id", "response"],
)


def planes(visit: str) -> LesionPlanes:
    suv, mask = np.ones((25, 25), np.float32), np.zeros((25, 25), bool)
    mask[10:14, 10:14] = True
    suv[mask] = 6.0
    edges = {"axial": "RLAP", "coronal": "RLHF", "sagittal": "APHF"}
    shown = tuple(
        Plane(name, tuple(letters), suv, mask, np.roll(mask, 8, 0), (4.0, 4.0), (12.0, 12.0))
        for name, letters in edges.items()
    )
    return LesionPlanes(visit, "L01", shown, visit == "baseline", ("SUVmax 6.0", "Volume 12.0 ml"))


def panel(visit: str) -> Projection:
    image = np.zeros((30, 12))
    image[4:26, 3:9] = 2.0
    masks = {"L01": np.zeros((30, 12), dtype=bool), "L02": np.zeros((30, 12), dtype=bool)}
    masks["L01"][8:10, 4:6] = True
    masks["L02"][9:11, 4:5] = True
    return Projection(visit, image, (8.0, 8.0), masks)


SHARES = representativeness(
    pd.DataFrame(
        {"bone": [True] * 6 + [False] * 4, "ecog": [0] * 5 + [1] * 5, "age_years": np.arange(50.0, 60.0)}
    ),
    [
        PublishedCharacteristic("Trial A", "bone", "yes", 76.0, "%", 724, "recalled", "a table"),
        PublishedCharacteristic("Trial B", "bone", "yes", 95.0, "%", 139, "read", "a table"),
        PublishedCharacteristic("Trial B", "ecog", "0", 59.7, "%", 347, "read", "a table"),
        PublishedCharacteristic("Trial B", "age_years", "", 62.0, "years", 347, "read", "a table"),
    ],
)
VOLCANO = {
    "Odds ratio of non-response": ROWS,
    "Hazard ratio of progression": pd.DataFrame(
        {
            "name": [
                "PIK3CA altered",
                "ESR1 altered, a name that takes more than a line of the panel",
                "Ki-67",
            ],
            "family": ["tissue, alterations", "tissue, alterations", "tissue, expression"],
            "estimate": [1.4, 3.1, np.nan],
            "low": [0.7, 1.5, np.nan],
            "high": [2.8, 6.5, np.nan],
            "p_value": [0.3, 0.002, np.nan],
            "q_value": [0.3, 0.01, np.nan],
        }
    ),
}
ONCOPRINT = [
    Oncoprint("baseline", ("PIK3CA", "ESR1"), np.array([[12.0, 0.5, np.nan], [np.nan, 3.0, np.nan]]), ("non_responder", "responder", "unknown")),
    Oncoprint("progression", ("ESR1",), np.array([[8.0, np.nan]]), ("non_responder", "responder")),
]  # fmt: skip
CALLS = (("Metabolic response", "No metabolic response"), ("no ctDNA found", "ctDNA found"))
DECISIONS = decisions(
    [50, 100, 150, 200, 250, 300, 40, 60, 80, 400, 120, 90],
    [1, 1, 1, 1, 0, 0, 1, 1, 0, 0, 1, 1],
    [1, 1, 1, 0, 0, 0, 1, 0, 0, 1, 1, 0],
    [1, 1, 0, 1, 0, 0, 1, 0, 0, 1, 0, 0],
    months=[3, 6],
)
CHARACTERISTICS = pd.DataFrame(
    [
        {"effect": effect, "n": n, "name": name, "words": words, "estimate": share, "low": share - 0.02,
         "high": share + 0.03, "trials": 200}
        for effect, base in (("none", 0.05), ("published", 0.2))
        for n in (30, 130)
        for name, words, share in (("p", "log-rank", base + n / 1000), ("q", "searched cut-off", 0.4), ("start", "", 1.2), ("left", "", 1.0))
    ]
)  # fmt: skip
"""Two effects and two sizes."""
OPERATING = {"tests": {"p": "Log-rank", "q": "Searched"}, "effects": {"none": "no effect", "published": "published effect"}}  # fmt: skip
COSTS = {
    "names": {"start": "from the first dose", "left": "from the landmark"},
    "effects": {"none": "No effect"},
}

TIPPING = tipping_point(
    range(10, 40),
    [1] * 30,
    [float("nan")] * 3 + [1.0, 1, 0] * 4 + [0.0, 0, 1] * 4 + [float("nan")] * 3,
    labels=("non-responders", "responders"),
    seed=1,
)
CALIBRATED = calibration(
    np.arange(10.0, 250.0, 10.0), [1, 1, 0, 1] * 6, np.tile([0.8, 0.3, 0.6, 0.45, 0.7, 0.2], 4), day=120
)
HARM = pd.DataFrame(
    [
        ["stomatitis", "whole trial", 55.0, 9.0, 46.0, 40.0, 52.0],
        ["stomatitis", "first line", 53.0, 14.0, 39.0, 22.0, 52.0],
        ["pneumonitis", "whole trial", 16.0, 0.0, 16.0, 12.0, 20.0],
    ],
    columns=["term", "population", "arm", "control", "difference", "low", "high"],
)
ARMS = ("everolimus and exemestane", "placebo and exemestane")
COURSE = pd.DataFrame(
    [[arm, week, -2.0 - week / 6, -6.0, 1.0, 120] for arm in ARMS for week in (6, 12, 18)],
    columns=["arm", "week", "estimate", "low", "high", "forms"],
)
EXAMPLES: dict[str, Callable[[bool], Figure]] = {
    "dumbbell": lambda sim: draw_dumbbell(HARM, simulated=sim, labels=ARMS),
    "score course": lambda sim: draw_score_course(COURSE, simulated=sim, score="global health status"),
    "calibration": lambda sim: draw_calibration(CALIBRATED, simulated=sim),
    "agreement": lambda sim: draw_agreement(AGREEMENT, simulated=sim, cutoff_percent=25),
    "associations": lambda sim: draw_associations(ROWS, simulated=sim, favours=("response", "non-response")),
    "change and PFS": lambda sim: draw_change_and_pfs(
        PATIENTS, simulated=sim, cutoff_percent=25, post_hoc_percent=15, sentence="Hazard ratio 0.88"
    ),
    "decisions": lambda sim: draw_decisions(DECISIONS, simulated=sim, calls=CALLS, smallest=2),
    "cut-off search": lambda sim: draw_cutoff_search(SEARCH, simulated=sim, pre_specified=-25),
    "decision": lambda sim: draw_decision_curve(DECISION, simulated=sim),
    "intervals": lambda sim: draw_interval_curves(TWIN, [NON_RESPONDERS, RESPONDERS], simulated=sim),
    "swimmer": lambda sim: draw_swimmer(SWIMMERS, simulated=sim),
    "flow": lambda sim: draw_flow(FLOW, simulated=sim),
    "genes": lambda sim: draw_gene_matrix(GENES, simulated=sim),
    "joint": lambda sim: draw_joint(COUNTS, simulated=sim),
    "lesions": lambda sim: draw_lesion_changes(LESIONS, PATIENTS, simulated=sim, cutoff_percent=25),
    "oncoprint": lambda sim: draw_oncoprint(ONCOPRINT, simulated=sim),
    "plasma": lambda sim: draw_plasma(LINES, DETECTION, simulated=sim, lod_percent=0.1),
    "planes": lambda sim: draw_lesion_planes([planes("baseline"), planes("day14")], simulated=sim),
    "projection": lambda sim: draw_projection([panel("baseline"), panel("day14")], simulated=sim),
    "response map": lambda sim: draw_response_map(CLASSES, simulated=sim, marked="25 %"),
    "scan quality": lambda sim: draw_scan_quality(CHECKS, simulated=sim),
    "schoenfeld": lambda sim: draw_schoenfeld(HAZARDS, simulated=sim),
    "spline": lambda sim: draw_spline(SPLINE, simulated=sim, cutoff_percent=25),
    "survival": lambda sim: draw_survival_curves(
        [RESPONDERS, NON_RESPONDERS],
        simulated=sim,
        origin="day 14",
        sentence="Hazard ratio, non-responder v responder: 1.91 (95 % CI 0.96–3.83), p = 0.06",
        note="Landmark at day 14: one patient whose time ended before it is not shown.",
    ),
    "representativeness": lambda sim: draw_representativeness(SHARES, simulated=sim),
    "volcano": lambda sim: draw_volcano(VOLCANO, simulated=sim),
    "power": lambda sim: draw_power(CHARACTERISTICS, simulated=sim, **OPERATING),
    "type-I error": lambda sim: draw_type_one(CHARACTERISTICS, n=30, tests=["p", "q"], simulated=sim),
    "landmark cost": lambda sim: draw_landmark_cost(CHARACTERISTICS, simulated=sim, **COSTS),
    "tipping point": lambda sim: draw_tipping_point(TIPPING, simulated=sim),
    "waterfall": lambda sim: draw_waterfall(
        PATIENTS, simulated=sim, cutoff_percent=25, post_hoc_percent=(15,), progression_percent=25
    ),
}


@pytest.fixture(params=sorted(EXAMPLES))
def example(request: pytest.FixtureRequest) -> Callable[[bool], Figure]:
    """Draws one figure; its argument says whether the data are simulated."""
    return EXAMPLES[request.param]


@pytest.fixture(scope="session")
def hand():
    """The hand-made inputs and the hand-made curve."""
    import types

    return types.SimpleNamespace(
        curve=curve, month=MONTH, responders=RESPONDERS, non_responders=NON_RESPONDERS, flow=FLOW, patients=PATIENTS,
        lesions=LESIONS, agreement=AGREEMENT, lines=LINES, detection=DETECTION, rows=ROWS, hazards=HAZARDS, counts=COUNTS,
        genes=GENES, panel=panel, spline=SPLINE, secret=PATIENT,
        checks=CHECKS, classes=CLASSES, volcano=VOLCANO, oncoprint=ONCOPRINT, decisions=DECISIONS, calls=CALLS,
        characteristics=CHARACTERISTICS, operating=OPERATING, costs=COSTS,
        harm=HARM, course=COURSE, arms=ARMS,
        twin=TWIN, search=SEARCH, decision=DECISION, swimmers=SWIMMERS,
    )  # fmt: skip


@pytest.fixture
def drawn(monkeypatch):
    """Gives the texts that a figure really draws: tick labels out of view are not among them."""
    seen = []
    draw = Text.draw

    def record(self, *arguments, **named):
        if self.get_visible() and self.get_text().strip():
            seen.append(self)
        return draw(self, *arguments, **named)

    def texts(figure):
        FigureCanvasAgg(figure).draw()  # arranges the axes
        seen.clear()
        monkeypatch.setattr(Text, "draw", record)
        FigureCanvasAgg(figure).draw()
        monkeypatch.setattr(Text, "draw", draw)
        return list(dict.fromkeys(seen))

    return texts


@pytest.fixture
def drawn_inside(drawn):
    """Checks that every text lies inside the figure."""

    def check(figure):
        for text in drawn(figure):
            box = text.get_window_extent()
            assert box.x0 >= figure.bbox.x0 - 1, text.get_text()
            assert box.y0 >= figure.bbox.y0 - 1, text.get_text()
            assert box.x1 <= figure.bbox.x1 + 1, text.get_text()
            assert box.y1 <= figure.bbox.y1 + 1, text.get_text()

    return check
