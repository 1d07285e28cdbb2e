"""Steps of a build by a process that has imported everything: the same outputs, and none left behind."""

import json
import os
import socket
import subprocess
import sys
import time

import nbformat
import pytest

from analysis.workflow import ask
from analysis.workflow.forked_kernel import WaitingKernel

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="forks itself on Linux only")


def executed(folder, name, *, forked):
    """A small notebook executed by papermill in a process of its own, with an ordinary or a forked kernel."""
    cells = [
        "import os, sys, numpy, pandas",
        "print(sorted({'b', 'a', 'c'}, key=hash)); 1 / 3",
        "print('to the other stream', file=sys.stderr)",
        "pandas.DataFrame({'x': numpy.random.default_rng(7).normal(size=3)})",
        "import matplotlib.pyplot as plt; figure = plt.figure(); figure.gca().plot([1, 2]); figure",
        "os.environ['MPLBACKEND'], os.getcwd() == os.environ['HERE'], sys.stdin.read()",
    ]
    notebook = nbformat.v4.new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        cells=[nbformat.v4.new_code_cell(cell, id=f"cell-{number}") for number, cell in enumerate(cells)],
    )
    nbformat.write(notebook, folder / "notebook.ipynb")
    program = f"""
import numpy, pandas, matplotlib.pyplot, ipykernel.kernelapp, papermill
from contextlib import nullcontext
from analysis.workflow.forked_kernel import WaitingKernel, forked
kernel = WaitingKernel() if {forked} else None
with forked(kernel) if kernel else nullcontext() as manager:
    given = {{"kernel_manager_class": manager}} if manager else {{}}
    papermill.execute_notebook("notebook.ipynb", "{name}.ipynb", progress_bar=False, shutdown_kernel="immediate", **given)
if kernel:
    assert kernel.returncode is not None
"""
    environment = {**os.environ, **ask.IMPORTED_WITH, "HERE": str(folder)}
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], cwd=folder, env=environment, check=True)
    made = json.loads((folder / f"{name}.ipynb").read_text())
    return [cell["outputs"] for cell in made["cells"]]


def test_a_forked_kernel_gives_the_outputs_of_an_ordinary_one(tmp_path):
    forked = executed(tmp_path, "forked", forked=True)
    assert forked == executed(tmp_path, "ordinary", forked=False)
    assert [len(outputs) for outputs in forked] == [0, 2, 1, 1, 1, 1]


def test_a_kernel_that_is_never_started_ends_with_who_forked_it():
    program = "import os\nfrom analysis.workflow.forked_kernel import WaitingKernel\nprint(WaitingKernel().pid, flush=True)\nos._exit(0)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    pid, end = int(done.stdout), time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    pytest.fail("the kernel is still there")


def test_a_kernel_starts_once():
    program = """
from analysis.workflow.forked_kernel import WaitingKernel
kernel = WaitingKernel()
kernel.dismiss()
try:
    kernel.start([], {}, ".")
except RuntimeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "a forked kernel starts once\n"
    assert WaitingKernel.stdout is None


def test_a_process_older_than_a_source_is_not_asked(tmp_path, monkeypatch):
    path = tmp_path / "preloaded.sock"
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen()
    monkeypatch.setattr(ask, "ROOT", tmp_path)
    (tmp_path / "src").mkdir()
    (tmp_path / "data").mkdir()
    source = tmp_path / "src" / "module.py"
    source.write_text("")
    os.utime(source, (1, 1))
    fresh = ask.connected(path)
    assert fresh is not None
    fresh.close()
    os.utime(path, (0, 0))
    assert ask.connected(path) is None
    assert ask.connected(tmp_path / "none.sock") is None
    listener.close()
