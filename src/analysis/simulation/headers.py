"""How scanners and exports write the same activity into DICOM: one table of facts a style, each with its trap.

Every style is consistent: converted by the rule named in its ``reference``, it gives the simulated SUV
within the quantisation. The traps are those found in 3,433 real series.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from analysis.errors import ParameterError
from analysis.simulation.grid import Grid

GE_GRID = Grid(160, 56, 80, (5.45, 5.46875, 5.46875))
SIEMENS_GRID = Grid(172, 58, 82, (5.0, 5.3, 5.3))
PHILIPS_GRID = Grid(165, 56, 80, (5.2, 5.5, 5.5))
"""Sizes chosen so that a slice and its header fill three blocks of 4 KiB."""

EXPLICIT, IMPLICIT, RLE = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2", "1.2.840.10008.1.2.5"


@dataclass(frozen=True, kw_only=True)
class HeaderStyle:
    """How one scanner and its export fill the header.

    Parameters
    ----------
    name : str
        What ``SimulatedScan.header_style`` names.
    trap : str
        What a careless reader does wrong here.
    reference : str
        Where the time lies to which the activity is corrected: ``series`` (Series Time), ``private`` (the
        vendor's date-time, equal to Series Time), ``acquisition`` (earliest Acquisition Time) or
        ``injection`` (no decay between dose and image: ADMIN).
    manufacturer, model : str
        As in the header.
    grid : Grid
        Voxels.
    transfer_syntax : str
        UID of the encoding.
    layout : tuple of str
        Folders from the top of the DICOM folder, of ``{patient}``, ``{study}`` and ``{series}``, all opaque.
    suffix : str
        End of the file names.
    trial_attributes : bool
        Whether Clinical Trial Subject ID and Time Point ID are there; if not, Patient ID is the pseudonym and
        the visit follows from the date.
    units : str
        BQML, or CNTS with Philips' private factors.
    philips_factors : str
        ``none``; ``suv`` (both private factors); ``activity`` (the SUV factor is 0).
    slope_per_slice : bool
        One Rescale Slope for each slice, or one for all.
    decay_correction : str
        START or ADMIN.
    half_life_s : float
        As in the header, and used for everything in it.
    acquisition_per_bed : bool
        Whether Acquisition Time follows the bed positions, or is that of the first for all.
    frame_reference : str
        Frame Reference Time: ``bed_start``, ``bed_average`` (time of the average count rate), or ``half_frame``
        (half the duration in every slice: says nothing about the bed).
    decay_factor : bool
        Whether Decay Factor is the factor applied, or 1.0 throughout.
    series_time_late_s : int
        By how much the export wrote Series Time too late.
    injection_date_time : str
        ``right``, ``absent`` or ``other_year`` (the de-identifier shifted every date but this one).
    utc_offset : str
        What follows the injection's date-time, such as ``+0100``.
    time_digits : int
        Decimals of the seconds in times.
    short_injection_time : bool
        Radiopharmaceutical Start Time as ``HHMM``.
    private_time : str
        ``none``, ``GE`` or ``SIEMENS``: the vendor's own scan or decay-correction date-time.
    midnight : bool
        Injected before midnight, scanned after.
    codes : str
        ``SCT`` or the retired ``SRT`` codes of tracer and nuclide.
    beds, bed_s, bed_step_s : int
        Number of bed positions, seconds of each, and seconds from one to the next.
    """

    name: str
    trap: str
    reference: str
    manufacturer: str
    model: str
    grid: Grid
    transfer_syntax: str = EXPLICIT
    layout: tuple[str, ...] = ("{patient}", "{study}", "{series}")
    suffix: str = ".dcm"
    trial_attributes: bool = True
    units: str = "BQML"
    philips_factors: str = "none"
    slope_per_slice: bool = True
    decay_correction: str = "START"
    half_life_s: float = 6586.2
    acquisition_per_bed: bool = True
    frame_reference: str = "bed_average"
    decay_factor: bool = True
    series_time_late_s: int = 0
    injection_date_time: str = "right"
    utc_offset: str = ""
    time_digits: int = 0
    short_injection_time: bool = False
    private_time: str = "none"
    midnight: bool = False
    codes: str = "SCT"
    beds: int = 7
    bed_s: int = 120
    bed_step_s: int = 123


_GE = HeaderStyle(
    name="ge-per-bed",
    trap="acquisition time of the slice as reference: up to 8 % too high; file names without suffix",
    reference="private",
    manufacturer="GE MEDICAL SYSTEMS",
    model="Discovery 690",
    grid=GE_GRID,
    layout=("{patient}", "{study}"),
    suffix="",
    half_life_s=6588.0,
    frame_reference="bed_start",
    time_digits=2,
    private_time="GE",
    codes="SRT",
)

_SIEMENS = HeaderStyle(
    name="siemens",
    trap="frame reference time is when a bed has its average count rate, not when it starts: 0.8 % if confused",
    reference="private",
    manufacturer="SIEMENS",
    model="1094",
    grid=SIEMENS_GRID,
    suffix=".IMA",
    time_digits=6,
    private_time="SIEMENS",
    beds=6,
    bed_s=150,
    bed_step_s=150,
)

_PHILIPS = HeaderStyle(
    name="philips-suv",
    trap="units are counts: only the private factor makes SUV of them; decay factor is 1 everywhere; one slope",
    reference="series",
    manufacturer="Philips Medical Systems",
    model="GEMINI TF TOF 64",
    grid=PHILIPS_GRID,
    layout=("DICOM", "{series}"),
    units="CNTS",
    philips_factors="suv",
    slope_per_slice=False,
    frame_reference="half_frame",
    decay_factor=False,
    beds=9,
    bed_s=90,
    bed_step_s=94,
)

_STYLES = (
    _GE,
    replace(
        _GE,
        name="ge-shared",
        trap="frame reference times differ but acquisition time is one: back-computing is up to 12 minutes wrong; "
        "no date of the injection; no trial attributes; implicit VR",
        reference="series",
        private_time="none",
        acquisition_per_bed=False,
        injection_date_time="absent",
        trial_attributes=False,
        layout=("{patient}", "{study}", "{series}"),
        transfer_syntax=IMPLICIT,
    ),
    _SIEMENS,
    replace(
        _SIEMENS,
        name="siemens-late-series",
        trap="series time is the export's: 17 % too high; the date of the injection was not shifted with the "
        "others; RLE compression",
        reference="acquisition",
        private_time="none",
        series_time_late_s=1500,
        injection_date_time="other_year",
        transfer_syntax=RLE,
    ),
    _PHILIPS,
    replace(
        _PHILIPS,
        name="philips-activity",
        trap="counts again, and the SUV factor is 0: the other factor gives Bq/ml; injection time HHMM, time zone "
        "in its date-time; RLE compression",
        philips_factors="activity",
        short_injection_time=True,
        utc_offset="+0100",
        transfer_syntax=RLE,
    ),
    replace(
        _SIEMENS,
        name="admin",
        trap="corrected to the injection: letting the dose decay once more is 46 % too high after an hour",
        reference="injection",
        private_time="none",
        decay_correction="ADMIN",
    ),
    replace(
        _SIEMENS,
        name="midnight",
        trap="injected before midnight, scanned after, and only the clock time of the injection is known",
        reference="series",
        private_time="none",
        midnight=True,
        injection_date_time="absent",
    ),
)

STYLES: Mapping[str, HeaderStyle] = {style.name: style for style in _STYLES}
"""Every header style by its name."""

HEADER_STYLES: tuple[str, ...] = tuple(STYLES)
"""Names of the header styles."""


def style_named(name: str) -> HeaderStyle:
    """Header style by its name.

    Raises
    ------
    ParameterError
        If there is none of that name.
    """
    if name not in STYLES:
        raise ParameterError(
            f"the header style {name!r} is unknown", expected="one of " + ", ".join(HEADER_STYLES)
        )
    return STYLES[name]
