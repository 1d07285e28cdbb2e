"""A simulated trial as hospitals and CROs would send it: an example of every way in, and the tests' material."""

from analysis.simulation.exports.sending import FORMS, send_trial

__all__ = ["FORMS", "send_trial"]
