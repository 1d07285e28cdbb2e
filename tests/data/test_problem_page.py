"""The page of findings: counts, links that lead somewhere, and nothing from data that is not escaped."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.data import Problem
from analysis.data.problem_groups import findings_by_file
from analysis.data.problem_page import LINES_SHOWN, problem_page


class Elements(HTMLParser):
    """Tags, ids and links of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        found = dict(attrs)
        self.ids += [found["id"]] if "id" in found else []
        self.links += [found["href"]] if "href" in found else []


def out_of_range(line, value=1.65):
    return Problem(
        severity="error",
        file="patients.csv",
        what=f"the value {value} is out of range",
        row=line,
        column="height_cm",
    )


def test_findings_of_one_kind_are_one_group_with_its_lines_in_stretches():
    [found] = findings_by_file([out_of_range(2), out_of_range(3, 1.7), out_of_range(7, 1e-05)])
    [group] = found.groups
    assert (group.count, group.ranges, found.errors) == (3, ((2, 3), (7, 7)), 3)


def test_other_columns_severities_and_files_are_other_groups():
    other = Problem(
        severity="warning", file="outcomes.csv", what="the value 2 is out of range", row=2, column="pfs_days"
    )
    found = findings_by_file([other, out_of_range(2)])
    assert [(each.file, each.errors, each.warnings) for each in found] == [
        ("patients.csv", 1, 0),
        ("outcomes.csv", 0, 1),
    ]


def test_every_link_leads_to_an_element_and_every_element_has_its_own_id():
    problems = [out_of_range(line) for line in range(2, 2 * LINES_SHOWN, 3)]
    page = Elements(problem_page(problems, title="Check"))
    assert {link.removeprefix("#") for link in page.links} <= set(page.ids)
    assert len(page.ids) == len(set(page.ids))
    assert len([each for each in page.ids if "L" in each]) == min(LINES_SHOWN, len(problems))


def test_counts_are_of_everything_even_where_lines_are_not_listed():
    problems = [out_of_range(line) for line in range(2, 2002)]
    text = problem_page(problems, title="Check")
    assert "<strong>2,000 error(s)</strong>" in text
    assert "The other 1700 lines" in text


def test_it_opens_offline_and_a_page_without_findings_says_so():
    text = problem_page([], title="Check")
    assert "Nothing was found." in text
    assert not re.search(r"https?://|src=|url\(", text)
    assert "prefers-color-scheme: dark" in text


nasty = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style>",
        "{{ 7 * 7 }}",
        "=cmd|' /C calc'!A0",
        "&lt;",
    ]
)


@settings(max_examples=25, deadline=None)
@given(what=nasty, file=nasty, column=nasty, expected=nasty, do=nasty, title=nasty)
def test_nothing_becomes_markup(what, file, column, expected, do, title):
    problem = Problem(severity="error", file=file, what=what, row=2, column=column, expected=expected, do=do)
    plain = Problem(
        severity="error",
        file="a",
        what="a",
        row=2,
        column="a" if column else column,
        expected="a" if expected else "",
        do="a" if do else "",
    )
    assert (
        Elements(problem_page([problem], title=title)).tags == Elements(problem_page([plain], title="a")).tags
    )
    assert (
        "49"
        not in problem_page([Problem(severity="error", file="a", what="{{ 7 * 7 }}")], title="a").partition(
            "</style>"
        )[2]
    )
