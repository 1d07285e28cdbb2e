"""The committed table of agreement with R says what the tests find, and no more."""

from __future__ import annotations

import pytest
from recorded_agreement import (
    FIELDS,
    FILE,
    LOOSELY,
    METHODS,
    RECORDED,
    Worst,
    better_than_measured,
    claimed,
    note,
    printed_by_r,
)


def test_every_line_of_the_table_is_a_method_that_the_tests_compare() -> None:
    rows = claimed()
    assert rows
    titles = {title for title, _ in METHODS.values()}
    for method, row in rows.items():
        assert method.removesuffix(LOOSELY) in titles
        assert set(row) == set(FIELDS)
        assert int(row["cases"]) > 0
        assert float(row["worst_absolute"]) <= float(row["tolerance"])


@pytest.mark.parametrize(("found", "fails"), [(1e-12, False), (9e-9, False), (2e-8, True)])
def test_a_table_that_claims_better_than_measured_is_refused(found: float, fails: bool) -> None:
    rows = {"Cox": {"method": "Cox", "worst_absolute": "1e-9"}}
    assert bool(better_than_measured("Cox", Worst(1, found, found, 1.0), rows)) is fails
    assert FILE.name in better_than_measured("a method without a line", Worst(), rows)


def test_a_comparison_counts_only_if_its_expected_number_is_one_that_r_printed() -> None:
    known = frozenset({0.25, 1.5})
    for expected, actual in ((0.25, 0.2500001), (0.3, 0.3), (1.5, 2.5), (True, 1.0)):
        note("made up", expected, actual, 1e-5, known)
    worst = RECORDED.pop("made up")
    assert (worst.cases, worst.tolerance) == (1, 1e-5)
    assert worst.absolute == pytest.approx(1e-7)
    assert worst.relative == pytest.approx(4e-7)


def test_whole_numbers_of_r_are_not_counted(shared) -> None:
    numbers = printed_by_r(shared)
    assert len(numbers) > 10_000
    assert not any(number == int(number) for number in numbers)


def test_approx_answers_as_before() -> None:
    assert pytest.approx(1.0, abs=0.1) == 1.05
    assert pytest.approx(1.0, abs=0.1) != 1.2
    assert pytest.approx([1.0, 2.0]) == [1.0, 2.0]
