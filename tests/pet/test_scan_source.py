"""Whoever shows, proposes or writes a scan gives the SUV that was measured, overrides and all."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd
import pytest
from make_contours import box, rtstruct
from make_series import setting, true_suv, write_series

from analysis.errors import StudyError
from analysis.pet import ScanImages, index_series, measure_study
from analysis.pet.exchange.study import export_study
from analysis.pet.measures.scan_source import scan_sources
from analysis.pet.proposals.study import propose_study
from analysis.pet.series.selection import select_series
from analysis.pet.series.visits import visit_book

ROW = {"patient_id": "P1", "series_uid": pd.NA, "visit": "baseline", "field": "PatientWeight", "value": "84",
       "reason": "scale"}  # fmt: skip


@pytest.fixture
def study(tmp_path, study_of):
    """One scan whose header has no weight, so that nothing reads it without the override; 84 kg is 1.2 times 70 kg."""
    top = tmp_path / "study"
    write_series(
        top / "dicom",
        setting(PatientID="P1", ClinicalTrialTimePointID="baseline", PatientWeight=None),
        uid="1.1",
    )
    (top / "contours").mkdir()
    rtstruct(
        top / "contours" / "c.dcm", {"L01": [(box(3, 6, 2, 4), 8.0)]}, series_uid="1.1.200", frame="1.1.300"
    )
    made = study_of(patients=[{"patient_id": "P1"}])
    return dataclasses.replace(
        made, path=top, dicom_folder=top / "dicom", contours_folder=top / "contours",
        tables={**made.tables, "pet_overrides": pd.DataFrame([ROW], dtype="string")},
    )  # fmt: skip


def test_pictures_of_a_scan_show_the_uptake_after_overrides(study):
    measures = measure_study(study, workers=1, progress=False)
    image = ScanImages(study, measures).open("P1", "baseline")
    np.testing.assert_allclose(image.volume.suv, true_suv() * 1.2, rtol=2e-3)
    (panel,) = ScanImages(study, measures).projections("P1")
    assert panel.suv.max() == pytest.approx(true_suv().max() * 1.2, rel=1e-3)
    assert measures.lesions["suv_max"][0] == pytest.approx(image.volume.suv[image.lesions["L01"]].max())


def test_proposals_are_of_the_uptake_after_overrides(study, tmp_path):
    table, _scans = propose_study(
        study, tmp_path / "out", threshold="4.0", smallest_ml=0.0, every_scan=True, workers=1, progress=False
    )
    assert table["suv_max"].max() == pytest.approx(true_suv().max() * 1.2, rel=1e-3)


def test_a_scan_that_its_overrides_make_measurable_is_written_in_dicom(study, tmp_path):
    measures = measure_study(study, workers=1, progress=False)
    written = export_study(study, tmp_path / "out", measures=measures, workers=1, progress=False)
    assert written[["lesions", "problem"]].to_dict("records") == [{"lesions": 1, "problem": ""}]


def test_an_override_that_concerns_no_series_is_refused_wherever_scans_are_opened(study):
    selected = select_series(index_series(study.dicom_folder, progress=False), visit_book(study))
    (source,) = scan_sources(study, selected).values()
    assert [entry.value for entry in source.overrides] == ["84"]
    study.tables["pet_overrides"]["visit"] = "day28"
    with pytest.raises(StudyError, match="concerns no series"):
        scan_sources(study, selected)
