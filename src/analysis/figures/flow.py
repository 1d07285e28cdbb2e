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
from analysis.figures.style import DOUBLE_MM, INK, MUTED, SMALL, journal
from analysis.figures.wording import listed

if TYPE_CHECKING:
    from analysis.cohort import Flow, FlowStep

_PAD, _GAP, _LEAST_COLUMN, _WIDEST_BOX = 1.6, 3.5, 33.0, 78.0


@dataclass
class _Node:
    """One step with its place: depth in the tree, column edges and the lines of its boxes."""

    step: FlowStep
    depth: int
    children: list[_Node] = field(default_factory=list)
    left: float = 0.0
    right: float = 0.0
    text: list[str] = field(default_factory=list)
    excluded: list[str] = field(default_factory=list)

    @property
    def leaves(self) -> int:
        return sum(child.leaves for child in self.children) or 1

    @property
    def wide(self) -> bool:
        """Whether the exclusions find room to the right of the arrow into a centred box."""
        return self.right - self.left >= 110

    @property
    def box(self) -> tuple[float, float]:
        if self.wide:
            middle = (self.left + self.right) / 2
            return middle - _WIDEST_BOX / 2, middle + _WIDEST_BOX / 2
        return self.left + 1.0, self.right - 1.0

    @property
    def arrow(self) -> float:
        return (self.left + self.right) / 2 if self.wide else self.left + 6.0

    @property
    def side(self) -> tuple[float, float]:
        return (self.arrow + 8.0 if self.wide else self.arrow + 3.0), self.right - 1.0


def _tree(flow: Flow) -> list[_Node]:
    if not flow.steps:
        raise DesignError("the participant flow has no step", expected="at least the enrolled patients")
    nodes: dict[str, _Node] = {}
    roots: list[_Node] = []
    linear = all(step.parent is None for step in flow.steps)
    previous: _Node | None = None
    for step in flow.steps:
        parent = previous if linear else nodes.get(step.parent or "")
        node = _Node(step, parent.depth + 1 if parent else 0)
        (parent.children if parent else roots).append(node)
        nodes[step.name] = previous = node
    return roots


def _walk(nodes: list[_Node]) -> list[_Node]:
    return [found for node in nodes for found in (node, *_walk(node.children))]


def _lay(nodes: list[_Node], left: float, right: float) -> None:
    column = (right - left) / max(sum(node.leaves for node in nodes), 1)
    for node in nodes:
        node.left, node.right = left, left + column * node.leaves
        inside = node.box[1] - node.box[0] - 2 * _PAD
        step = node.step
        size = "number not known" if step.n is None else f"n = {step.n}"
        groups = f" ({', '.join(f'{name} {n}' for name, n in step.groups)})" if step.groups else ""
        node.text = wrapped(step.label, inside) + wrapped(size + groups, inside)
        aside = node.side[1] - node.side[0] - 2 * _PAD
        reasons = [
            line
            for reason, n in step.excluded
            if n
            for line in wrapped(f"{reason[:1].upper()}{reason[1:]} (n = {n})", aside)
        ]
        lost = sum(n for _, n in step.excluded)
        node.excluded = [*wrapped(f"Not included (n = {lost})", aside, bold=True), *reasons] if lost else []
        _lay(node.children, node.left, node.right)
        left = node.right


def _box(
    axes: Axes, edges: tuple[float, float], top: float, lines: list[str], *, dashed: bool, height: float
) -> None:
    left, right = edges
    axes.add_patch(
        Rectangle(
            (left, top),
            right - left,
            height,
            facecolor="white",
            edgecolor=MUTED if dashed else INK,
            linewidth=0.7 if dashed else 1.0,
            linestyle=(0, (3, 2)) if dashed else "solid",
        )
    )
    pitch = line_mm()
    y = top + (height - pitch * len(lines)) / 2 + pitch / 2
    for i, line in enumerate(lines):
        heading = dashed and i == 0
        x, align = (left + _PAD, "left") if dashed else ((left + right) / 2, "center")
        axes.text(
            x, y, line, ha=align, va="center", fontsize=SMALL, fontweight="bold" if heading else "normal"
        )
        y += pitch


def _arrow(axes: Axes, x: float, start: float, end: float) -> None:
    axes.annotate(
        "",
        (x, end),
        (x, start),
        arrowprops={
            "arrowstyle": "-|>",
            "color": INK,
            "lw": 0.8,
            "shrinkA": 0,
            "shrinkB": 0,
            "mutation_scale": 7,
        },
    )


@journal()
def draw_flow(flow: Flow, *, simulated: bool, width_mm: float = DOUBLE_MM) -> Figure:
    """Draw the participant flow in the manner of CONSORT: boxes downwards, exclusions beside the arrows.

    Parameters
    ----------
    flow : Flow
        Steps, each after its parent; a step divided into several makes columns. Where no step names a
        parent, each follows the one before it. A missing n is printed as "number not known".
    simulated : bool
        Whether the data are simulated; the figure then says so.
    width_mm : float
        Width at print; wider when there are too many columns for it.

    Raises
    ------
    DesignError
        If there is no step.

    References
    ----------
    Schulz KF et al., CONSORT 2010, BMJ 2010;340:c332, doi 10.1136/bmj.c332.
    """
    roots = _tree(flow)
    width_mm = max(width_mm, _LEAST_COLUMN * sum(root.leaves for root in roots))
    _lay(roots, 0.0, width_mm)
    nodes = _walk(roots)
    levels = [
        [node for node in nodes if node.depth == depth] for depth in range(max(n.depth for n in nodes) + 1)
    ]
    pitch = line_mm()
    tops, heights, gaps = [], [], []
    y = 1.0
    for level in levels:
        lost = max(len(node.excluded) for node in level)
        gaps.append(lost * pitch + 2 * _PAD + 2 * _GAP if lost else (2 * _GAP if level[0].depth else 0.0))
        heights.append(max(len(node.text) for node in level) * pitch + 2 * _PAD)
        tops.append(y + gaps[-1])
        y = tops[-1] + heights[-1]
    notes = [line for node in nodes for note in node.step.notes for line in wrapped(note, width_mm - 2)]
    bottom = y + (2.5 + pitch * len(notes) if notes else 0.0)
    figure = new_figure(width_mm, bottom + 1.0, simulated=simulated, constrained=False)
    axes = figure.add_axes(placed(figure, 0, 0, width_mm, bottom + 1.0))
    axes.set(xlim=(0, width_mm), ylim=(bottom + 1.0, 0))
    axes.set_axis_off()
    for node in nodes:
        top = tops[node.depth]
        _box(axes, node.box, top, node.text, dashed=False, height=heights[node.depth])
        for child in node.children:
            start, end = top + heights[node.depth], tops[child.depth]
            if len(node.children) > 1:
                start += _GAP / 2
            _arrow(axes, child.arrow, start, end)
            if child.excluded:
                height = len(child.excluded) * pitch + 2 * _PAD
                middle = start + _GAP / 2 + height / 2
                axes.plot([child.arrow, child.side[0]], [middle, middle], color=INK, lw=0.8)
                _box(axes, child.side, middle - height / 2, child.excluded, dashed=True, height=height)
        if len(node.children) > 1:
            low = top + heights[node.depth]
            trunk = node.arrow
            axes.plot([trunk, trunk], [low, low + _GAP / 2], color=INK, lw=0.8)
            arms = [child.arrow for child in node.children] + [trunk]
            axes.plot([min(arms), max(arms)], [low + _GAP / 2] * 2, color=INK, lw=0.8)
    for i, note in enumerate(notes):
        axes.text(1.0, y + 2.0 + pitch * (i + 0.5), note, va="center", fontsize=SMALL, color=MUTED)
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
