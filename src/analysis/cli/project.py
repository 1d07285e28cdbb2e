"""Commands on the checkout itself: generated files and checks."""

from __future__ import annotations

import argparse

from analysis.cli.command import AddCommand
from analysis.study import project_root


def generate(_: argparse.Namespace) -> int:
    """Write the generated files: data dictionary and environment.yml."""
    from analysis.data import write_dictionary
    from analysis.workflow.conda import write_environment_yml

    for file in (write_dictionary(project_root() / "data" / "README.md"), write_environment_yml()):
        print(f"generate: {file.relative_to(project_root())}")
    return 0


def check(_: argparse.Namespace) -> int:
    """Lint, types, import contract, notebooks, prose."""
    from analysis.publish import check_sources, is_up_to_date
    from analysis.workflow.checks import check_project

    reports = project_root() / "reports"
    found = {**check_project(), "prose": check_sources(reports)}
    for name, complaints in found.items():
        print(f"check {name}: {'ok' if not complaints else f'{len(complaints)} complaint(s)'}")
        for complaint in complaints:
            print(f"  {complaint}")
    if not is_up_to_date(reports):
        print("check: names and references of the text are checked by the next make report")
    return 1 if any(found.values()) else 0


def register(command: AddCommand) -> None:
    """Add generate and check."""
    command("generate", generate)

    command("check", check)
