import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.figures import describe_uptake, draw_uptake
from analysis.figures.canvas import is_marked
from analysis.figures.saving import svg_bytes

LESIONS = pd.DataFrame(
    {
        "patient_id": ["P-1", "P-1", "P-2", "P-1", "P-2"],
        "visit": ["baseline", "baseline", "baseline", "day14", "progression"],
        "site": ["bone", "liver", None, "bone", "bone"],
        "suv_max": [6.0, 8.0, 4.0, np.nan, 5.0],
    }
)


def test_the_text_counts_measured_lesions_of_the_trials_visits_and_names_the_organs():
    assert describe_uptake(LESIONS) == (
        "SUVmax of every lesion by organ (bone, liver, other) and visit. Baseline: 3 lesions, median 6.0."
    )


def test_the_picture_is_the_same_each_time_and_leaves_the_callers_random_numbers_alone():
    np.random.seed(1)  # noqa: NPY002
    expected = np.random.random()  # noqa: NPY002
    np.random.seed(1)  # noqa: NPY002
    first = svg_bytes(draw_uptake(LESIONS, simulated=True))
    assert np.random.random() == expected  # noqa: NPY002
    assert svg_bytes(draw_uptake(LESIONS, simulated=True)) == first
    assert b"P-1" not in first


@pytest.mark.parametrize("simulated", [True, False])
def test_the_mark_stands_in_the_figure_only_if_the_data_are_simulated(simulated):
    assert is_marked(draw_uptake(LESIONS, simulated=simulated)) is simulated


def test_without_a_measured_lesion_the_figure_says_so():
    assert describe_uptake(LESIONS[LESIONS["suv_max"].isna()]) == "No lesion has a SUVmax."
    draw_uptake(LESIONS.iloc[:0], simulated=False)


def test_a_lacking_column_is_named():
    with pytest.raises(DesignError, match="no column 'suv_peak'"):
        draw_uptake(LESIONS, simulated=False, column="suv_peak")
