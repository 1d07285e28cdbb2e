"""The examples in the docstrings of the room are true."""

from __future__ import annotations

import doctest
import importlib
import pkgutil

import pytest

import analysis.pet

MODULES = sorted(module.name for module in pkgutil.iter_modules(analysis.pet.__path__))


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name):
    result = doctest.testmod(importlib.import_module(f"analysis.pet.{name}"))
    assert result.failed == 0
