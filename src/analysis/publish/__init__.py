"""The publication and the reviewers' site: checked, rendered, and bound to the numbers they print."""

from analysis.publish.prepare import prepare
from analysis.publish.render.publication import render_publication
from analysis.publish.strict import strict_check

__all__ = ["prepare", "render_publication", "strict_check"]
