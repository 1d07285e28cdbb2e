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


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"trial: {name: x}\nvisits: [1, 2\n", r"is not YAML: did not find.*Do: correct that line.*:2\]$"),
        (b"trial: x\n\tvisits: 1\n", r"is not YAML: .*:2\]$"),
        (b"trial: x\nnote: \xe9t\xe9\n", r"is not UTF-8 text.*:2\]$"),
        (b"- trial\n", r"is not a mapping\. Expected: .* Do: .*yml\]$"),
        (b"", r"is empty\. Expected: .* Do: .*yml\]$"),
    ],
)
def test_a_file_that_cannot_be_read_is_named_with_its_line(tmp_path, content, said):
    (tmp_path / "broken.yml").write_bytes(content)
    for read, place in (
        (lambda: load_protocol(tmp_path / "broken.yml"), "data/broken.yml"),
        (lambda: families_of("broken", folder=tmp_path), "notebooks/runs/broken.yml"),
    ):
        with pytest.raises(ParameterError, match=said) as refused:
            read()
        assert f"[{place}" in str(refused.value)
        assert "unicode string" not in str(refused.value)
        assert str(tmp_path) not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("trial: {name: x}\n", "the protocol lacks the entry 'survival'"),
        (
            "trial: {}\nvisits: {baseline: {day: 0, window: 3, basis: assumed}}\n",
            "has an entry of another form",
        ),
        ("trial: {}\nsurvival: {rates_at_months: 3}\n", "has an entry of another form"),
    ],
)
def test_a_protocol_without_what_every_protocol_has_says_so(tmp_path, content, said):
    file = tmp_path / "other.yml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ParameterError, match=rf"{said}.*Do: compare the sections.*\[data/other.yml\]$"):
        load_protocol(file)
