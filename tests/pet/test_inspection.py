"""Checks of scans by hand; planes that look the same however the voxels are stored; a real lesion."""

from __future__ import annotations

import dataclasses
import itertools
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from make_contours import box, rtstruct
from make_series import setting, write_series

from analysis.errors import ImageError, StudyError
from analysis.pet import (
    Grid,
    ScanImage,
    ScanImages,
    lesion_at_visits,
    lesion_planes,
    measure_study,
    read_masks,
    read_suv,
    scan_checks,
    scan_quality,
)
from analysis.results.pet_quality_tables import warning_table
from analysis.study import load_protocol


def scans(*rows):
    """Scans with these (patient, visit, day, uptake, dose, weight, liver SUL); the rest is inconspicuous."""
    names = ["patient_id", "visit", "scan_day", "uptake_minutes", "dose_mbq", "weight_kg", "liver_sul_mean"]
    table = pd.DataFrame(rows, columns=names)
    table["reference_spread_percent"] = 0.0
    table["glucose_mmol_l"] = np.nan
    table["comparable"] = pd.array([True] * len(table), dtype="boolean")
    table["warnings"] = ""
    return table


def state(checks, check, patient="P1", visit="day14"):
    row = checks[(checks["check"] == check) & (checks["patient_id"] == patient) & (checks["visit"] == visit)]
    assert len(row) == 1
    return row["state"].iloc[0]


PAIR = (("P1", "baseline", 0, 60.0, 250.0, 70.0, 1.5), ("P1", "day14", 14, 60.0, 250.0, 70.0, 1.5))


@pytest.mark.parametrize(
    ("column", "value", "check", "expected"),
    [
        ("uptake_minutes", 75.0, "uptake_minutes", "within"),
        ("uptake_minutes", 75.01, "uptake_minutes", "within"),  # the header's seconds, not the scan's doing
        ("uptake_minutes", 75.1, "uptake_minutes", "outside"),
        ("uptake_minutes", 49.9, "uptake_minutes", "outside"),
        ("uptake_minutes", np.nan, "uptake_minutes", "unknown"),
        ("uptake_minutes", 75.1, "uptake_change", "outside"),
        ("uptake_minutes", 45.0, "uptake_change", "within"),
        ("dose_mbq", 300.0, "dose_change_percent", "within"),
        ("dose_mbq", 301.0, "dose_change_percent", "outside"),
        ("weight_kg", 62.0, "weight_change_percent", "outside"),
        ("liver_sul_mean", 1.81, "liver_sul_change_percent", "outside"),
        ("reference_spread_percent", 5.1, "reference_spread_percent", "outside"),
        ("glucose_mmol_l", 11.0, "glucose_mmol_l", "within"),
        ("glucose_mmol_l", 11.2, "glucose_mmol_l", "outside"),
        ("scan_day", 18, "scan_day", "within"),
        ("scan_day", 19, "scan_day", "outside"),
        ("comparable", False, "comparable", "outside"),
    ],
)
def test_a_value_is_judged_by_the_limits_of_the_protocol(column, value, check, expected):
    table = scans(*PAIR)
    table.loc[1, column] = value
    assert state(scan_checks(table), check) == expected


def test_the_limits_are_those_of_the_protocol_given():
    protocol = load_protocol()
    facts = {**protocol.facts, "quality.uptake_minutes": SimpleNamespace(value=[55, 59])}
    strict = dataclasses.replace(protocol, facts=facts)
    assert state(scan_checks(scans(*PAIR), strict), "uptake_minutes") == "outside"


def test_a_check_from_baseline_has_no_row_for_baseline_and_is_unknown_without_it():
    checks = scan_checks(scans(*PAIR, ("P2", "day14", 14, 60.0, 250.0, 70.0, 1.5)))
    changes = checks[checks["check"] == "dose_change_percent"]
    assert changes["visit"].tolist() == ["day14", "day14"]
    assert changes["state"].tolist() == ["within", "unknown"]


def test_a_column_without_any_value_is_no_check():
    assert "glucose_mmol_l" not in set(scan_checks(scans(*PAIR))["check"])


def test_a_value_within_limits_but_far_from_the_others_is_unusual():
    doses = (240.0, 245.0, 250.0, 255.0, 260.0, 300.0)
    table = scans(*((f"P{i}", "baseline", 0, 60.0, dose, 70.0, 1.5) for i, dose in enumerate(doses)))
    checks = scan_checks(table)
    far = checks[(checks["check"] == "dose_mbq") & (checks["state"] == "unusual")]
    assert far["patient_id"].tolist() == ["P5"]
    # median 252.5, absolute deviations 12.5 7.5 2.5 2.5 7.5 47.5, their median 7.5
    assert far["robust_z"].iloc[0] == pytest.approx(47.5 / (1.4826 * 7.5))
    assert scan_quality(table, checks)["patient_id"].iloc[0] == "P5"


def test_outliers_stand_first_by_the_number_of_limits_then_by_distance():
    rows = [(f"P{i}", "baseline", 0, 60.0, 240.0 + 5 * i, 70.0, 1.5) for i in range(6)]
    rows[2] = ("P2", "baseline", 0, 80.0, 250.0, 70.0, 1.5)
    rows[4] = ("P4", "baseline", 5, 90.0, 260.0, 70.0, 1.5)
    table = scans(*rows)
    quality = scan_quality(table, scan_checks(table))
    assert quality["patient_id"].tolist()[:2] == ["P4", "P2"]
    assert quality["outside"].tolist() == [2, 1, 0, 0, 0, 0]
    assert quality["findings"].iloc[1] == "Uptake time 80.0 min, expected 50 to 75"
    assert quality["verdict"].tolist()[:3] == ["outside", "outside", "within"]
    assert len(quality) == len(table)
    assert "_" not in quality.columns


def test_the_order_of_the_scans_changes_no_verdict():
    rows = [(f"P{i}", "baseline", 0, 55.0 + 5 * i, 250.0, 70.0, 1.5) for i in range(6)]
    first, second = scans(*rows), scans(*rows[::-1])
    pd.testing.assert_frame_equal(
        scan_quality(first, scan_checks(first)), scan_quality(second, scan_checks(second))
    )


# ---------------------------------------------------------------- planes

HEAD, BACK, LEFT = 4.0, 3.0, 2.0
SHAPE = (40, 50, 60)


def canonical():
    """SUV on a grid to the head, back and left; the lesion's hottest voxel has a warmer one at its left, back and head."""
    suv = np.zeros(SHAPE, np.float32)
    mask = np.zeros(SHAPE, bool)
    mask[19:22, 24:27, 29:32] = True
    suv[mask] = 3.0
    suv[20, 25, 30] = 9.0
    suv[20, 25, 34], suv[20, 29, 30], suv[24, 25, 30] = 5.0, 6.0, 7.0  # left, back, head
    return suv, mask


def scan_image(axes=(0, 1, 2), flips=(False, False, False), visit="baseline"):
    """The canonical scan stored along other axes and in other directions: the same voxels in the same places."""
    suv, mask = canonical()
    spacing, unit = np.array([HEAD, BACK, LEFT]), np.eye(3)[[2, 1, 0]]  # rows: directions of head, back, left
    corner = np.array([-59.0, -73.5, -78.0])
    origin, directions = corner.copy(), unit.copy()
    turn = tuple(slice(None, None, -1 if flip else 1) for flip in flips)
    for axis, flip in enumerate(flips):
        if flip:
            origin = origin + unit[axis] * spacing[axis] * (SHAPE[axis] - 1)
            directions[axis] = -unit[axis]
    stored, contour = (np.ascontiguousarray(v[turn].transpose(axes)) for v in (suv, mask))
    grid = Grid(
        stored.shape, tuple(origin), tuple(spacing[list(axes)]), tuple(map(tuple, directions[list(axes)]))
    )
    return ScanImage(visit, SimpleNamespace(suv=stored, grid=grid), {"L01": contour})


ORIENTATIONS = [
    (axes, flips)
    for axes in itertools.permutations(range(3))
    for flips in itertools.product((False, True), repeat=3)
]


@pytest.mark.parametrize(("axes", "flips"), ORIENTATIONS)
def test_planes_look_the_same_however_the_voxels_are_stored(axes, flips):
    expected = lesion_planes(scan_image(), "L01").planes
    for plane, other in zip(expected, lesion_planes(scan_image(axes, flips), "L01").planes, strict=True):
        np.testing.assert_array_equal(plane.suv, other.suv)
        np.testing.assert_array_equal(plane.lesion, other.lesion)
        assert (plane.spacing, plane.cross) == (other.spacing, other.cross)


def at(plane, rows, columns):
    row, column = (int(place) for place in plane.cross)
    return plane.suv[row + rows, column + columns]


def test_right_is_on_the_left_head_is_up_and_the_front_is_on_the_left():
    axial, coronal, sagittal = lesion_planes(scan_image(), "L01").planes
    assert [at(axial, 0, 0), at(coronal, 0, 0), at(sagittal, 0, 0)] == [9.0, 9.0, 9.0]
    assert axial.edges == ("R", "L", "A", "P")
    assert at(axial, 0, 4) == 5.0  # the patient's left is on the right
    assert at(axial, 4, 0) == 6.0  # the back is below
    assert coronal.edges == ("R", "L", "H", "F")
    assert at(coronal, 0, 4) == 5.0
    assert at(coronal, -4, 0) == 7.0  # the head is above
    assert sagittal.edges == ("A", "P", "H", "F")
    assert at(sagittal, 0, 4) == 6.0  # the back is on the right
    assert at(sagittal, -4, 0) == 7.0
    assert [plane.spacing for plane in (axial, coronal, sagittal)] == [
        (BACK, LEFT),
        (HEAD, LEFT),
        (HEAD, BACK),
    ]


def test_the_field_is_as_wide_as_asked_and_empty_beyond_the_image():
    axial = lesion_planes(scan_image(), "L01", field_mm=300).planes[0]
    assert axial.suv.shape == (2 * 50 + 1, 2 * 75 + 1)
    assert np.isnan(axial.suv[0, 0])
    assert np.isfinite(axial.suv).sum() == 50 * 60
    assert not axial.lesion[np.isnan(axial.suv)].any()


class Images:
    """A patient's scans from memory."""

    def __init__(self, *images):
        self.images = {image.visit: image for image in images}

    def visits(self, patient_id):
        return tuple(self.images)

    def open(self, patient_id, visit):
        return self.images[visit]


def test_where_the_lesion_is_not_contoured_its_earlier_place_is_shown_and_said():
    later = scan_image(visit="day14")
    later = dataclasses.replace(later, lesions={"L02": later.lesions["L01"]})
    first, second = lesion_at_visits(Images(scan_image(), later), "P1", "L01")
    assert first.contoured
    assert not second.contoured
    assert not second.planes[0].lesion.any()
    assert second.planes[0].others.any()
    assert at(second.planes[0], 0, 0) == 9.0


def test_a_place_outside_a_scan_gives_no_planes():
    image = scan_image()
    assert lesion_planes(image, "L01", at=np.array([0.0, 0.0, 500.0])).planes == ()


def test_a_lesion_that_no_visit_has_is_refused():
    with pytest.raises(ImageError, match="no visit has this lesion"):
        lesion_at_visits(Images(scan_image()), "P1", "L09")
    with pytest.raises(ImageError, match="no lesion 'L09'"):
        lesion_planes(scan_image(), "L09")


def test_planes_through_a_real_lesion_are_the_scanners_own_slices(shared):
    top = shared / "realdata" / "tcia_sts001_fdg_raw"
    volume = read_suv(sorted((top / "image").iterdir()))
    masks = read_masks(top / "mask" / "1-1.dcm", volume.grid, roi="GTV_Mass")
    axial, coronal, sagittal = lesion_planes(ScanImage("baseline", volume, masks), "GTV_Mass").planes
    row, column = (int(place) for place in axial.cross)
    assert at(axial, 0, 0) == at(coronal, 0, 0) == at(sagittal, 0, 0) == pytest.approx(7.91067, abs=1e-4)
    # this scanner stores slices as they are looked at: the picture is a window of the stored slice
    k, j, i = np.argwhere((volume.suv == axial.suv[row, column]) & masks["GTV_Mass"])[0]
    window = np.s_[k, j - 5 : j + 6, i - 5 : i + 6]
    near = np.s_[row - 5 : row + 6, column - 5 : column + 6]
    np.testing.assert_array_equal(axial.suv[near], volume.suv[window])
    np.testing.assert_array_equal(axial.lesion[near], masks["GTV_Mass"][window])
    np.testing.assert_array_equal(
        coronal.suv[int(coronal.cross[0]) - 3 : int(coronal.cross[0]) + 4, column],
        volume.suv[k - 3 : k + 4, j, i][::-1],
    )


# ---------------------------------------------------------------- images of a study


@pytest.fixture
def measured(tmp_path, study_of):
    """A study of two scans, and its measures."""
    for visit, uid in (("baseline", "1.1"), ("day14", "1.2")):
        write_series(
            tmp_path / "dicom" / visit, setting(PatientID="P1", ClinicalTrialTimePointID=visit), uid=uid
        )
        (tmp_path / "contours").mkdir(exist_ok=True)
        rtstruct(tmp_path / "contours" / f"{uid}.dcm", {"L01": [(box(3, 6, 2, 4), 8.0)]},
                 series_uid=f"{uid}.200", frame=f"{uid}.300")  # fmt: skip
    study = study_of(patients=[{"patient_id": "P1"}])
    study = dataclasses.replace(
        study, path=tmp_path, dicom_folder=tmp_path / "dicom", contours_folder=tmp_path / "contours"
    )
    return study, measure_study(study, workers=1, progress=False)


@pytest.fixture
def images(measured):
    return ScanImages(*measured)


def test_the_images_of_a_study_open_by_patient_and_visit(images):
    assert images.patients == ("P1",)
    assert images.visits("P1") == ("baseline", "day14")
    image = images.open("P1", "day14")
    assert list(image.lesions) == ["L01"]
    assert image.lesions["L01"].sum() == 12  # 4 columns, 3 rows, 1 slice
    assert image.projection().suv.shape == (6, 8)


def test_images_have_the_suv_of_the_studys_corrected_header_values(measured, images, study_of):
    row = {
        "patient_id": "P1",
        "visit": "day14",
        "field": "PatientWeight",
        "value": "84",
        "reason": "ward scale",
    }
    study, measures = measured
    table = study_of(pet_overrides=[row]).tables["pet_overrides"]
    corrected = dataclasses.replace(study, tables={**study.tables, "pet_overrides": table})
    seen = ScanImages(corrected, measures)
    for visit, factor in (("baseline", 1.0), ("day14", 1.2)):
        expected = images.open("P1", visit).volume.suv * factor
        np.testing.assert_allclose(seen.open("P1", visit).volume.suv, expected, rtol=1e-6)


def test_a_reason_typed_by_hand_stays_one_warning_and_out_of_the_report(measured, study_of):
    row = {
        "patient_id": "P1",
        "visit": "day14",
        "field": "PatientWeight",
        "value": "84",
        "reason": "he said | Mr Smith",
    }
    table = study_of(pet_overrides=[row]).tables["pet_overrides"]
    study = dataclasses.replace(measured[0], tables={**measured[0].tables, "pet_overrides": table})
    scans = measure_study(study, workers=1, progress=False).scans
    assert "overridden" in " ".join(scans["warnings"])
    assert "Smith" not in warning_table(scans).to_csv()


def test_one_scan_is_held_and_read_once(images):
    first = images.open("P1", "baseline")
    assert images.open("P1", "baseline") is first
    images.open("P1", "day14")
    assert images.open("P1", "baseline") is not first


def test_a_scan_that_was_not_measured_is_refused_with_those_there_are(images):
    with pytest.raises(StudyError, match="baseline, day14"):
        images.open("P1", "day28")
