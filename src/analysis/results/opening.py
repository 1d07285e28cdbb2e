"""How a notebook opens its session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.errors import ParameterError
from analysis.results.notebook import Notebook
from analysis.results.shown import header, show
from analysis.results.small_cells import small_cells
from analysis.study import Parameters, project_root, protocol_of


def open_notebook(name: str, title: str, parameters: Mapping[str, Any]) -> Notebook:
    """Open the session of a notebook: check its parameters, load its study, show what data it is.

    Parameters
    ----------
    name : str
        Stem of the notebook's file, e.g. ``04-survival``.
    title : str
        Title for readers.
    parameters : mapping
        The notebook's namespace or the parameters alone; exactly the fields of
        :class:`analysis.study.Parameters` are taken.

    Raises
    ------
    ParameterError
        If a parameter is missing or mistyped.
    StudyError
        If the study folder cannot be used.
    """
    from analysis.data import (
        load_study,  # here, because the runner imports this module without needing pandas
    )

    fields = Parameters.__dataclass_fields__
    missing = [field for field in fields if field not in parameters]
    unknown = [
        name
        for name, value in parameters.items()
        if isinstance(value, str | int | float) and name not in fields and not name.startswith("_")
    ]
    if unknown:
        raise ParameterError(
            "unknown parameter " + ", ".join(unknown),
            where=name,
            expected="only " + ", ".join(fields),
            do="correct the name in the cell tagged 'parameters'; open the session before anything else is set",
            offenders=unknown,
        )
    if missing:
        raise ParameterError(
            "missing parameter " + ", ".join(missing),
            where=name,
            do="add it to the cell tagged 'parameters'",
            offenders=missing,
        )
    chosen = Parameters.from_mapping({field: parameters[field] for field in fields}, where=name)
    study = load_study(project_root() / chosen.study)
    protocol = protocol_of(chosen.run)
    show(header(title, chosen, study, small_cells(study, protocol).notice))
    return Notebook(name, title, chosen, study, protocol)
