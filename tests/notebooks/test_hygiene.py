import ast
import json

import pytest

from analysis.errors import ParameterError
from analysis.workflow.checks import notebook_problems, parameter_problems
from analysis.workflow.execute import checked_parameters
from analysis.workflow.runs import load_run, runs_folder


def notebooks(project):
    return sorted((project / "notebooks").glob("*.ipynb"))


def test_every_committed_notebook_is_clean(project):
    assert len(notebooks(project)) >= 4
    assert [problem for file in notebooks(project) for problem in notebook_problems(file)] == []


def test_every_figure_has_its_numbers_or_says_why_not(project):
    calls = [
        (file.stem, call)
        for file in notebooks(project)
        for cell in json.loads(file.read_text())["cells"]
        if cell["cell_type"] == "code"
        for call in ast.walk(ast.parse("".join(cell["source"])))
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "book.figure"
    ]
    bare = [
        f"{stem}: {ast.unparse(call)}"
        for stem, call in calls
        if not {"numbers", "left_out"} & {word.arg for word in call.keywords}
    ]
    assert len(calls) >= 50
    assert bare == []


def test_every_run_names_the_parameters_of_its_notebooks(project):
    for file in runs_folder().glob("*.yml"):
        run = load_run(file.stem)
        for stem in run.notebooks:
            assert checked_parameters(project / "notebooks" / f"{stem}.ipynb", run)["run"] == run.name


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"outputs": [{"output_type": "stream"}]}, "has outputs"),
        ({"execution_count": 3}, "has outputs or an execution count"),
        ({"metadata": {"collapsed": True}}, "has metadata"),
        ({"source": "def helper():\n    return 1"}, "defines a function"),
        ({"source": "open('/home/me/data.csv')"}, "absolute path"),
        ({"id": ""}, "has no id"),
        ({"source": "from scipy.stats import fisher_exact"}, "imports scipy.stats"),
        ({"source": "import lifelines as ll"}, "imports lifelines"),
        ({"source": "from analysis.logbook import open_logbook"}, "reaches past the log"),
        ({"source": "early_response.__wrapped__()"}, "reaches past the log"),
        ({"source": "book.log.close()"}, "reaches past the log"),
    ],
)
def test_an_unclean_notebook_is_named_with_its_cell(project, tmp_path, change, complaint):
    document = json.loads(notebooks(project)[0].read_text())
    position = next(
        n for n, cell in enumerate(document["cells"]) if cell["cell_type"] == "code" and not cell["metadata"]
    )
    document["cells"][position].update(change)
    (tmp_path / "01.ipynb").write_text(json.dumps(document))
    problems = notebook_problems(tmp_path / "01.ipynb")
    assert any(complaint in problem and f"cell {position + 1}" in problem for problem in problems)


def test_a_computed_parameter_is_refused():
    assert "parameter 'day' is not a literal" in parameter_problems("day = 7 * 2")


def run_with(tmp_path, monkeypatch, project, text):
    from analysis.workflow import runs

    monkeypatch.setattr(runs, "runs_folder", lambda: tmp_path)
    (tmp_path / "mine.yml").write_text(text)
    return load_run("mine")


def test_a_run_file_that_is_not_yaml_is_named_with_its_line(tmp_path, monkeypatch, project):
    with pytest.raises(ParameterError, match=r"is not YAML: .*\[notebooks/runs/mine\.yml:2\]$") as refused:
        run_with(tmp_path, monkeypatch, project, "title: mine\nnotebooks: [01-cohort\n")
    assert "unicode string" not in str(refused.value)


def edited(project, old, new):
    text = (project / "notebooks/runs/primary.yml").read_text()
    assert old in text
    return text.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("  day: 14", "  dya: 14", "unknown parameter 'dya'; missing parameter 'day'"),
        ("  day: 14", "  day: '14'", "parameter 'day' has the value '14'"),
        ("  day: 14", "  day: 21", "one of 14, 28"),
        ("cutoff_percent: 25", "cutoff_percent: true", "a number"),
        ("cutoff_percent: 25", "cutoff_percent: 125", "above 0 and below 100"),
        ("metric: suv_max", "metric: SUVmax", "one of suv_max"),
        ("pre_specified: true", "pre_specified: 1", "true or false"),
        ("notebooks: [01-cohort", "notebooks: [01-chort", "no notebook '01-chort'"),
        ("parameters:", "params:", "exactly families, notebooks, parameters, title"),
        ("  day: 14", "  run: other\n  day: 14", "parameter 'run' is set"),
        ("title:", "title: [", "not YAML"),
        ("families:", "family:", "exactly families, notebooks, parameters, title"),
        ("[os-by-response", "[os-by-reponse", "families name 'os-by-reponse', which is not in the plan"),
        ("[os-by-response", "[pfs-by-fraction, os-by-response", "'pfs-by-fraction' stands twice"),
    ],
)
def test_a_faulty_run_file_is_refused_before_a_kernel_starts(
    tmp_path, monkeypatch, project, old, new, complaint
):
    with pytest.raises(ParameterError) as error:
        run_with(tmp_path, monkeypatch, project, edited(project, old, new))
    assert complaint in str(error.value)
    assert "notebooks/runs/mine.yml" in str(error.value)


def test_a_notebook_that_does_not_declare_a_parameter_is_refused(project, tmp_path):
    document = json.loads(notebooks(project)[0].read_text())
    for cell in document["cells"]:
        if "parameters" in cell["metadata"].get("tags", []):
            cell["source"] = [line for line in cell["source"] if not line.startswith("seed")]
    (tmp_path / "01-cohort.ipynb").write_text(json.dumps(document))
    with pytest.raises(ParameterError, match="unknown parameter 'seed'"):
        checked_parameters(tmp_path / "01-cohort.ipynb", load_run("primary"))
