"""A tiny publication: one run of one notebook, made anew for each test."""

from __future__ import annotations

import base64
import copy
import json
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parent))  # importlib mode: `skeleton` lies beside the tests

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DRAWING = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="400" height="200"><rect width="400" height="200" fill="#fff"/><path d="M20 20H150V90H280V140H380" fill="none" stroke="#1b5e77" stroke-width="3"/></svg>'

INDEX = """---
title: "A trial of nothing"
author:
  - name: A. Writer
    affiliations: An institute
abstract: |
  The hazard ratio was {{< var main.pfs.hr >}}.
---

{{< include _includes/banner.md >}}

## Introduction {#sec-introduction}

The drug was tested before [@gombos2021]. Section @sec-introduction comes first, then @fig-pfs and @tbl-flow.

## Results

The hazard ratio was {{< var main.pfs.hr >}} ({{< var main.pfs.hr_ci >}}; @fig-pfs, @eq-hazard).[^1]

[^1]: A footnote.

{{< include _includes/main/fig-pfs.md >}}

{{< include _includes/main/tbl-flow.md >}}

$$ h(t) = h_0(t) e^{\\beta x} $$ {#eq-hazard}

::: {.callout-note}
Response was a decrease of at least 25 % at day 14.
:::

## References {.unnumbered}

::: {#refs}
:::
"""

SUPPLEMENT = """---
title: "Supplement"
---

{{< include _includes/banner.md >}}

## Parameters

The cut-off was {{< var main.parameters.cutoff_percent >}} percent. {{< embed notebooks/primary/04-survival.ipynb#fig-pfs >}}
""".replace(" {{< embed", "\n\n{{< embed")

BIBLIOGRAPHY = """@article{gombos2021,
  author = {Gombos, Andrea and Others, Some}, title = {A title}, journal = {npj Breast Cancer}, year = {2021},
  volume = {7}, pages = {125}, doi = {10.1038/s41523-021-00331-8}
}
"""

RESULTS: dict[str, Any] = {
    "schema": 2,
    "analyses": [],
    "run": "primary",
    "notebook": "04-survival",
    "title": "Who progresses when?",
    "study": {
        "id": "SIM",
        "title": "Simulated trial",
        "kind": "simulated",
        "source": "made by a computer",
        "licence": "MIT",
        "caveats": ["No patient is behind any number."],
        "parts": ["pet", "plasma"],
    },
    "parameters": {
        "run": "primary",
        "study": "data/simulated",
        "metric": "suv_max",
        "cutoff_percent": 25,
        "seed": 1,
    },
    "provenance": {
        "commit": "0123456789abcdef",
        "lock_sha256": "ab" * 32,
        "study_sha256": "cd" * 32,
        "python": "3.11.2",
        "versions": {"numpy": "2.4.6"},
    },
    "values": {
        "pfs.hr": {
            "text": "0.77",
            "interval_text": "0.40–1.50",
            "value": 0.77,
            "low": 0.4,
            "high": 1.5,
            "unit": "",
            "n": 45,
            "events": 38,
            "definition": "Hazard ratio of progression",
            "method": "Cox",
            "reason": "",
            "cell": "fig-pfs",
        },
        "answer": {
            "text": "Responders did not live longer without progression.",
            "interval_text": "",
            "value": "Responders did not live longer without progression.",
            "low": None,
            "high": None,
            "unit": "",
            "n": None,
            "events": None,
            "definition": "Answer",
            "method": "",
            "reason": "",
            "cell": "",
        },
    },
    "tables": {
        "tbl-flow": {"caption": "Patients.", "file": "tables/tbl-flow.md", "csv": "tables/tbl-flow.csv"}
    },
    "figures": {
        "fig-pfs": {
            "caption": "Survival without progression.",
            "alt": "Two curves that cross.",
            "svg": "figures/fig-pfs.svg",
            "png": "figures/fig-pfs.png",
        }
    },
    "notes": ["The study has no tissue."],
}

NOTEBOOK: dict[str, Any] = {
    "nbformat": 4,
    "nbformat_minor": 5,
    "metadata": {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "language_info": {"name": "python"},
    },
    "cells": [
        {
            "id": "a",
            "cell_type": "markdown",
            "metadata": {},
            "source": "# Who progresses when?\n\nA question, $x^2$.",
        },
        {
            "id": "b",
            "cell_type": "code",
            "metadata": {"tags": ["parameters"]},
            "execution_count": 1,
            "source": 'run = "primary"',
            "outputs": [],
        },
        {
            "id": "c",
            "cell_type": "code",
            "metadata": {},
            "execution_count": 2,
            "source": '#| label: fig-pfs\n#| fig-cap: "Survival without progression."\n#| fig-alt: "Two curves that cross."\ndraw()',
            "outputs": [
                {
                    "output_type": "display_data",
                    "metadata": {"image/png": {"alt": "Two curves that cross."}},
                    "data": {"image/png": base64.b64encode(PIXEL).decode(), "text/plain": "Two curves"},
                }
            ],
        },
        {
            "id": "d",
            "cell_type": "code",
            "metadata": {},
            "execution_count": 3,
            "source": "frame",
            "outputs": [
                {
                    "output_type": "execute_result",
                    "execution_count": 3,
                    "metadata": {},
                    "data": {
                        "text/html": "<style scoped>x{}</style><table border='1'><thead><tr><th>a</th></tr></thead><tbody><tr><td onclick='evil()'>1<script>alert(1)</script></td></tr></tbody></table>"
                    },
                },
                {
                    "output_type": "display_data",
                    "metadata": {},
                    "data": {"text/markdown": "> **Note.** <b>bold</b>"},
                },
            ],
        },
        {
            "id": "e",
            "cell_type": "code",
            "metadata": {},
            "execution_count": 4,
            "source": "#| label: tbl-flow\nbook.table(flow)",
            "outputs": [],
        },
    ],
}


class Reports:
    """A reports folder whose pieces a test may change before it is prepared."""

    def __init__(self, folder: Path, project: Path) -> None:
        self.folder = folder
        self.results = copy.deepcopy(RESULTS)
        self.notebook = copy.deepcopy(NOTEBOOK)
        self.table = "| Step | n |\n|:--|--:|\n| Enrolled | 46 |\n| Analysed | 45 |\n"
        shutil.copytree(project / "reports" / "style", folder / "style")
        shutil.copyfile(project / "reports" / "_quarto.yml", folder / "_quarto.yml")
        self.write("index.qmd", INDEX)
        self.write("supplement.qmd", SUPPLEMENT)
        self.write("references.bib", BIBLIOGRAPHY)

    def write(self, name: str, text: str) -> None:
        """Write a file of the folder."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def replace(self, name: str, old: str, new: str) -> None:
        """Change a file of the folder."""
        text = (self.folder / name).read_text(encoding="utf-8")
        assert old in text
        self.write(name, text.replace(old, new))

    def write_results(self, run: str = "primary") -> None:
        """Write results and executed notebook of a run."""
        folder = self.folder / "results" / run / "04-survival"
        for kind, content in {"svg": DRAWING.encode(), "png": PIXEL}.items():
            path = folder / "figures" / f"fig-pfs.{kind}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        self.write(f"results/{run}/04-survival/tables/tbl-flow.md", self.table)
        self.write(f"results/{run}/04-survival/tables/tbl-flow.csv", "Step,n\nEnrolled,46\n")
        self.write(
            f"results/{run}/04-survival.json", json.dumps({**self.results, "run": run}, ensure_ascii=False)
        )
        self.write(f"notebooks/{run}/04-survival.ipynb", json.dumps(self.notebook))


@pytest.fixture
def reports(tmp_path: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> Reports:
    """The tiny publication, with results of the run ``primary``; not yet prepared."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    made = Reports(tmp_path / "reports", project)
    made.write_results()
    return made


@pytest.fixture(scope="session")
def whole_reports(tmp_path_factory: pytest.TempPathFactory, project: Path) -> Path:
    """The tiny publication with its finished site, made once; tests get copies."""
    from analysis.publish import prepare, render_index, render_notebooks, render_publication

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", "1700000000")
        made = Reports(tmp_path_factory.mktemp("whole") / "reports", project)
        made.write_results()
        prepare(made.folder, ["primary"])
        render_publication(made.folder, made.folder / "_site", quarto="")
        render_notebooks(made.folder, ["primary"])
        render_index(made.folder, ["primary"])
    return made.folder


@pytest.fixture
def site(reports: Reports, whole_reports: Path) -> Path:
    """The finished site of the tiny publication, to look at or to spoil."""
    shutil.rmtree(reports.folder)
    shutil.copytree(whole_reports, reports.folder)
    return reports.folder / "_site"


@pytest.fixture
def problems(reports: Reports) -> Callable[..., list[str]]:
    """Problems of the tiny publication after one change of its index."""
    from analysis.publish import prepare
    from analysis.publish.strict import find_problems

    def found(old: str = "", new: str = "", *, name: str = "index.qmd") -> list[str]:
        if old:
            reports.replace(name, old, new)
        prepare(reports.folder, ["primary"])
        return [str(problem) for problem in find_problems(reports.folder)]

    return found
