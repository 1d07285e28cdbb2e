"""Response of every patient under every rule: a heat map whose rows are rules and whose columns nobody's name."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from analysis.errors import DesignError
from analysis.figures.canvas import empty_figure, new_figure
from analysis.figures.style import DOUBLE_MM, INK, MUTED, OKABE_ITO, SMALL, journal
from analysis.figures.wording import count, number

_CODES = {"responder": 0, "non_responder": 1, "not_assessable": 2}
_FACES = (OKABE_ITO["blue"], "#F7D9BF", "#FFFFFF")
_WORDS = ("Responder", "Non-responder", "Not assessable")
_ROW_MM = 6.5


def _ordered(classes: pd.DataFrame) -> tuple[list[str], np.ndarray]:
    """Rules from above, and codes with the patients most rules call responders on the left."""
    if not {"rule", "patient_id", "response"} <= set(classes.columns):
        raise DesignError("the classes lack a column", expected="rule, patient_id and response")
    unknown = set(classes["response"].dropna()) - set(_CODES)
    if unknown:
        raise DesignError(
            "a response is unknown to the figure",
            where="column response",
            expected="one of " + ", ".join(_CODES),
            offenders=sorted(unknown),
        )
    if classes.duplicated(["rule", "patient_id"]).any():
        raise DesignError("a patient stands twice under one rule", expected="one row a patient and rule")
    rules = list(dict.fromkeys(classes["rule"]))
    coded = classes.assign(code=classes["response"].map(_CODES).fillna(_CODES["not_assessable"]))
    wide = coded.pivot_table(index="rule", columns="patient_id", values="code", aggfunc="max", observed=True)
    codes = wide.loc[rules].fillna(_CODES["not_assessable"]).to_numpy(dtype=int)
    counts = np.array([(codes == code).sum(axis=0) for code in (2, 1)])
    order = np.lexsort((*codes[::-1], counts[1], counts[0]))
    return rules, codes[:, order]


@journal()
def draw_response_map(
    classes: pd.DataFrame, *, simulated: bool, marked: str | None = None, width_mm: float = DOUBLE_MM
) -> Figure:
    """Draw a cell for each rule and patient, patients sorted by how many rules call them responders.

    Parameters
    ----------
    classes : pandas.DataFrame
        ``rule`` (in the order of rows), ``patient_id`` and ``response`` (responder, non_responder,
        not_assessable; a missing one counts as not assessable). Identifiers join the rows and are not shown.
    simulated : bool
        Whether the data are simulated; the figure then says so.
    marked : str, optional
        The pre-specified rule, set in bold and starred.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If a column is lacking, a response unknown, or a patient stands twice under one rule.
    """
    if classes.empty:
        return empty_figure("No patient has a response.", simulated=simulated, width_mm=width_mm)
    rules, codes = _ordered(classes)
    figure = new_figure(width_mm, 16 + _ROW_MM * len(rules), simulated=simulated)
    axes = figure.subplots()
    axes.pcolormesh(
        codes, cmap=ListedColormap(list(_FACES)), vmin=-0.5, vmax=2.5, edgecolors="white", linewidth=0.6
    )
    row, column = np.nonzero(codes == _CODES["not_assessable"])
    axes.plot(column + 0.5, row + 0.5, "x", color=MUTED, ms=3, mew=0.7, lw=0)
    axes.set(xlim=(0, codes.shape[1]), ylim=(len(rules), 0), xticks=[])
    names = [f"{name} *" if name == marked else name for name in rules]
    axes.set_yticks(np.arange(len(rules)) + 0.5, names, fontsize=SMALL)
    for label, name in zip(axes.get_yticklabels(), rules, strict=True):
        label.set_fontweight("bold" if name == marked else "normal")
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    counts = axes.twinx()
    counts.set_ylim(axes.get_ylim())
    counts.set_yticks(axes.get_yticks(), [f"{(line == 0).sum()} of {(line != 2).sum()}" for line in codes])
    counts.tick_params(length=0)
    counts.spines[:].set_visible(False)
    axes.set_xlabel(
        f"Patients, one column each (n = {codes.shape[1]}); right: responders of those assessable"
    )
    handles = [
        Patch(facecolor=face, edgecolor=INK, lw=0.5, label=word + (" (×)" if code == 2 else ""))
        for code, (face, word) in enumerate(zip(_FACES, _WORDS, strict=True))
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3, handlelength=1.4)
    return figure


def describe_response_map(classes: pd.DataFrame, *, marked: str | None = None) -> str:
    """Return the alternative text: how many respond under each rule, and how many are called alike by all."""
    if classes.empty:
        return "No patient has a response."
    rules, codes = _ordered(classes)
    alike = int(((codes == codes[0]) & (codes != 2)).all(axis=0).sum())
    said = [
        f"{name}{' (pre-specified)' if name == marked else ''}: {number((line == 0).sum(), 0)} of"
        f" {number((line != 2).sum(), 0)} assessable respond"
        for name, line in zip(rules, codes, strict=True)
    ]
    return (
        f"Heat map of {count(codes.shape[1], 'patient')} under {count(len(rules), 'rule')}; "
        f"{alike} classified alike by every rule. " + "; ".join(said) + "."
    )
