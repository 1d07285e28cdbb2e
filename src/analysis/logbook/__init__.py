"""Every estimate made while a notebook's session is open, noted where it is made.

The public functions that estimate something carry ``@logged``. While a session is open they tell it what they were
asked and what they found, or why they refused; without a session they are the plain functions. An author need not
do anything, and cannot leave an analysis out by not showing it.
"""

from analysis.logbook.analysis import Analysis
from analysis.logbook.session import KINDS, Logbook, logged, open_logbook

__all__ = ["KINDS", "Analysis", "Logbook", "logged", "open_logbook"]
