"""Sentences and tables of the operating characteristics, from a hand-made table."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from analysis.errors import DesignError
from analysis.results.operating_values import means_table, power_sentence, search_sentence, shares_table


def row(name, effect, kind, estimate, **more):
    base = {"n": 46, "words": name, "low": estimate - 0.01, "high": estimate + 0.02, "trials": 2000}
    return {"name": name, "effect": effect, "kind": kind, "estimate": estimate, "sampling_low": np.nan, "sampling_high": np.nan, **base, **more}  # fmt: skip


TABLE = pd.DataFrame(
    [
        row("p_rule", "published", "share", 0.14),
        row("p_rule", "strong", "share", 0.70),
        row("log_ratio", "published", "ratio", 1.35, sampling_low=0.5, sampling_high=3.0),
        row("log_ratio", "strong", "ratio", 2.5, sampling_low=1.1, sampling_high=6.0),
        *(
            row(name, "none", "share", share)
            for name, share in (
                ("searched_naive", 0.366), ("searched_1992", 0.027), ("searched_1994", 0.035), ("searched_permutation", 0.06),
                ("p_permutation", 0.05),
            )
        ),
    ]
)  # fmt: skip


def test_the_power_is_said_with_its_hazard_ratio_and_its_error():
    assert power_sentence(TABLE, n=46) == (
        "With 46 treated patients the design had a power of 14 % (Monte-Carlo interval 13–16 %) for a hazard ratio of 1.35 "
        "and 70 % (Monte-Carlo interval 69–72 %) for a hazard ratio of 2.50, non-responders against responders at the "
        "pre-specified cut-off, in 2000 simulated trials each."
    )


def test_every_correction_of_a_searched_cutoff_is_said():
    text = search_sentence(TABLE, n=46)
    assert "36.6 % of trials" in text
    assert "2.7 % (1992) and 3.5 % (1994), by permutation in 6.0 %" in text


def test_shares_stand_in_percent_with_their_interval():
    assert shares_table(TABLE, ["p_rule"], effect="published").iloc[0].to_dict() == {"test": "p_rule", "n = 46, %": "14.0 (13.0–16.0)"}  # fmt: skip


def test_a_mean_ratio_stands_beside_the_middle_of_the_trials():
    table = means_table(TABLE, ["log_ratio"], effects=["published"], n=46)
    assert table["published effect"].tolist() == ["1.35; trials 0.50–3.00"]


def test_what_was_not_simulated_is_said():
    with pytest.raises(DesignError, match="was not simulated"):
        power_sentence(TABLE, n=90)
    with pytest.raises(DesignError, match="was not simulated"):
        shares_table(TABLE, ["p_firth"], effect="none")
