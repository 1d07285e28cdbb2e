"""Simulated series are read alike by a reader that shares no code with ours: SimpleITK (GDCM)."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from analysis.pet import read_suv
from analysis.simulation.dicom import write_scan
from analysis.simulation.headers import HEADER_STYLES
from analysis.simulation.scans import SimulatedLesion, SimulatedScan

SimpleITK = pytest.importorskip("SimpleITK", reason="SimpleITK is in the dev group only")


def scan(style: str) -> SimulatedScan:
    lesion = SimulatedLesion(
        lesion_id="L01", site="bone", radius_mm=12.0, suv_max=6.0, target=True, new=False
    )
    return SimulatedScan(
        patient_id="P017", visit="day14", scan_date=datetime.date(2015, 3, 3), centre="C1", height_cm=164.0,
        weight_kg=68.37, sex="F", lesions=(lesion,), lesion_seed=21, anatomy_seed=22, noise_seed=23,
        header_style=style, uptake_minutes=61.37, dose_mbq=255.1, with_nac_twin=False,
    )  # fmt: skip


@pytest.fixture(scope="module", params=HEADER_STYLES)
def both(request, tmp_path_factory):
    """Our volume of a style's scan, and SimpleITK's image of the same files."""
    top = tmp_path_factory.mktemp(request.param)
    write_scan(scan(request.param), top / "dicom", top / "contours")
    files = [path for path in (top / "dicom").rglob("*") if path.is_file()]
    reader = SimpleITK.ImageSeriesReader()
    reader.SetFileNames(reader.GetGDCMSeriesFileNames(str(files[0].parent)))
    reader.SetOutputPixelType(
        SimpleITK.sitkFloat32
    )  # cast to integers, it would lose the slope of each slice
    return read_suv(files), reader.Execute()


def test_every_voxel_has_the_value_that_simpleitk_reads(both):
    ours, theirs = both
    rescaled = ours.suv / ours.factors.factors[:, None, None]
    np.testing.assert_allclose(rescaled, SimpleITK.GetArrayViewFromImage(theirs), rtol=5e-7, atol=0)


def test_every_voxel_lies_where_simpleitk_puts_it(both):
    ours, theirs = both
    assert ours.grid.shape == theirs.GetSize()[::-1]
    assert ours.grid.origin == pytest.approx(theirs.GetOrigin(), abs=1e-6)
    assert ours.grid.spacing == pytest.approx(theirs.GetSpacing()[::-1], rel=1e-6)
    columns = np.reshape(theirs.GetDirection(), (3, 3)).T[::-1]
    np.testing.assert_allclose(ours.grid.directions, columns, atol=1e-6)
    for index in ([0, 0, 0], [7, 11, 23], [n - 1 for n in ours.grid.shape]):
        there = theirs.TransformIndexToPhysicalPoint(index[::-1])
        assert ours.grid.points(np.array([index]))[0] == pytest.approx(there, abs=1e-3)
