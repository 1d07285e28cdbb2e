"""The examples in the docstrings run and say what they say."""

import doctest
import importlib
import pkgutil

import pytest

from analysis import evidence

MODULES = [module.name for module in pkgutil.iter_modules(evidence.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_of_the_docstrings_hold(name):
    module = importlib.import_module(f"analysis.evidence.{name}")
    assert doctest.testmod(module, extraglobs={"np": importlib.import_module("numpy")}).failed == 0
