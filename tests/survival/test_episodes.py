import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analysis.errors import DesignError
from analysis.survival import cox, episodes, robust_std_errors


def test_episodes_equal_survsplit(table):
    data, expected = table("lung"), table("lung_startstop")
    found = episodes(data["time"], data["status"], cuts=[90, 180, 365])
    assert data["id"].to_numpy()[found.patient].tolist() == expected["id"].tolist()
    assert found.entry.tolist() == expected["tstart"].tolist()
    assert found.time.tolist() == expected["time"].tolist()
    assert found.event.tolist() == expected["event"].astype(bool).tolist()


def test_an_effect_that_changes_with_log_time_equals_coxphs_tt(table, reference, number):
    data, expected = table("lung"), reference("lung")["tt_logtime"]
    rows = episodes(data["time"], data["status"])
    female = data["female"].to_numpy()[rows.patient]
    fit = cox(rows.time, rows.event, np.column_stack([female, female * np.log(rows.time)]), entry=rows.entry)
    assert fit.coefficients == pytest.approx(number(expected["coef"]), abs=1e-7)
    assert fit.std_errors == pytest.approx(number(expected["se"]), abs=1e-7)
    assert (fit.log_likelihood_null, fit.log_likelihood) == pytest.approx(expected["loglik"], abs=1e-7)


def test_clustered_errors_of_start_stop_rows_equal_coxph(table, reference, number):
    expected, data = reference("lung")["timedep"], table("lung_startstop")
    terms = list(expected["terms"])
    fit = cox(data["time"], data["event"], data[terms].to_numpy(), entry=data["tstart"])
    assert robust_std_errors(fit, cluster=data["id"]) == pytest.approx(
        number(expected["cluster_se"]), abs=1e-9
    )


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 30), st.booleans()), min_size=1, max_size=12),
    st.lists(st.integers(1, 30), max_size=5),
)
def test_episodes_of_a_patient_join_without_gap_and_keep_its_end(rows, cuts):
    time, event = (np.array(v) for v in zip(*rows, strict=True))
    found = episodes(time, event, cuts=cuts)
    for patient in range(time.size):
        mine = found.patient == patient
        starts, ends = found.entry[mine], found.time[mine]
        assert starts[0] == 0
        assert ends[-1] == time[patient]
        assert (starts[1:] == ends[:-1]).all()
        assert set(ends[:-1]) == {c for c in cuts if c < time[patient]}
        assert found.event[mine].tolist() == [False] * (mine.sum() - 1) + [bool(event[patient])]


def test_an_observation_that_ends_at_its_start_names_the_patient():
    with pytest.raises(DesignError, match="end after it begins") as caught:
        episodes([5, 0], [1, 1], cuts=[3])
    assert caught.value.offenders == ("1",)


def test_a_missing_cut_is_refused():
    with pytest.raises(DesignError, match="day to cut"):
        episodes([5, 6], [1, 1], cuts=[3, None])
