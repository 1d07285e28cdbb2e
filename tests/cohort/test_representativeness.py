"""A study beside published trials, by hand: shares, intervals, standardised differences; and the file of figures."""

from __future__ import annotations

import math

import pandas as pd
import pytest

from analysis.cohort import participant_flow, phase_counts, representativeness
from analysis.errors import ParameterError
from analysis.figures import describe_representativeness
from analysis.study import PublishedCharacteristic, published_characteristics
from analysis.study.published import MARKS


@pytest.fixture
def patients():
    return pd.DataFrame(
        {
            "bone": pd.array([True] * 6 + [False] * 3 + [None], dtype="boolean"),
            "sites": pd.array([1, 1, 2, 3, 4, 5, 6, 2, 1, None], dtype="Int64"),
            "age_years": [50.0, 60.0, 70.0, 80.0, math.nan, *[65.0] * 5],
        }
    )


def figure(characteristic, level, value, unit="%", study="A"):
    return PublishedCharacteristic(study, characteristic, level, value, unit, 100, "read", "a table")


def test_a_share_counts_known_patients_and_carries_the_exact_interval(patients):
    row = representativeness(patients, [figure("bone", "yes", 50.0)]).iloc[0]
    assert (row["count"], row["n"]) == (6, 9)
    assert row["value"] == pytest.approx(100 * 6 / 9)
    # binom.test(6, 9)$conf.int in R 4.2: 0.2992950 0.9251454
    assert (row["low"], row["high"]) == pytest.approx((29.92950, 92.51454), abs=1e-4)
    # |2/3 - 1/2| / sqrt((2/9 + 1/4) / 2) = 0.1667 / 0.4859
    assert row["difference"] == pytest.approx((2 / 3 - 1 / 2) / math.sqrt((2 / 9 + 1 / 4) / 2))


def test_a_level_with_plus_holds_everything_from_there(patients):
    rows = representativeness(patients, [figure("sites", "4+", 18.0), figure("sites", "1", 32.0)])
    assert rows["level"].tolist() == ["1", "4+"]
    assert rows["count"].tolist() == [3, 3]
    assert rows["n"].tolist() == [9, 9]


def test_a_median_stands_with_its_quartiles_and_without_a_difference(patients):
    row = representativeness(patients, [figure("age_years", "", 62.0, unit="years")]).iloc[0]
    assert (row["low"], row["value"], row["high"]) == (65.0, 65.0, 65.0)
    assert math.isnan(row["difference"])
    assert row["study_value"] == 62.0


def test_what_the_study_lacks_has_no_row(patients):
    assert representativeness(patients, [figure("liver", "yes", 30.0)]).empty
    patients["liver"] = pd.array([None] * 10, dtype="boolean")
    assert representativeness(patients, [figure("liver", "yes", 30.0)]).empty


def test_the_words_name_the_shares_outside_the_interval(patients):
    rows = representativeness(patients, [figure("bone", "yes", 95.0), figure("bone", "yes", 60.0, study="B")])
    said = describe_representativeness(rows)
    assert "2 published shares" in said
    assert "1 lies outside the interval: Bone metastases 67 % against 95 % in A." in said


def test_every_published_figure_has_a_mark_and_a_source():
    found = published_characteristics()
    assert {figure.basis for figure in found} <= set(MARKS)
    assert all(figure.source for figure in found)
    by_name = {(f.study, f.characteristic, f.level): f for f in found}
    assert by_name["PALOMA-3", "visceral", "yes"].value == pytest.approx(100 * 206 / 347, abs=0.05)
    assert by_name["BOLERO-2", "visceral", "yes"].value == pytest.approx(100 * 406 / 724, abs=0.5)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("A,bone,yes,120,%,10,read,a table,", "value"),
        ("A,bone,yes,12,%,ten,read,a table,", "not a number"),
        ("A,bone,yes,12,%,10,guessed,a table,", "basis"),
        ("A,bone,,12,%,10,read,a table,", "unit"),
        ("A,bone,yes,12,%,10,read,,", "source"),
    ],
)
def test_a_figure_that_cannot_be_right_is_refused_with_its_line(tmp_path, line, said):
    file = tmp_path / "published_characteristics.csv"
    file.write_text(f"study,characteristic,level,value,unit,n,basis,source,note\n{line}\n")
    with pytest.raises(ParameterError, match=said) as caught:
        published_characteristics(file)
    assert "line 2" in str(caught.value)


def test_phases_stand_beside_each_other_and_add_up(study_of, tables, protocol):
    found = phase_counts(participant_flow(study_of(**tables), protocol))
    assert found.columns.tolist() == ["population", "pilot", "extension", "all"]
    assert (found["pilot"] + found["extension"] == found["all"]).all()
    assert found.loc[0, ["pilot", "extension", "all"]].tolist() == [4, 4, 8]
