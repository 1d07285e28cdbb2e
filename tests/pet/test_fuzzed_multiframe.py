"""Multi-frame headers damaged at random: the right volume, a volume with a warning, or an error."""

from __future__ import annotations

import json
import warnings
from copy import deepcopy

import numpy as np
import pydicom
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from make_multiframe import enhanced, write_legacy
from make_series import tracer_of, true_suv, write_series
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset

from analysis.cli import main
from analysis.errors import ImageError
from analysis.pet import read_suv

NAMES = (
    "DecayCorrected", "AttenuationCorrected", "DecayCorrectionDateTime", "DecayCorrection", "CorrectedImage", "Units",
    "PatientWeight", "PatientSize", "PatientSex", "NumberOfFrames", "SeriesTime", "SeriesDate", "ImageType", "Modality",
    "SOPClassUID", "SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence",
    "RadiopharmaceuticalInformationSequence", "RadionuclideTotalDose", "RadionuclideHalfLife",
    "RadiopharmaceuticalStartDateTime", "RadiopharmaceuticalStartTime", "RadionuclideCodeSequence",
    "PixelMeasuresSequence", "PlaneOrientationSequence", "PlanePositionSequence", "RealWorldValueMappingSequence",
    "RealWorldValueIntercept", "MeasurementUnitsCodeSequence", "CodeValue", "FrameContentSequence",
    "PixelValueTransformationSequence", "FrameAcquisitionDateTime", "FrameAcquisitionDuration", "TimezoneOffsetFromUTC",
)  # fmt: skip
WRONG = st.sampled_from([
    "", "  ", "0", "-1", "nan", "inf", "1e400", "70,5", "NO", "YES", "GML", "20150310", "20150310100000", "20140309100000",
    "250000", "1\\2", "\\", "nonsense", "99999999", "0.0000001",
])  # fmt: skip


class Images(dict):
    """Data sets of each style; short to print, since hypothesis prints every argument."""

    def __repr__(self) -> str:
        return "images"


@pytest.fixture(scope="module")
def images(tmp_path_factory):
    top = tmp_path_factory.mktemp("multiframe")
    files = write_series(top / "single")
    found = Images(enhanced=enhanced(files), legacy=pydicom.dcmread(write_legacy(top / "l" / "e.dcm", files)))
    found.folder = top / "damaged"
    found.folder.mkdir()
    file = found.folder / "e.dcm"
    for style, ds in found.items():
        ds.save_as(file, enforce_file_format=True)
        assert read_suv([file]).warnings == ()
        found[style] = pydicom.dcmread(file)  # the bytes of wrong values are written as they are
    return found


def places(ds: Dataset, frame: int) -> list[Dataset]:
    """Every data set that holds attributes: the whole, the tracer, the groups of all frames and those of one."""
    found = [ds, tracer_of(ds)] if "RadiopharmaceuticalInformationSequence" in ds else [ds]
    for item in (*ds.get("SharedFunctionalGroupsSequence", []), ds.PerFrameFunctionalGroupsSequence[frame]):
        found.append(item)
        for element in list(item):
            if element.VR == "SQ":
                found += element.value[:1]
                if "MeasurementUnitsCodeSequence" in element.value[0]:
                    found.append(element.value[0].MeasurementUnitsCodeSequence[0])
    return found


def damage(ds: Dataset, name: str, value: str | None, frame: int) -> None:
    """Write any text into an attribute, past every check of the writer; ``None`` removes it."""
    for place in places(ds, frame):
        if name not in place:
            continue
        element = place[name]
        if value is None or element.VR == "SQ":
            del place[name]
            continue
        content = value.encode() + b" " * (len(value) % 2)
        if element.VR == "FD":
            try:
                content = np.float64(float(value)).tobytes()
            except ValueError:
                content = (content + b"        ")[:8]
        place._dict[element.tag] = RawDataElement(element.tag, element.VR, len(content), content, 0, False, True)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@example(style="enhanced", changes={"DecayCorrected": "NO"}, frame=0)
@example(style="enhanced", changes={"DecayCorrected": None, "NumberOfFrames": "inf"}, frame=0)
@given(
    style=st.sampled_from(["enhanced", "legacy"]),
    changes=st.dictionaries(st.sampled_from(NAMES), st.one_of(st.none(), WRONG), min_size=1, max_size=2),
    frame=st.integers(0, 5),
)
def test_no_damage_of_a_multiframe_header_gives_another_volume_in_silence(
    images, capsys, style, changes, frame
):
    """Values that are no value of their attribute, or contradict another; in one frame where frames have their own.

    A plausible value in place of another (71 kg for 70 kg in the one place that says it) is not among them: nothing
    in the file could reveal it.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pydicom warns of the wrong values that are written here
        ds = deepcopy(images[style])
        groups = [name for name in changes if name.endswith("FunctionalGroupsSequence")]
        for name in sorted(changes, key=groups.count):  # the groups last, since the others lie in them
            damage(ds, name, changes[name], frame)
        file = images.folder / "e.dcm"
        ds.save_as(file, enforce_file_format=True)
    capsys.readouterr()
    assert main(["suv", str(images.folder), "--json"]) in (0, 3)
    (document,) = json.loads(capsys.readouterr().out, parse_constant=lambda text: pytest.fail(text))
    try:
        found = read_suv([file])
    except ImageError:
        return
    assert np.isfinite(found.suv).all()
    assert document["error"] is None or found.warnings
    if found.suv.shape != (6, 7, 8) or not np.allclose(found.suv, true_suv(), rtol=1e-2):
        assert found.warnings, (style, changes)
