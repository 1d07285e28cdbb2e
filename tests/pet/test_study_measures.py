"""A small study from files to tables: series found and refused with reasons, visits matched, scans measured once."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pydicom
import pytest
from make_contours import box, nifti, rtstruct
from make_series import setting, true_suv, write_series

from analysis.data import Study
from analysis.errors import StudyError
from analysis.pet import (
    ScanImages,
    lesion_at_visits,
    maximum_intensity_projection,
    measure_study,
    patient_measures,
)
from analysis.pet.exchange.study import export_study
from analysis.pet.measures.comparability import with_comparability
from analysis.pet.series.index import index_series
from analysis.pet.series.time_points import visit_of_text

START = datetime(2015, 3, 10)


def scan(folder, patient, day, uid, *edits, **options):
    """Write a series of a patient on a study day; the scan lasts from ten o'clock."""
    morning = START + timedelta(days=day)
    return write_series(
        folder,
        setting(PatientID=patient),
        *edits,
        uid=uid,
        injected=morning.replace(hour=9),
        started=morning.replace(hour=10),
        **options,
    )


def study(path, visits, *, starts=True, **tables):
    """Study with these ``pet_visits``: (patient, visit, day)."""
    rows = [{"patient_id": p, "visit": v, "status": "done", "reason": pd.NA, "scanned_day": float(d),
             "glucose_mmol_l": 5.0, "new_lesion": "no"} for p, v, d in visits]  # fmt: skip
    known = pd.DataFrame({"patient_id": sorted({p for p, _v, _d in visits})})
    path.mkdir(exist_ok=True)
    if starts:
        known.assign(treatment_start_date=START.date().isoformat()).to_csv(path / "patients.csv", index=False)
    found = {"pet_visits": pd.DataFrame(rows), "patients": known, **tables}
    folders = [path / name if (path / name).is_dir() else None for name in ("dicom", "contours")]
    return Study(path, "test", "Test", "simulated", "single-arm", "", "", (), {}, found, ("pet",), *folders)


VISITS = (("P-001", "baseline", 0), ("P-001", "day14", 14))
LESIONS = pd.DataFrame(
    {"patient_id": ["P-001"], "lesion_id": ["L01"], "site": ["bone"], "target": pd.array([True], "boolean")}
)


@pytest.fixture
def folder(tmp_path):
    scan(tmp_path / "dicom" / "a", "P-001", 0, "1.1")
    scan(tmp_path / "dicom" / "deep" / "er" / "b", "P-001", 14, "1.2", suv=true_suv() / 2)
    (tmp_path / "contours").mkdir()
    for name in ("1.1", "1.2"):
        rtstruct(tmp_path / "contours" / f"{name}.dcm", {"L01": [(box(3, 6, 2, 4), 8.0), (box(3, 6, 2, 4), 12.0)]},
                 series_uid=f"{name}.200", frame=f"{name}.300")  # fmt: skip
    return tmp_path


def measured(path, visits=VISITS, **options):
    tables = options.pop("tables", {"lesions": LESIONS})
    starts = options.pop("starts", True)
    return measure_study(
        study(path, visits, starts=starts, **tables),
        progress=False,
        workers=options.pop("workers", 1),
        **options,
    )


def test_lesions_are_measured_at_each_visit_with_their_baseline_threshold(folder):
    found = measured(folder)
    lesions = found.lesions.set_index("visit")
    region = true_suv()[2:4, 2:5, 3:7]
    assert lesions.loc["baseline", "suv_max"] == pytest.approx(region.max(), rel=1e-3)
    assert lesions.loc["day14", "suv_max"] == pytest.approx(region.max() / 2, rel=1e-3)
    assert lesions["site"].tolist() == ["bone", "bone"]
    assert lesions.loc["day14", "mtv_baseline_threshold_ml"] == pytest.approx(
        0.12 * (region / 2 >= 0.41 * region.max()).sum()
    )
    assert lesions.loc["day14", "mtv_ml"] > lesions.loc["day14", "mtv_baseline_threshold_ml"]
    assert found.scans["scan_day"].tolist() == [0, 14]
    assert found.series["kept"].all()


def test_every_threshold_has_its_volume_and_at_follow_up_the_baselines(folder):
    lesions = measured(folder).lesions.set_index("visit")
    region = true_suv()[2:4, 2:5, 3:7]
    for name, level in (("41", 0.41 * region.max()), ("50", 0.5 * region.max()), ("2_5", 2.5), ("4_0", 4.0)):
        expected = 0.12 * (region / 2 >= level).sum()
        assert lesions.loc["day14", f"mtv_{name}_baseline_ml"] == pytest.approx(expected)
        assert lesions.loc["baseline", f"mtv_{name}_ml"] == lesions.loc["baseline", f"mtv_{name}_baseline_ml"]
    # So small an image shows no liver.
    assert lesions[["mtv_liver_ml", "mtv_percist_baseline_ml", "measurable"]].isna().all(axis=None)


def test_a_contour_named_liver_is_the_reference_and_makes_lesions_measurable(folder):
    for name in ("1.1", "1.2"):
        rtstruct(folder / "contours" / f"{name}.dcm",
                 {"L01": [(box(3, 6, 2, 4), 8.0), (box(3, 6, 2, 4), 12.0)], "Liver": [(box(0, 1, 0, 4), 4.0)]},
                 series_uid=f"{name}.200", frame=f"{name}.300")  # fmt: skip
    found = measured(folder)
    liver = true_suv()[1, 0:5, 0:2]
    first = found.scans.set_index("visit").loc["baseline"]
    assert first["liver_source"] == "contour"
    assert first["liver_suv_mean"] == pytest.approx(liver.mean(), rel=1e-3)
    limit = 1.5 * liver.mean() + 2 * liver.std()
    lesion = found.lesions.set_index("visit").loc["baseline"]
    assert lesion["measurable"] == (lesion["suv_peak"] >= limit)
    assert lesion["mtv_liver_ml"] == pytest.approx(0.12 * (true_suv()[2:4, 2:5, 3:7] >= limit).sum())
    assert found.lesions["lesion_id"].unique().tolist() == ["L01"]


def test_where_the_liver_holds_a_lesion_percist_asks_for_the_blood_pool(folder):
    named = {"L01": [(box(3, 6, 2, 4), 8.0)], "Liver": [(box(0, 1, 0, 4), 4.0)]}
    options = {"series_uid": "1.1.200", "frame": "1.1.300"}
    tables = {"lesions": LESIONS.assign(site="liver")}
    rtstruct(folder / "contours" / "1.1.dcm", named, **options)
    without = measured(folder, tables=tables).lesions.set_index("visit").loc["baseline"]
    assert np.isfinite(without["mtv_liver_ml"])
    assert np.isnan(without["mtv_percist_ml"])
    assert without["measurable"] is pd.NA
    rtstruct(folder / "contours" / "1.1.dcm", {**named, "aorta": [(box(0, 1, 0, 4), 16.0)]}, **options)
    known = measured(folder, tables=tables).lesions.set_index("visit").loc["baseline"]
    pool = true_suv()[4, 0:5, 0:2]
    limit = 2 * pool.mean() + 2 * pool.std()
    assert known["mtv_percist_ml"] == pytest.approx(0.12 * (true_suv()[2, 2:5, 3:7] >= limit).sum())


def test_a_patients_totals_are_those_of_all_lesions_and_the_hottest_is_named(folder):
    rtstruct(folder / "contours" / "1.1.dcm",
             {"L01": [(box(3, 6, 2, 4), 8.0)], "L02": [(box(3, 6, 2, 4), 12.0)]},
             series_uid="1.1.200", frame="1.1.300")  # fmt: skip
    (folder / "contours" / "1.2.dcm").unlink()
    found = measured(folder)
    totals = patient_measures(found).set_index("visit")
    lesions = found.lesions.set_index("lesion_id")
    assert totals["lesions"].tolist() == [2, 0]
    assert totals.loc["baseline", "total_tlg_41_g"] == pytest.approx(lesions["tlg_41_g"].sum())
    assert totals.loc["baseline", "hottest_lesion"] == lesions["suv_peak"].idxmax()
    assert totals.loc["baseline", "hottest_sul_peak"] == lesions["sul_peak"].max()
    # The total under a threshold that is not known is not known, and without lesions it is nothing.
    assert np.isnan(totals.loc["baseline", "total_mtv_liver_ml"])
    assert totals.loc["day14", "total_mtv_41_ml"] == 0


def test_results_do_not_depend_on_workers_and_come_back_from_the_cache(folder, monkeypatch):
    cache = folder / "cache"
    first = measured(folder)
    both = measured(folder, workers=2, cache=cache)
    import analysis.pet.measures.stored_scans as stored

    def never(_task):
        raise AssertionError("measured again")

    monkeypatch.setattr(stored, "as_text", never)
    again = measured(folder, cache=cache)
    for name in ("series", "scans", "lesions"):
        pd.testing.assert_frame_equal(getattr(first, name), getattr(both, name))
        pd.testing.assert_frame_equal(getattr(first, name), getattr(again, name))
    assert not list(cache.glob(".*"))


def test_a_changed_file_is_measured_again(folder):
    cache = folder / "cache"
    before = measured(folder, cache=cache).lesions
    scan(folder / "dicom" / "a", "P-001", 0, "1.1", suv=true_suv() * 2)
    after = measured(folder, cache=cache).lesions
    assert after["suv_max"].iloc[0] == pytest.approx(2 * before["suv_max"].iloc[0], rel=1e-3)
    assert after["suv_max"].iloc[1] == before["suv_max"].iloc[1]


def test_a_damaged_stored_result_is_measured_again(folder):
    cache = folder / "cache"
    first = measured(folder, cache=cache)
    for file in cache.glob("*.json"):
        file.write_text(file.read_text()[:100])
    pd.testing.assert_frame_equal(measured(folder, cache=cache).lesions, first.lesions)


@pytest.mark.parametrize(
    ("edit", "reason"),
    [
        (setting(CorrectedImage=["DECY", "NORM"]), "not attenuation-corrected"),
        (setting(ImageType=["DERIVED", "SECONDARY", "MIP"]), "maximum-intensity projection"),
        (setting(ImageType=["DERIVED", "SECONDARY"]), "derived from another series"),
        (setting(Modality="CT"), "CT"),
        (setting(Modality="NM"), "SPECT"),
        (setting(SOPClassUID="1.2.840.10008.5.1.4.1.1.7"), "secondary capture"),
        (setting(SeriesType=["DYNAMIC", "IMAGE"]), "dynamic"),
        (setting(SeriesType=["GATED", "IMAGE"]), "gated"),
        (setting(Radiopharmaceutical="Fluorothymidine"), "not FDG"),
        (setting(Radiopharmaceutical="177Lu-DOTATATE"), "SPECT stored as PET"),
        (setting(PatientID="4711"), "not in the study"),
    ],
)
def test_every_other_series_is_listed_with_its_reason(folder, edit, reason):
    scan(folder / "dicom" / "other", "P-001", 0, "1.9", edit)
    found = measured(folder).series.set_index("series_uid")
    assert not found.loc["1.9.200", "kept"]
    assert reason in found.loc["1.9.200", "reason"]
    assert "4711" not in found.to_string()
    assert found["kept"].sum() == 2
    # A patient nobody knows is a fault of the folder; a CT beside the PET is none.
    assert bool(found.loc["1.9.200", "fault"]) is (reason == "not in the study")


def test_a_scan_that_cannot_be_converted_is_listed_and_the_rest_goes_on(folder):
    scan(folder / "dicom" / "a", "P-001", 0, "1.1", setting(PatientWeight=None))
    found = measured(folder)
    assert found.series.set_index("series_uid")["kept"].to_dict() == {"1.1.200": False, "1.2.200": True}
    assert "PatientWeight" in found.series["reason"].str.cat()
    assert found.series.set_index("series_uid")["fault"].to_dict() == {"1.1.200": True, "1.2.200": False}
    assert found.scans["visit"].tolist() == ["day14"]
    assert "no baseline scan" in found.scans["comparability_reason"].iloc[0]


def test_a_truncated_file_is_named_and_costs_its_series_only(folder):
    file = sorted((folder / "dicom" / "a").iterdir())[0]
    file.write_bytes(file.read_bytes()[:-30])
    found = measured(folder).series.set_index("series_uid")
    assert "truncated" in found.loc["1.1.200", "reason"]
    assert file.name in found.loc["1.1.200", "reason"]
    assert found.loc["1.1.200", "fault"]
    assert found.loc["1.2.200", "kept"]


def test_files_that_are_not_dicom_are_listed(folder):
    (folder / "dicom" / "a" / "README.txt").write_text("about these images")
    found = measured(folder).series
    assert found.loc[~found["kept"], "reason"].str.contains("README.txt").all()
    assert not found["fault"].any()
    assert found["kept"].sum() == 2


@pytest.mark.parametrize("shift", [0, 1000])
@pytest.mark.parametrize("starts", [True, False])
def test_visits_are_matched_by_date_even_if_all_dates_were_shifted(tmp_path, shift, starts):
    for day, uid in ((0, "1.1"), (14, "1.2"), (29, "1.3")):
        scan(tmp_path / "dicom" / uid, "P-001", day + shift, uid)
    found = measured(tmp_path, (*VISITS, ("P-001", "day28", 29)), starts=starts, tables={})
    assert found.series.set_index("series_uid")["visit"].to_dict() == {
        "1.1.200": "baseline",
        "1.2.200": "day14",
        "1.3.200": "day28",
    }


def test_a_single_shifted_scan_of_two_is_not_guessed(tmp_path):
    scan(tmp_path / "dicom" / "x", "P-001", 1000, "1.1")
    found = measured(tmp_path, VISITS, starts=False, tables={})
    assert "visit is not told" in found.series["reason"].iloc[0]


def test_trial_attributes_come_before_patient_id_and_date(tmp_path):
    for visit, day, uid in (("Baseline", 0, "1.1"), ("Day 14", 3, "1.2")):
        edit = setting(PatientID="hospital-1", ClinicalTrialSubjectID="P-001", ClinicalTrialTimePointID=visit)
        scan(tmp_path / "dicom" / uid, "P-001", day, uid, edit)
    found = measured(tmp_path, VISITS, tables={}).series
    assert found["visit"].tolist() == ["baseline", "day14"]
    assert "11 days from that of pet_visits" in found["warnings"].iloc[1]


def test_the_mapping_says_what_the_headers_do_not(folder):
    scan(folder / "dicom" / "unnamed", "P-001", 200, "1.9", setting(PatientID="4711"))
    mapping = pd.DataFrame({"series_uid": ["1.9.200"], "patient_id": ["P-001"], "visit": ["day28"]})
    found = measured(folder, tables={"scans": mapping}).series.set_index("series_uid")
    assert found.loc["1.9.200", ["patient_id", "visit", "kept"]].tolist() == ["P-001", "day28", True]


def test_a_mapping_that_contradicts_the_headers_is_not_followed_and_says_so(folder):
    before = measured(folder).series.set_index("series_uid").loc["1.2.200"]
    mapping = pd.DataFrame({"series_uid": ["1.2.200"], "patient_id": ["P-001"], "visit": ["day28"]})
    found = measured(folder, tables={"scans": mapping}).series.set_index("series_uid").loc["1.2.200"]
    assert found["visit"] == before["visit"] != "day28"
    assert "scans.csv names another patient or visit" in found["warnings"]


def test_a_scan_outside_its_window_is_kept_and_flagged(tmp_path):
    scan(tmp_path / "dicom" / "x", "P-001", 0, "1.1")
    scan(tmp_path / "dicom" / "y", "P-001", 21, "1.2")
    found = measured(tmp_path, (("P-001", "baseline", 0), ("P-001", "day14", 21)), tables={})
    assert found.series["kept"].all()
    assert "outside the window" in found.scans.set_index("visit").loc["day14", "warnings"]


def test_nifti_contours_are_matched_by_their_table(folder):
    for file in (folder / "contours").iterdir():
        file.unlink()
    from analysis.pet import read_suv

    grid = read_suv(list((folder / "dicom" / "a").iterdir())).grid
    labels = np.zeros(grid.shape, np.uint8)
    labels[2, 3, 4], labels[4, 1, 1:3] = 1, 2
    nifti(folder / "contours" / "a.nii.gz", labels, grid=grid)
    contours = pd.DataFrame(
        {
            "file": "a.nii.gz",
            "label": ["1", "2"],
            "patient_id": "P-001",
            "visit": "baseline",
            "lesion_id": ["L01", "L02"],
        }
    )
    found = measured(folder, tables={"contours": contours}).lesions
    assert found[["lesion_id", "voxels"]].to_numpy().tolist() == [["L01", 1], ["L02", 2]]


def test_contours_of_a_series_that_is_not_there_are_listed(folder):
    rtstruct(
        folder / "contours" / "lost.dcm", {"L01": [(box(3, 6, 2, 4), 8.0)]}, series_uid="9.9", frame="9.8"
    )
    found = measured(folder).series
    row = found[found["description"] == "lost.dcm"].iloc[0]
    assert (row["modality"], row["reason"]) == (
        "RTSTRUCT",
        "contours that refer to no series that is measured",
    )


def test_a_study_without_images_says_so(tmp_path):
    with pytest.raises(StudyError, match="no PET images"):
        measured(tmp_path)


def test_headers_are_indexed_alike_by_one_process_and_by_two(folder, monkeypatch):
    import analysis.pet.series.index as module

    monkeypatch.setattr(module, "_FILES_A_TASK", 2)
    assert index_series(folder / "dicom", workers=2) == index_series(folder / "dicom", workers=1)


def test_projections_hang_head_up_with_the_patients_right_on_the_left(folder):
    of_study = study(folder, VISITS)
    pictures = ScanImages(of_study, measure_study(of_study, workers=1, progress=False)).projections("P-001")
    assert [p.visit for p in pictures] == ["baseline", "day14"]
    expected = true_suv().max(axis=1)[::-1]
    np.testing.assert_allclose(pictures[0].suv, expected, atol=2e-4)
    assert pictures[0].spacing == pytest.approx((4.0, 6.0))
    assert pictures[0].lesions["L01"].sum() == 8
    np.testing.assert_array_equal(maximum_intensity_projection(true_suv()), expected)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({}, ""),
        ({"uptake_minutes": 76.0}, "uptake +16 min"),
        ({"uptake_minutes": 75.0}, ""),
        ({"uptake_minutes": 49.0}, "uptake 49 min"),
        ({"uptake_minutes": np.nan}, "uptake time not known"),
        ({"liver_sul_mean": 1.81}, "liver SUL"),
        ({"liver_sul_mean": 1.79}, ""),
        ({"liver_sul_mean": np.nan}, "liver uptake not known"),
        ({"dose_mbq": 361.0}, "injected activity"),
        ({"dose_mbq": 360.0}, ""),
        ({"scanner": "other"}, "another scanner"),
        ({"reconstruction": "TOF"}, "another reconstruction"),
    ],
)
def test_comparability_with_baseline_has_its_limits_included(change, reason):
    same = {
        "patient_id": "P-001",
        "uptake_minutes": 60.0,
        "liver_sul_mean": 1.5,
        "dose_mbq": 300.0,
        "scanner": "X",
        "reconstruction": "OSEM",
    }
    table = pd.DataFrame([{**same, "visit": "baseline"}, {**same, "visit": "day14", **change}])
    found = with_comparability(table).iloc[1]
    assert bool(found["comparable"]) is (reason == "")
    assert reason in found["comparability_reason"]


@pytest.mark.parametrize(
    ("text", "visit"),
    [("baseline", "baseline"), ("BASELINE", "baseline"), ("PET/CT W2", "day14"), ("Week 04", "day28"), ("14 days", "day14"),
     ("pre-treatment", "baseline"), ("FDG PET day_28", "day28"), ("D-14", ""), ("Day -14", ""), ("Visit 2", ""), ("week 3", ""), ("D0", "baseline"), ("day14", "day14"), ("D 28", "day28"),
     ("13", ""), ("", ""), ("day15", ""), ("Progression", "progression")],
)  # fmt: skip
def test_time_points_are_read_when_they_name_a_visit(text, visit):
    assert visit_of_text(text) == visit


def test_a_study_lists_what_its_overrides_changed_and_refuses_those_that_concern_nothing(folder):
    row = {
        "patient_id": "P-001",
        "series_uid": pd.NA,
        "visit": "day14",
        "field": "PatientWeight",
        "value": "84",
        "reason": "scale",
    }
    table = pd.DataFrame([row], dtype="string")
    plain, found = measured(folder), measured(folder, tables={"lesions": LESIONS, "pet_overrides": table})
    (audit,) = found.overrides.to_dict("records")
    assert (audit["visit"], audit["header_value"], audit["value"]) == ("day14", "70", "84")
    assert audit["change_percent"] == pytest.approx(20)
    ratio = found.lesions["suv_max"] / plain.lesions["suv_max"]
    assert ratio.tolist() == pytest.approx([1, 1.2])
    assert "was overridden" in str(found.series.set_index("visit").loc["day14", "warnings"])
    with pytest.raises(StudyError, match="line 2"):
        measured(folder, tables={"pet_overrides": table.assign(visit="day28")})


@pytest.fixture
def renamed(folder):
    """Two baseline lesions that grew together into one contour of another name, beside a new one named L01."""
    rtstruct(folder / "contours" / "1.1.dcm", {
        "L01": [(box(0, 2, 2, 4), 8.0), (box(0, 2, 2, 4), 12.0)],
        "L02": [(box(4, 5, 2, 4), 8.0), (box(4, 5, 2, 4), 12.0)],
    }, series_uid="1.1.200", frame="1.1.300")  # fmt: skip
    rtstruct(folder / "contours" / "1.2.dcm", {
        "m": [(box(0, 5, 2, 4), 8.0), (box(0, 5, 2, 4), 12.0)],
        "L01": [(box(5, 6, 5, 6), 16.0)],
    }, series_uid="1.2.200", frame="1.2.300")  # fmt: skip
    rows = [("m", "L01", "same"), ("m", "L02", "same"), ("L01", None, "new")]
    matches = pd.DataFrame(rows, columns=["lesion_id", "baseline_lesion_id", "state"], dtype="string")
    lesions = pd.DataFrame(
        {"patient_id": "P-001", "lesion_id": ["L01", "L02"], "site": ["bone", "node"],
         "target": pd.array([False, True], "boolean")}
    )  # fmt: skip
    book = study(
        folder, VISITS, lesions=lesions, lesion_matches=matches.assign(patient_id="P-001", visit="day14")
    )
    return book, measure_study(book, progress=False, workers=1)


def test_lesions_that_grew_together_have_one_row_a_visit_with_the_volumes_and_thresholds_of_the_whole(
    renamed,
):
    _book, found = renamed
    lesions = found.lesions.set_index(["visit", "lesion_id"])
    assert list(lesions.index) == [("baseline", "L01+L02"), ("day14", "L01 (day14)"), ("day14", "L01+L02")]
    apart = np.concatenate([true_suv()[2:4, 2:5, 0:3].ravel(), true_suv()[2:4, 2:5, 4:6].ravel()])
    whole = true_suv()[2:4, 2:5, 0:6] / 2
    now = lesions.loc["day14", "L01+L02"]
    assert lesions.loc[("baseline", "L01+L02"), "suv_mean"] == pytest.approx(apart.mean(), rel=1e-3)
    assert now["mtv_50_baseline_ml"] == pytest.approx(0.12 * (whole >= 0.5 * apart.max()).sum())
    assert np.isnan(lesions.loc[("day14", "L01 (day14)"), "mtv_50_baseline_ml"])
    assert (now["site"], bool(now["target"])) == ("bone", True)
    assert "lesion_matches.csv says at 1 follow-up scan" in found.matching


def test_totals_of_a_patient_count_a_joined_lesion_once(renamed):
    _book, found = renamed
    totals = patient_measures(found).set_index("visit")
    assert totals["lesions"].tolist() == [1, 2]
    assert totals.loc["baseline", "total_volume_ml"] == pytest.approx(0.12 * 30)
    assert totals.loc["day14", "total_volume_ml"] == pytest.approx(0.12 * (36 + 4))
    assert totals.loc["baseline", "hottest_lesion"] == "L01+L02"


def test_every_row_of_the_lesions_table_has_its_region_in_the_pictures(renamed):
    book, found = renamed
    images = ScanImages(book, found)
    for visit, rows in found.lesions.groupby("visit"):
        masks = images.open("P-001", str(visit)).lesions
        assert {name: int(mask.sum()) for name, mask in masks.items()} == dict(
            zip(rows["lesion_id"], rows["voxels"], strict=True)
        )
    shown = lesion_at_visits(images, "P-001", "L01+L02")
    assert [planes.contoured for planes in shown] == [True, True]


@pytest.mark.filterwarnings("ignore")  # highdicom warns of what these tiny headers lack
def test_exported_segments_and_measures_bear_the_names_of_the_lesions(renamed, tmp_path_factory):
    book, found = renamed
    out = tmp_path_factory.mktemp("exported")
    written = export_study(book, out, measures=found, workers=1, progress=False)
    assert written["problem"].tolist() == ["", ""]
    segments = pydicom.dcmread(out / "P-001" / "day14" / "lesions.seg.dcm").SegmentSequence
    assert {str(item.SegmentLabel) for item in segments} == {"L01+L02", "L01 (day14)"}
    report = str(pydicom.dcmread(out / "P-001" / "day14" / "measures.sr.dcm"))
    assert report.count("Measurement Group") == 2
