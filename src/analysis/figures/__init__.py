"""Every figure of the publication: draws what it is given and computes no statistics.

Each ``draw_...`` returns a matplotlib figure without pyplot, each ``describe_...`` the alternative text of
the same objects; :func:`save` writes SVG and PNG that are equal byte for byte when the data are.
"""

from analysis.figures.agreement import describe_agreement, draw_agreement
from analysis.figures.change_and_pfs import describe_change_and_pfs, draw_change_and_pfs
from analysis.figures.flow import describe_flow, draw_flow
from analysis.figures.lesion_changes import describe_lesion_changes, draw_lesion_changes
from analysis.figures.save import save
from analysis.figures.survival_curves import describe_survival_curves, draw_survival_curves
from analysis.figures.waterfall import describe_waterfall, draw_waterfall
from analysis.figures.wording import hazard_ratio_sentence

__all__ = [
    "describe_agreement",
    "describe_change_and_pfs",
    "describe_flow",
    "describe_lesion_changes",
    "describe_survival_curves",
    "describe_waterfall",
    "draw_agreement",
    "draw_change_and_pfs",
    "draw_flow",
    "draw_lesion_changes",
    "draw_survival_curves",
    "draw_waterfall",
    "hazard_ratio_sentence",
    "save",
]
