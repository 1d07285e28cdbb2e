"""Lesions and measures written in DICOM and read again: by our reader, by highdicom, and by a validator."""

from __future__ import annotations

import shutil
import subprocess

import highdicom
import numpy as np
import pydicom
import pytest
from make_contours import box, rtstruct
from make_series import STARTED, da, setting, write_series

from analysis.data import Study
from analysis.errors import StudyError
from analysis.pet import measure_study, read_masks, read_suv
from analysis.pet.contours.masks import read_regions
from analysis.pet.contours.region import Region
from analysis.pet.exchange.segmentation import segmentation_of
from analysis.pet.exchange.source import save, source_headers
from analysis.pet.exchange.study import export_study
from analysis.study import project_root

pytestmark = pytest.mark.filterwarnings("ignore")  # highdicom warns of what these tiny headers lack


@pytest.fixture
def exported(tmp_path, make_study):
    study = make_study(tmp_path)
    measures = measure_study(study, workers=1, progress=False)
    written = export_study(study, tmp_path / "out", measures=measures, workers=1, progress=False)
    assert written["problem"].tolist() == [""]
    return study, measures, tmp_path / "out" / "P-001" / "baseline"


@pytest.fixture
def make_study():
    import pandas as pd

    def make(path, contours=None):
        top = path / "study"
        named = setting(
            ClinicalTrialSponsorName="nobody", ClinicalTrialProtocolID="none", ClinicalTrialSubjectID="P-001",
            ClinicalTrialTimePointID="baseline",
        )  # fmt: skip
        write_series(top / "dicom", named, suv=np.linspace(0.5, 6, 12 * 14 * 16).reshape(12, 14, 16))
        (top / "contours").mkdir()
        drawn = contours or {
            "L01": [(box(3, 8, 2, 6), 4.0 * k) for k in (2, 3, 4)],
            "L02": [(box(7, 12, 4, 9), 4.0 * k) for k in (4, 5)],  # overlaps L01
        }
        rtstruct(top / "contours" / "rs.dcm", drawn)
        tables = {
            "patients": pd.DataFrame({"patient_id": ["P-001"]}),
            "lesions": pd.DataFrame(
                {
                    "patient_id": ["P-001"] * 2,
                    "lesion_id": ["L01", "L02"],
                    "site": ["liver", "bone"],
                    "target": [True, False],
                }
            ),
        }
        folders = top / "dicom", top / "contours"
        return Study(
            top, "test", "Test", "simulated", "single-arm", "", "", (), {}, tables, ("pet",), *folders
        )

    return make


def test_written_masks_come_back_exactly(exported):
    study, _measures, folder = exported
    volume = read_suv(sorted(study.dicom_folder.iterdir()))
    drawn = read_masks(study.contours_folder / "rs.dcm", volume.grid)
    assert (drawn["L01"] & drawn["L02"]).any()
    back = read_masks(folder / "lesions.seg.dcm", volume.grid)
    by_highdicom = highdicom.seg.segread(folder / "lesions.seg.dcm")
    pixels = by_highdicom.get_pixels_by_source_instance(
        list(volume.sop_instances), assert_missing_frames_are_empty=True
    )
    assert list(back) == ["L01", "L02"]
    for place, (name, mask) in enumerate(drawn.items()):
        np.testing.assert_array_equal(back[name], mask)
        np.testing.assert_array_equal(pixels[..., place] > 0, mask)


def test_the_segmentation_says_what_and_where_each_lesion_is(exported):
    ds = pydicom.dcmread(exported[2] / "lesions.seg.dcm")
    first, second = ds.SegmentSequence
    assert [s.SegmentAlgorithmType for s in (first, second)] == ["MANUAL", "MANUAL"]
    assert first.AnatomicRegionSequence[0].CodeMeaning == "Liver"
    assert first.SegmentedPropertyTypeCodeSequence[0].CodeValue == "108369006"
    assert first.TrackingUID != second.TrackingUID
    assert len(ds.ReferencedSeriesSequence[0].ReferencedInstanceSequence) == 12


def test_the_report_holds_the_numbers_of_the_lesions_table_with_their_units(exported):
    _study, measures, folder = exported
    report = highdicom.sr.srread(folder / "measures.sr.dcm")
    segments = pydicom.dcmread(folder / "lesions.seg.dcm")
    groups = report.content.get_volumetric_roi_measurement_groups()
    assert len(groups) == 2
    for group, segment, row in zip(
        groups, segments.SegmentSequence, measures.lesions.to_dict("records"), strict=True
    ):
        assert group.tracking_uid == segment.TrackingUID
        assert group.referenced_segment.referenced_sop_instance_uid == segments.SOPInstanceUID
        found = {
            (m.name.meaning, m.derivation.meaning if m.derivation else "", m.unit.value): m.value
            for m in group.get_measurements()
        }
        expected = {
            ("SUVbw", "Maximum", "g/ml{SUVbw}"): row["suv_max"],
            ("SUVbw", "Mean", "g/ml{SUVbw}"): row["suv_mean"],
            ("SUVbw", "Peak Value Within ROI", "g/ml{SUVbw}"): row["suv_peak"],
            ("SUVlbm(Janma)", "Peak Value Within ROI", "g/ml{SUVlbm(Janma)}"): row["sul_peak"],
            ("Volume", "", "ml"): row["volume_ml"],
            ("Metabolic Volume", "", "ml"): row["mtv_ml"],
            ("Total Lesion Glycolysis", "", "g"): row["tlg_g"],
        }
        for name, value in expected.items():
            assert found[name] == pytest.approx(value, rel=1e-7), name


def test_the_same_study_gives_the_same_bytes(exported, tmp_path, monkeypatch):
    study, measures, folder = exported
    again = tmp_path / "again"
    export_study(study, again, measures=measures, workers=1, progress=False)
    for name in ("lesions.seg.dcm", "measures.sr.dcm"):
        assert (again / "P-001" / "baseline" / name).read_bytes() == (folder / name).read_bytes()
        assert pydicom.dcmread(folder / name).ContentDate == da(STARTED)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    export_study(study, again, measures=measures, workers=1, progress=False)
    assert pydicom.dcmread(again / "P-001" / "baseline" / "lesions.seg.dcm").ContentDate == "20231114"


def test_what_is_written_measures_the_same_when_it_takes_the_contours_place(exported):
    study, measures, folder = exported
    shutil.copy(folder / "lesions.seg.dcm", study.contours_folder / "seg.dcm")
    (study.contours_folder / "rs.dcm").unlink()
    again = measure_study(study, workers=1, progress=False)
    assert again.lesions.equals(measures.lesions)
    assert not again.lesions["proposal"].any()


@pytest.mark.parametrize("name", ["lesions.seg.dcm", "measures.sr.dcm"])
def test_the_validator_of_dicom3tools_finds_no_error(exported, name):
    validator = shutil.which("dciodvfy")
    if validator is None:
        pytest.skip("dciodvfy of dicom3tools is not installed: a development check")
    said = subprocess.run(
        [validator, "-new", str(exported[2] / name)], capture_output=True, text=True, check=False
    )
    errors = [line for line in said.stderr.splitlines() if line.startswith("Error")]
    # These small images lack what only their own headers could give; what we write must be right.
    assert [line for line in errors if "Patient" not in line and "Study" not in line] == []


def test_a_proposal_is_automatic_and_stays_one_when_read(tmp_path):
    files = write_series(tmp_path / "series")
    volume = read_suv(files)
    mask = np.zeros(volume.grid.shape, bool)
    mask[2:4, 3:5, 3:5] = True
    written = segmentation_of(
        source_headers(files, volume), volume.grid, {"proposal-01": Region.of_mask(mask)}, patient="x",
        proposals={"proposal-01": "41 % of the maximum"},
    )  # fmt: skip
    save(written, tmp_path / "p.dcm")
    found = read_regions(tmp_path / "p.dcm", volume.grid)
    assert found.proposals == {"proposal-01"}
    np.testing.assert_array_equal(found.by_name["proposal-01"].full(), mask)
    assert (
        "41 %"
        in written.SegmentSequence[0].SegmentationAlgorithmIdentificationSequence[0].AlgorithmParameters
    )


@pytest.mark.parametrize("place", ["reports/dicom", "tests/dicom", "."])
def test_patients_data_are_not_written_outside_data(exported, place):
    study, measures, _folder = exported
    with pytest.raises(StudyError, match="may not be written there"):
        export_study(study, project_root() / place, measures=measures, progress=False)


def test_results_are_not_written_into_the_study(exported):
    study, measures, _folder = exported
    with pytest.raises(StudyError, match="part of the study"):
        export_study(study, study.path / "contours" / "new", measures=measures, progress=False)
