"""What holds for every figure alike."""

from __future__ import annotations

import doctest
import importlib
import pkgutil
from concurrent.futures import ThreadPoolExecutor

import matplotlib as mpl
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg

import analysis.figures
from analysis.figures import is_marked, save
from analysis.figures.saving import svg_bytes
from analysis.figures.style import OKABE_ITO, RC, SMALL


def test_simulated_data_are_marked_inside_the_figure(example):
    figure = example(True)
    assert is_marked(figure)
    (mark,) = [text for text in figure.texts if text.get_text() == "SIMULATED DATA"]
    FigureCanvasAgg(figure).draw()
    box = mark.get_window_extent()
    assert figure.bbox.x0 <= box.x0
    assert box.x1 <= figure.bbox.x1
    assert box.y1 <= figure.bbox.y1


def test_the_mark_covers_no_other_text(example, drawn):
    figure = example(True)
    found = drawn(figure)
    (mark,) = [text for text in found if text.get_text() == "SIMULATED DATA"]
    box = mark.get_window_extent()
    covered = [
        text.get_text() for text in found if text is not mark and text.get_window_extent().overlaps(box)
    ]
    assert covered == []


def test_real_data_carry_no_mark(example, drawn):
    figure = example(False)
    assert not is_marked(figure)
    assert "SIMULATED" not in " ".join(text.get_text() for text in drawn(figure))


@pytest.mark.parametrize("simulated", [True, False])
def test_no_text_leaves_the_figure(example, simulated, drawn_inside):
    drawn_inside(example(simulated))


def test_no_text_is_smaller_than_eight_points(example, drawn):
    assert min(text.get_fontsize() for text in drawn(example(True))) >= SMALL >= 8


def test_no_figure_names_a_patient(example, hand, drawn):
    figure = example(True)
    assert hand.secret not in " ".join(text.get_text() for text in drawn(figure))
    assert hand.secret.encode() not in svg_bytes(figure)


def test_the_same_data_give_the_same_bytes(example, tmp_path):
    first = [path.read_bytes() for path in save(example(True), tmp_path / "first")]
    second = [path.read_bytes() for path in save(example(True), tmp_path / "second")]
    assert first == second


def test_drawing_leaves_the_callers_style_alone(example):
    before = dict(mpl.rcParams)
    example(True)
    assert dict(mpl.rcParams) == before


def test_the_callers_style_does_not_reach_a_figure(example):
    plain = svg_bytes(example(True))
    with mpl.rc_context(
        {"font.size": 20, "axes.facecolor": "red", "lines.linewidth": 9, "svg.hashsalt": "other"}
    ):
        assert svg_bytes(example(True)) == plain


def test_figures_drawn_in_threads_equal_those_drawn_alone(example):
    alone = svg_bytes(example(True))
    with ThreadPoolExecutor(2) as pool:
        together = list(pool.map(lambda _: svg_bytes(example(True)), range(2)))
    assert together == [alone] * 2


def test_a_notebook_shows_the_figure_as_png_without_pyplot(example):
    bundle, metadata = example(True)._repr_mimebundle_()
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert 100 < metadata["image/png"]["width"] < 800


def test_the_palette_is_okabe_and_itos():
    assert OKABE_ITO["blue"] == "#0072B2"
    assert OKABE_ITO["vermillion"] == "#D55E00"
    assert len(set(OKABE_ITO.values())) == 8


def test_the_style_names_only_parameters_that_matplotlib_has():
    assert set(RC) <= set(mpl.rcParamsDefault)


@pytest.mark.parametrize(
    "module", sorted(found.name for found in pkgutil.iter_modules(analysis.figures.__path__))
)
def test_the_examples_in_the_docstrings_are_true(module):
    found = importlib.import_module(f"analysis.figures.{module}")
    assert doctest.testmod(found).failed == 0
