"""The files of a simulated scan: read with pydicom and highdicom alone, they give back what was simulated."""

import datetime
import functools
import math
from pathlib import Path

import numpy as np
import pydicom
import pytest

from analysis.errors import ImageError, ParameterError
from analysis.simulation.clock import average_time_s, clock_of
from analysis.simulation.dicom import quantise, write_scan
from analysis.simulation.encoding import encode_slices
from analysis.simulation.headers import HEADER_STYLES, STYLES, HeaderStyle
from analysis.simulation.identity import uid
from analysis.simulation.scanner import simulate_image
from analysis.simulation.scans import SimulatedLesion, SimulatedScan

SCAN_DAY = datetime.date(2015, 3, 3)
SITES = ("bone", "node", "liver")


def scan(style: str, **changed) -> SimulatedScan:
    lesions = tuple(
        SimulatedLesion(
            lesion_id=f"L{number:02d}", site=site, radius_mm=11.0 + number, suv_max=4.0 + number, target=True, new=False
        )
        for number, site in enumerate(SITES, start=1)
    )  # fmt: skip
    facts = {
        "patient_id": "P017", "visit": "day14", "scan_date": SCAN_DAY, "centre": "C1", "height_cm": 164.0,
        "weight_kg": 68.37, "sex": "F", "lesions": lesions, "lesion_seed": 21, "anatomy_seed": 22,
        "noise_seed": 23, "header_style": style, "uptake_minutes": 61.37, "dose_mbq": 255.123456,
        "with_nac_twin": False,
    }  # fmt: skip
    return SimulatedScan(**(facts | changed))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """Read slices of a style's scan, from the head down, each style written once."""
    known = {}

    def read(style: str) -> list[pydicom.Dataset]:
        if style not in known:
            top = tmp_path_factory.mktemp(style)
            write_scan(scan(style), top / "dicom", top / "contours")
            known[style] = (read_series(top / "dicom"), top)
        return known[style][0]

    read.top = lambda style: (read(style), known[style][1])[1]
    return read


@pytest.fixture(scope="module")
def suv_of(written):
    """SUV of a style's scan by its right rule, each computed once."""
    return functools.cache(lambda style: suv_by_the_right_rule(style, written(style)))


def read_series(folder: Path) -> list[pydicom.Dataset]:
    slices = [pydicom.dcmread(path) for path in folder.rglob("*") if path.is_file()]
    return sorted(slices, key=lambda ds: -ds.ImagePositionPatient[2])


def moment(date: str, time: str) -> datetime.datetime:
    return datetime.datetime.strptime(f"{date}{float(time):013.6f}", "%Y%m%d%H%M%S.%f")


def counts(slices) -> np.ndarray:
    return np.stack([ds.pixel_array * float(ds.RescaleSlope) for ds in slices])


def injected_on_the_day_of_the_scan_or_before(ds, reference: datetime.datetime) -> datetime.datetime:
    text = str(ds.RadiopharmaceuticalInformationSequence[0].RadiopharmaceuticalStartTime)
    injected = moment(ds.SeriesDate, text if len(text) > 4 else text + "00")
    return injected if injected <= reference else injected - datetime.timedelta(days=1)


def suv_by_the_right_rule(style: str, slices) -> np.ndarray:
    """SUV by the one rule that is right for the style, written here without the package's code."""
    first = slices[0]
    volume = counts(slices)
    if style == "philips-suv":
        return volume * float(first[0x7053, 0x1000].value)
    if style == "philips-activity":
        assert float(first[0x7053, 0x1000].value) == 0
        volume = volume * float(first[0x7053, 0x1009].value)
    tracer = first.RadiopharmaceuticalInformationSequence[0]
    dose, half_life = float(tracer.RadionuclideTotalDose), float(tracer.RadionuclideHalfLife)
    grams = float(first.PatientWeight) * 1000
    if style == "admin":
        return volume * grams / dose
    reference = {
        "ge-per-bed": lambda: moment(first[0x0009, 0x100D].value[:8], first[0x0009, 0x100D].value[8:]),
        "siemens": lambda: moment(first[0x0071, 0x1022].value[:8], first[0x0071, 0x1022].value[8:]),
        "siemens-late-series": lambda: min(moment(ds.AcquisitionDate, ds.AcquisitionTime) for ds in slices),
    }.get(style, lambda: moment(first.SeriesDate, first.SeriesTime))()
    waited = (reference - injected_on_the_day_of_the_scan_or_before(first, reference)).total_seconds()
    assert 0 < waited < 2 * 3600
    return volume * grams / (dose * 2 ** (-waited / half_life))


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_every_style_gives_back_the_simulated_suv_within_the_quantisation(suv_of, style):
    found = suv_of(style)
    intended = simulate_image(scan(style), STYLES[style].grid).suv
    largest = intended.max(axis=(1, 2), keepdims=True)
    step = (largest if STYLES[style].slope_per_slice else largest.max()) / 32767
    assert np.all(np.abs(found - intended) <= 0.51 * step + 1e-6 * intended)


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_lesion_maxima_survive_the_way_through_the_files(suv_of, style):
    found = suv_of(style).ravel()
    for what in scan(style).lesions:
        contour = simulate_image(scan(style), STYLES[style].grid, noise=False).contours[what.lesion_id]
        assert found[contour].max() == pytest.approx(what.suv_max, rel=0.08)  # noise of 2 %


@pytest.mark.parametrize(
    ("style", "wrong", "low", "high"),
    [
        ("ge-per-bed", lambda ds, start: moment(ds.AcquisitionDate, ds.AcquisitionTime), 1.06, 1.09),
        ("siemens-late-series", lambda ds, start: moment(ds.SeriesDate, ds.SeriesTime), 1.16, 1.18),
        ("ge-shared",
         lambda ds, start: start - datetime.timedelta(milliseconds=float(ds.FrameReferenceTime)), 0.92, 0.94),
        ("admin", lambda ds, start: start, 1.45, 1.50),
    ],
)  # fmt: skip
def test_the_trap_of_a_style_costs_what_its_table_says(written, style, wrong, low, high):
    slices = written(style)
    start = moment(slices[-1].AcquisitionDate, slices[-1].AcquisitionTime)
    right = start
    if style == "admin":
        right = injected_on_the_day_of_the_scan_or_before(slices[0], start)
    half_life = float(slices[0].RadiopharmaceuticalInformationSequence[0].RadionuclideHalfLife)
    error = 2 ** ((wrong(slices[0], start) - right).total_seconds() / half_life)
    assert low < error < high


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_the_patient_lies_in_the_grid_as_the_header_says(written, suv_of, style):
    slices = written(style)
    first, grid = slices[0], STYLES[style].grid
    assert [first.Rows, first.Columns, first.NumberOfSlices] == [grid.rows, grid.columns, len(slices)]
    assert first.Rows != first.Columns
    z = np.array([float(ds.ImagePositionPatient[2]) for ds in slices])
    assert np.diff(z) == pytest.approx(-float(first.SliceThickness), abs=1e-4)
    assert list(first.ImageOrientationPatient) == [1, 0, 0, 0, 1, 0]

    suv = suv_of(style)
    x0, y0, _ = (float(value) for value in first.ImagePositionPatient)
    x = x0 + np.arange(first.Columns) * float(first.PixelSpacing[1])
    y = y0 + np.arange(first.Rows) * float(first.PixelSpacing[0])

    def centre(mask):
        k, j, i = np.nonzero(mask)
        return x[i].mean(), y[j].mean(), z[k].mean()

    top = z[:, None, None]
    brain = centre((suv > 5) & (top > -200))
    bladder = centre((suv > 9) & (top < -600))
    trunk = (top < -380) & (top > -500)
    liver = centre((suv > 1.8) & (suv < 2.9) & trunk)
    assert brain[2] - bladder[2] > 500  # z points to the head
    assert liver[0] < -20  # x points to the left; the liver is on the right
    kidneys = centre((suv > 3.0) & (top < -480) & (top > -560) & (y[None, :, None] > 20))
    assert kidneys[1] > bladder[1] + 30  # y points to the back


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_headers_say_who_when_and_that_it_is_simulated(written, style):
    slices = written(style)
    first = slices[0]
    assert {ds.SOPClassUID for ds in slices} == {"1.2.840.10008.5.1.4.1.1.128"}
    for keyword in (
        "SeriesInstanceUID",
        "StudyInstanceUID",
        "FrameOfReferenceUID",
        "SeriesTime",
        "SeriesDate",
    ):
        assert len({str(ds[keyword].value) for ds in slices}) == 1
    instances = {ds.SOPInstanceUID for ds in slices}
    assert len(instances) == len(slices)
    assert all(ds.SOPInstanceUID == ds.file_meta.MediaStorageSOPInstanceUID for ds in slices)
    assert all(instance.is_valid and len(instance) <= 64 for instance in instances)
    assert "SIMULATED" in first.SeriesDescription
    assert str(first.PatientName) == "P017"
    assert first.StudyDate == "20150303"
    if STYLES[style].trial_attributes:
        assert (first.ClinicalTrialSubjectID, first.ClinicalTrialTimePointID) == ("P017", "day14")
        assert first.PatientID != "P017"
    else:
        assert "ClinicalTrialSubjectID" not in first
        assert first.PatientID == "P017"
    assert {"ATTN", "DECY"} <= set(first.CorrectedImage)
    assert all(float(ds.RescaleIntercept) == 0 for ds in slices)
    slopes = {float(ds.RescaleSlope) for ds in slices}
    assert len(slopes) > 100 if STYLES[style].slope_per_slice else len(slopes) == 1


def test_exactly_one_style_lacks_trial_attributes_and_some_lack_the_date_of_the_injection(written):
    without = [style for style in HEADER_STYLES if not STYLES[style].trial_attributes]
    assert without == ["ge-shared"]
    undated = [
        style
        for style in HEADER_STYLES
        if "RadiopharmaceuticalStartDateTime"
        not in written(style)[0].RadiopharmaceuticalInformationSequence[0]
    ]
    assert undated == ["ge-shared", "midnight"]


def test_midnight_lies_between_injection_and_scan():
    for seed in range(20):
        clock = clock_of(scan("midnight", noise_seed=seed), STYLES["midnight"])
        assert clock.injection.date() == SCAN_DAY - datetime.timedelta(days=1)
        assert clock.start.date() == SCAN_DAY


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_decay_factor_and_frame_reference_time_follow_the_bed_positions(written, style):
    slices, facts = written(style), STYLES[style]
    assert len({float(ds.DecayFactor) for ds in slices}) == (facts.beds if facts.decay_factor else 1)
    half_life = float(slices[0].RadiopharmaceuticalInformationSequence[0].RadionuclideHalfLife)
    duration = float(slices[0].ActualFrameDuration) / 1000
    decay = math.log(2) / half_life
    average = math.log(decay * duration / (1 - math.exp(-decay * duration))) / decay
    if not facts.decay_factor:
        return
    start = min(moment(ds.AcquisitionDate, ds.AcquisitionTime) for ds in slices)
    since = (start - injected_on_the_day_of_the_scan_or_before(slices[0], start)).total_seconds()
    for ds in slices:
        applied = math.log2(float(ds.DecayFactor)) * half_life - since * (facts.decay_correction == "ADMIN")
        bed_start = float(ds.FrameReferenceTime) / 1000 - average * (facts.frame_reference == "bed_average")
        assert applied == pytest.approx(bed_start + average, abs=0.02)
        if facts.acquisition_per_bed:
            acquired = (moment(ds.AcquisitionDate, ds.AcquisitionTime) - start).total_seconds()
            assert acquired == pytest.approx(bed_start, abs=0.02)


@pytest.mark.parametrize(
    ("bed_start_s", "factor"), [(0, 1.01268), (243, 1.0389), (486, 1.06581), (1215, 1.15077)]
)
def test_decay_factors_agree_with_those_of_a_real_ge_scanner(bed_start_s, factor):
    # TCIA Soft-tissue-Sarcoma STS_001: GE Discovery ST, 240 s a bed, half-life 6588 s
    assert 2 ** ((bed_start_s + average_time_s(240, 6588)) / 6588) == pytest.approx(factor, abs=6e-6)


def test_file_names_tell_neither_the_patient_nor_the_order_of_slices(written):
    for style in HEADER_STYLES:
        folder = written.top(style) / "dicom"
        paths = sorted(path for path in folder.rglob("*") if path.is_file())
        order = [-pydicom.dcmread(path, stop_before_pixels=True).ImagePositionPatient[2] for path in paths]
        assert order != sorted(order)
        assert not any("P017" in str(path.relative_to(folder)) or "day14" in str(path) for path in paths)


def test_the_same_scan_gives_the_same_bytes_and_another_visit_other_identifiers(tmp_path):
    for name in ("one", "two"):
        write_scan(scan("siemens"), tmp_path / name / "dicom", tmp_path / name / "contours")
    one, two = (
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "one", tmp_path / "two")
    )
    assert len(one) == STYLES["siemens"].grid.slices + 1
    assert one == two
    write_scan(scan("siemens", visit="day28"), tmp_path / "three" / "dicom", tmp_path / "three" / "contours")
    first, other = (read_series(tmp_path / name / "dicom")[0] for name in ("one", "three"))
    assert first.StudyInstanceUID != other.StudyInstanceUID
    assert first.PatientID == other.PatientID


def test_writing_again_replaces_and_leaves_nothing_behind(tmp_path):
    for _ in range(2):
        write_scan(scan("philips-activity"), tmp_path / "dicom", tmp_path / "contours")
    assert len(read_series(tmp_path / "dicom")) == STYLES["philips-activity"].grid.slices
    assert not list(tmp_path.rglob("*.partial"))


def test_an_interrupted_series_is_not_taken_for_a_whole_one(tmp_path, monkeypatch):
    whole = Path.write_bytes
    count = iter(range(50))

    def fail(path, content):
        if next(count) == 40:
            raise OSError("disk full")
        return whole(path, content)

    monkeypatch.setattr(Path, "write_bytes", fail)
    with pytest.raises(OSError, match="disk full"):
        write_scan(scan("siemens"), tmp_path / "dicom", tmp_path / "contours")
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_the_twin_without_attenuation_correction_is_another_series_that_says_so(tmp_path):
    write_scan(scan("ge-per-bed", with_nac_twin=True), tmp_path / "dicom", tmp_path / "contours")
    by_series: dict[str, list] = {}
    for ds in read_series(tmp_path / "dicom"):
        by_series.setdefault(ds.SeriesInstanceUID, []).append(ds)
    corrected, twin = sorted(by_series.values(), key=lambda slices: "ATTN" not in slices[0].CorrectedImage)
    assert len(corrected) == len(twin) == STYLES["ge-per-bed"].grid.slices
    assert "ATTN" not in twin[0].CorrectedImage
    assert twin[0].StudyInstanceUID == corrected[0].StudyInstanceUID
    assert counts(twin).max() < 0.7 * counts(corrected).max()


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_a_scan_takes_few_blocks_on_disk(written, style):
    sizes = [path.stat().st_size for path in written.top(style).rglob("*") if path.is_file()]
    assert sum(-(-size // 4096) * 4096 for size in sizes) < 2.3e6


@pytest.mark.parametrize("style", HEADER_STYLES)
def test_contours_read_with_highdicom_lie_on_the_lesions(written, style):
    import highdicom

    slices = written(style)
    (path,) = (written.top(style) / "contours").iterdir()
    seg = highdicom.seg.segread(path)
    one = scan(style)
    image = simulate_image(one, STYLES[style].grid)
    assert seg.FrameOfReferenceUID == slices[0].FrameOfReferenceUID
    assert {item[1] for item in seg.get_source_image_uids()} == {slices[0].SeriesInstanceUID}
    masks = seg.get_pixels_by_source_instance(
        [ds.SOPInstanceUID for ds in slices], assert_missing_frames_are_empty=True
    )
    assert masks.shape == (len(slices), slices[0].Rows, slices[0].Columns, len(one.lesions))
    for number, what in enumerate(one.lesions, start=1):
        segment = seg.get_segment_description(number)
        assert segment.SegmentLabel == segment.tracking_id == what.lesion_id
        assert segment.segmented_property_type.meaning == "Neoplasm"
        assert (
            segment.anatomic_regions[0].meaning
            == {"bone": "Bone", "node": "Lymph Node", "liver": "Liver"}[what.site]
        )
        mask = masks[..., number - 1].astype(bool)
        assert np.array_equal(np.flatnonzero(mask), np.sort(image.contours[what.lesion_id]))
        assert suv_by_the_right_rule(style, slices)[mask].max() == pytest.approx(what.suv_max, rel=0.08)


def test_the_volume_of_the_contours_has_the_geometry_of_the_pet(written):
    import highdicom

    slices = written("siemens")
    (path,) = (written.top("siemens") / "contours").iterdir()
    volume = highdicom.seg.segread(path).get_volume(combine_segments=True)
    pet = highdicom.get_volume_from_series(list(slices))
    resampled = volume.match_geometry(pet)
    suv = suv_by_the_right_rule("siemens", slices)
    order = [float(pet.affine[2, 3] + pet.affine[2, 0] * k) for k in range(len(slices))]
    if order[0] < order[-1]:
        suv = suv[::-1]
    labels = resampled.array
    assert labels.shape == suv.shape
    for number, what in enumerate(scan("siemens").lesions, start=1):
        assert suv[labels == number].max() == pytest.approx(what.suv_max, rel=0.08)


def test_a_lesion_keeps_its_tracking_uid_over_the_visits(tmp_path):
    import highdicom

    found = []
    for visit in ("baseline", "day28"):
        write_scan(scan("philips-activity", visit=visit), tmp_path / visit, tmp_path / f"{visit}-contours")
        (path,) = (tmp_path / f"{visit}-contours").iterdir()
        seg = highdicom.seg.segread(path)
        found.append([seg.get_segment_description(n).tracking_uid for n in seg.segment_numbers])
    assert found[0] == found[1]
    assert len(set(found[0])) == len(SITES)


def test_a_scan_without_lesions_has_no_segmentation(tmp_path):
    write_scan(scan("siemens", lesions=()), tmp_path / "dicom", tmp_path / "contours")
    assert not (tmp_path / "contours").exists()


def test_an_unknown_header_style_is_refused_with_the_known_ones(tmp_path):
    with pytest.raises(ParameterError, match=r"'toshiba'.*ge-per-bed"):
        write_scan(scan("toshiba"), tmp_path / "dicom", tmp_path / "contours")
    assert not (tmp_path / "dicom").exists()


def test_quantisation_by_hand():
    volume = np.array([[[0.0, 32767.0]], [[1.0, 0.5]]])
    stored, slopes = quantise(volume, per_slice=True)
    assert stored.tolist() == [[[0, 32767]], [[32767, 16384]]]
    assert [float(slope) for slope in slopes] == pytest.approx([1.0, 1 / 32767], rel=1e-8)
    stored, slopes = quantise(volume, per_slice=False)
    assert stored.tolist() == [[[0, 32767]], [[1, 0]]]
    assert len(set(slopes)) == 1


def test_a_text_too_long_for_its_field_is_refused():
    header = pydicom.Dataset()
    header.SOPClassUID = "1.2.840.10008.5.1.4.1.1.128"
    from analysis.simulation.dataset import file_meta

    meta = file_meta("1.2.840.10008.5.1.4.1.1.128", uid("a"), "1.2.840.10008.1.2.1")
    fields = [{"SOPInstanceUID": uid("a"), "RescaleSlope": "1.23456789012345678"}]
    with pytest.raises(ImageError, match=r"RescaleSlope.*at most 16"):
        encode_slices(header, meta, fields=fields, stored=np.zeros((1, 2, 3), dtype=np.int16))


def test_a_style_is_a_table_of_facts_that_names_its_trap():
    for name, style in STYLES.items():
        assert isinstance(style, HeaderStyle)
        assert style.name == name
        assert len(style.trap) > 20
        assert style.reference in {"series", "private", "acquisition", "injection"}
