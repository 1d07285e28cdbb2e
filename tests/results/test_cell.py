import pytest

from analysis.errors import PublicationError
from analysis.results import cell


def test_options_are_read_from_the_leading_lines_only():
    assert cell.options_of('#| label: fig-a\n#| fig-cap: "One: two"\nx = 1\n#| label: no') == {
        "label": "fig-a",
        "fig-cap": "One: two",
    }


def test_a_cell_without_options_has_none():
    assert cell.options_of("x = 1") == {}


def test_a_figure_cell_without_caption_is_refused(monkeypatch):
    monkeypatch.setattr(cell, "current_options", lambda: {"label": "fig-a"})
    with pytest.raises(PublicationError, match="does not name it"):
        cell.label_of("fig")
