"""Lesions of two visits: the proposal on geometries made by hand, and the reader's table applied to measures."""

from __future__ import annotations

import base64
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from make_contours import box, rtstruct
from make_series import SPACING, setting, write_series

from analysis.errors import StudyError
from analysis.pet import lesion_changes, read_suv
from analysis.pet.contours.files import Assignment
from analysis.pet.measures.matched_lesions import RULES, combined, matched
from analysis.pet.measures.scan import ScanTask, measure_scan
from analysis.pet.measures.scan_source import ScanSource
from analysis.pet.response.lesion_matching import Places, propose_matches, shift_between

SPOTS = np.array([[0.0, 0, 0], [90, 10, 40], [-60, 50, 200], [30, -70, 320], [-120, 0, 90]])


def places(centres, names=None, volumes=None, sites=None, liver=None):
    centres = np.asarray(centres, float).reshape(-1, 3)
    count = len(centres)
    return Places(
        names or [f"L{i + 1:02d}" for i in range(count)],
        centres,
        np.full(count, 5.0) if volumes is None else np.asarray(volumes, float),
        sites or [""] * count,
        None if liver is None else np.asarray(liver, float),
    )


def found(first, second):
    table = propose_matches(first, second)
    return {(row.lesion_id or "", row.baseline_lesion_id or ""): row for row in table.itertuples(index=False)}


def same(first, second):
    return {names for names, row in found(first, second).items() if row.state == "same"}


def test_shuffled_names_do_not_mislead_the_proposal():
    order = [3, 0, 4, 1, 2]
    names = ["A", "B", "C", "D", "E"]
    pairs = same(places(SPOTS), places(SPOTS[order], names))
    assert pairs == {(name, f"L{i + 1:02d}") for name, i in zip(names, order, strict=True)}


def test_a_lesion_that_is_gone_is_proposed_as_disappeared_and_the_others_keep_their_partners():
    rows = found(places(SPOTS), places(SPOTS[1:], ["b", "c", "d", "e"]))
    assert rows["", "L01"].state == "disappeared"
    assert rows["b", "L02"].state == rows["e", "L05"].state == "same"


@pytest.mark.parametrize(("site", "state"), [("bone", "uncertain"), ("", "uncertain"), ("liver", "new")])
def test_a_further_lesion_is_new_unless_a_flare_in_bone_cannot_be_excluded(site, state):
    second = places([*SPOTS, [0, 0, 500]], sites=["", "", "", "", "", site])
    row = found(places(SPOTS), second)["L06", ""]
    assert (row.state, row.doubtful) == (state, True)


def test_a_follow_up_scan_without_contours_says_nothing_of_the_lesions():
    assert {row.state for row in found(places(SPOTS), places([])).values()} == {"not_contoured"}


def test_a_patient_who_lies_3_cm_elsewhere_is_matched_without_doubt():
    first, second = places(SPOTS), places(SPOTS + np.array([30.0, -30.0, 30.0]))
    np.testing.assert_allclose(shift_between(first, second), [30, -30, 30], atol=1e-9)
    rows = found(first, second)
    assert set(rows) == {(f"L{i:02d}", f"L{i:02d}") for i in range(1, 6)}
    assert not any(row.doubtful for row in rows.values())
    assert all(row.score == 1.0 for row in rows.values())


def test_the_livers_shift_aligns_a_single_lesion_and_without_it_the_lesion_is_doubtful():
    one, moved = SPOTS[:1], SPOTS[:1] + np.array([0, 0, 200.0])
    sure = found(places(one, liver=[50, 0, 100]), places(moved, liver=[50, 0, 300]))["L01", "L01"]
    assert not sure.doubtful
    assert "no landmark" in found(places(one), places(one))["L01", "L01"].reason


def test_two_lesions_that_fit_equally_well_are_doubtful():
    first = places([*SPOTS, [0, 0, 8]])
    row = found(first, first)["L01", "L01"]
    assert (row.doubtful, row.reason) == (True, "another lesion fits nearly as well")


def test_far_places_and_unlike_volumes_are_doubtful_and_farther_ones_are_no_match():
    moved = SPOTS.copy()
    moved[0, 0] += 25
    row = found(places(SPOTS), places(moved, volumes=[5, 5, 5, 5, 50]))
    assert row["L01", "L01"].reason == "25 mm apart after alignment"
    assert row["L05", "L05"].reason == "volumes differ by a factor of 10.0"
    moved[0, 0] += 50
    assert ("", "L01") in found(places(SPOTS), places(moved))


def test_lesions_of_different_organs_are_never_one():
    first = places(SPOTS, sites=["bone", "", "", "", ""])
    second = places(SPOTS, sites=["liver", "", "", "", ""])
    rows = found(first, second)
    assert rows["", "L01"].state == "disappeared"
    assert "another organ" in rows["", "L01"].reason
    assert rows["L01", ""].state == "new"


def test_a_part_of_a_lesion_is_named_as_such():
    second = places([*SPOTS, SPOTS[0] + np.array([12, 0, 0])])
    first = places(SPOTS, volumes=[40, 5, 5, 5, 5])
    assert "a part of it" in found(first, second)["L06", ""].reason


def test_two_lesions_that_swapped_their_names_are_found_and_said():
    second = places(SPOTS, ["L02", "L01", "L03", "L04", "L05"])
    row = found(places(SPOTS), second)["L01", "L02"]
    assert (row.state, row.doubtful, row.reason) == ("same", True, "the names say otherwise")


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.permutations(range(5)), st.tuples(*[st.floats(-40, 40)] * 3))
def test_order_names_and_a_shift_of_the_patient_change_no_pair(seed, order, shift):
    # 4 mm of jitter stand for breathing and contouring.
    jitter = np.random.default_rng(seed).uniform(-4, 4, SPOTS.shape)
    moved = (SPOTS + jitter + shift)[list(order)]
    names = [f"x{i}" for i in order]
    assert same(places(SPOTS), places(moved, names)) == {(f"x{i}", f"L{i + 1:02d}") for i in range(5)}


def measured(name, values, **other):
    """Stored measures of a lesion; only what a test looks at is true to the values."""
    values = np.sort(np.asarray(values, "<f4"))
    stored = dict.fromkeys(RULES)
    return stored | {"lesion_id": name, "voxels": len(values), "volume_ml": 0.1 * len(values),
            "suv_max": float(values[-1]), "suv_mean": float(values.mean()), "suv_peak": float(values[-1]) - 0.5,
            "suv_peak_at_max": 1.0, "centre_z_mm": 10.0 * len(values), "proposal": False, "overlaps": [],
            "values": base64.b64encode(values.tobytes()).decode()} | other  # fmt: skip


def applied(rows, **scans):
    """Lesions of each visit of patient P, and the states, after a table of (visit, contour, baseline, state)."""
    table = pd.DataFrame(rows, columns=["visit", "lesion_id", "baseline_lesion_id", "state"])
    table = table.assign(patient_id="P").astype("string").replace("", pd.NA)
    kept = [SimpleNamespace(patient_id="P", visit=visit) for visit in scans]
    results = [
        {"error": None, "lesions": [measured(name, values) for name, values in lesions.items()]}
        for lesions in scans.values()
    ]
    found = matched(table, kept, results)  # type: ignore[arg-type]
    states = found.states
    lesions = {
        visit: {lesion["lesion_id"]: lesion for lesion in result["lesions"]}
        for visit, result in zip(scans, found.results, strict=True)
    }
    return lesions, {(row.visit, row.lesion_id): row.state for row in states.itertuples()}, states


def test_contours_take_the_name_of_their_baseline_lesion():
    lesions, states, _ = applied(
        [("day14", "x", "L01", "same"), ("day14", "", "L02", "disappeared")],
        baseline={"L01": [4, 5], "L02": [3]},
        day14={"x": [2, 3]},
    )
    assert lesions["day14"]["L01"]["suv_max"] == 3
    assert states == {("day14", "L01"): "same", ("day14", "L02"): "disappeared"}


def test_a_lesion_in_two_parts_is_measured_as_one():
    lesions, _, _ = applied(
        [("day14", "a", "L01", "same"), ("day14", "b", "L01", "same")],
        baseline={"L01": [9]},
        day14={"a": [1, 2, 6], "b": [3]},
    )
    whole = lesions["day14"]["L01"]
    assert (whole["voxels"], whole["volume_ml"], whole["suv_max"]) == (4, pytest.approx(0.4), 6)
    assert whole["suv_mean"] == pytest.approx(3.0)
    assert whole["sul_max"] is None
    assert np.frombuffer(base64.b64decode(whole["values"]), "<f4").tolist() == [1, 2, 3, 6]


def test_lesions_that_grew_together_are_one_lesion_at_every_visit():
    lesions, states, _ = applied(
        [("day28", "m", "L01", "same"), ("day28", "m", "L02", "same")],
        baseline={"L01": [4], "L02": [7]},
        day14={"L01": [3], "L02": [6]},
        day28={"m": [5, 5]},
    )
    assert [list(mine) for mine in lesions.values()] == [["L01+L02"]] * 3
    assert [mine["L01+L02"]["suv_max"] for mine in lesions.values()] == [7, 6, 5]
    assert states == {("day28", "L01+L02"): "same"}


def test_a_new_contour_with_the_name_of_another_lesion_is_kept_apart_from_it():
    lesions, states, _ = applied(
        [("day14", "L01", "", "new"), ("day14", "", "L01", "disappeared")],
        baseline={"L01": [4]},
        day14={"L01": [3]},
    )
    assert list(lesions["day14"]) == ["L01 (day14)"]
    assert states == {("day14", "L01"): "disappeared", ("day14", "L01 (day14)"): "new"}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([("day14", "y", "L01", "same")], "'y' that was not measured at its visit"),
        ([("day14", "x", "L09", "same")], "'L09' that was not measured at baseline"),
        ([("day14", "", "L01", "disappeared")], "not its contour 'x'"),
    ],
)
def test_a_row_about_no_contour_and_a_contour_without_a_row_are_refused(rows, said):
    with pytest.raises(StudyError, match=said):
        applied(rows, baseline={"L01": [4]}, day14={"x": [3]})


def test_what_the_reader_said_overrules_the_bare_contours():
    lesions, _, states = applied(
        [("day14", "x", "", "uncertain"), ("day14", "", "L01", "disappeared")],
        baseline={"L01": [4], "L02": [5]},
        day14={"x": [3]},
    )
    rows = [
        {"patient_id": "P", "visit": visit, "lesion_id": name, "site": "bone", "target": True,
         "volume_ml": 1.0, "suv_max": lesion["suv_max"]}
        for visit, mine in lesions.items() for name, lesion in mine.items()
    ]  # fmt: skip
    scans = pd.DataFrame(
        {"patient_id": ["P", "P"], "visit": ["baseline", "day14"], "contours": [2, 1]}
    ).astype({"patient_id": "string", "visit": "string"})
    table = pd.DataFrame(rows).astype(
        {"patient_id": "string", "visit": "string", "lesion_id": "string", "target": "boolean"}
    )
    changes = lesion_changes(table, scans=scans, matches=states).set_index("lesion_id")
    assert changes["state"].to_dict() == {"L01": "disappeared", "L02": "not_contoured", "x": "uncertain"}
    assert changes.loc["L01", "change_percent"] == -100
    assert np.isnan(changes.loc["L02", "change_percent"])


def test_a_lesion_whose_contours_are_all_gone_is_disappeared_only_because_the_reader_says_so():
    _, states, table = applied([("day14", "", "L01", "disappeared")], baseline={"L01": [4]}, day14={})
    assert states == {("day14", "L01"): "disappeared"}
    lesions = pd.DataFrame(
        {"patient_id": ["P"], "visit": ["baseline"], "lesion_id": ["L01"], "site": ["bone"], "target": [True],
         "volume_ml": [1.0], "suv_max": [4.0]}
    ).astype({"patient_id": "string", "visit": "string", "lesion_id": "string"})  # fmt: skip
    scans = pd.DataFrame({"patient_id": ["P"], "visit": ["day14"], "contours": [0]}).astype(
        {"patient_id": "string", "visit": "string"}
    )
    assert lesion_changes(lesions, scans=scans)["state"].tolist() == ["not_contoured"]
    assert lesion_changes(lesions, scans=scans, matches=table)["state"].tolist() == ["disappeared"]


def test_measures_without_a_rule_are_missing_after_joining():
    parts = [measured("a", [1, 2], entropy=1.5), measured("b", [3], entropy=1.0)]
    assert combined(parts)["entropy"] is None
    assert combined(parts)["centre_z_mm"] == pytest.approx((2 * 20 + 10) / 3)


def test_contours_that_share_voxels_are_not_joined():
    parts = [measured("a", [1, 2], overlaps=["b"]), measured("b", [2, 3], overlaps=["a"])]
    with pytest.raises(StudyError, match="a and b overlap"):
        combined(parts)


def test_a_joined_lesion_has_the_measures_of_its_parts_together(tmp_path):
    """Every stored measure, against the same voxels drawn as one contour."""
    volume = np.random.default_rng(5).gamma(4, 1, (14, 16, 18))
    drawn = {"a": [(box(3, 6, 3, 5), 12.0), (box(3, 6, 3, 5), 16.0)], "b": [(box(12, 15, 10, 13), 16.0)]}
    files = tuple(write_series(tmp_path / "pet", suv=volume))
    both = {"whole": [*drawn["a"], *drawn["b"]]}
    stored = {}
    for name, contours in (("parts", drawn), ("whole", both)):
        rtstruct(tmp_path / f"{name}.dcm", contours)
        task = ScanTask(
            "P",
            "day14",
            "u",
            ScanSource(files),
            (Assignment(tmp_path / f"{name}.dcm", None),),
            "janmahasatian",
            "k",
        )
        result = measure_scan(task)
        assert result["error"] is None
        stored[name] = result["lesions"]
    (whole,), parts = stored["whole"], stored["parts"]
    assert set(parts[0]) - {"lesion_id"} == set(RULES), "a stored measure has no rule for lesions in parts"
    joined = combined(parts)
    assert joined["max_diameter_mm"] == pytest.approx(sum(part["max_diameter_mm"] for part in parts))
    for name in RULES.keys() - {"max_diameter_mm"}:
        assert joined[name] == (
            pytest.approx(whole[name], rel=1e-6) if isinstance(whole[name], float) else whole[name]
        )
        assert joined[name] is not None, name


def test_a_patient_scanned_feet_first_is_matched_as_head_first(tmp_path):
    """The grid's columns and slices run the other way; places in the patient are the same."""
    volume = np.random.default_rng(5).gamma(4, 1, (14, 16, 18))
    drawn = {
        "a": [(box(3, 6, 3, 5), 12.0), (box(3, 6, 3, 5), 16.0)],
        "b": [(box(12, 14, 9, 12), 40.0)],
        "c": [(box(2, 3, 11, 13), 44.0)],
    }
    rtstruct(tmp_path / "contours.dcm", drawn)

    def feet_first(ds, index):
        x = -20.0 + SPACING[2] * (volume.shape[2] - 1)
        ds.ImagePositionPatient = [x, -15.0, SPACING[0] * (len(volume) - 1 - index)]
        ds.ImageOrientationPatient = [-1, 0, 0, 0, 1, 0]
        ds.PatientPosition = "FFS"

    head = write_series(tmp_path / "head", setting(PatientPosition="HFS"), suv=volume)
    feet = write_series(tmp_path / "feet", feet_first, suv=volume[::-1, :, ::-1])
    found, grids = [], []
    for files in (head, feet):
        contours = (Assignment(tmp_path / "contours.dcm", None),)
        result = measure_scan(
            ScanTask("P", "v", "u", ScanSource(tuple(files)), contours, "janmahasatian", "k")
        )
        assert result["error"] is None
        found.append(result["lesions"])
        grids.append(read_suv(files).grid)
    assert not np.allclose(grids[0].directions, grids[1].directions)
    centres = [[[lesion[f"centre_{axis}_mm"] for axis in "xyz"] for lesion in scan] for scan in found]
    np.testing.assert_allclose(centres[0][0], [-20 + 4.5 * SPACING[2], -15 + 4 * SPACING[1], 14.0])
    np.testing.assert_allclose(centres[1], centres[0], atol=1e-6)
    assert [lesion["suv_max"] for lesion in found[1]] == pytest.approx(
        [m["suv_max"] for m in found[0]], rel=1e-3
    )
    names = ["x", "y", "z"]
    volumes = [lesion["volume_ml"] for lesion in found[0]]
    first, second = places(centres[0], list("abc"), volumes), places(centres[1], names, volumes)
    assert same(first, second) == set(zip(names, "abc", strict=True))
