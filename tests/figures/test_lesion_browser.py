"""The browser follows what is chosen, reads one scan at a time, and is a picture where nobody can choose."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.figures import lesion_browser
from analysis.figures.lesion_browser import browse_lesions
from analysis.pet import Grid, ScanImage

LESIONS = pd.DataFrame(
    [
        ("P-SECRET1", "baseline", "L01", 6.0, 4.0),
        ("P-SECRET1", "baseline", "L02", 9.0, 3.0),
        ("P-SECRET1", "day14", "L02", 3.0, 2.0),
        ("P-SECRET2", "baseline", "L07", 5.0, 1.0),
    ],
    columns=["patient_id", "visit", "lesion_id", "suv_max", "volume_ml"],
)


class Images:
    """Three scans from memory; remembers what was read."""

    def __init__(self, *_):
        self.opened = []

    def visits(self, patient_id):
        return ("baseline", "day14") if patient_id == "P-SECRET1" else ("baseline",)

    def open(self, patient_id, visit):
        self.opened.append((patient_id, visit))
        grid = Grid((30, 30, 30), (0.0, 0.0, 0.0), (4.0, 4.0, 4.0), ((0, 0, 1), (0, 1, 0), (1, 0, 0)))
        here = LESIONS[(LESIONS["patient_id"] == patient_id) & (LESIONS["visit"] == visit)]
        suv, masks = np.ones((30, 30, 30), np.float32), {}
        for place, row in enumerate(here.itertuples()):
            masks[row.lesion_id] = np.zeros(suv.shape, bool)
            masks[row.lesion_id][10 + 6 * place, 14:17, 14:17] = True
            suv[masks[row.lesion_id]] = row.suv_max
        return ScanImage(visit, SimpleNamespace(suv=suv, grid=grid), masks)


@pytest.fixture
def browser(monkeypatch):
    monkeypatch.setattr(lesion_browser, "ScanImages", Images)
    return browse_lesions(SimpleNamespace(simulated=True), SimpleNamespace(lesions=LESIONS))


@pytest.fixture
def controls(browser):
    pytest.importorskip("ipywidgets", reason="ipywidgets is in the dev and lab groups only")
    top, bottom = browser.widget().children
    names = ("patient", "visit", "lesion", "window", "picture", "measures")
    return SimpleNamespace(**dict(zip(names, (*top.children, *bottom.children), strict=True)))


def test_the_lesion_seen_most_often_is_shown_first(browser, controls):
    assert (browser.patient_id, browser.lesion) == ("P-SECRET1", "L02")
    assert (controls.patient.value, controls.visit.value, controls.lesion.value) == (
        "P-SECRET1",
        "baseline",
        "L02",
    )
    assert "9.0" in controls.measures.value
    assert bytes(controls.picture.value).startswith(b"\x89PNG")


def test_another_visit_shows_its_picture_and_its_measures(controls):
    before = bytes(controls.picture.value)
    controls.visit.value = "day14"
    assert "3.0" in controls.measures.value
    assert bytes(controls.picture.value) != before
    assert controls.lesion.value == "L02"


def test_another_lesion_shows_its_measures_and_says_where_there_are_none(controls):
    controls.lesion.value = "L01"
    assert "6.0" in controls.measures.value
    controls.visit.value = "day14"
    assert controls.measures.value == "Not measured at this visit."
    assert bytes(controls.picture.value).startswith(b"\x89PNG")


def test_another_patient_brings_her_own_visits_and_lesions_and_back_again(controls):
    controls.visit.value = "day14"
    controls.patient.value = "P-SECRET2"
    assert [value for _, value in controls.visit.options] == ["baseline"]
    assert controls.lesion.options == ("L07",)
    assert (controls.visit.value, controls.lesion.value) == ("baseline", "L07")
    assert "5.0" in controls.measures.value
    controls.patient.value = "P-SECRET1"
    assert controls.lesion.options == ("L01", "L02")


def test_a_choice_reads_one_scan_once(browser, controls):
    browser.images.opened.clear()
    controls.patient.value = "P-SECRET2"
    assert browser.images.opened == [("P-SECRET2", "baseline")]


def test_another_window_redraws(controls):
    before = bytes(controls.picture.value)
    controls.window.value = (0.0, 5.0)
    assert bytes(controls.picture.value) != before


def test_where_nobody_can_choose_it_is_a_picture_that_names_nobody(browser):
    bundle = browser._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert bundle["image/png"].startswith(b"\x89PNG")
    assert "SECRET" not in bundle["text/plain"]


def test_with_a_person_the_widget_and_the_picture_travel_together(browser, monkeypatch):
    pytest.importorskip("ipywidgets", reason="ipywidgets is in the dev and lab groups only")
    monkeypatch.setattr(type(browser), "attended", True)
    bundle = browser._repr_mimebundle_()
    assert {"application/vnd.jupyter.widget-view+json", "image/png", "text/plain"} <= set(bundle)


def test_without_ipywidgets_the_picture_stays_and_says_what_to_install(browser, monkeypatch):
    monkeypatch.setattr(type(browser), "attended", True)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    bundle = browser._repr_mimebundle_()
    assert set(bundle) == {"image/png", "text/plain"}
    assert "ipywidgets" in bundle["text/plain"]


def test_a_study_without_contours_cannot_be_browsed():
    with pytest.raises(DesignError, match="no lesion to browse"):
        browse_lesions(SimpleNamespace(simulated=True), SimpleNamespace(lesions=LESIONS.iloc[:0]))
