"""Steps of a build by a process that has imported everything: the same outputs, and none left behind."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import nbformat
import pytest

from analysis.cli import preloaded
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
    fresh = ask.connected(str(path))
    assert fresh is not None
    fresh.close()
    os.utime(path, (0, 0))
    assert ask.connected(str(path)) is None
    assert ask.connected(str(tmp_path / "none.sock")) is None
    listener.close()


def gone(pid):
    """Whether a process ends within half a minute."""
    end = time.monotonic() + 30
    while time.monotonic() < end:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.02)
    return False


SERVING = """
import os, pathlib, sys, time
from analysis.cli import preloaded

def step(arguments):
    print(os.getpid(), flush=True)
    if arguments == ["die"]:
        os.kill(os.getpid(), 9)
    if arguments == ["short"]:
        return 3
    time.sleep(600)

preloaded._main = step
with preloaded.listening(pathlib.Path("preloaded.sock"), time.time_ns()) as listener:
    print("ready", flush=True)
    preloaded.serve(listener, int(sys.argv[1]))
"""
ASKING = """
import socket, sys
from analysis.workflow.ask import ask
connection = socket.socket(socket.AF_UNIX)
connection.connect("preloaded.sock")
sys.exit(ask(connection, sys.argv[1:]))
"""


@pytest.fixture
def build(tmp_path):
    """A process that stands for make, one that serves its steps, and how to ask for a step that never ends."""
    begun = []

    def begin(program, *arguments):
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        begun.append(process)
        return process

    make = begin("import time; time.sleep(600)")
    serving = begin(SERVING, str(make.pid))
    assert serving.stdout.readline() == "ready\n"
    yield make, serving, lambda *arguments: begin(ASKING, *arguments)
    for process in begun:
        process.kill()
        process.communicate()


def test_a_step_ends_with_who_asked_for_it(build):
    _, serving, asked = build
    one, other = asked("run"), asked("run")
    steps = [int(asking.stdout.readline()) for asking in (one, other)]
    one.terminate()
    assert gone(steps[0])
    os.kill(steps[1], 0)
    assert serving.poll() is None
    other.terminate()
    assert gone(steps[1])


def test_steps_end_with_their_make(build):
    make, serving, asked = build
    asking = asked("run")
    step = int(asking.stdout.readline())
    make.kill()
    make.wait()
    assert serving.wait(30) == 0
    assert gone(step)
    assert asking.wait(30) == 130


def test_a_step_that_has_answered_is_not_interrupted(build):
    make, serving, asked = build
    for _ in range(3):
        asking = asked("short")
        assert asking.communicate(timeout=30)[1] == ""
        assert asking.returncode == 3
    make.kill()
    make.wait()
    assert serving.communicate(timeout=30)[1] == ""


def test_a_step_that_is_killed_says_what_to_do(build):
    _, _, asked = build
    asking = asked("die")
    _, said = asking.communicate(timeout=30)
    assert asking.returncode == 1
    assert "die: the step ended without a word" in said
    assert "Do: run make again" in said


def test_a_step_that_nobody_began_is_left_to_a_process_of_its_own():
    here, there = socket.socketpair()
    there.close()
    assert ask.ask(here, ["run"]) is None


def test_a_source_saved_while_the_process_starts_ends_it_and_it_is_not_tried_again(tmp_path, monkeypatch):
    begun = []

    def popen(command, *, real=subprocess.Popen, **given):
        begun.append(real([sys.executable, "-c", "import time; time.sleep(600)"], **given))
        source.write_text("saved again")
        os.utime(source)
        return begun[-1]

    (tmp_path / "src").mkdir()
    (tmp_path / "data").mkdir()
    source = tmp_path / "src" / "module.py"
    source.write_text("")
    os.utime(source, (1, 1))
    monkeypatch.setattr(ask, "ROOT", tmp_path)
    monkeypatch.setattr(ask, "FOLDER", tmp_path / ".make")
    monkeypatch.setattr(subprocess, "Popen", popen)
    path = str(tmp_path / "preloaded.sock")
    assert ask.started(path, 7) is None
    assert begun[0].returncode is not None
    os.utime(source, (1, 1))
    assert ask.started(path, 7) is None
    assert len(begun) == 1
    assert ask.started(path, 8) is None
    assert len(begun) == 2


@pytest.mark.parametrize(
    ("step", "what"), [("run", "all"), ("page", "pages"), ("publish", None), ("index", None)]
)
def test_where_only_pages_are_made_nothing_that_notebooks_import_is_waited_for(
    tmp_path, monkeypatch, step, what
):
    def kind_of(path):
        return Path(path).stem.rpartition("-")[2]

    tried, begun = [], []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(ask, "ROOT", tmp_path)
    monkeypatch.setattr(ask, "FOLDER", tmp_path / ".make")
    monkeypatch.setattr(ask, "connected", lambda path: tried.append(kind_of(path)))
    monkeypatch.setattr(ask, "started", lambda path, parent, what: begun.append((kind_of(path), what)))
    monkeypatch.setattr(ask.os, "execve", lambda *_: sys.exit(0))
    monkeypatch.setattr(sys, "argv", ["ask.py", step, "primary"])
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.delenv(ask.SWITCH, raising=False)
    with pytest.raises(SystemExit):
        ask.main()
    assert tried == (["all"] if step == "run" else ["all", "pages"])
    assert begun == ([(what, what)] if what else [])


@pytest.fixture
def copies(project, tmp_path):
    """Two checkouts with names that a shell would split, whose package only notes where it was imported from."""
    folders = [tmp_path / name for name in ('it\'s the "first" $HOME', "the second")]
    for folder in folders:
        package = folder / "src/analysis"
        for name in ("workflow", "cli"):
            (package / name).mkdir(parents=True)
        for name in ("__init__.py", "cli/__init__.py"):
            (package / name).write_text("")
        note = "import sys, pathlib; pathlib.Path(sys.modules['analysis'].__file__).parents[2].joinpath({!r}).write_text('')\n"
        (package / "__main__.py").write_text(note.format("step"))
        (package / "cli/preloaded.py").write_text(note.format("preloaded"))
        for name in ("Makefile", "src/analysis/workflow/ask.py"):
            shutil.copy(project / name, folder / name)
        (folder / "data").mkdir()
    return folders


def noted(folder):
    return {name for name in ("step", "preloaded") if (folder / name).exists()}


def test_a_step_is_done_by_the_package_of_its_own_folder(copies, monkeypatch):
    own, other = copies
    monkeypatch.delenv(ask.SWITCH, raising=False)
    monkeypatch.setenv("PYTHONPATH", str(other / "src"))
    script = own / "src/analysis/workflow/ask.py"
    subprocess.run([sys.executable, "-E", "-S", script, "run", "a/b"], cwd=other, check=True)
    assert noted(own) == {"step", "preloaded"}
    assert noted(other) == set()


def test_an_interrupt_while_the_process_preloads_is_silent_and_leaves_none(copies, monkeypatch):
    own, _ = copies
    monkeypatch.delenv(ask.SWITCH, raising=False)
    (own / "src/analysis/cli/preloaded.py").write_text(
        "import os, pathlib, time; pathlib.Path('part').write_text(str(os.getpid()))\n"
        "os.rename('part', 'pid'); time.sleep(600)\n"
    )
    command = [sys.executable, "-E", "-S", own / "src/analysis/workflow/ask.py", "page", "a/b"]
    asking = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Whoever runs the tests in the background may have interrupts ignored, and all that they start with them.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )
    end = time.monotonic() + 30
    while not (own / "pid").exists() and time.monotonic() < end:
        time.sleep(0.02)
    asking.send_signal(signal.SIGINT)
    said, _ = asking.communicate(timeout=30)
    assert (asking.returncode, said) == (130, "")
    assert gone(int((own / "pid").read_text()))
    assert noted(own) == set()


@pytest.mark.skipif(shutil.which("make") is None, reason="needs make")
@pytest.mark.parametrize("given", [True, False])
def test_make_starts_the_package_of_its_own_folder(copies, monkeypatch, given):
    own, other = copies
    if given:
        monkeypatch.setenv("PYTHONPATH", str(other / "src"))
    else:
        monkeypatch.delenv("PYTHONPATH", raising=False)
    (own / ".venv/bin").mkdir(parents=True)
    (own / ".venv/bin/python").symlink_to(sys.executable)
    subprocess.run(["make", "--eval", "step: ; $(ANALYSIS)", "step"], cwd=own, check=True)
    assert noted(own) == {"step"}
    assert noted(other) == set()


def test_the_path_of_the_package_that_was_given_stays_behind_the_own(monkeypatch):
    own = str(Path(ask.ROOT) / "src")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(["", "given", own]))
    assert ask.environment()["PYTHONPATH"] == os.pathsep.join([own, "given"])
    monkeypatch.delenv("PYTHONPATH")
    assert ask.environment()["PYTHONPATH"] == own


def test_what_pages_need_is_a_small_part_of_what_notebooks_need():
    done = subprocess.run(
        [sys.executable, "-c", "import sys; from analysis.cli import preloaded; preloaded.preload('pages'); print('pandas' in sys.modules, 'scipy' in sys.modules, 'nbconvert' in sys.modules)"],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout == "False False True\n"


def test_a_source_of_tomorrow_starts_nothing(tmp_path, monkeypatch):
    (tmp_path / "src").mkdir()
    (tmp_path / "data").mkdir()
    source = tmp_path / "src" / "module.py"
    source.write_text("")
    os.utime(source, (time.time() + 86400,) * 2)
    monkeypatch.setattr(ask, "ROOT", tmp_path)
    monkeypatch.setattr(ask, "FOLDER", tmp_path / ".make")
    monkeypatch.setattr(subprocess, "Popen", None)
    assert ask.started(str(tmp_path / "preloaded.sock"), 7) is None


def test_a_socket_that_another_process_has_taken_over_is_left_to_it(tmp_path):
    path = tmp_path / "preloaded.sock"
    with preloaded.listening(path, 1):
        with preloaded.listening(path, 1):
            pass
        assert not path.exists()
    with preloaded.listening(path, 1):
        path.unlink()
        path.write_text("of another process")
    assert path.read_text() == "of another process"


def test_the_process_of_a_make_that_has_just_ended_is_not_asked_by_the_next(project):
    """It listens for a moment more, and ends whatever it has begun."""
    step = [
        sys.executable,
        "-E",
        "-S",
        str(project / "src/analysis/workflow/ask.py"),
        "page",
        "ghost/01-none",
    ]
    make = f"import subprocess, sys; sys.exit(subprocess.run({step!r}).returncode)"
    for _ in range(3):
        done = subprocess.run([sys.executable, "-c", make], capture_output=True, text=True, check=False)
        assert (done.returncode, "has no results" in done.stderr) == (1, True), done.stderr
