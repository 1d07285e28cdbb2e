"""What the running notebook cell says of itself in its ``#|`` lines."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

from analysis.errors import PublicationError
from analysis.yaml_text import yaml_content

OPTION = re.compile(r"^#\|\s?(.*)$")


def options_of(source: str) -> dict[str, str]:
    """Options in the leading ``#|`` lines of a cell, as Quarto reads them (YAML).

    >>> options_of("#| label: fig-pfs\\n#| fig-cap: Survival\\nplot()")
    {'label': 'fig-pfs', 'fig-cap': 'Survival'}
    """
    lines = []
    for line in source.splitlines():
        found = OPTION.match(line)
        if not found:
            break
        lines.append(found.group(1))
    return dict(_parsed(tuple(lines)))


@functools.lru_cache(maxsize=8)
def _parsed(lines: tuple[str, ...]) -> dict[str, str]:
    """Each value and each analysis of a cell asks for them again."""
    parsed = yaml_content("\n".join(lines)) if lines else None
    return {str(name): str(value) for name, value in parsed.items()} if isinstance(parsed, dict) else {}


def current_options() -> Mapping[str, str]:
    """Options of the cell that is running now; none outside a notebook."""
    from IPython import get_ipython

    shell = get_ipython()
    if shell is None:
        return {}
    history = shell.user_ns.get("In", [""])
    return options_of(history[-1])


def current_label() -> str:
    """Label of the cell that is running now; empty outside a notebook."""
    return current_options().get("label", "")


def label_of(kind: str) -> tuple[str, str]:
    """Label and caption of the running cell, which must be of the kind ``fig`` or ``tbl``.

    Raises
    ------
    PublicationError
        If the cell has no such label or no caption.
    """
    options = current_options()
    label, caption = options.get("label", ""), options.get(f"{kind}-cap", "")
    if not label.startswith(f"{kind}-") or not caption:
        raise PublicationError(
            f"this cell makes a {'figure' if kind == 'fig' else 'table'} but does not name it",
            where=f"cell {label or 'without label'}",
            expected=f'the cell\'s first lines say  #| label: {kind}-name  and  #| {kind}-cap: "..."',
            do="add the two lines at the top of the cell",
        )
    return label, caption
