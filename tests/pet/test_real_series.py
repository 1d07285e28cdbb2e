"""Real scanners' series and the IBSI reference objects, against numbers that others computed.

Sources: GE, TCIA Soft-tissue-Sarcoma STS_001 with IBSI's SUV of it; Siemens, TCIA ACRIN-FLT-Breast; IBSI's digital
reference objects of SUV conversion; IBSI's validation set STS_002 and STS_008. Licences and addresses: README beside them.
"""

from __future__ import annotations

import json
import shutil

import nibabel
import numpy as np
import pytest

from analysis.cli import main
from analysis.errors import ImageError
from analysis.pet import quantify, read_masks, read_suv
from analysis.pet.headers.dicom_file import read_header
from analysis.pet.suv.factors import suv_factors


@pytest.fixture(scope="module")
def ge(shared):
    top = shared / "realdata" / "tcia_sts001_fdg_raw"
    return top, read_suv(sorted((top / "image").iterdir()))


def test_ge_factor_is_that_of_dose_weight_and_times(ge):
    _top, volume = ge
    assert volume.factors.factors == pytest.approx(2.42903e-4, rel=1e-5)
    assert volume.factors.reference.uptake_minutes == pytest.approx(45 + 11 / 60)
    assert volume.grid.shape == (267, 128, 128)


def test_ge_lesion_measures_are_those_of_the_reference(ge):
    top, _volume = ge
    found = quantify(top / "image", top / "mask" / "1-1.dcm", roi="GTV_Mass").as_document()
    assert found["voxels"] == 5095
    assert found["suv_max"] == pytest.approx(7.91067, abs=1e-4)
    assert found["suv_mean"] == pytest.approx(2.55513, abs=1e-4)
    assert found["suv_peak_at_max"] == pytest.approx(5.313, abs=5e-4)
    assert found["suv_peak"] == pytest.approx(6.078, abs=5e-4)
    volumes = [found[f"mtv_{name}_ml"] for name in ("41", "50", "2_5", "4_0")]
    assert volumes == pytest.approx([113.0, 59.5, 181.6, 55.9], abs=0.05)


def test_ge_volume_and_contour_agree_with_ibsi_voxel_by_voxel(ge, shared):
    top, volume = ge
    folder = shared / "realdata" / "ibsi_sts001_suv_nifti"
    image, mask = (nibabel.load(folder / f"PET_{name}.nii.gz") for name in ("image", "mask"))
    corner = np.diag([-1, -1, 1]) @ image.affine[:3, 3]
    start = np.rint(volume.grid.index(corner[None])[0]).astype(int)
    expected = image.get_fdata().transpose(2, 1, 0)
    box = tuple(slice(s, s + n) for s, n in zip(start, expected.shape, strict=True))
    assert np.abs(volume.suv[box] - expected).max() < 1e-3
    contour = read_masks(top / "mask" / "1-1.dcm", volume.grid, roi="GTV_Mass")["GTV_Mass"]
    np.testing.assert_array_equal(contour[box], mask.get_fdata().transpose(2, 1, 0) > 0)


@pytest.mark.parametrize(("name", "factor", "tolerance"), [("1", 5.94249e-4, 1e-5), ("2", 4.7355e-4, 1.5e-3)])
def test_siemens_factor_is_referred_to_the_series_time(shared, name, factor, tolerance):
    file = shared / "realdata" / "siemens_flt_breast_slices" / f"acrin_flt_breast_{name}.dcm"
    assert suv_factors([read_header(file)]).factors[0] == pytest.approx(factor, rel=tolerance)


@pytest.mark.parametrize("name", ["DRO_0_0", "DRO_1_0", "DRO_2_4", "DRO_3_1"])
def test_ibsi_reference_objects_hold_their_suv(shared, name):
    top = shared / "realdata" / "ibsi_suv_dro_sample" / name
    volume = read_suv(sorted((top / "PT").iterdir()))
    region = read_masks(top / "mask" / "DRO_mask.nii.gz", volume.grid)["1"]
    values = volume.suv[region]
    assert [round(float(v), 2) for v in (values.min(), np.median(values), values.max())] == [0.2, 1.0, 4.0]


@pytest.mark.parametrize("name", ["STS_002", "STS_008"])
def test_rtstruct_and_nifti_of_real_lesions_have_the_same_voxels(shared, name):
    top = shared / "realdata" / "ibsi_sts_pet_sample"
    volume = read_suv(sorted((top / "dicom" / name / "PET" / "image").iterdir()))
    drawn = read_masks(top / "dicom" / name / "PET" / "mask" / "RS.dcm", volume.grid)["GTV_Mass_PET"]
    stored = read_masks(top / "nifti" / name / "PET_mask.nii.gz", volume.grid)["1"]
    np.testing.assert_array_equal(drawn, stored)
    expected = nibabel.load(top / "nifti" / name / "PET_image.nii.gz").get_fdata().transpose(2, 1, 0)
    np.testing.assert_allclose(volume.suv, expected, atol=1e-4)


def test_an_unknown_region_is_refused_with_the_names_there_are(ge):
    top, _volume = ge
    with pytest.raises(ImageError, match="one of GTV_Edema, GTV_Mass"):
        quantify(top / "image", top / "mask" / "1-1.dcm", roi="GTV")


def test_two_regions_need_a_choice(ge):
    top, _volume = ge
    with pytest.raises(ImageError, match="GTV_Edema, GTV_Mass"):
        quantify(top / "image", top / "mask" / "1-1.dcm")


def test_another_patients_contours_are_refused(ge, shared):
    top, _volume = ge
    other = shared / "realdata" / "ibsi_sts_pet_sample" / "dicom" / "STS_002" / "PET" / "mask" / "RS.dcm"
    with pytest.raises(ImageError, match="drawn on another image"):
        quantify(top / "image", other)


def test_a_mask_on_another_grid_is_refused_with_both_grids(ge, shared):
    top, _volume = ge
    with pytest.raises(ImageError) as caught:
        quantify(top / "image", shared / "realdata" / "ibsi_sts001_suv_nifti" / "PET_mask.nii.gz")
    assert "59 × 43 × 41 voxels" in str(caught.value)
    assert "267 × 128 × 128 voxels" in str(caught.value)


def test_the_command_gives_real_series_their_factors(shared, tmp_path, capsys):
    top = shared / "realdata"
    for name in ("1", "2"):
        (tmp_path / name).mkdir()
        shutil.copy(top / "siemens_flt_breast_slices" / f"acrin_flt_breast_{name}.dcm", tmp_path / name)
    folders = [
        top / "tcia_sts001_fdg_raw", tmp_path / "1", tmp_path / "2",
        *(top / "ibsi_suv_dro_sample" / f"DRO_{name}" / "PT" for name in ("0_0", "1_0", "2_4", "3_1")),
    ]  # fmt: skip
    assert main(["suv", *map(str, folders), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert len(found[0]["factors"]) == 267
    assert list(found[0]["factors"].values()) == pytest.approx([2.42903e-4] * 267, rel=1e-5)
    assert list(found[1]["factors"].values()) == pytest.approx([5.94249e-4], rel=1e-5)
    assert list(found[2]["factors"].values()) == pytest.approx([4.7355e-4], rel=1.5e-3)
    assert all(len(entry["factors"]) == 20 for entry in found[3:])
