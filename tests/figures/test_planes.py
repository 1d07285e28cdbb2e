import numpy as np
import pytest
from matplotlib.collections import LineCollection

from analysis.errors import DesignError, ImageError
from analysis.figures import describe_lesion_planes, draw_lesion_planes
from analysis.pet import LesionPlanes, Plane

MASK = np.zeros((25, 25), bool)
MASK[11:13, 10:14] = True


def plane(name="axial", lesion=MASK):
    suv = np.ones((25, 25), np.float32)
    edges = {"axial": tuple("RLAP"), "coronal": tuple("RLHF"), "sagittal": tuple("APHF")}[name]
    return Plane(name, edges, suv, lesion, np.zeros_like(MASK), (4.0, 2.0), (12.0, 12.0))


def row(visit="baseline", contoured=True, **options):
    planes = tuple(plane(name) for name in ("axial", "coronal", "sagittal"))
    return LesionPlanes(visit, "L01", planes, contoured, **options)


def test_the_outline_is_the_border_of_the_mask():
    figure = draw_lesion_planes([row()], simulated=True)
    axes = next(axes for axes in figure.axes if axes.images)
    *_, lines = (artist for artist in axes.collections if isinstance(artist, LineCollection))
    drawn = {tuple(map(tuple, segment)) for segment in lines.get_segments()}
    # by hand: 2 rows of 4 mm from 44 mm, 4 columns of 2 mm from 20 mm
    across = {((x, y), (x + 2.0, y)) for x in (20.0, 22.0, 24.0, 26.0) for y in (44.0, 52.0)}
    along = {((x, y), (x, y + 4.0)) for x in (20.0, 28.0) for y in (44.0, 48.0)}
    assert drawn == across | along


def test_every_visit_has_one_scale_of_grey_and_the_true_proportions():
    figure = draw_lesion_planes([row(), row("day14")], simulated=True, suv_window=(0.0, 7.0))
    pictures = [axes for axes in figure.axes if axes.images]
    assert len(pictures) == 6
    assert {axes.images[0].get_clim() for axes in pictures} == {(0.0, 7.0)}
    assert {tuple(axes.images[0].get_extent()) for axes in pictures} == {(0, 50.0, 100.0, 0)}
    assert {axes.get_aspect() for axes in pictures} == {1.0}


def test_a_visit_without_contour_and_one_that_does_not_reach_there_say_so(drawn):
    rows = [row("day14", contoured=False), LesionPlanes("day28", "L01", (), True)]
    words = " ".join(text.get_text() for text in drawn(draw_lesion_planes(rows, simulated=False)))
    assert "no contour here" in words
    assert "outside this scan" in words
    assert "not registered" in describe_lesion_planes(rows)


def test_the_text_says_visits_scale_and_measures():
    rows = [row(notes=("SUVmax 7.0",)), row("day14")]
    assert describe_lesion_planes(rows) == (
        "One lesion in axial, coronal and sagittal planes at 2 visits (baseline and day 14), SUV (body weight), g/ml,"
        " window 0–10. baseline: SUVmax 7.0; day 14: outlined."
    )


def test_nothing_an_empty_window_and_a_strange_mask_are_refused():
    with pytest.raises(DesignError, match="no lesion to draw"):
        draw_lesion_planes([], simulated=True)
    with pytest.raises(DesignError, match="is empty"):
        draw_lesion_planes([row()], simulated=True, suv_window=(5.0, 5.0))
    strange = LesionPlanes("baseline", "L01", (plane(lesion=MASK[:3]),), True)
    with pytest.raises(ImageError, match="different shapes"):
        draw_lesion_planes([strange], simulated=True)
