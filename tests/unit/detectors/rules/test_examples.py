"""The examples in the docstrings of the rules are true."""

import doctest
import importlib
import pkgutil

import pytest

import detectors.rules

MODULES = [f"detectors.rules.{one.name}" for one in pkgutil.iter_modules(detectors.rules.__path__)]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
