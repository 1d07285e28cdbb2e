"""Each attribute in turn says something else, in all slices or in one: the right factor, a warning or a refusal.

What no other attribute contradicts cannot be seen: another plausible weight, dose, Philips factor, or statement of the
moment to which decay was corrected. These are named; everything else must not pass in silence.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from make_series import write_series
from test_fuzzed_headers import STYLES, damaged

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
    "PhilipsActivityFactor": {"3.75", "150.0", "0.041666666666666664"},
}
"""Values that are plausible in all slices and that nothing contradicts."""
UNSEEN_OF_STYLE = {
    # Without decay factors nothing tells to which moment decay was corrected; with one statement of the injection, nothing
    # contradicts it.
    **{style: {"DecayCorrection": {"ADMIN"}} for style in ("philips", "uih")},
    "canon": {"DecayCorrection": {"ADMIN"}, "RadiopharmaceuticalStartTime": {"091000", "085000", "080000"}},
    "mediso": {
        "DecayCorrection": {"ADMIN"},
        "RadiopharmaceuticalStartDateTime": {"20150310091000", "20150310085000"},
    },
    # An absent SUV Type means body weight (PS3.3 C.8.9.1.1.3), and of a stored SUV the sex is believed.
    "lean": {"PatientSex": {"M"}, "SUVType": {None, "", "BW"}},
}


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


class Watched(dict):
    """Attributes that note which of them are asked for.

    What is not asked for cannot change the answer where nothing else differs, and need not be tried.
    """

    def __init__(self, attributes: dict[str, str], read: set[str]) -> None:
        super().__init__(attributes)
        self.read = read

    def get(self, name, default=None):
        self.read.add(name)
        return super().get(name, default)

    def __iter__(self):
        raise AssertionError("all attributes are read at once: all of them have to be tried")

    __getitem__ = __contains__ = keys = values = items = copy = __iter__


@pytest.mark.parametrize("style", sorted(STYLES))
def test_one_wrong_attribute_never_gives_another_factor_in_silence(style, tmp_path):
    headers = [read_header(file) for file in write_series(tmp_path, *STYLES[style])]
    read: set[str] = set()
    right = suv_factors([replace(h, attributes=Watched(h.attributes, read)) for h in headers]).factors
    silent, tried = [], 0
    for name in sorted(read):
        for value in dict.fromkeys(others(headers[0].get(name))):
            for only in (None, 0, 3):
                tried += 1
                try:
                    found = suv_factors(damaged(headers, {name: value}, only))
                except ImageError:
                    continue
                assert np.isfinite(found.factors).all()
                known = UNSEEN_OF_STYLE.get(style, {}).get(name, set()) | UNSEEN.get(name, set())
                unseen = only is None and value in known
                if not np.allclose(found.factors, right, rtol=0.01) and not found.warnings and not unseen:
                    silent.append((name, value, only))
    assert tried > 500
    assert silent == []
