"""New, persisting and cleared variants, counted by hand."""

import pandas as pd
import pytest
from scipy import stats

from analysis.biomarkers import variant_course

SAMPLES = [
    ("a0", "a", "baseline"), ("a1", "a", "progression"),
    ("b0", "b", "baseline"), ("b1", "b", "progression"),
    ("c0", "c", "baseline"), ("c1", "c", "progression"),
    ("d0", "d", "baseline"),
]  # fmt: skip
VARIANTS = [
    ("a0", "PIK3CA", "p.E545K"), ("a1", "PIK3CA", "p.E545K"), ("a1", "ESR1", "p.D538G"), ("a1", "ESR1", "p.Y537S"),
    ("b0", "PIK3CA", "p.H1047R"), ("b1", "ESR1", "p.D538G"),
    ("d0", "TP53", "p.R175H"),
]  # fmt: skip


class Tables:
    id = "hand-made"

    def table(self, name):
        if name == "plasma_samples":
            frame = pd.DataFrame(SAMPLES, columns=["sample_id", "patient_id", "visit"])
            return frame.assign(panel_detected=pd.array([True] * len(frame), dtype="boolean"))
        frame = pd.DataFrame(VARIANTS, columns=["sample_id", "gene", "protein_change"])
        return frame.assign(vaf_percent=1.0)


def test_every_variant_of_a_patient_tested_twice_is_new_persisting_or_cleared():
    found = variant_course(Tables())
    assert (found.n, found.one_visit) == (3, 1)
    assert (found.new, found.persisting, found.cleared, found.patients_with_new) == (3, 1, 1, 2)


def test_genes_count_variants_and_patients_apart():
    genes = variant_course(Tables()).genes.set_index("gene")
    assert genes.loc["ESR1", ["new", "gained", "lost"]].tolist() == [3, 2, 0]
    assert genes.loc["PIK3CA", ["persisting", "cleared", "kept", "lost"]].tolist() == [1, 1, 1, 1]
    assert "TP53" not in genes.index


def test_gain_against_loss_is_the_exact_sign_test_of_the_patients_that_changed():
    genes = variant_course(Tables()).genes.set_index("gene")
    assert genes.loc["ESR1", "p_value"] == pytest.approx(stats.binomtest(2, 2).pvalue)
    assert genes["q_value"].min() >= genes["p_value"].min()


def test_turning_the_visits_round_turns_new_into_cleared():
    forth, back = variant_course(Tables()), variant_course(Tables(), first="progression", second="baseline")
    assert (forth.new, forth.cleared) == (back.cleared, back.new)
