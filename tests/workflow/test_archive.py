"""Archives that are not what they say, and what the files for archives say of the project."""

import hashlib
import json
import subprocess
import zipfile

import pytest
import yaml

from analysis.errors import PublicationError
from analysis.workflow import archive, provenance
from analysis.workflow.run_crate import describe
from analysis.workflow.runs import load_run
from analysis.workflow.software_bill import software_bill
from analysis.workflow.verify import checked_manifest, verify_crate


def written(folder, files, listed=None):
    """An archive of these files; its manifest says what ``listed`` holds."""
    said = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in (listed or files).items()}
    target = folder / "crate.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr(
            "manifest-sha256.txt", "".join(f"{digest}  {name}\n" for name, digest in said.items())
        )
        for name, text in files.items():
            archive.writestr(name, text)
    return target


@pytest.mark.parametrize(
    ("files", "listed", "said"),
    [
        ({"a.txt": "one"}, {"a.txt": "two"}, "a.txt: its content is not what the manifest says"),
        ({"a.txt": "one"}, {"a.txt": "one", "b.txt": "two"}, "b.txt: is missing"),
        ({"a.txt": "one", "b.txt": "two"}, {"a.txt": "one"}, "b.txt: is not in the manifest"),
        ({"../a.txt": "one"}, {"../a.txt": "one"}, "../a.txt: its name leaves the folder"),
    ],
)
def test_an_archive_that_is_not_what_its_manifest_says_is_refused(tmp_path, files, listed, said):
    with pytest.raises(PublicationError) as error:
        verify_crate(written(tmp_path, files, listed))
    assert error.value.offenders == (said,)


def test_an_archive_as_its_manifest_says_is_taken(tmp_path):
    with zipfile.ZipFile(written(tmp_path, {"a.txt": "one"})) as archive:
        assert list(checked_manifest(archive)) == ["a.txt"]


def test_what_is_no_archive_is_refused(tmp_path):
    (tmp_path / "crate.zip").write_text("no zip")
    with pytest.raises(PublicationError, match="cannot be opened"):
        verify_crate(tmp_path / "crate.zip")


def test_any_folder_of_data_in_git_stops_the_archive(monkeypatch):
    monkeypatch.setattr(
        archive, "git", lambda *_: "README.md\0data/protocol.yml\0data/my-trial/patients.csv\0"
    )
    with pytest.raises(
        PublicationError, match=r"1 file\(s\) where patient rows lie.*data/my-trial/patients.csv"
    ):
        archive._sources()
    monkeypatch.setattr(archive, "git", lambda *_: "README.md\0data/protocol.yml\0")
    assert archive._sources() == ["README.md", "data/protocol.yml"]


def test_a_folder_without_git_has_the_commit_and_time_of_its_archive(tmp_path, monkeypatch):
    monkeypatch.setattr(provenance, "project_root", lambda: tmp_path)
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    assert (provenance.commit(), provenance.epoch()) == (provenance.NO_COMMIT, 0)
    (tmp_path / ".git_archival.txt").write_text("node: $Format:%H$\ntime: $Format:%ct$\n")
    assert (provenance.commit(), provenance.epoch()) == (provenance.NO_COMMIT, 0)
    (tmp_path / ".git_archival.txt").write_text("node: 0123abc\ntime: 1700000000\n")
    assert (provenance.commit(), provenance.epoch()) == ("0123abc", 1700000000)


def test_a_new_run_file_is_a_change_and_a_note_beside_the_sources_is_none(tmp_path, monkeypatch):
    def run(*arguments):
        who = [
            "-c",
            "user.name=A Tester",
            "-c",
            "user.email=tester@example.org",
            "-c",
            "commit.gpgsign=false",
        ]
        subprocess.run(["git", *who, *arguments], cwd=tmp_path, check=True, capture_output=True)

    monkeypatch.setattr(provenance, "project_root", lambda: tmp_path)
    (tmp_path / "notebooks/runs").mkdir(parents=True)
    (tmp_path / "notebooks/runs/primary.yml").write_text("title: planned")
    run("init", "--quiet")
    run("add", "--all")
    run("commit", "--quiet", "--message", "A state")
    (tmp_path / "note.txt").write_text("to do")
    assert "uncommitted" not in provenance.commit()
    (tmp_path / "notebooks/runs/mine.yml").write_text("title: tried")
    assert provenance.commit().endswith(" with uncommitted changes")
    assert provenance.changed_files() == {"notebooks/runs/mine.yml"}


def test_equal_archives_say_the_same_of_themselves(project):
    files = dict.fromkeys(("Makefile", "CITATION.cff", "notebooks/01-cohort.ipynb"), "00")
    study = {"title": "S", "source": "a test", "licence": "none", "kind": "simulated", "sha256": "11"}
    runs = [load_run("primary")]
    first, second = (
        describe(
            project,
            files,
            runs=runs,
            results={"primary": ["notebooks/01-cohort.ipynb"]},
            studies={runs[0].parameters.study: study},
            commit="0123abc",
            epoch=1700000000,
        )
        for _ in range(2)
    )
    assert first == second
    root = next(entity for entity in first["@graph"] if entity["@id"] == "./")
    assert root["datePublished"] == "2023-11-14T22:13:20+00:00"
    assert root["mainEntity"] == {"@id": "Makefile"}


def test_the_software_bill_names_every_locked_package(project):
    bill = software_bill(project / "requirements.lock")
    found = {part["name"]: part for part in bill["components"]}
    assert found["numpy"]["purl"] == f"pkg:pypi/numpy@{found['numpy']['version']}"
    assert f"numpy=={found['numpy']['version']}" in (project / "requirements.lock").read_text()
    assert "BSD-3-Clause" in found["numpy"]["licenses"][0]["license"]["name"]


def test_zenodo_is_told_what_the_citation_says(project):
    cited = yaml.safe_load((project / "CITATION.cff").read_text())
    told = json.loads((project / ".zenodo.json").read_text())
    assert told["description"] == cited["abstract"]
    assert [one["name"] for one in told["creators"]] == [one["name"] for one in cited["authors"]]
    assert [one["identifier"] for one in told["related_identifiers"]] == [
        one["doi"] for one in cited["references"]
    ]
    for name in ("title", "version", "license", "keywords"):
        assert told[name] == cited[name], name
    assert told["upload_type"] == cited["type"]
