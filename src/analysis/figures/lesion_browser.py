"""A lesion browser for JupyterLab: patient, visit and lesion chosen, three planes with contour and measures shown.

Where nobody can choose (a page made from the notebook, an environment without ipywidgets, a run without a person)
it is the picture of one lesion at every visit, which names nobody.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure

from analysis.errors import DesignError
from analysis.figures.planes import describe_lesion_planes, draw_lesion_planes
from analysis.figures.saving import png_bytes
from analysis.figures.wording import number, visit_name
from analysis.pet import ScanImages, lesion_at_visits, lesion_planes

if TYPE_CHECKING:
    from analysis.data import Study
    from analysis.pet import StudyMeasures

_MEASURES = (
    ("SUVmax", "suv_max", "", 1),
    ("SUVmean", "suv_mean", "", 1),
    ("SUVpeak", "suv_peak", "", 1),
    ("SULpeak", "sul_peak", "", 1),
    ("Volume", "volume_ml", " ml", 1),
    ("MTV", "mtv_ml", " ml", 1),
    ("TLG", "tlg_g", " g", 0),
)
_BESIDE = ("SUVmax", "SULpeak", "Volume")
_DPI = 150.0


def browse_lesions(
    study: Study,
    measures: StudyMeasures,
    *,
    patient_id: str | None = None,
    suv_window: tuple[float, float] = (0.0, 10.0),
) -> LesionBrowser:
    """Return a browser of all contoured lesions of a study; the last expression of a notebook cell shows it.

    Parameters
    ----------
    study : Study
        A loaded study with images.
    measures : StudyMeasures
        What ``analysis.pet.measure_study`` found in it.
    patient_id : str, optional
        Whose largest lesion is shown first; the first patient with lesions when not given.
    suv_window : tuple of float
        SUV printed white and SUV printed black, at first.

    Raises
    ------
    DesignError
        If no lesion was measured, or none of this patient.
    """
    return LesionBrowser(study, measures, patient_id=patient_id, suv_window=suv_window)


class LesionBrowser:
    """The browser; see :func:`browse_lesions`.

    Attributes
    ----------
    patient_id, lesion : str
        The lesion shown first, and in the static picture.
    images : ScanImages
        The study's images; one scan is held in memory.
    """

    def __init__(
        self,
        study: Study,
        measures: StudyMeasures,
        *,
        patient_id: str | None = None,
        suv_window: tuple[float, float] = (0.0, 10.0),
    ) -> None:
        self._lesions = measures.lesions
        known = (
            self._lesions if patient_id is None else self._lesions[self._lesions["patient_id"] == patient_id]
        )
        if known.empty:
            raise DesignError(
                "there is no lesion to browse",
                expected="a study with contours"
                if patient_id is None
                else "a patient with contoured lesions",
            )
        self.images = ScanImages(study, measures)
        self.patient_id = str(known["patient_id"].iloc[0]) if patient_id is None else patient_id
        mine = known[known["patient_id"] == self.patient_id]
        # the lesion seen at most visits, then the largest, then the first by name: the same in every build
        ranked = mine.groupby("lesion_id", observed=True).agg(
            visits=("visit", "nunique"), size=("volume_ml", "max")
        )
        ranked = ranked.reset_index().sort_values(
            ["visits", "size", "lesion_id"], ascending=[False, False, True]
        )
        self.lesion = str(ranked["lesion_id"].iloc[0])
        self.suv_window = suv_window
        self._simulated = study.simulated
        self._widget: Any = None

    @property
    def attended(self) -> bool:
        """Whether a person can choose: the kernel may ask for input, as JupyterLab allows and a run does not."""
        from IPython import get_ipython

        return bool(getattr(getattr(get_ipython(), "kernel", None), "_allow_stdin", False))

    @property
    def patients(self) -> tuple[str, ...]:
        """Patients with a measured lesion, in order."""
        return tuple(sorted(set(self._lesions["patient_id"].astype(str))))

    def lesions(self, patient_id: str) -> tuple[str, ...]:
        """Lesions of a patient at any visit, in order."""
        mine = self._lesions[self._lesions["patient_id"] == patient_id]
        return tuple(sorted(set(mine["lesion_id"].astype(str))))

    def measures(self, patient_id: str, visit: str, lesion: str) -> dict[str, str]:
        """Measures of a lesion at a visit as they are printed, by name; empty if it was not measured there."""
        rows = self._lesions
        mine = rows[
            (rows["patient_id"] == patient_id) & (rows["visit"] == visit) & (rows["lesion_id"] == lesion)
        ]
        if mine.empty:
            return {}
        row = mine.iloc[0]
        known = [item for item in _MEASURES if item[1] in row and pd.notna(row[item[1]])]
        return {name: f"{number(float(row[column]), digits)}{unit}" for name, column, unit, digits in known}

    def overview(self) -> Figure:
        """Figure of the example lesion at every visit; names neither patient nor lesion."""
        return draw_lesion_planes(self._rows(), simulated=self._simulated, suv_window=self.suv_window)

    def description(self) -> str:
        """Alternative text of :meth:`overview`."""
        return describe_lesion_planes(self._rows(), suv_window=self.suv_window)

    def _rows(self) -> Sequence[Any]:
        notes: dict[str, Sequence[str]] = {
            visit: self._notes(self.patient_id, visit, self.lesion)
            for visit in self.images.visits(self.patient_id)
        }
        return lesion_at_visits(self.images, self.patient_id, self.lesion, notes=notes)

    def _notes(self, patient_id: str, visit: str, lesion: str) -> list[str]:
        found = self.measures(patient_id, visit, lesion)
        return [f"{name} {found[name]}" for name in _BESIDE if name in found]

    def picture(self, patient_id: str, visit: str, lesion: str, suv_window: tuple[float, float]) -> bytes:
        """PNG of one lesion at one visit; where it is not contoured, of its place at the visit that has it."""
        image = self.images.open(patient_id, visit)
        mask = image.lesions.get(lesion)
        if mask is not None and mask.any():
            rows = [lesion_planes(image, lesion, notes=self._notes(patient_id, visit, lesion))]
        else:
            rows = [row for row in lesion_at_visits(self.images, patient_id, lesion) if row.visit == visit]
        return png_bytes(draw_lesion_planes(rows, simulated=self._simulated, suv_window=suv_window), dpi=_DPI)

    def widget(self) -> Any:
        """The controls with the picture, an ipywidgets ``VBox``; made once.

        Raises
        ------
        ImportError
            If ipywidgets is not installed.
        """
        if self._widget is None:
            self._widget = _controls(self)
        return self._widget

    def _repr_mimebundle_(self, include: object = None, exclude: object = None) -> dict[str, Any]:
        bundle: dict[str, Any] = {"image/png": png_bytes(self.overview()), "text/plain": self.description()}
        if self.attended:
            try:
                bundle |= self.widget()._repr_mimebundle_()
            except ImportError:
                bundle["text/plain"] += " For the browser: install ipywidgets, as make lab does."
        return bundle


def _controls(browser: LesionBrowser) -> Any:
    """The widgets, each change redrawing what depends on it."""
    import ipywidgets

    patient = ipywidgets.Dropdown(options=browser.patients, value=browser.patient_id, description="Patient")
    visit = ipywidgets.Dropdown(description="Visit")
    lesion = ipywidgets.Dropdown(description="Lesion")
    window = ipywidgets.FloatRangeSlider(
        value=browser.suv_window, min=0, max=30, step=0.5, description="SUV", continuous_update=False
    )
    picture = ipywidgets.Image(format="png")
    measures = ipywidgets.HTML()
    busy = {"choosing": False}

    def choices(*_: Any) -> None:
        """Visits and lesions of the chosen patient; the same visit and lesion stay chosen where there are."""
        busy["choosing"] = True
        kept_visit, kept_lesion = visit.value, lesion.value
        visits, lesions = browser.images.visits(patient.value), browser.lesions(patient.value)
        visit.options = [(visit_name(name), name) for name in visits]
        lesion.options = lesions
        visit.value = kept_visit if kept_visit in visits else visits[0]
        first = browser.lesion if patient.value == browser.patient_id else lesions[0]
        lesion.value = kept_lesion if kept_lesion in lesions else first
        busy["choosing"] = False
        show()

    def show(*_: Any) -> None:
        if busy["choosing"] or window.value[0] >= window.value[1]:
            return
        chosen = patient.value, visit.value, lesion.value
        found = browser.measures(*chosen)
        rows = "".join(
            f"<tr><th align='left'>{name}</th><td>{value}</td></tr>" for name, value in found.items()
        )
        measures.value = f"<table>{rows}</table>" if rows else "Not measured at this visit."
        picture.value = browser.picture(*chosen, window.value)

    patient.observe(choices, "value")
    for control in (visit, lesion, window):
        control.observe(show, "value")
    choices()
    # Where a page is narrower than its content, the measures go below the picture instead of out of sight.
    wrapped = ipywidgets.Layout(flex_flow="row wrap")
    rows = [[patient, visit, lesion, window], [picture, measures]]
    return ipywidgets.VBox([ipywidgets.HBox(row, layout=wrapped) for row in rows])
