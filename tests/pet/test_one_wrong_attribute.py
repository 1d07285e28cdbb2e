"""Each attribute in turn says something else, in all slices or in one: the right factor, a warning or a refusal.

What no other attribute contradicts cannot be seen: another plausible weight, dose, Philips factor, or statement of the
moment to which decay was corrected. These are named; everything else must not pass in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta

import numpy as np
import pytest
from make_series import write_series
from test_fuzzed_headers import NAMES, STYLES, damaged

from analysis.errors import ImageError
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.factors import suv_factors

OTHER = (
    None, "", "garbage", "0", "-1", "1e9", "70,5", "nan", "\x1c5", "1\\2", "START", "ADMIN", "NONE", "BQML", "CNTS", "GML",
    "PT", "ATTN", "DECY\\ATTN", "F", "M", "O", "LBM", "BW",
)  # fmt: skip
UNSEEN = {
    "PatientWeight": {"105.0"},
    "RadionuclideTotalDose": {"525000000.0", "1e9"},
    "PhilipsSuvFactor": {"0.0006000000000000001", "0.024"},
    "DecayCorrection": {"START"},
    "Units": {"BQML"},
}
"""Values that are plausible in all slices and that nothing contradicts."""


def others(value: str) -> Iterator[str | None]:
    """Values an attribute may wrongly have: nonsense, another unit, another time, another code."""
    yield from OTHER
    if re.fullmatch(r"\d{8}", value):
        day = datetime.strptime(value, "%Y%m%d")
        yield from ((day + timedelta(days=n)).strftime("%Y%m%d") for n in (1, -40))
    elif re.fullmatch(r"\d{6}(\.\d+)?", value):
        moment = datetime.strptime(value[:6], "%H%M%S")
        yield from ((moment + timedelta(minutes=n)).strftime("%H%M%S") for n in (10, -10, 60, -60))
    elif re.fullmatch(r"\d{14}(\.\d+)?", value):
        moment = datetime.strptime(value[:14], "%Y%m%d%H%M%S")
        yield from (
            (moment + timedelta(minutes=n)).strftime("%Y%m%d%H%M%S") for n in (10, -10, 60, 1440, -57600)
        )
    elif re.fullmatch(r"\d+(\.\d*)?", value):
        number = float(value)
        yield from (repr(n) for n in (number * 1.5, number * 1000, number / 1000, number * 60, number / 60))


@pytest.mark.parametrize("style", sorted(STYLES))
def test_one_wrong_attribute_never_gives_another_factor_in_silence(style, tmp_path):
    headers = [read_header(file) for file in write_series(tmp_path, *STYLES[style])]
    right = suv_factors(headers).factors
    silent, tried = [], 0
    for name in NAMES:
        for value in dict.fromkeys(others(headers[0].get(name))):
            for only in (None, 0, 3):
                tried += 1
                try:
                    found = suv_factors(damaged(headers, {name: value}, only))
                except ImageError:
                    continue
                assert np.isfinite(found.factors).all()
                unseen = only is None and value in UNSEEN.get(name, ())
                if not np.allclose(found.factors, right, rtol=0.01) and not found.warnings and not unseen:
                    silent.append((name, value, only))
    assert tried > 1000
    assert silent == []
