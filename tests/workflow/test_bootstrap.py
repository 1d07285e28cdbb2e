"""The environment that `make` builds, as a folder that is copied and moved."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from analysis.workflow import bootstrap


def found_by(environment: Path) -> Path:
    """Where an environment's Python finds the package, from nowhere in particular."""
    command = [bootstrap.python_of(environment), "-c", "import package; print(package.__file__)"]
    done = subprocess.run(command, cwd=environment.anchor, env={}, capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def test_an_environment_finds_the_package_beside_it_also_after_a_copy_and_a_move(tmp_path, monkeypatch):
    project = tmp_path / "a project"
    (project / "src").mkdir(parents=True)
    (project / "src" / "package.py").write_text("")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", project / ".venv"], check=True)
    monkeypatch.setattr(bootstrap, "ROOT", project)
    bootstrap.link_package(project / ".venv")
    assert found_by(project / ".venv") == project / "src" / "package.py"
    copy = Path(shutil.copytree(project, tmp_path / "copy", symlinks=True))
    assert found_by(copy / ".venv") == copy / "src" / "package.py"
    shutil.rmtree(project)
    moved = copy.rename(tmp_path / "moved")
    assert found_by(moved / ".venv") == moved / "src" / "package.py"
