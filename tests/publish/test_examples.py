"""The examples in the docstrings of this room give what they say."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import analysis.publish


def test_every_example_of_this_room_gives_what_it_says() -> None:
    names = [module.name for module in pkgutil.walk_packages(analysis.publish.__path__, "analysis.publish.")]
    tried = [doctest.testmod(importlib.import_module(name)) for name in [*names, "analysis.workflow.studies"]]
    assert sum(result.attempted for result in tried) > 20
    assert sum(result.failed for result in tried) == 0
