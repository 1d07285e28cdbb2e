"""When things happened in one simulated scan, and what the scanner writes about it."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

import numpy as np

from analysis.simulation.headers import HeaderStyle
from analysis.simulation.scans import SimulatedScan

EARLIEST, LATEST = 9 * 60, 15 * 60
"""Scans start between these minutes of the day."""


@dataclass(frozen=True)
class Clock:
    """Times of one scan.

    Parameters
    ----------
    injection : datetime
        Start of the injection.
    start : datetime
        Start of the first bed position.
    reference : datetime
        Time to which the activity in the image is corrected.
    series : datetime
        What the header says in Series Time.
    bed_of_slice : ndarray of int
        Bed position of each slice, the first at the thighs; slices from the head downwards.
    acquisition : tuple of datetime
        Acquisition Date and Time of each bed position, as the header says them.
    frame_reference_ms, decay_factor : ndarray of float
        Frame Reference Time and Decay Factor of each bed position, as the header says them.
    """

    injection: datetime.datetime
    start: datetime.datetime
    reference: datetime.datetime
    series: datetime.datetime
    bed_of_slice: np.ndarray
    acquisition: tuple[datetime.datetime, ...]
    frame_reference_ms: np.ndarray
    decay_factor: np.ndarray


def average_time_s(duration_s: float, half_life_s: float) -> float:
    """Seconds after its start at which a frame has its average count rate.

    T_ave = ln(λT / (1 − e^−λT)) / λ.

    References
    ----------
    DICOM PS3.3 C.8.9.4.1.5.

    Examples
    --------
    A little before the middle, because the activity falls.

    >>> round(average_time_s(180, 6586.2), 3)
    89.858
    """
    decay = np.log(2) / half_life_s
    return float(np.log(decay * duration_s / -np.expm1(-decay * duration_s)) / decay)


def clock_of(scan: SimulatedScan, style: HeaderStyle) -> Clock:
    """Clock of a scan: its times in the way its scanner writes them.

    The injection is at a full minute; the scan starts ``uptake_minutes`` later, to the second.

    Parameters
    ----------
    scan : SimulatedScan
        ``scan_date`` is the day on which the acquisition starts.
    style : HeaderStyle
        The scanner.
    """
    rng = np.random.default_rng(np.random.SeedSequence([scan.noise_seed, 3]))
    minute = int(rng.integers(3, 20)) if style.midnight else int(rng.integers(EARLIEST, LATEST))
    day = datetime.datetime.combine(scan.scan_date, datetime.time())
    uptake = datetime.timedelta(seconds=round(scan.uptake_minutes * 60))
    wanted = day + datetime.timedelta(minutes=minute) - uptake
    injection = wanted.replace(second=0, microsecond=0) + datetime.timedelta(minutes=1)
    start = injection + uptake
    if style.time_digits:
        start += datetime.timedelta(microseconds=int(rng.integers(1, 99)) * 10_000)

    offsets = np.arange(style.beds) * style.bed_step_s
    average = offsets + average_time_s(style.bed_s, style.half_life_s)
    frame_reference = {
        "bed_start": offsets * 1000.0,
        "bed_average": average * 1000.0,
        "half_frame": np.full(style.beds, style.bed_s * 500.0),
    }[style.frame_reference]
    admin = style.decay_correction == "ADMIN"
    since_reference = average + (start - injection).total_seconds() * admin
    slices = style.grid.slices
    return Clock(
        injection=injection,
        start=start,
        reference=injection if admin else start,
        series=start + datetime.timedelta(seconds=style.series_time_late_s),
        bed_of_slice=(slices - 1 - np.arange(slices)) * style.beds // slices,
        acquisition=tuple(
            start + datetime.timedelta(seconds=int(offset) * style.acquisition_per_bed) for offset in offsets
        ),
        frame_reference_ms=frame_reference,
        decay_factor=2.0 ** (since_reference / style.half_life_s)
        if style.decay_factor
        else np.ones(style.beds),
    )


def date_text(moment: datetime.datetime) -> str:
    """DICOM date (DA) of a moment."""
    return moment.strftime("%Y%m%d")


def time_text(moment: datetime.datetime, digits: int = 0) -> str:
    """DICOM time (TM) of a moment, with so many decimals of the second.

    >>> time_text(datetime.datetime(2015, 3, 2, 9, 5, 7, 40_000), 2)
    '090507.04'
    """
    text = moment.strftime("%H%M%S")
    return text + f".{moment.microsecond:06d}"[: digits + 1] if digits else text
