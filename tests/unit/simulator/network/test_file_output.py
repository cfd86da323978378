"""Messages in a file: the same as live ones, whatever the speed, and the same bytes each time."""

import gzip
import json
import threading
from collections.abc import Iterable
from datetime import datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.console import Console

from core.clock import Clock
from core.errors import InputError
from simulator.cli.progress_view import View
from simulator.network.file_output import message_line, write_messages
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import Publisher
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import library, read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation, publish_live

NOW = datetime.fromisoformat("2026-08-03T06:30:00+09:00")
HOURS = 20


def simulation(seed: int, *names: str) -> Simulation:
    ward = parse_ward(make_ward(WardOrder(6, seed, NOW)))
    return Simulation(ward, bind([read_scenario(name) for name in names], ward, seed), seed)


class SpedUp(Clock):
    """A clock on which waiting takes no time: it jumps to when somebody waits for."""

    def __init__(self, factor: float) -> None:
        self._factor = factor
        self.shown = NOW

    @property
    def factor(self) -> float:
        return self._factor

    def now(self) -> datetime:
        return self.shown

    def real_seconds(self, span: timedelta) -> float:
        self.shown += span
        return span.total_seconds() / self._factor


class Received:
    """Stands in for a connection to a broker: what would be published."""

    def __init__(self) -> None:
        self.messages: list[OutboundMessage] = []

    def publish(self, message: OutboundMessage) -> None:
        if not message.is_lost:
            self.messages.append(message)


class Waiting(threading.Event):
    """Waiting ends at once."""

    def wait(self, timeout: float | None = None) -> bool:
        return timeout is None


def published(played: Simulation, factor: float) -> list[OutboundMessage]:
    received, end_ms = Received(), (NOW + timedelta(hours=HOURS)).timestamp() * 1000
    messages = iter(played.live(NOW))

    def until_the_end() -> Iterable[OutboundMessage]:
        for message in messages:
            if message.time_ms >= end_ms:
                return
            yield message

    publish_live(iter(until_the_end()), cast("Publisher", received), SpedUp(factor), Waiting())
    return received.messages


@settings(max_examples=6, deadline=None)
@given(
    seed=st.integers(0, 2**32),
    names=st.lists(st.sampled_from(sorted(library())), max_size=3, unique=True),
    factor=st.sampled_from([1.0, 60.0, 3600.0]),
)
def test_the_same_seed_and_scenarios_give_the_same_messages_and_truth_at_any_speed(
    seed: int, names: list[str], factor: float
):
    try:
        played, again = simulation(seed, *names), simulation(seed, *names)
    except InputError as error:
        # In six homes there may be nobody who goes to the day centre.
        assert "has what" in str(error)
        return
    end = NOW + timedelta(hours=HOURS)
    fast = list(played.until(end))
    assert published(again, factor) == fast
    assert [event.line() for event in played.ground_truth(end)] == [
        event.line() for event in again.ground_truth(end)
    ]


@pytest.mark.parametrize("name", ["messages.jsonl", "messages.jsonl.gz"])
def test_a_file_holds_the_messages_and_is_the_same_each_time(name: str, tmp_path: Path):
    end = NOW + timedelta(hours=HOURS)
    reported: list[int] = []

    def report(_moment: datetime, count: int) -> None:
        reported.append(count)

    (tmp_path / "other").mkdir()
    first, second = tmp_path / name, tmp_path / "other" / name
    expected = list(simulation(1, "demo").until(end))
    assert write_messages(first, simulation(1, "demo").until(end), report) == len(expected)
    write_messages(second, simulation(1, "demo").until(end))
    assert first.read_bytes() == second.read_bytes()
    text = (gzip.decompress(first.read_bytes()) if name.endswith(".gz") else first.read_bytes()).decode()
    lines = [json.loads(line) for line in text.splitlines()]
    assert [(line["topic"], line["payload"].encode()) for line in lines] == [
        (message.topic, message.payload) for message in expected
    ]
    assert [line.get("retain", False) for line in lines] == [message.retain for message in expected]
    assert reported == [5000 * (number + 1) for number in range(len(expected) // 5000)]


def test_a_line_says_the_time_at_which_a_message_is_sent():
    line = message_line(OutboundMessage(1_785_700_800_250, "mimamori/v1/h001-kitchen/readings", b'{"seq":1}'))
    assert json.loads(line) == {
        "time": "2026-08-02T20:00:00.250Z",
        "topic": "mimamori/v1/h001-kitchen/readings",
        "payload": '{"seq":1}',
    }


def test_a_file_that_cannot_be_written_is_reported(tmp_path: Path):
    with pytest.raises(InputError, match="cannot write the messages: No such file or directory"):
        write_messages(tmp_path / "nowhere" / "messages.jsonl", [])


def test_the_terminal_view_says_what_happens_and_what_should_be_raised():
    played = simulation(1, "sos")
    clock = SpedUp(1.0)
    view = View(played.ward, clock, played.ground_truth(NOW + timedelta(days=1)))
    console = Console(width=140, record=True, file=StringIO())
    view.sent(OutboundMessage(int(NOW.timestamp() * 1000), "mimamori/v1/h001-kitchen/readings", b'{"seq":1}'))
    console.print(view)
    ahead = console.export_text()
    assert "6 homes" in ahead
    assert "1 messages" in ahead
    assert "presses the button" in ahead
    assert "sos by 10:06" in ahead
    assert "h001-kitchen" in ahead
    clock.shown = NOW.replace(hour=10, minute=5, second=10)
    console.print(view)
    assert "now" in console.export_text()
