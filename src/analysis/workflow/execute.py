"""Run one notebook of one run by papermill, and put what it made in place only when it is whole."""

from __future__ import annotations

import json
import os
import re
import shutil
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat

from analysis.errors import AnalysisError, ParameterError, PublicationError
from analysis.results import places
from analysis.results.disclosure import refuse_identifiers
from analysis.results.leaks import refuse_leaks
from analysis.study import project_root
from analysis.workflow.provenance import provenance
from analysis.workflow.runs import Run, load_run
from analysis.workflow.studies import ready

if TYPE_CHECKING:
    from analysis.workflow.forked_kernel import WaitingKernel

KERNEL_ENVIRONMENT = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "JUPYTER_PREFER_ENV_PATH": "1",
    "JUPYTER_NO_CONFIG": "1",
    "MPLBACKEND": "agg",
}
PART = re.compile(r"\.(\d+)-\d+\.part$")
"""End of the name under which a file is written, with the number of the process, see :mod:`analysis.work.whole_file`."""


class NotebookError(AnalysisError):
    """A notebook stopped with an error; nothing of it was put in place."""


def execute(run_name: str, notebook: str, *, kernel: WaitingKernel | None = None) -> Path:
    """Run one notebook and return the path of its executed copy.

    The notebook's own file is never touched. Everything is made in a stage; patient rows, tables and
    figures, values and, last, the executed copy are then moved into place, so that a copy that is there is
    complete.

    Parameters
    ----------
    run_name, notebook : str
        Name of the run and stem of the notebook.
    kernel : WaitingKernel, optional
        A forked kernel to use; by default papermill starts a new process. The outputs are the same.

    Raises
    ------
    ParameterError
        If the run or the notebook is unknown, or the notebook's parameters are not the run's.
    NotebookError
        If a cell raised; the message is the cell's error, and the executed copy is kept for looking at.
    PublicationError
        If the outputs name a patient, or the notebook never closed its session.
    """
    run = load_run(run_name)
    if notebook not in run.notebooks:
        raise ParameterError(
            f"run {run.name!r} has no notebook {notebook!r}", expected="one of " + ", ".join(run.notebooks)
        )
    source = project_root() / "notebooks" / f"{notebook}.ipynb"
    parameters = checked_parameters(source, run)
    study = ready(run.parameters.study)
    name = f".stage-{notebook}-{os.getpid()}"
    stage = places.staged(run.name, notebook, name)
    try:
        for folder in (stage.results.parent, stage.derived.parent):
            clear_left_behind(folder.parent)
            folder.mkdir(parents=True)
        copy = stage.results.with_name(f"{notebook}.ipynb")
        if kernel is None:
            _papermill(source, copy, parameters, name, {})
        else:
            from analysis.workflow.forked_kernel import forked

            with forked(kernel) as manager:
                _papermill(source, copy, parameters, name, {"kernel_manager_class": manager})
        if not stage.values.exists():
            raise PublicationError(
                "the notebook ended without closing its session",
                where=source.name,
                do="end it with book.close()",
            )
        _finish_copy(copy, stage.values, study.identifiers)
        _finish_values(stage.values, study.checksum)
        for made in (stage.results, stage.values, copy):
            if made.exists():
                refuse_leaks(made, study.identifiers, what=f"{notebook} of run {run.name}")
        return _install(stage, places.built(run.name, notebook), copy)
    finally:
        for folder in (stage.results.parent, stage.derived.parent):
            shutil.rmtree(folder, ignore_errors=True)


def clear_left_behind(folder: Path) -> None:
    """Remove the stages and parts of files of runners that were killed; those of living ones stay."""
    for stage in folder.glob(".stage-*"):
        if _ended(stage.name.rpartition("-")[2]):
            shutil.rmtree(stage, ignore_errors=True)
    for part in folder.glob(".*.part"):
        written = PART.search(part.name)
        if written and _ended(written[1]):
            part.unlink(missing_ok=True)


def _ended(process: str) -> bool:
    """Whether the process of this number is no more; what is no number is none."""
    try:
        os.kill(int(process), 0)
    except (ProcessLookupError, ValueError, OverflowError):
        return True
    except PermissionError:  # somebody else's process: it lives
        return False
    return False


def checked_parameters(source: Path, run: Run) -> dict[str, Any]:
    """The run's parameters for papermill, after comparing their names with the notebook's own.

    papermill itself only warns about a parameter that the notebook does not know.

    Raises
    ------
    ParameterError
        If the notebook lacks a parameter of the run or declares one that the run does not set.
    """
    from papermill.inspection import inspect_notebook

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        declared = set(inspect_notebook(str(source)))
    given = {name: getattr(run.parameters, name) for name in run.parameters.__dataclass_fields__}
    problems = [
        f"unknown parameter {name!r} (the notebook does not declare it)"
        for name in given
        if name not in declared
    ]
    problems += [
        f"missing parameter {name!r} (the run does not set it)" for name in sorted(declared - set(given))
    ]
    if problems:
        raise ParameterError(
            "; ".join(problems),
            where=f"notebooks/{source.name}, cell tagged 'parameters'",
            expected="exactly " + ", ".join(given),
            do="make the cell and the run file name the same parameters",
        )
    return given


def _papermill(
    source: Path, copy: Path, parameters: dict[str, Any], stage: str, manager: dict[str, Any]
) -> None:
    import papermill
    from papermill.exceptions import PapermillExecutionError
    from traitlets.config import Config

    saved = dict(os.environ)
    runtime = tempfile.mkdtemp(prefix="kernel-")
    os.environ.update(
        KERNEL_ENVIRONMENT, IPYTHONDIR=runtime, JUPYTER_RUNTIME_DIR=runtime, **{places.STAGE: stage}
    )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            papermill.execute_notebook(
                str(source),
                str(copy),
                parameters=parameters,
                progress_bar=False,
                request_save_on_cell_execute=False,  # once at the end: nobody reads the copy before
                autosave_cell_every=0,
                cwd=str(project_root()),
                shutdown_kernel="immediate",  # a graceful shutdown stalls for seconds now and then
                # Nobody else on the machine can listen in on the rows of patients.
                config=Config(KernelManager={"transport_encryption": "auto"}),
                **manager,
            )
    except PapermillExecutionError as error:
        failed = project_root() / "data" / "derived" / "failed" / parameters["run"] / copy.name
        failed.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(copy, failed)
        raise NotebookError(
            f"{copy.stem} stopped: {error.ename}: {error.evalue}",
            where=f"run {parameters['run']}, cell {error.exec_count}",
            do=f"open {failed.relative_to(project_root())} to see where",
        ) from None
    except RuntimeError as error:  # nbclient: the kernel died or never answered
        raise NotebookError(
            f"the kernel of {copy.stem} did not start: {error}",
            where=f"run {parameters['run']}",
            do="run make again; if it happens again, rebuild the environment with make distclean env",
        ) from None
    finally:
        os.environ.clear()
        os.environ.update(saved)
        shutil.rmtree(runtime, ignore_errors=True)


def _finish_copy(copy: Path, values: Path, identifiers: tuple[str, ...]) -> None:
    """Drop what changes from run to run, write the alt texts into the figure cells, refuse identifiers."""
    notebook: Any = nbformat.read(copy, as_version=4)
    notebook.metadata.pop("papermill", None)
    document = json.loads(values.read_text(encoding="utf-8"))
    figures, simulated = document["figures"], document["study"]["kind"] == "simulated"
    for cell in notebook.cells:
        cell.metadata.pop("papermill", None)
        cell.metadata.pop("execution", None)
        if "injected-parameters" in cell.metadata.get("tags", ()):
            cell["id"] = "injected-parameters"  # papermill draws one by lot
        if cell.cell_type != "code":
            continue
        label = re.match(r"#\| label: (fig-\S+)", cell.source)
        if label and label.group(1) in figures:
            alt = json.dumps(figures[label.group(1)]["alt"], ensure_ascii=False)
            cell.source = re.sub(
                r"(?m)^#\| fig-alt:.*$", lambda _, alt=alt: f"#| fig-alt: {alt}", cell.source
            )
        shown = [output for output in cell.outputs if "png" not in str(output.get("data", {}).keys())]
        refuse_identifiers(
            json.dumps(shown, ensure_ascii=False), identifiers, where=f"{copy.name}, an output"
        )
        refuse_paths(json.dumps(shown, ensure_ascii=False), where=f"{copy.name}, cell {cell.get('id')}")
        if not simulated:
            refuse_loose_output(cell.outputs, where=f"{copy.name}, cell {cell.get('id')}")
    nbformat.write(notebook, copy)


def refuse_loose_output(outputs: list[Any], *, where: str) -> None:
    """Raise where a cell shows data past the session, which withholds small numbers and patient rows.

    Raises
    ------
    PublicationError
        If an output is a data frame, a picture without alternative text, or printed text.
    """
    for output in outputs:
        data = output.get("data", {})
        frame = 'class="dataframe"' in str(data.get("text/html", ""))
        picture = "image/png" in data and not output.get("metadata", {}).get("image/png", {}).get("alt")
        if frame or picture or output.get("output_type") == "stream":
            raise PublicationError(
                f"a cell shows {'a data frame' if frame else 'a picture' if picture else 'printed text'} of a real study "
                "past the session, where small numbers are not withheld",
                where=where,
                expected="book.table(), book.figure(), book.say(), or nothing",
                do="show it through the session, or remove the output",
            )


def refuse_paths(text: str, *, where: str) -> None:
    """Raise where an output names a folder of this machine; the message shows the place without the path."""
    for folder in (str(project_root()), str(Path.home()) + "/"):
        if folder in text:
            start = text.index(folder)
            seen = text[max(0, start - 40) : start + len(folder) + 160].replace(folder, "…")
            raise PublicationError(
                f"an output holds a path of this machine: {seen!r}",
                where=where,
                expected="paths relative to the checkout, and no Python warning, which names its file",
                do="print less, or mend what causes the warning",
            )


def _finish_values(values: Path, study_checksum: str) -> None:
    document = json.loads(values.read_text(encoding="utf-8"))
    document["provenance"] = provenance(study_checksum)
    values.write_text(json.dumps(document, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def _install(stage: places.Places, final: places.Places, copy: Path) -> Path:
    """Move the finished parts into place; the executed copy last, as the sign that all is there."""
    target = project_root() / "reports" / "notebooks" / final.results.parent.name / copy.name
    target.parent.mkdir(parents=True, exist_ok=True)
    _swap_folder(stage.derived, final.derived)
    _swap_folder(stage.results, final.results)
    for made, place in ((stage.values, final.values), (copy, target)):
        made.touch()
        made.replace(place)
    return target


def _swap_folder(made: Path, place: Path) -> None:
    made.mkdir(parents=True, exist_ok=True)
    if place.exists():
        place.rename(made.with_name("replaced"))
    made.rename(place)
