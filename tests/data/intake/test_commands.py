"""map, import, seal and check-study --html from the command line: exit statuses, and what is printed."""

from __future__ import annotations

import json
import re

import pytest

from analysis.cli import main
from analysis.data.intake.mapping import read_mapping

TABLE = "patient_id,ecog,sex\nA1,1,F\nA2,0,M\n"


def decided(sent) -> None:
    text = (sent.path / "mapping.yml").read_text()
    for key, value in {
        "title": "a",
        "kind": "real",
        "design": "single-arm",
        "source": "a",
        "licence": "a",
    }.items():
        text = text.replace(f'{key}: "?"', f"{key}: {value}")
    (sent.path / "mapping.yml").write_text(text)


def test_from_an_export_to_a_sealed_study_and_a_page(sent, capsys, tmp_path):
    sent.write("patients.csv", TABLE)
    assert main(["map", str(sent.path)]) == 0
    assert "3 columns mapped, 5 decisions open" in capsys.readouterr().out
    assert main(["import", str(sent.path), "--to", str(sent.destination)]) == 1
    assert "import: nothing was written" in capsys.readouterr().out
    decided(sent)
    assert main(["import", str(sent.path), "--to", str(sent.destination), "--dry-run", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows"] == {"patients": 2}
    assert not sent.destination.exists()
    assert main(["import", str(sent.path), "--to", str(sent.destination)]) == 0
    assert "sealed" in capsys.readouterr().out
    file = sent.destination / "patients.csv"
    file.write_text(file.read_text().replace("A2", "A3"))
    page = tmp_path / "page.html"
    assert main(["check-study", str(sent.destination), "--html", str(page)]) == 1
    assert "the file is not what was sealed" in page.read_text()
    capsys.readouterr()
    assert main(["seal", str(sent.destination)]) == 0
    assert "seal: 2 files" in capsys.readouterr().out
    assert main(["check-study", str(sent.destination)]) == 0


def test_a_mapping_that_a_person_edited_is_not_replaced(sent, capsys):
    sent.write("patients.csv", TABLE).write("mapping.yml", "mine")
    assert main(["map", str(sent.path)]) == 1
    assert "there is a mapping already" in capsys.readouterr().err
    assert (sent.path / "mapping.yml").read_text() == "mine"
    assert main(["map", str(sent.path), "--force"]) == 0


def test_a_file_that_cannot_be_read_is_named_and_the_rest_is_drafted(sent, capsys):
    sent.write("patients.csv", TABLE).write("adsl.xpt", b"cut")
    assert main(["map", str(sent.path)]) == 1
    found = capsys.readouterr()
    assert "adsl.xpt: the file cannot be read as SAS transport" in found.err
    assert "3 columns mapped" in found.out


@pytest.mark.parametrize("folder", ["absent", "empty"])
def test_a_folder_without_anything_to_read_is_an_explained_error(tmp_path, folder, capsys):
    (tmp_path / "empty").mkdir()
    assert main(["map", str(tmp_path / folder)]) == 1
    assert "map: there is" in capsys.readouterr().err


def test_the_documented_mapping_is_a_right_one(project, tmp_path):
    text = (project / "data" / "README.md").read_text(encoding="utf-8")
    [example] = re.findall(r"```yaml\n(tables:.*?)```", text, re.DOTALL)
    (tmp_path / "mapping.yml").write_text(example, encoding="utf-8")
    mapping, problems = read_mapping(tmp_path / "mapping.yml")
    assert problems == []
    assert set(mapping.tables) == {"outcomes", "quality_of_life"}
