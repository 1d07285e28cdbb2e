import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.survival.observations import numbers, observations


@pytest.mark.parametrize(
    ("time", "event", "message", "offenders"),
    [
        ([1, -2, 3, -4], [1, 1, 0, 0], "negative", ("1", "3")),
        ([1, None, np.inf], [1, 1, 1], "missing or infinite", ("1", "2")),
        ([1, 2, 3], [0, 2, 1], "neither 0 nor 1", ("1",)),
        ([1, 2, 3], [0, None, 1], "neither 0 nor 1", ("1",)),
    ],
)
def test_impossible_patients_are_named_by_position(time, event, message, offenders):
    with pytest.raises(DesignError, match=message) as caught:
        observations(time, event)
    assert caught.value.offenders == offenders
    assert "positions counted from 0: " + ", ".join(offenders) in str(caught.value)


@pytest.mark.parametrize(
    ("time", "event", "message"),
    [
        ([], [], "no patient"),
        ([1, 2], [1], "beside"),
        (["long", 1], [1, 1], "not a list of numbers"),
        ([[1], [2]], [1, 1], "dimensions"),
    ],
)
def test_what_is_no_list_of_patients_is_refused(time, event, message):
    with pytest.raises(DesignError, match=message):
        observations(time, event)


def test_nullable_pandas_columns_are_read_with_their_missing_values():
    whole = pd.Series([1, pd.NA, 3], dtype="Int64")
    assert numbers(whole, "time") == pytest.approx([1, np.nan, 3], nan_ok=True)
    seen = observations(pd.Series([1.0, 2.0]), pd.Series([True, False], dtype="boolean"))
    assert seen.n_events == 1


def test_a_long_list_of_offenders_is_shortened_in_the_message_only():
    with pytest.raises(DesignError, match="and 4 more") as caught:
        observations([-1] * 12, [1] * 12)
    assert len(caught.value.offenders) == 12
