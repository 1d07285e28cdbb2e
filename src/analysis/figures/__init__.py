"""Every figure of the publication: draws what it is given and computes no statistics.

Each ``draw_...`` returns a matplotlib figure without pyplot, each ``describe_...`` the alternative text of
the same objects; :func:`save` writes SVG and PNG that are equal byte for byte when the data are.
"""

from analysis.figures.agreement import describe_agreement, draw_agreement
from analysis.figures.associations import describe_associations, draw_associations
from analysis.figures.calibration import describe_calibration, draw_calibration
from analysis.figures.canvas import is_marked
from analysis.figures.change_and_pfs import describe_change_and_pfs, draw_change_and_pfs
from analysis.figures.cutoff_search import describe_cutoff_search, draw_cutoff_search
from analysis.figures.decisions import describe_decisions, draw_decisions
from analysis.figures.dumbbell import describe_dumbbell, draw_dumbbell
from analysis.figures.flow import describe_flow, draw_flow
from analysis.figures.gene_matrix import describe_gene_matrix, draw_gene_matrix
from analysis.figures.interval_curves import describe_interval_curves, draw_interval_curves
from analysis.figures.joint import describe_joint, draw_joint
from analysis.figures.lesion_changes import describe_lesion_changes, draw_lesion_changes
from analysis.figures.letters import letters_sentence, unknown_letters
from analysis.figures.net_benefit import describe_decision_curve, draw_decision_curve
from analysis.figures.oncoprint import describe_oncoprint, draw_oncoprint
from analysis.figures.operating import (
    describe_landmark_cost,
    describe_power,
    describe_type_one,
    draw_landmark_cost,
    draw_power,
    draw_type_one,
)
from analysis.figures.planes import describe_lesion_planes, draw_lesion_planes
from analysis.figures.plasma import describe_plasma, draw_plasma
from analysis.figures.projection import describe_projection, draw_projection
from analysis.figures.representativeness import describe_representativeness, draw_representativeness
from analysis.figures.response_map import describe_response_map, draw_response_map
from analysis.figures.saving import save
from analysis.figures.scan_quality import describe_scan_quality, draw_scan_quality
from analysis.figures.schoenfeld import describe_schoenfeld, draw_schoenfeld
from analysis.figures.score_course import describe_score_course, draw_score_course
from analysis.figures.spline import describe_spline, draw_spline
from analysis.figures.survival_curves import describe_survival_curves, draw_survival_curves
from analysis.figures.swimmer import describe_swimmer, draw_swimmer
from analysis.figures.tipping_point import describe_tipping_point, draw_tipping_point
from analysis.figures.uptake import describe_uptake, draw_uptake
from analysis.figures.volcano import describe_volcano, draw_volcano
from analysis.figures.waterfall import describe_waterfall, draw_waterfall
from analysis.figures.wording import hazard_ratio_sentence

__all__ = [
    "describe_agreement",
    "describe_associations",
    "describe_calibration",
    "describe_change_and_pfs",
    "describe_cutoff_search",
    "describe_decision_curve",
    "describe_decisions",
    "describe_dumbbell",
    "describe_flow",
    "describe_gene_matrix",
    "describe_interval_curves",
    "describe_joint",
    "describe_landmark_cost",
    "describe_lesion_changes",
    "describe_lesion_planes",
    "describe_oncoprint",
    "describe_plasma",
    "describe_power",
    "describe_projection",
    "describe_representativeness",
    "describe_response_map",
    "describe_scan_quality",
    "describe_schoenfeld",
    "describe_score_course",
    "describe_spline",
    "describe_survival_curves",
    "describe_swimmer",
    "describe_tipping_point",
    "describe_type_one",
    "describe_uptake",
    "describe_volcano",
    "describe_waterfall",
    "draw_agreement",
    "draw_associations",
    "draw_calibration",
    "draw_change_and_pfs",
    "draw_cutoff_search",
    "draw_decision_curve",
    "draw_decisions",
    "draw_dumbbell",
    "draw_flow",
    "draw_gene_matrix",
    "draw_interval_curves",
    "draw_joint",
    "draw_landmark_cost",
    "draw_lesion_changes",
    "draw_lesion_planes",
    "draw_oncoprint",
    "draw_plasma",
    "draw_power",
    "draw_projection",
    "draw_representativeness",
    "draw_response_map",
    "draw_scan_quality",
    "draw_schoenfeld",
    "draw_score_course",
    "draw_spline",
    "draw_survival_curves",
    "draw_swimmer",
    "draw_tipping_point",
    "draw_type_one",
    "draw_uptake",
    "draw_volcano",
    "draw_waterfall",
    "hazard_ratio_sentence",
    "is_marked",
    "letters_sentence",
    "save",
    "unknown_letters",
]
