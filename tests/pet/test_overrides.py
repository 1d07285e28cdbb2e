"""A corrected header value replaces the header's, says so, and is audited; a correction that means nothing is an error."""

from __future__ import annotations

import json

import pytest
from make_series import HALF_LIFE, WEIGHT, setting, write_series

from analysis.cli import main
from analysis.errors import StudyError
from analysis.pet import read_overrides, read_suv

F18 = WEIGHT * 1000 / (350e6 * 2 ** (-3600 / HALF_LIFE))
HEAD = "patient_id,series_uid,field,value,reason\n"


def table(tmp_path, *rows):
    file = tmp_path / "pet_overrides.csv"
    file.write_text(HEAD + "".join(row + "\n" for row in rows))
    return file


def test_a_corrected_weight_scales_suv_and_is_audited(tmp_path):
    files = write_series(tmp_path / "a")
    overrides = read_overrides(table(tmp_path, "P-001,,PatientWeight,84,scale of the ward"))
    found = read_suv(files, overrides=overrides)
    assert found.suv == pytest.approx(read_suv(files).suv * 1.2, rel=1e-6)
    (audit,) = found.factors.overrides
    assert (audit.header_value, audit.value, audit.reason) == ("70", "84", "scale of the ward")
    assert audit.change_percent == pytest.approx(20)
    assert any("PatientWeight (0010,1030) was overridden" in text for text in found.warnings)


def test_a_refused_series_is_made_whole(tmp_path, capsys):
    write_series(tmp_path / "a", setting(RadionuclideTotalDose=None, PatientWeight=None))
    rows = ("P-001,1.2.3.4.200,RadionuclideTotalDose,350000000,log book", "P-001,,PatientWeight,70,scale")
    arguments = ["suv", str(tmp_path / "a"), "--json", "--overrides", str(table(tmp_path, *rows))]
    assert main(arguments) == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert list(found["factors"].values()) == pytest.approx([F18] * 6)
    assert [entry["factor_before"] for entry in found["overrides"]] == [None, None]
    assert "PatientWeight" in found["overrides"][0]["refused_before"]


def test_a_lost_injection_is_given_by_overrides(tmp_path):
    files = write_series(
        tmp_path / "a", lambda ds, _index: delattr(ds, "RadiopharmaceuticalInformationSequence")
    )
    rows = [
        f"P-001,,{name},{value},log book"
        for name, value in (
            ("RadionuclideTotalDose", "350000000"),
            ("RadionuclideHalfLife", "6586.2"),
            ("RadiopharmaceuticalStartTime", "090000"),
        )
    ]
    assert read_suv(files, overrides=read_overrides(table(tmp_path, *rows))).factors.factors == pytest.approx(
        F18
    )


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ("P-001,,PatientName,X,why", "cannot be overridden"),
        ("P-001,,PatientWeight,heavy,why", "means nothing"),
        ("P-001,,PatientWeight,-70,why", "means nothing"),
        ("P-001,,RadiopharmaceuticalStartTime,25:00,why", "means nothing"),
        ("P-001,,PatientWeight,70,", "reason is empty"),
        (",,PatientWeight,70,why", "patient_id is empty"),
    ],
)
def test_a_row_that_means_nothing_is_named_by_its_line(tmp_path, row, message):
    with pytest.raises(StudyError, match=message) as caught:
        read_overrides(table(tmp_path, "P-001,,PatientWeight,70,scale", row))
    assert "line 3" in str(caught.value)


def test_an_override_of_no_series_is_refused(tmp_path, capsys):
    write_series(tmp_path / "a")
    file = table(tmp_path, "P-002,,PatientWeight,70,scale")
    assert main(["suv", str(tmp_path / "a"), "--json", "--overrides", str(file)]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert "line 2" in said.err


def test_two_values_of_one_attribute_are_refused_with_their_lines(tmp_path):
    files = write_series(tmp_path / "a")
    rows = ("P-001,,PatientWeight,80,scale", "P-001,1.2.3.4.200,PatientWeight,81,letter")
    with pytest.raises(StudyError, match="lines 2, 3"):
        read_suv(files, overrides=read_overrides(table(tmp_path, *rows)))
