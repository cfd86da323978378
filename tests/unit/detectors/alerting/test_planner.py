"""What the planner does with what is due: each piece by itself, and one that fails stops no other."""

from collections.abc import Collection, Generator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from core.errors import StoreUnavailableError
from core.store.alerts import handling, notifications
from detectors.alerting import planner

NOW = datetime(2026, 8, 1, tzinfo=UTC)


class Work:
    """A database in which claims expire, events wait and steps are due; alerts in `broken` cannot be worked on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, broken: Collection[int] = ()) -> None:
        self.left = {"expired": [1, 2], "unplanned": [3, 4], "due_step": [5]}
        self.done: list[tuple[str, int]] = []
        self.broken = broken
        self.error: Exception = ValueError("no words for this")
        for name in self.left:
            monkeypatch.setattr(
                handling if name == "expired" else notifications, f"hold_{name}", self._holder(name)
            )
        for name, do in (("expired", "_expire_claim"), ("unplanned", "_plan"), ("due_step", "_escalate")):
            monkeypatch.setattr(planner, do, self._doer(name))

    def _holder(self, name: str) -> Any:
        def hold(_connection: object, now: datetime, left_alone: Collection[int]) -> int | None:
            assert now == NOW
            return next((number for number in self.left[name] if number not in left_alone), None)

        return hold

    def _doer(self, name: str) -> Any:
        def do(_connection: object, number: int, now: datetime) -> None:
            assert now == NOW
            if number in self.broken:
                raise self.error
            self.left[name].remove(number)
            self.done.append((name, number))

        return do

    @contextmanager
    def transaction(self) -> Generator[object]:
        yield object()

    def plan(self, put_off: set[int] | None = None) -> int:
        return planner.plan_all(cast("Any", self), NOW, put_off)


def test_everything_that_is_due_is_done_claims_that_expire_first(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)
    assert work.plan() == 5
    assert work.done == [
        ("expired", 1), ("expired", 2), ("unplanned", 3), ("unplanned", 4), ("due_step", 5),
    ]  # fmt: skip
    assert work.plan() == 0


def test_an_alert_that_cannot_be_planned_is_put_off_and_the_others_go_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, put_off = Work(monkeypatch, broken={1, 3}), set[int]()
    assert work.plan(put_off) == 3
    assert put_off == {1, 3}
    assert work.done == [("expired", 2), ("unplanned", 4), ("due_step", 5)]
    # It is left alone until whoever keeps the list takes it off.
    work.broken = ()
    assert work.plan(put_off) == 0
    assert work.plan(set()) == 2


def test_a_database_that_is_away_stops_the_round_and_puts_nothing_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    work, put_off = Work(monkeypatch, broken={1}), set[int]()
    work.error = StoreUnavailableError("away")
    with pytest.raises(StoreUnavailableError):
        work.plan(put_off)
    assert put_off == set()


def test_a_fault_before_an_alert_is_held_is_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    work = Work(monkeypatch)

    def fails(*_: object) -> int | None:
        raise ValueError("the question itself is wrong")

    monkeypatch.setattr(handling, "hold_expired", fails)
    with pytest.raises(ValueError, match="itself"):
        work.plan()
