"""The strict check of the publication's sources: both renderers forgive what a reader would not."""

from analysis.publish.strict.check import find_problems, strict_check

__all__ = ["find_problems", "strict_check"]
