"""The examples in the docstrings of the rules are true."""

import doctest
import importlib
import pkgutil

import pytest

import detectors.features
import detectors.rules

MODULES = [
    f"{package.__name__}.{one.name}"
    for package in (detectors.rules, detectors.features)
    for one in pkgutil.iter_modules(package.__path__)
]


@pytest.mark.parametrize("name", MODULES)
def test_examples_are_true(name: str):
    assert doctest.testmod(importlib.import_module(name)).failed == 0
