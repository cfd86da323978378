"""When a device behind a network server says that it was: under which names, in parts, and with its zone beside it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.decoding import said

_TOPIC = "application/1/device/0102030405060708/event/up"
_SENT = "2026-08-01T06:00:00Z"
_EARLIER = int(datetime(2026, 8, 1, 1, tzinfo=UTC).timestamp())
_PLACE = {"latitude": 35.7, "longitude": 139.8}


def _said(**values: object) -> dict[str, Any]:
    return said(_TOPIC, {"time": _SENT, "object": values})


def _when(**values: object) -> object:
    """Return when somebody moved, by a message with these fields."""
    readings = _said(motion=1, **values)["readings"]
    (motion,) = [one for one in readings if one["metric"] == "motion"]
    return "suspect" if motion.get("suspect") else motion["time"]


def _found(**values: object) -> object:
    """Return when a place was found, by a message with these fields; None where it is none."""
    fixes = _said(**values)["fixes"]
    return ("suspect" if fixes[0].get("suspect") else fixes[0]["time"]) if fixes else None


@pytest.mark.parametrize(
    "name",
    [
        *("unixtime", "epoch", "rtc", "unix", "devTime", "time_stamp", "TimeStamp", "Data_time", "acquisition_time"),
        *("captured_at", "timestampMs", "timestamp_s", "collect_time", "measure_time"),
    ],
)  # fmt: skip
def test_a_movement_was_when_its_message_says(name: str) -> None:
    assert _when(**{name: _EARLIER}) == "2026-08-01T01:00:00Z"


@pytest.mark.parametrize(
    "name",
    [
        *(
            "last_motion_time",
            "boot_time",
            "uptime",
            "next_time",
            "alarm_time",
            "motion_time",
            "trigger_time",
        ),
        *("detected_at", "detection_time", "heartbeat_time", "triggered_at"),
    ],
)
def test_the_time_of_something_else_says_nothing(name: str) -> None:
    assert _when(**{name: _EARLIER}) == _SENT


@pytest.mark.parametrize("name", ["timestamp", "ts", "time", "utc", "unixtime"])
def test_a_plain_time_of_now_leaves_other_times_without_meaning(name: str) -> None:
    now = "2026-08-01T06:00:00Z"
    assert _when(**{name: now, "created_at": _EARLIER}) == _SENT
    assert _when(**{"report_time": _EARLIER, name: now}) == _SENT
    assert _found(**{"created_at": _EARLIER, name: now}, **_PLACE) == _SENT
    assert _when(**{name: _EARLIER, "created_at": now}) == "2026-08-01T01:00:00Z"
    assert _said(motion=1, **{name: now, "created_at": _EARLIER})["unread"] == ["created_at"]


@pytest.mark.parametrize("name", ["event_time", "measuredAt", "acquisition_time", "recorded_at"])
def test_what_happened_earlier_by_its_name_is_none_of_now_though_its_message_is(name: str) -> None:
    both = {"timestamp": "2026-08-01T06:00:00Z", name: _EARLIER}
    assert _when(**both) == "2026-08-01T01:00:00Z"
    assert _found(**both, **_PLACE) == "2026-08-01T01:00:00Z"
    assert _said(motion=1, **both)["unread"] == []


@pytest.mark.parametrize("call", [{"sos": True}, {"fall": False}, {"water_leak": "leak"}])
@pytest.mark.parametrize("stamp", [{"timestamp": _EARLIER}, {"Date": "2026-8-1", "Time": "1:0:0"}])
def test_a_call_is_of_when_it_was_sent_unless_its_message_was_kept(
    call: dict[str, object], stamp: dict[str, object]
) -> None:
    kept = {**stamp, "isHistory": True}
    for values, expected in ((stamp, _SENT), (kept, "2026-08-01T01:00:00Z")):
        (said_call, motion) = _said(**call, motion=1, **values)["readings"]
        assert said_call["time"] == expected
        assert motion["time"] == "2026-08-01T01:00:00Z"


@pytest.mark.parametrize(
    "zone", [{"timezone": "UTC+09:00"}, {"time_zone": "GMT+9"}, {"tz": 9}, {"utc_offset": "+0900"}]
)
def test_a_time_has_the_zone_that_stands_beside_it(zone: dict[str, object]) -> None:
    assert _when(timestamp="2026-08-01 15:00:00", **zone) == _SENT
    assert _when(timestamp="2026-08-01 10:00:00", **zone) == "2026-08-01T01:00:00Z"
    assert _found(timestamp="2026-08-01 10:00:00", **zone, **_PLACE) == "2026-08-01T01:00:00Z"
    assert _said(motion=1, timestamp="2026-08-01 15:00:00", **zone)["unread"] == []


def test_a_zone_that_is_none_is_named() -> None:
    found = _said(motion=1, timestamp=_EARLIER, timezone="somewhere")
    assert found["unread"] == ["timezone"]


def test_a_time_on_a_wall_may_be_now_for_a_place_and_not_for_a_movement() -> None:
    assert _found(timestamp="2026-08-01 15:00:00", **_PLACE) == _SENT
    assert _when(timestamp="2026-08-01 15:00:00") == "suspect"
    assert _found(timestamp="2026-08-01 05:00:00", **_PLACE) == "suspect"


def _parts(year: int, suffix: str = "_utc") -> dict[str, object]:
    units = {"year": year, "month": 8, "day": 1, "hour": 1, "minute": 0, "seconds": 0}
    return {f"{unit}{suffix}": number for unit, number in units.items()}


def test_a_time_in_parts_is_read() -> None:
    inside = {"coordinates": _PLACE}
    assert _found(utc=_parts(26), **inside) == "2026-08-01T01:00:00Z"
    assert _found(utc=_parts(20), **inside) == "suspect"
    assert _found(gps={"date": _parts(2026, ""), **_PLACE}) == "suspect"
    assert _found(**_parts(2026), **_PLACE) == "2026-08-01T01:00:00Z"
    assert _when(utc=_parts(26)) == "2026-08-01T01:00:00Z"
    assert _said(motion=1, utc=_parts(26))["unread"] == []


@pytest.mark.parametrize(("name", "value"), [("month_utc", "x"), ("hour_utc", 99), ("day_utc", 0)])
def test_a_part_that_is_none_loses_the_time_only(name: str, value: object) -> None:
    found = _said(motion=1, utc={**_parts(26), name: value})
    assert found["values"]["motion"] is True
    assert "utc.year_utc" in found["unread"]


@pytest.mark.parametrize("name", ["timeSinceFix", "time_since_last_fix_s", "elapsedSinceFix", "fixAge"])
def test_how_long_ago_a_place_was_found_is_read(name: str) -> None:
    assert _found(**{name: 3600}, **_PLACE) == "2026-08-01T05:00:00Z"


def test_a_receiver_without_satellites_has_no_place() -> None:
    assert _found(hdop=99.9, **_PLACE) is None
    assert _found(hdop=1.2, **_PLACE) == _SENT


def test_the_time_of_what_was_kept_is_read() -> None:
    found = _said(water_leak="normal", history=[{"timestamp": _EARLIER, "water_leak": "leak"}])
    assert found["unread"] == []


@pytest.mark.parametrize(
    ("day", "is_of_now"),
    [
        ({"year": 2026, "month": 8, "day": 1}, True),
        # Where the day begins earlier or later.
        ({"year": 26, "month": 7, "day": 31}, True),
        ({"year": 2026, "month": 8, "day": 2}, True),
        ({"year": 2026, "month": 7, "day": 30}, False),
        ({"year": 2020, "month": 1, "day": 1}, False),
    ],
)
def test_a_place_of_another_day_is_none_of_now_though_nobody_says_the_hour(
    day: dict[str, int], *, is_of_now: bool
) -> None:
    assert (_found(gps={"date": day, **_PLACE}) == _SENT) is is_of_now
    text = f"{2000 + day['year'] % 100:04}-{day['month']:02}-{day['day']:02}"
    assert (_found(**_PLACE, fix_time=text) == _SENT) is is_of_now


def test_a_hazard_in_a_normalized_payload_is_of_when_the_network_received_it() -> None:
    entries = [
        {
            "time": "2026-08-01T01:00:00Z",
            "action": {"smoke": {"detected": True}, "motion": {"detected": True}},
        }
    ]
    uplink = {"received_at": _SENT, "decoded_payload": {"x": 1}, "normalized_payload": entries}
    topic = "v3/care@t/devices/d/up"
    found = said(topic, {"uplink_message": uplink})
    times = {one["metric"]: one.get("time", found["values"].get("time")) for one in found["readings"]}
    assert (times["motion"], times["smoke"]) == ("2026-08-01T01:00:00Z", _SENT)
