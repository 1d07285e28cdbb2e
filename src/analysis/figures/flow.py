"""The participant-flow diagram: who is in each population, and why the others are not."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from analysis.errors import DesignError
from analysis.figures.canvas import new_figure, placed
from analysis.figures.measure import line_mm, wrapped
from analysis.figures.style import DOUBLE_MM, INK, MUTED, SMALL, Line, journal
from analysis.figures.wording import listed

if TYPE_CHECKING:
    from analysis.cohort import Flow, FlowStep

_PAD, _GAP, _INDENT, _SPINE = 1.6, 3.5, 8.0, 4.0
_BOXES = 0.46  # share of the width that the boxes take; the exclusions stand to their right


@dataclass
class _Node:
    """One step with its place: its children, how far it is set in, and the lines of its two boxes."""

    step: FlowStep
    children: list[_Node] = field(default_factory=list)
    indent: int = 0
    trunk: bool = True
    text: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)
    bottom: float = 0.0

    @property
    def left(self) -> float:
        return 1.0 + _INDENT * self.indent


def _tree(flow: Flow) -> list[_Node]:
    if not flow.steps:
        raise DesignError("the participant flow has no step", expected="at least the enrolled patients")
    nodes: dict[str, _Node] = {}
    roots: list[_Node] = []
    linear = all(step.parent is None for step in flow.steps)
    previous: _Node | None = None
    for step in flow.steps:
        parent = previous if linear else nodes.get(step.parent or "")
        node = _Node(step)
        (parent.children if parent else roots).append(node)
        nodes[step.name] = previous = node
    return roots


def _reason(reason: str, n: int, width_mm: float) -> list[str]:
    """Return the number first, then the reason; further lines are set in."""
    first, *rest = wrapped(f"{n}\N{NO-BREAK SPACE}{reason}", width_mm)
    again = wrapped(" ".join(rest), width_mm - 3.0) if rest else []
    return [first, *(f"\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}\N{NO-BREAK SPACE}{line}" for line in again)]


def _laid(nodes: list[_Node], width_mm: float, *, indent: int = 0, trunk: bool = True) -> list[_Node]:
    """Return the nodes in the order of drawing, with indents and lines of text."""
    order = []
    trunk = trunk and len(nodes) == 1
    for node in nodes:
        node.indent, node.trunk = indent, trunk
        step = node.step
        inside = 1.0 + _BOXES * width_mm - node.left - 2 * _PAD
        size = "number not known" if step.n is None else f"n = {step.n}"
        groups = f" ({', '.join(f'{name} {n}' for name, n in step.groups)})" if step.groups else ""
        node.text = wrapped(step.label, inside) + wrapped(size + groups, inside)
        aside = (1 - _BOXES) * width_mm - _INDENT - 2.0 - 2 * _PAD
        reasons = [line for reason, n in step.excluded if n for line in _reason(reason, n, aside)]
        lost = sum(n for _, n in step.excluded)
        node.excluded = [f"Not included: {lost}", *reasons] if lost else []
        alone = trunk and len(node.children) == 1
        order += [node, *_laid(node.children, width_mm, indent=indent if alone else indent + 1, trunk=trunk)]
    return order


def _height(lines: list[str]) -> float:
    return len(lines) * line_mm() + 2 * _PAD if lines else 0.0


def _box(axes: Axes, edges: tuple[float, float], top: float, lines: list[str], *, dashed: bool) -> None:
    left, right = edges
    line: Line = (0, (3, 2)) if dashed else "solid"
    axes.add_patch(
        Rectangle(
            (left, top),
            right - left,
            _height(lines),
            facecolor="white",
            edgecolor=MUTED if dashed else INK,
            linewidth=0.7 if dashed else 1.0,
            linestyle=line,
        )
    )
    y = top + _PAD + line_mm() / 2
    for i, text in enumerate(lines):
        x, align = (left + _PAD, "left") if dashed else ((left + right) / 2, "center")
        weight = "bold" if dashed and i == 0 else "normal"
        axes.text(x, y, text, ha=align, va="center", fontsize=SMALL, fontweight=weight)
        y += line_mm()


def _arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float]) -> None:
    style = {"arrowstyle": "-|>", "color": INK, "lw": 0.8, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 7}
    axes.annotate("", end, start, arrowprops=style)


def _draw_node(axes: Axes, node: _Node, parent: _Node | None, y: float, width_mm: float) -> float:
    """Draw one step below ``y`` and return where it ends, its exclusions included."""
    right = 1.0 + _BOXES * width_mm
    aside = (right + _INDENT, width_mm - 1.0)
    lost, tall = _height(node.excluded), _height(node.text)
    if node.trunk:
        top = y if parent is None else y + 2 * _GAP + lost
        _box(axes, (node.left, right), top, node.text, dashed=False)
        middle = (node.left + right) / 2
        if parent is not None:
            _arrow(axes, (middle, parent.bottom), (middle, top))
        if lost:
            axes.plot([middle, aside[0]], [y + _GAP + lost / 2] * 2, color=INK, lw=0.8)
            _box(axes, aside, y + _GAP, node.excluded, dashed=True)
        node.bottom = top + tall
        return node.bottom
    row = max(lost, tall)
    centre = y + _GAP + row / 2
    _box(axes, (node.left, right), centre - tall / 2, node.text, dashed=False)
    if parent is not None:
        spine = parent.left + _SPINE
        axes.plot([spine, spine], [parent.bottom, centre], color=INK, lw=0.8)
        _arrow(axes, (spine, centre), (node.left, centre))
    if lost:
        axes.plot([right, aside[0]], [centre, centre], color=INK, lw=0.8)
        _box(axes, aside, centre - lost / 2, node.excluded, dashed=True)
    node.bottom = centre + tall / 2
    return y + _GAP + row


@journal()
def draw_flow(flow: Flow, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw the participant flow in the manner of CONSORT: boxes downwards, exclusions to their right.

    Parameters
    ----------
    flow : Flow
        Steps, each after its parent; the populations into which a step divides are set in below it.
        Where no step names a parent, each follows the one before it. A missing n is printed as
        "number not known".
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print.

    Raises
    ------
    DesignError
        If there is no step.

    References
    ----------
    Schulz KF et al., CONSORT 2010, BMJ 2010;340:c332, doi 10.1136/bmj.c332.
    """
    nodes = _laid(_tree(flow), width_mm)
    parents = {id(child): node for node in nodes for child in node.children}
    notes = [
        line
        for node in nodes
        for note in node.step.notes
        for line in wrapped(f"{node.step.label}: {note}", width_mm - 2)
    ]
    content = sum(
        _GAP + max(_height(node.text), _height(node.excluded))
        if not node.trunk
        else _height(node.text) + (2 * _GAP + _height(node.excluded) if id(node) in parents else 0.0)
        for node in nodes
    )
    bottom = 1.0 + content + (2.5 + line_mm() * len(notes) if notes else 0.0) + 1.0
    figure = new_figure(width_mm, bottom, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width_mm, bottom))
    axes.set(xlim=(0, width_mm), ylim=(bottom, 0))
    axes.set_axis_off()
    y = 1.0
    for node in nodes:
        y = _draw_node(axes, node, parents.get(id(node)), y, width_mm)
    for i, note in enumerate(notes):
        axes.text(1.0, y + 2.5 + line_mm() * (i + 0.5), note, va="center", fontsize=SMALL, color=MUTED)
    return figure


def describe_flow(flow: Flow) -> str:
    """Return the alternative text of the flow: every box with its number, and every reason with its."""
    _tree(flow)
    parts = []
    for step in flow.steps:
        size = "number not known" if step.n is None else str(step.n)
        reasons = [f"{reason} ({n})" for reason, n in step.excluded if n]
        parts.append(f"{step.label}: {size}" + (f"; not included: {listed(reasons)}" if reasons else ""))
    return "Participant flow. " + ". ".join(parts) + "."
