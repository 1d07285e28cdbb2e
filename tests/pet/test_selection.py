"""Which of several series of a visit is measured: explicit rules, consistency within a patient first."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from make_series import setting, true_suv, write_series

from analysis.pet.series.index import index_series
from analysis.pet.series.selection import select_series
from analysis.pet.series.visits import VisitBook

START = datetime(2015, 3, 10)


def book(mapping=None, scanned=None):
    return VisitBook(frozenset(["P-001"]), mapping or {}, {"P-001": scanned or {}}, {"P-001": START.date()})


def scan(folder, uid, *edits, day=0, minutes=60, **options):
    injected = START + timedelta(days=day, hours=9)
    return write_series(
        folder / uid,
        *edits,
        uid=uid,
        injected=injected,
        started=injected + timedelta(minutes=minutes),
        **options,
    )


def chosen(folder, known=None):
    """Reason of each series (empty: measured), and the warnings, by the number before ".200"."""
    selected = select_series(index_series(folder), known or book())
    names = [entry.series.series_uid.removesuffix(".200") for entry in selected]
    return (
        dict(zip(names, [entry.reason for entry in selected], strict=True)),
        dict(zip(names, [" | ".join(entry.warnings) for entry in selected], strict=True)),
    )


PLAIN, PSF = setting(ReconstructionMethod="OSEM3D 3i21s"), setting(ReconstructionMethod="PSF+TOF 3i21s")
EARL = setting(SeriesDescription="PET WB EARL1", ReconstructionMethod="PSF+TOF 3i21s")


@pytest.mark.parametrize("order", list(permutations(["1.1", "1.2", "1.3"])))
def test_without_other_visits_the_harmonised_then_the_plain_reconstruction_is_measured(tmp_path, order):
    for uid, edit in zip(order, (PLAIN, PSF, EARL), strict=True):
        scan(tmp_path, uid, edit)
    reasons, _ = chosen(tmp_path)
    assert reasons[order[2]] == ""
    assert all("second reconstruction of the same scan" in reasons[uid] for uid in order[:2])
    assert "EARL-compliant" in reasons[order[0]]


def test_a_reconstruction_without_resolution_modelling_comes_before_one_with_more_slices(tmp_path):
    scan(tmp_path, "1.1", PSF, suv=true_suv(7))
    scan(tmp_path, "1.2", PLAIN)
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "no resolution modelling" in reasons["1.1"]


def test_the_reconstruction_that_all_visits_have_comes_before_every_preference(tmp_path):
    scan(tmp_path, "1.1", PLAIN)
    scan(tmp_path, "1.2", PSF)
    scan(tmp_path, "1.3", PSF, day=14)
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == reasons["1.3"] == ""
    assert "the patient's other visits have it as well" in reasons["1.1"]


def test_a_follow_up_takes_the_reconstruction_of_the_baseline(tmp_path):
    scan(tmp_path, "1.1", PSF)
    scan(tmp_path, "1.2", PLAIN, day=14)
    scan(tmp_path, "1.3", PSF, day=14)
    reasons, _ = chosen(tmp_path)
    assert reasons["1.1"] == reasons["1.3"] == ""
    assert "other visits" in reasons["1.2"]


def test_of_equal_reconstructions_the_lower_series_number_is_measured(tmp_path):
    scan(tmp_path, "1.1", setting(SeriesNumber="12"))
    scan(tmp_path, "1.2", setting(SeriesNumber="4"))
    reasons, warnings = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "Series Number is lower" in reasons["1.1"]
    assert "equal in all" not in warnings["1.2"]


def test_where_nothing_tells_two_series_apart_one_is_measured_and_says_so(tmp_path):
    scan(tmp_path, "1.1")
    scan(tmp_path, "1.2")
    reasons, warnings = chosen(tmp_path)
    assert reasons["1.1"] == ""
    assert "name the right one in scans.csv" in warnings["1.1"]
    reasons, warnings = chosen(tmp_path, book({"1.2.200": ("P-001", "baseline")}))
    assert reasons["1.2"] == ""
    assert "scans.csv names it" in reasons["1.1"]
    assert "name the right one" not in warnings["1.2"]


def test_a_part_of_the_body_gives_way_to_the_whole(tmp_path):
    scan(tmp_path, "1.1", suv=true_suv(3))
    scan(tmp_path, "1.2", suv=true_suv(6))
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "a part of the body" in reasons["1.1"]


@pytest.mark.parametrize(("apart", "said"), [(25, True), (3, False)])
def test_a_second_part_of_the_body_that_is_not_measured_is_said(tmp_path, apart, said):
    frame = setting(FrameOfReferenceUID="1.5", StudyInstanceUID="1.6")

    def lower(ds, index):
        ds.ImagePositionPatient = [-20.0, -15.0, -5.0 * (index + apart)]

    scan(tmp_path, "1.1", frame)
    scan(tmp_path, "1.2", frame, lower, minutes=90)
    reasons, warnings = chosen(tmp_path)
    assert (reasons["1.1"], bool(reasons["1.2"])) == ("", True)
    assert ("more of the body, and what lies there is not measured" in warnings["1.1"]) == said


def test_a_late_acquisition_of_the_day_gives_way_to_the_one_near_the_usual_uptake_time(tmp_path):
    scan(tmp_path, "1.1", minutes=120)
    scan(tmp_path, "1.2", minutes=65)
    scan(tmp_path, "1.3", minutes=20)
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "a later acquisition of the same day" in reasons["1.1"]
    assert "an earlier acquisition of the same day" in reasons["1.3"]


def test_a_follow_up_takes_the_acquisition_at_the_uptake_time_of_the_baseline(tmp_path):
    scan(tmp_path, "1.1", minutes=90)
    scan(tmp_path, "1.2", minutes=58, day=14)
    scan(tmp_path, "1.3", minutes=92, day=14)
    reasons, _ = chosen(tmp_path)
    assert reasons["1.3"] == ""
    assert "nearer to 90 min" in reasons["1.2"]


@pytest.mark.parametrize("order", [("1.1", "1.2"), ("1.2", "1.1")])
def test_of_two_scans_that_fit_a_visit_the_nearer_to_its_day_is_measured(tmp_path, order):
    scan(tmp_path, order[0], day=11)
    scan(tmp_path, order[1], day=15)
    reasons, _ = chosen(tmp_path)
    assert reasons[order[1]] == ""
    assert "another scan of the visit is measured" in reasons[order[0]]


def test_a_derived_series_is_measured_only_where_there_is_no_original(tmp_path):
    derived = setting(ImageType=["DERIVED", "SECONDARY"])
    scan(tmp_path, "1.1", derived)
    reasons, warnings = chosen(tmp_path)
    assert reasons["1.1"] == ""
    assert "derived from another series" in warnings["1.1"]
    scan(tmp_path, "1.2")
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "derived from another series" in reasons["1.1"]


def test_a_twin_that_only_its_description_calls_uncorrected_gives_way(tmp_path):
    scan(tmp_path, "1.1", setting(SeriesDescription="PET_WB_NAC"))
    scan(tmp_path, "1.2")
    reasons, _ = chosen(tmp_path)
    assert reasons["1.2"] == ""
    assert "SeriesDescription (0008,103E) says that it is not attenuation-corrected" in reasons["1.1"]


@pytest.mark.parametrize("skip", [((0, 1, 2), (3, 4, 5)), ((0, 2, 4), (1, 3, 5)), ((0, 1), (2, 3, 4, 5))])
def test_a_scan_split_over_two_series_uids_is_refused(tmp_path, skip):
    for uid, left in zip(("1.1", "1.2"), skip, strict=True):
        scan(
            tmp_path,
            uid,
            setting(FrameOfReferenceUID="1.5", StudyInstanceUID="1.6", AcquisitionTime="100000"),
            skip=left,
        )
    selected = select_series(index_series(tmp_path), book())
    assert all("split over several Series Instance UIDs" in entry.reason for entry in selected)
    assert all(entry.fault for entry in selected)


def test_a_scan_of_the_brain_is_no_whole_body_scan(tmp_path):
    scan(tmp_path, "1.1", setting(BodyPartExamined="BRAIN"))
    assert "the brain alone" in chosen(tmp_path)[0]["1.1"]


def test_a_short_scan_is_measured_and_flagged(tmp_path):
    scan(tmp_path, "1.1")
    assert "not a whole-body scan: it covers 24 mm" in chosen(tmp_path)[1]["1.1"]


def test_a_series_that_names_no_tracer_is_measured_and_flagged(tmp_path):
    scan(tmp_path, "1.1", setting(Radiopharmaceutical=None))
    reasons, warnings = chosen(tmp_path)
    assert reasons["1.1"] == ""
    assert "do not name the tracer" in warnings["1.1"]


def test_a_dynamic_series_that_does_not_say_so_is_known_by_its_positions(tmp_path):
    def edit(ds, index):
        ds.ImagePositionPatient = [-20.0, -15.0, index % 3 * 4.0]

    scan(tmp_path, "1.1", edit, setting(SeriesType=None))
    assert chosen(tmp_path)[0]["1.1"] == "dynamic series: several images at one position"


def test_a_colour_picture_under_the_modality_pt_is_a_secondary_capture(tmp_path):
    scan(tmp_path, "1.1", setting(SamplesPerPixel=3))
    assert chosen(tmp_path)[0]["1.1"] == "secondary capture"


def visits(folder, known):
    return {
        entry.series.series_uid.removesuffix(".200"): (entry.visit, entry.reason, " | ".join(entry.warnings))
        for entry in select_series(index_series(folder), known)
    }


def test_a_scan_outside_every_window_is_kept_at_the_nearest_visit_and_flagged(tmp_path):
    scan(tmp_path, "1.1", day=20)
    visit, reason, warnings = visits(tmp_path, book())["1.1"]
    assert (visit, reason) == ("day14", "")
    assert "scanned on day 20, outside the window of day 10 to 18" in warnings


def test_a_scan_far_from_every_window_is_not_guessed(tmp_path):
    scan(tmp_path, "1.1", day=90)
    assert visits(tmp_path, book())["1.1"][1] == "no visit of the study is near its day: day 90"


def test_the_mapping_comes_before_the_nearest_window_and_after_the_window_itself(tmp_path):
    scan(tmp_path, "1.1", day=20)
    scan(tmp_path, "1.2", day=14)
    mapping = {"1.1.200": ("P-001", "day28"), "1.2.200": ("P-001", "baseline")}
    found = visits(tmp_path, book(mapping))
    assert found["1.1"][:2] == ("day28", "")
    assert found["1.2"][:2] == ("day14", "")
    assert "scans.csv names another patient or visit" in found["1.2"][2]


def test_a_time_point_comes_before_the_date_and_their_contradiction_is_flagged(tmp_path):
    scan(tmp_path, "1.1", setting(ClinicalTrialSubjectID="P-001", ClinicalTrialTimePointID="D14"), day=28)
    visit, reason, warnings = visits(tmp_path, book())["1.1"]
    assert (visit, reason) == ("day14", "")
    assert "outside the window of day 10 to 18, in that of day28" in warnings


def test_the_description_of_the_time_point_counts_where_its_id_says_nothing(tmp_path):
    edit = setting(ClinicalTrialTimePointID="02", ClinicalTrialTimePointDescription="Week 2")
    scan(tmp_path, "1.1", edit, day=400)
    assert visits(tmp_path, VisitBook(frozenset(["P-001"]), {}, {}, {}))["1.1"][:2] == ("day14", "")


def test_a_date_some_days_from_the_table_is_kept_and_flagged(tmp_path):
    scan(tmp_path, "1.1", day=0)
    scan(tmp_path, "1.2", day=16)
    found = visits(tmp_path, book(scanned={"baseline": 0.0, "day14": 13.0}))
    assert found["1.2"][:2] == ("day14", "")
    assert "3 days from that of pet_visits" in found["1.2"][2]


def test_selection_does_not_depend_on_the_order_of_the_series(tmp_path):
    for uid, edit, day in (
        ("1.1", PLAIN, 0),
        ("1.2", PSF, 0),
        ("1.3", PSF, 14),
        ("1.4", PLAIN, 14),
        ("1.5", PLAIN, 28),
    ):
        scan(tmp_path, uid, edit, day=day)
    series = index_series(tmp_path)
    expected = {entry.series.series_uid: entry for entry in select_series(series, book())}
    for order in permutations(series):
        assert {entry.series.series_uid: entry for entry in select_series(order, book())} == expected
