"""The simulated trial, sent in every form, comes back as the same study, with the same numbers."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.biomarkers import detection, plasma_calls
from analysis.cli.study import SENT_FORMS
from analysis.data import load_study
from analysis.data.intake.draft_text import draft_mapping
from analysis.data.intake.importing import import_study
from analysis.simulation import simulate
from analysis.simulation.exports import FORMS, send_trial
from analysis.study import load_protocol
from analysis.survival import kaplan_meier

PATIENTS, SEED = 9, 3
DECIDED = {
    "title": "SIMULATED",
    "kind": "simulated",
    "design": "single-arm",
    "source": "a test",
    "licence": "MIT",
}


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """Write and load the trial as a study folder."""
    folder = tmp_path_factory.mktemp("original") / "trial"
    simulate(folder, patients=PATIENTS, seed=SEED, images=False, progress=False)
    return load_study(folder)


def in_order(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(list(frame.columns), ignore_index=True)


@pytest.mark.parametrize("form", FORMS)
def test_what_is_sent_comes_back_as_the_same_study(form, original, tmp_path):
    sent, destination = tmp_path / "sent", tmp_path / "studies" / "trial"
    send_trial(sent, form, patients=PATIENTS, seed=SEED)
    drafted = draft_mapping(sent)
    # Nothing is open but what no file can tell: what the study is.
    assert drafted.open == len(DECIDED)
    text = drafted.text
    for key, value in DECIDED.items():
        text = text.replace(f'{key}: "?"', f"{key}: {value}")
    (sent / "mapping.yml").write_text(text)
    found = import_study(sent, destination)
    assert [str(problem) for problem in found.problems if problem.severity == "error"] == []
    study = load_study(destination)
    assert set(study.tables) == set(original.tables)
    for name, frame in original.tables.items():
        pd.testing.assert_frame_equal(in_order(study.table(name)), in_order(frame))
    calls = [detection(plasma_calls(each, load_protocol())) for each in (study, original)]
    pd.testing.assert_frame_equal(*calls)
    curves = [
        kaplan_meier(each.table("outcomes")["pfs_days"], each.table("outcomes")["pfs_event"])
        for each in (study, original)
    ]
    assert curves[0].survival.tolist() == curves[1].survival.tolist()


def test_the_same_trial_is_sent_in_the_same_bytes(tmp_path):
    for name in ("one", "other"):
        send_trial(tmp_path / name, "cdisc-json", patients=2, seed=1)
    one, other = ({p.name: p.read_bytes() for p in (tmp_path / name).iterdir()} for name in ("one", "other"))
    assert one == other


def test_the_command_line_knows_every_form():
    assert tuple(FORMS) == SENT_FORMS
