import doctest
import importlib
import pkgutil

import pytest

import analysis.survival

MODULES = [module.name for module in pkgutil.iter_modules(analysis.survival.__path__, "analysis.survival.")]


@pytest.mark.parametrize("name", MODULES)
def test_every_example_in_the_documentation_runs(name):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
