import math

import pandas as pd

from analysis.logbook import Analysis
from analysis.results.shown_where import Printed

RATIO = Analysis(
    cell="c",
    question="",
    function="survival.early_response",
    kind="comparison",
    measure="hazard ratio",
    estimate=1.4512345,
    low=0.6761234,
    high=3.3812345,
    p_value=0.345,
)


def test_a_result_is_printed_where_it_is_held_to_full_precision():
    printed = Printed()
    printed.add_numbers("pfs.hr", (1.4512345, 0.6761234, 3.3812345))
    assert printed.places(RATIO) == ["pfs.hr"]


def test_a_result_is_printed_where_a_line_of_a_table_holds_it_rounded():
    printed = Printed()
    frame = pd.DataFrame({"Hazard ratio": ["1.45 (0.68–3.38)"]})
    printed.add_table("tbl-a", frame, [["1.45 (0.68–3.38)"]])
    assert printed.places(RATIO) == ["tbl-a"]


def test_numbers_of_two_lines_do_not_make_one_result():
    printed = Printed()
    printed.add_text("tbl-a", "1.45 (0.60–3.00)")
    printed.add_text("tbl-a", "1.40 (0.68–3.38)")
    assert printed.places(RATIO) == []


def test_an_estimate_without_its_interval_is_not_the_result():
    printed = Printed()
    printed.add_numbers("pfs.hr_wald", (1.4512345, 0.7, 3.1))
    assert printed.places(RATIO) == []


def test_a_share_is_found_in_percent_and_a_median_in_months():
    printed = Printed()
    printed.add_numbers("share", (62.5, 45.8, 77.3))
    printed.add_numbers("median", (273 / 30.4375, 117 / 30.4375))
    share = Analysis(
        cell="c", question="", function="f", kind="description", estimate=0.625, low=0.458, high=0.773
    )
    median = Analysis(
        cell="c",
        question="",
        function="f",
        kind="description",
        measure="median, days",
        estimate=273.0,
        low=117.0,
        high=math.nan,
    )
    assert printed.places(share) == ["share"]
    assert printed.places(median) == ["median"]


def test_whole_numbers_alone_prove_nothing():
    printed = Printed()
    printed.add_numbers("tbl-counts", (1.0, 0.0, 5.0))
    certain = Analysis(cell="c", question="", function="f", kind="agreement", estimate=1.0, low=1.0, high=1.0)
    assert printed.places(certain) == []
