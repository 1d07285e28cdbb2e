"""Reconstructed trials beside what is printed, and the files of published facts."""

import numpy as np
import pandas as pd
import pytest

from analysis.data import COLLECTIONS, import_kmdata, read_kmdata
from analysis.errors import ParameterError
from analysis.evidence import reconstructed_and_printed
from analysis.study import FACTS, context_studies, published_trials


@pytest.fixture(scope="module")
def table(shared, tmp_path_factory):
    upstream = shared / "realdata" / "kmdata" / "upstream"
    files = {source.title: upstream / source.file for source in COLLECTIONS["kmdata"].files}
    made = import_kmdata(files, tmp_path_factory.mktemp("public") / "kmdata")
    return reconstructed_and_printed(read_kmdata(made), published_trials()).set_index("dataset")


def test_overall_survival_of_bolero_2_is_what_was_published(table):
    row = table.loc["BOLERO2_1"]
    assert (round(row["median"], 1), round(row["control_median"], 1)) == (30.8, 26.5)
    assert [round(row[name], 3) for name in ("hr", "hr_low", "hr_high")] == [0.902, 0.736, 1.105]
    assert [row[f"printed_{name}"] for name in ("median", "control_median", "hr")] == [31.0, 26.6, 0.89]
    assert [row[f"printed_{name}"] for name in ("hr_low", "hr_high")] == [0.73, 1.10]


def test_every_imported_figure_has_its_row_and_refits_what_was_computed_independently(table, shared):
    summary = pd.read_csv(shared / "realdata" / "kmdata" / "SUMMARY.csv").set_index("dataset")
    assert set(table.index) == {source.title for source in COLLECTIONS["kmdata"].files}
    for name, row in table.iterrows():
        theirs = summary.loc[name]
        assert f"{row['hr']:.3f} ({row['hr_low']:.3f}-{row['hr_high']:.3f})" == theirs["hr_reconstructed"]
        assert row["patients"] == theirs["n_rows"]
        assert row["basis"] == theirs["published_confidence"]


def test_reconstructed_and_printed_hazard_ratios_agree_within_what_digitising_costs(table):
    assert table["gap"].max() < 0.02


def test_a_median_that_does_not_match_is_said_in_its_caution(table):
    off = np.abs(np.log(table["median"] / table["printed_median"])) > 0.1
    assert off[off].index.tolist() == ["BOLERO1_2B"]
    assert "do not match" in table.loc["BOLERO1_2B", "caution"]


def test_every_fact_of_the_context_has_its_mark_and_source():
    for one in (*context_studies(), *published_trials()):
        assert one.basis in ("read", "recalled", "computed")
        assert one.source
    for one in context_studies():
        assert {getattr(one, name).basis for name in FACTS} <= {"read", "recalled", "computed"}


def test_the_corrected_report_of_tbcrc026_stands_and_not_the_first():
    (row,) = [one for one in context_studies() if one.study.startswith("TBCRC026")]
    assert (row.estimate, row.measure, row.level) == (0.72, "AUC", 80)
    assert "2021" in row.source
    assert "superseded" in row.note


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('0.44",recalled', '0.44",sure', "the basis is 'sure'"),
        ("0.77,0.4,1.5", "0.77,0.9,1.5", "does not lie between"),
        ("0.77,0.4,1.5", "x,0.4,1.5", "estimate is 'x'"),
        (",45,recalled,PFS", ",0,recalled,PFS", "n cannot be right"),
        (",45,recalled,PFS", ",45,,PFS", "n_basis cannot be right"),
        ("day 14,recalled", "day 14,sure", "timing_basis cannot be right"),
        ("day 14,recalled", ",recalled", "timing cannot be right"),
        ("good v poor", "better", "direction cannot be right"),
    ],
)
def test_a_faulty_line_is_refused_with_its_number(project, tmp_path, old, new, message):
    text = (project / "data" / "context_studies.csv").read_text(encoding="utf-8")
    head, first, *_ = text.splitlines(keepends=True)
    file = tmp_path / "studies.csv"
    assert old in first
    file.write_text(head + first.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(ParameterError, match=message) as caught:
        context_studies(file)
    assert caught.value.where == "studies.csv, line 2"
    assert caught.value.do


def test_a_line_with_a_cell_too_many_is_refused(project, tmp_path):
    text = (project / "data" / "published_trials.csv").read_text(encoding="utf-8").splitlines()
    (tmp_path / "trials.csv").write_text("\n".join([text[0], text[1] + ",more"]), encoding="utf-8")
    with pytest.raises(ParameterError, match="another number of cells") as caught:
        published_trials(tmp_path / "trials.csv")
    assert "quotation marks" in (caught.value.do or "")


def test_a_file_with_other_columns_says_what_to_do(tmp_path):
    (tmp_path / "studies.csv").write_text("study,n\n", encoding="utf-8")
    with pytest.raises(ParameterError, match="the columns are study, n") as caught:
        context_studies(tmp_path / "studies.csv")
    assert "in this order" in (caught.value.do or "")
