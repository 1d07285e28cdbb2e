"""The errors a user can meet: each says what is wrong, where, what was expected and what to do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Sequence


class AnalysisError(Exception):
    """What every error of this package has in common.

    Parameters
    ----------
    what : str
        What is wrong, as one sentence without its full stop.
    where : str, optional
        The file, row, column, series or parameter concerned. Never a direct identifier.
    expected : str, optional
        What would have been right, with unit or allowed values.
    do : str, optional
        What the reader of the message can do about it.
    offenders : sequence of str, optional
        The offending rows, series or names, for programs; not printed.
    """

    def __init__(
        self,
        what: str,
        *,
        where: str | None = None,
        expected: str | None = None,
        do: str | None = None,
        offenders: Sequence[str] = (),
    ) -> None:
        self.what = what
        self.where = where
        self.expected = expected
        self.do = do
        self.offenders = tuple(offenders)
        super().__init__(what, where, expected, do)

    def __str__(self) -> str:
        parts = [self.what.rstrip(".") + "."]
        if self.expected:
            parts.append(f"Expected: {self.expected.rstrip('.')}.")
        if self.do:
            parts.append(f"Do: {self.do.rstrip('.')}.")
        if self.where:
            parts.append(f"[{self.where}]")
        return " ".join(parts)


class StudyError(AnalysisError):
    """A study folder or one of its tables cannot be used as it is."""


class ImageError(AnalysisError):
    """A DICOM series or a mask cannot be turned into a number that is known to be right."""


class ParameterError(AnalysisError):
    """A parameter of a run, a notebook or the command line is unknown, missing or mistyped."""


class DesignError(AnalysisError):
    """A statistical question cannot be asked of these data in this way."""


def refuse_repeated(patients: Iterable[Hashable], what: str, *, do: str = "give one row a patient") -> None:
    """Refuse patients of whom one stands more than once: that one would be counted twice.

    Parameters
    ----------
    patients : iterable
        Their pseudonyms.
    what : str
        What they stand in, as the subject of a sentence in the singular.
    do : str
        What to do about it.

    Raises
    ------
    DesignError
        With the first eight of them, in alphabetical order.

    Examples
    --------
    >>> refuse_repeated(["A", "B", "A"], "the table of forms")
    Traceback (most recent call last):
        ...
    analysis.errors.DesignError: the table of forms holds 1 patient(s) more than once. Expected: each patient once. Do: give one row a patient. [patients A]
    """
    times = Counter(patients)
    twice = sorted(str(patient) for patient, n in times.items() if n > 1)
    if twice:
        more = f" and {len(twice) - 8} more" if len(twice) > 8 else ""
        raise DesignError(
            f"{what} holds {len(twice)} patient(s) more than once",
            where="patients " + ", ".join(twice[:8]) + more,
            expected="each patient once",
            do=do,
            offenders=twice,
        )


class PublicationError(AnalysisError):
    """A publication source refers to something that is not there, or holds what must not leave."""


class DownloadError(AnalysisError):
    """Public data could not be fetched, or is not the file it should be."""
