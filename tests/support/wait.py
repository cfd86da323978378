"""Waiting for something to become true, without sleeping longer than needed."""

import time
from collections.abc import Callable
from typing import TypeVar

_Value = TypeVar("_Value")
_POLL_S = 0.02


def wait_until(condition: Callable[[], _Value], timeout: float = 10.0, what: str = "") -> _Value:
    """Return the first truthy value of `condition`.

    Raises
    ------
    AssertionError
        It stayed falsy for `timeout` seconds; the message says `what` was waited for and the last value.
    """
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= deadline:
            waited_for = what or getattr(condition, "__name__", "the condition")
            raise AssertionError(f"waited {timeout:g} s for {waited_for}; the last value was {value!r}")
        time.sleep(_POLL_S)
