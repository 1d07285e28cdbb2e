"""A run may follow another trial's protocol, which its file names."""

from __future__ import annotations

import pytest

from analysis.errors import ParameterError
from analysis.study import families_of, load_protocol, protocol_of

FILE = "title: a run\nnotebooks: []\nfamilies: {all: [%s]}\nparameters: {}\n"


@pytest.fixture
def runs(tmp_path):
    (tmp_path / "plain.yml").write_text(FILE % "pfs-by-response")
    (tmp_path / "second.yml").write_text(
        "protocol: data/protocol-first-line.yml\n" + FILE % "interaction-local"
    )
    (tmp_path / "lost.yml").write_text("protocol: data/protocol-of-nobody.yml\n" + FILE % "a")
    (tmp_path / "outside.yml").write_text("protocol: ../protocol.yml\n" + FILE % "a")
    return tmp_path


def test_a_run_that_names_no_protocol_follows_the_projects_own(runs):
    assert protocol_of("plain", folder=runs) is load_protocol()


def test_a_run_that_names_another_has_its_facts_and_its_plan(runs):
    found = protocol_of("second", folder=runs)
    assert found.trial["name"] == "BOLERO-2"
    assert "pfs-by-response" not in found.plan
    assert families_of("second", folder=runs) == {"all": ("interaction-local",)}


@pytest.mark.parametrize("name", ["lost", "outside"])
def test_a_protocol_that_is_not_there_is_refused(runs, name):
    with pytest.raises(ParameterError, match="there is no protocol"):
        protocol_of(name, folder=runs)


def test_a_fact_that_a_protocol_lacks_is_named(runs):
    with pytest.raises(ParameterError, match=r"no fact named 'response\.metric'"):
        protocol_of("second", folder=runs).value("response.metric")
