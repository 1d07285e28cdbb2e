"""Tables of any kind: read, drafted, imported or refused by name; never a crash, never markup in a page."""

from __future__ import annotations

import csv
import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analysis.data import Problem, check_study
from analysis.data.intake.draft_text import draft_mapping
from analysis.data.intake.importing import import_study
from analysis.data.problem_page import problem_page
from analysis.errors import AnalysisError

HEADERS = [
    "patient_id",
    "sex",
    "birth_date",
    "treatment_start_date",
    "height_cm",
    "weight_kg",
    "ecog",
    "bone",
    "lesion",
    "<b>x</b>",
]
SECRET = "Jane Doe-Smith"
CELLS = st.sampled_from(
    [
        "", " ", "P01", "P02", "P01", "F", "female", "1", "0", "yes", "165", "1,65", "1.65", "1e400", "-99", "NA", "2014-03-01",
        "01/02/2014", "31/02/2014", "2014-13-45", "41699", "=1+1", "@SUM(A1)", "<script>alert(1)</script>", SECRET, "\u202e", "é", "1\n2", '"', "'",
        "99999999999999999999", "٣", "½", "nan", "inf", "\x0b",
    ]
)  # fmt: skip


@st.composite
def exports(draw) -> bytes:
    header = draw(
        st.lists(st.sampled_from(HEADERS), min_size=1, max_size=7, unique=draw(st.integers(0, 4)) > 0)
    )
    width = len(header)
    rows = draw(
        st.lists(st.lists(CELLS, min_size=width, max_size=width + draw(st.integers(0, 1))), max_size=6)
    )
    text = io.StringIO()
    writer = csv.writer(
        text,
        delimiter=draw(st.sampled_from(",;\t|")),
        lineterminator=draw(st.sampled_from(["\n", "\r\n", "\r"])),
    )
    writer.writerows([header, *rows])
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252", "latin-1"]))
    content = text.getvalue().encode(encoding, "replace")
    return content + draw(st.binary(max_size=3))


def judged(problems: list[Problem] | tuple[Problem, ...]) -> None:
    """Nothing of a cell stands in a finding, and nothing of it becomes markup."""
    for problem in problems:
        assert SECRET not in str(problem)
        assert "2014" not in problem.what
    page = problem_page(list(problems), title="a check")
    assert "<script" not in page
    assert "<b>x" not in page


def drafted_or_refused(sent: Path):
    try:
        return draft_mapping(sent), None
    except AnalysisError as refusal:
        return None, refusal


@pytest.mark.filterwarnings("ignore::UserWarning")
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(content=exports())
def test_an_export_is_drafted_and_imported_or_refused(content):
    with tempfile.TemporaryDirectory() as place:
        sent = Path(place) / "sent"
        sent.mkdir()
        (sent / "patients.csv").write_bytes(content)
        drafted, refusal = drafted_or_refused(sent)
        if drafted is None:
            assert SECRET not in str(refusal)
            return
        text = drafted.text
        for key, value in {
            "title": "a",
            "kind": "real",
            "design": "single-arm",
            "source": "a",
            "licence": "a",
        }.items():
            text = text.replace(f'{key}: "?"', f"{key}: {value}")
        (sent / "mapping.yml").write_text(text, encoding="utf-8")
        found = import_study(sent, Path(place) / "study")
        judged(found.problems)
        wrong = any(problem.severity == "error" for problem in found.problems)
        assert found.written is not wrong
        assert (Path(place) / "study").exists() is found.written
        if found.written:
            assert [p for p in check_study(Path(place) / "study") if p.severity == "error"] == []


@settings(max_examples=40, deadline=None)
@given(content=exports())
def test_a_study_folder_with_it_is_checked(content):
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "patients.csv").write_bytes(content)
        judged(check_study(place))
