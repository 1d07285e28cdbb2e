"""The examples in the docstrings of the room are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import analysis.pet

MODULES = sorted(module.name for module in pkgutil.walk_packages(analysis.pet.__path__, "analysis.pet."))


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0
