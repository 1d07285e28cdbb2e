"""Automatic proposals: a body of known organs and lesions, and a real tumour beside a hot bladder."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from make_series import setting, write_series

from analysis.data import Study
from analysis.errors import ImageError, ParameterError
from analysis.pet import measure_study, read_masks, read_suv
from analysis.pet.contours.masks import read_regions
from analysis.pet.proposals.candidates import THRESHOLDS, propose
from analysis.pet.proposals.study import propose_study

SHAPE = (200, 44, 60)
SPACING = np.array([4.0, 5.0, 6.0])
# Centre in mm (up from the lowest slice, back, left) from the first voxel, radius in mm, SUV.
ORGANS = {
    "brain": ((740, 110, 177), 45, 8.0),
    "heart": ((520, 85, 220), 28, 5.0),
    "kidney": ((390, 140, 120), 24, 5.0),
    "kidney 2": ((390, 140, 234), 24, 5.0),
    "bladder": ((130, 90, 177), 26, 20.0),
}
LESIONS = {
    "hot": ((600, 150, 177), 14, 9.0),
    "warm": ((250, 150, 110), 16, 6.0),
    "tiny": ((300, 60, 240), 4, 9.0),
}
LIVER = ((440, 105, 115), 52, 2.0)


def ball(place, radius):
    axes = [np.arange(n) * s - p for n, s, p in zip(SHAPE, SPACING, place, strict=True)]
    return axes[0][:, None, None] ** 2 + axes[1][:, None] ** 2 + axes[2] ** 2 <= radius**2


@pytest.fixture(scope="module")
def suv():
    rows, columns = np.meshgrid(
        np.arange(SHAPE[1]) * 5.0 - 107, np.arange(SHAPE[2]) * 6.0 - 177, indexing="ij"
    )
    volume = np.zeros(SHAPE)
    volume[:, (rows / 100) ** 2 + (columns / 165) ** 2 <= 1] = 0.7
    for place, radius, value in (LIVER, *ORGANS.values(), *LESIONS.values()):
        volume[ball(place, radius)] = value
    return volume + 1e-6


@pytest.fixture(scope="module")
def scan(tmp_path_factory, suv):
    return read_suv(write_series(tmp_path_factory.mktemp("scan"), suv=suv))


@pytest.mark.parametrize("threshold", sorted(THRESHOLDS))
def test_lesions_are_proposed_and_organs_removed_under_every_threshold(scan, threshold):
    found = propose(scan, threshold=threshold)
    assert list(found.regions) == ["proposal-01", "proposal-02"]  # the third is smaller than 1 ml
    for region, (place, radius, _suv) in zip(found.regions.values(), list(LESIONS.values())[:2], strict=True):
        np.testing.assert_array_equal(region.full(), ball(place, radius))
    assert set(found.removed) == set(ORGANS)
    for organ, (place, radius, _suv) in ORGANS.items():
        kidneys = [n for n in ORGANS if n.split()[0] == organ.split()[0]]
        assert any(np.array_equal(found.removed[n].full(), ball(place, radius)) for n in kidneys)
    assert "26 neighbours; at least 1 ml" in found.rule


def test_the_least_volume_is_a_choice(scan):
    assert len(propose(scan, threshold="4.0", smallest_ml=0.0).regions) == 3


def test_without_liver_a_fixed_threshold_remains_and_says_what_is_not_removed(tmp_path, suv):
    cold = np.where(ball(*LIVER[:2]), 0.7, suv)
    volume = read_suv(write_series(tmp_path / "scan", suv=cold))
    with pytest.raises(ImageError, match="needs the liver"):
        propose(volume, threshold="liver")
    found = propose(volume, threshold="4.0")
    assert "heart, kidneys and liver are not removed" in found.warnings[0]
    assert set(found.removed) == {"brain", "bladder"}


def test_an_unknown_threshold_is_refused(scan):
    with pytest.raises(ParameterError, match="no threshold '42%'"):
        propose(scan, threshold="42%")


def test_a_real_tumour_beside_a_hot_bladder_is_proposed(shared):
    top = shared / "realdata" / "tcia_sts001_fdg_raw"
    volume = read_suv(sorted((top / "image").iterdir()))
    tumour = read_masks(top / "mask" / "1-1.dcm", volume.grid, roi="GTV_Mass")["GTV_Mass"]
    found = propose(volume, threshold="4.0")
    assert volume.suv[found.removed["bladder"].box].max() == pytest.approx(66.5, abs=0.1)
    assert not any((tumour[r.box] & r.inside).any() for r in found.removed.values())
    proposed = sum(int((tumour[r.box] & r.inside).sum()) for r in found.regions.values())
    assert proposed > 0.9 * (tumour & (volume.suv >= 4.0)).sum()


def test_a_study_gets_proposals_that_stay_marked_when_they_are_measured(tmp_path, suv):
    top = tmp_path / "study"
    files = write_series(
        top / "dicom", setting(ClinicalTrialSubjectID="P-001", ClinicalTrialTimePointID="baseline"), suv=suv
    )
    (top / "contours").mkdir()
    tables = {"patients": pd.DataFrame({"patient_id": ["P-001"]})}
    study = Study(
        top,
        "test",
        "Test",
        "simulated",
        "single-arm",
        "",
        "",
        (),
        {},
        tables,
        ("pet",),
        top / "dicom",
        top / "contours",
    )
    out = tmp_path / "out"
    table, scans = propose_study(
        study, out, picture=lambda panel: panel.visit.encode(), workers=1, progress=False
    )
    assert scans["proposals"].tolist() == [2]
    assert table.groupby("kind").size().to_dict() == {"proposal": 2, "removed": 5}
    assert (out / "P-001" / "baseline" / "proposal.png").read_bytes() == b"baseline"
    made = out / "P-001" / "baseline" / "proposal.seg.dcm"
    assert read_regions(made, read_suv(files).grid).proposals == {"proposal-01", "proposal-02"}
    (top / "contours" / "p.dcm").write_bytes(made.read_bytes())
    measures = measure_study(study, workers=1, progress=False)
    assert measures.lesions["proposal"].all()
    assert "automatic proposal" in measures.scans["warnings"][0]
    assert propose_study(study, tmp_path / "again", workers=1, progress=False)[1].empty  # it has contours now
