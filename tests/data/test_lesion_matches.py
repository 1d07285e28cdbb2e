"""Rows of lesion_matches.csv that contradict their state, another row, or the list of lesions."""

from __future__ import annotations

import pytest

from analysis.data import check_study

HEADER = "patient_id,visit,lesion_id,baseline_lesion_id,state,score,doubtful,reader,reason\n"
RIGHT = (
    "P01,day14,a,L01,same,0.9,no,R1,\n"
    "P01,day14,b,L01,same,,,R1,fell into two parts\n"
    "P01,day14,,L02,disappeared,,,R1,\n"
    "P01,day14,n,,uncertain,,,R1,bone\n"
)


def problems(study, rows):
    (study.path / "lesions.csv").write_text(
        "patient_id,lesion_id,site,target\nP01,L01,bone,yes\nP01,L02,node,yes\n"
    )
    (study.path / "lesion_matches.csv").write_text(HEADER + rows)
    return [p for p in check_study(study.path) if p.file == "lesion_matches.csv"]


def without_images(found):
    return [p for p in found if "no images" not in p.what]


def test_parts_a_disappeared_lesion_and_a_possible_flare_are_right(study):
    assert without_images(problems(study, RIGHT)) == []


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("P01,day28,a,,same,,,,\n", "the state same needs a baseline_lesion_id"),
        ("P01,day28,a,L01,new,,,,\n", "the state new has no baseline_lesion_id"),
        ("P01,day28,a,L01,disappeared,,,,\n", "the state disappeared has no lesion_id"),
        ("P01,day28,a,L07,same,,,,\n", "is not in lesions.csv"),
        ("P01,baseline,a,L01,same,,,,\n", "the code 'baseline' is not one"),
        ("P01,day14,n,L02,same,,,,\n", "has another row at this visit"),
        ("P01,day14,,L01,disappeared,,,,\n", "has another row at this visit"),
    ],
)
def test_a_row_that_contradicts_itself_or_another_is_an_error(study, row, what):
    found = [p for p in problems(study, RIGHT + row) if p.severity == "error"]
    assert found
    assert any(what in p.what for p in found), [p.what for p in found]


def test_doubtful_rows_of_a_proposal_that_nobody_decided_are_a_warning(study):
    found = problems(study, RIGHT + "P01,day28,a,L01,same,0.3,yes,proposal,40 mm apart\n")
    assert [p.severity for p in without_images(found)] == ["warning"]
