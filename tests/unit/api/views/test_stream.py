"""The thread behind the live stream: whatever happens to it, it goes on, and says so once."""

import asyncio
from collections.abc import Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Event
from typing import Any, cast

import pytest
from structlog.testing import capture_logs

from api.views import stream
from api.views.stream import ChangeFeed
from core.clock import SystemClock
from core.errors import StoreUnavailableError
from core.store.database import Database


class Flaky:
    """A database that cannot be listened to three times, and then sends alert 7; its notifications arrive."""

    is_proven = True

    def __init__(self) -> None:
        self._errors: list[Exception] = [
            StoreUnavailableError("away"),
            RuntimeError("a mistake of ours"),
            StoreUnavailableError("away"),
        ]
        self._received = [("alert", "7")]

    @contextmanager
    def listen(self, *_channels: str) -> Generator["Flaky"]:
        """Give itself as the listener."""
        if self._errors:
            raise self._errors.pop(0)
        yield self

    def wait(self, timeout_s: float) -> list[tuple[str, str]]:
        """Return what was received, once; then nothing comes any more."""
        received, self._received = self._received, []
        if not received:
            Event().wait(timeout_s)
        return received


def test_a_listening_thread_goes_on_whatever_happens_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(stream, "_RECONNECT_S", 0.01)
    change_feed = ChangeFeed(cast("Database", Flaky()), SystemClock(), SystemClock())

    async def first_two() -> list[int | None]:
        with change_feed.subscription(1) as mine:
            change_feed.start()
            return [await asyncio.wait_for(mine.queue.get(), 10) for _ in range(2)]

    # A thread of its own: the tests in a browser keep a loop running in this one.
    with capture_logs() as logs, ThreadPoolExecutor(1) as thread:
        try:
            # Everything must be looked at anew, then comes the change itself.
            assert thread.submit(lambda: asyncio.run(first_two())).result() == [None, 7]
        finally:
            change_feed.stop()
    raised: list[Any] = [line["event"] for line in logs]
    assert raised == ["change_feed_lost", "change_feed_restored"]
