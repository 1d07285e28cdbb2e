"""The publication and the reviewers' site: checked, rendered, and bound to the numbers they print.

The steps, each a command of its own in Make: :func:`publish` (prepare, check, render the text),
:func:`render_notebook` (one page), :func:`render_index` (landing page, then the check of the whole site).
"""

from analysis.publish.build import check_sources, is_up_to_date, publish
from analysis.publish.prepare import prepare
from analysis.publish.render.publication import render_publication
from analysis.publish.render.submission import render_submission
from analysis.publish.site.check import check_site
from analysis.publish.site.notebooks import render_notebook, render_notebooks
from analysis.publish.site.whole import render_index
from analysis.publish.strict import strict_check
from analysis.publish.words import count_words

__all__ = [
    "check_site",
    "check_sources",
    "count_words",
    "is_up_to_date",
    "prepare",
    "publish",
    "render_index",
    "render_notebook",
    "render_notebooks",
    "render_publication",
    "render_submission",
    "strict_check",
]
