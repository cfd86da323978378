"""The second time of a message checks the first."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.codecs.parsing.second_times import checked_time
from ingest.commands.decode import described

_SERVER = datetime(2026, 11, 28, 12, tzinfo=UTC)
_SECONDS = int(_SERVER.timestamp())
_AT = "2026-11-28T12:00:00Z"
_ROLLED_S = 1024 * 7 * 86_400


def _said(topic: str, body: object) -> dict[str, Any]:
    return described(topic, json.dumps(body).encode())


@pytest.mark.parametrize(
    ("first", "expected"),
    [
        (_SERVER - timedelta(days=3), _SERVER - timedelta(days=3)),
        (_SERVER + timedelta(minutes=1), _SERVER + timedelta(minutes=1)),
        (_SERVER + timedelta(hours=9), _SERVER),
        (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), _SERVER),
        (datetime(2000, 1, 1, tzinfo=UTC), _SERVER),
        (_SERVER - timedelta(weeks=1024, hours=2), _SERVER - timedelta(hours=2)),
        (_SERVER - timedelta(weeks=2048), _SERVER),
        (None, _SERVER),
    ],
)
def test_a_wrong_clock_is_found_by_the_second_time(first: datetime | None, expected: datetime) -> None:
    assert checked_time(first, _SERVER) == expected


def test_a_second_time_that_was_never_set_checks_nothing() -> None:
    assert checked_time(_SERVER, datetime(1970, 1, 1, tzinfo=UTC)) == _SERVER
    assert checked_time(_SERVER, None) == _SERVER


def _place(**values: object) -> dict[str, object]:
    return {"_type": "location", "lat": 35.7, "lon": 139.8, **values}


def _forwarded(**values: object) -> dict[str, object]:
    return {"device": {"uniqueId": "8"}, "position": {"serverTime": _AT, "attributes": {}, **values}}


def _uplink(gateway: str) -> dict[str, object]:
    uplink = {"decoded_payload": {"pir": "trigger"}, "received_at": _AT, "rx_metadata": [{"time": gateway}]}
    return {"received_at": _AT, "uplink_message": uplink}


def _event(time: str) -> dict[str, object]:
    return {"time": time, "object": {"pir": "trigger"}, "rxInfo": [{"nsTime": _AT}]}


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("owntracks/a/b", _place(tst=_SECONDS - _ROLLED_S, created_at=_SECONDS)),
        ("owntracks/a/b", _place(tst=60, created_at=_SECONDS)),
        ("owntracks/a/b", _place(tst=_SECONDS + 40_000, created_at=_SECONDS)),
        ("positions", _forwarded(latitude=35.7, longitude=139.8, fixTime="2007-04-14T12:00:00Z")),
        ("positions", _forwarded(latitude=35.7, longitude=139.8, fixTime="1970-01-01T00:00:00Z")),
        ("v3/a@t/devices/d/up", _uplink("2026-11-28T03:00:00Z")),
        ("v3/a@t/devices/d/up", _uplink("2026-11-28T21:00:00Z")),
        ("application/1/device/0102/event/up", _event("2026-11-28T03:00:00Z")),
    ],
)
def test_a_message_has_the_time_that_its_second_time_bears_out(topic: str, body: object) -> None:
    assert _said(topic, body)["values"]["time"] == _AT


def test_what_was_buffered_keeps_its_time() -> None:
    said = _said("owntracks/a/b", _place(tst=_SECONDS - 9000, created_at=_SECONDS))
    assert said["values"]["time"] == "2026-11-28T09:30:00Z"


def test_an_older_movement_with_an_impossible_time_is_not_one_of_now() -> None:
    body = {"time": _AT, "object": {"battery": 80, "history": [{"timestamp": 60, "pir": "trigger"}]}}
    said = _said("application/1/device/0102/event/up", body)
    assert [reading["metric"] for reading in said["readings"]] == ["battery_pct"]
    assert said["unread"] == ["history"]


def test_a_battery_in_half_per_cents_is_halved_where_the_number_shows_it() -> None:
    assert _said("zigbee2mqtt/d", {"battery": 180})["values"]["battery_pct"] == 90
    assert _said("zigbee2mqtt/d", {"battery": 90})["values"]["battery_pct"] == 90
    assert _said("zigbee2mqtt/d", {"battery": 230})["problems"][0]["reason"] == "impossible_value"


def test_an_accuracy_of_0_and_an_approximate_place_are_not_precise() -> None:
    assert "accuracy_m" not in _said("owntracks/a/b", _place(tst=_SECONDS, acc=0))["values"]
    said = _said("positions", _forwarded(latitude=35.7, longitude=139.8, attributes={"approximate": True}))
    assert said["fixes"] == []
    assert said["values"]["position_valid"] is False
