"""The second time of a message checks the first."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from ingest.codecs.parsing.second_times import SUSPECT, checked_time
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
        # How old it is nobody knows, and it is none of now.
        (_SERVER + timedelta(hours=9), SUSPECT),
        (datetime(1970, 1, 1, 0, 5, tzinfo=UTC), SUSPECT),
        (datetime(2000, 1, 1, tzinfo=UTC), SUSPECT),
        (_SERVER - timedelta(weeks=1024, hours=2), _SERVER - timedelta(hours=2)),
        (_SERVER - timedelta(weeks=2048), _SERVER),
        (_SERVER - timedelta(weeks=512), SUSPECT),
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
        ("positions", _forwarded(latitude=35.7, longitude=139.8, fixTime="2007-04-14T12:00:00Z")),
        ("v3/a@t/devices/d/up", _uplink("2026-11-28T03:00:00Z")),
        ("v3/a@t/devices/d/up", _uplink("2026-11-28T21:00:00Z")),
        ("application/1/device/0102/event/up", _event("2026-11-28T03:00:00Z")),
    ],
)
def test_a_message_has_the_time_that_its_second_time_bears_out(topic: str, body: object) -> None:
    assert _said(topic, body)["values"]["time"] == _AT


_HERE = {"latitude": 35.7, "longitude": 139.8}
_RECORD = {"latlng": "35.7,139.8", "sat": 7}


@pytest.mark.parametrize(
    ("topic", "body"),
    [
        ("owntracks/a/b", _place(tst=60, created_at=_SECONDS)),
        ("owntracks/a/b", _place(tst=_SECONDS + 40_000, created_at=_SECONDS)),
        ("positions", _forwarded(**_HERE, fixTime="1970-01-01T00:00:00Z")),
        ("positions", _forwarded(**_HERE, fixTime="1970-01-01T00:00:00Z", deviceTime=_AT)),
        ("positions", _forwarded(**_HERE, fixTime="2026-11-28T21:00:00Z")),
        ("positions", _forwarded(**_HERE, fixTime="nan")),
        ("positions", _forwarded(**_HERE)),
        ("352093081234567/data", {"state": {"reported": {**_RECORD, "ts": "nan"}}}),
        ("352093081234567/data", {"state": {"reported": _RECORD}}),
        (
            "msh/JP/2/json/LongFast/!1",
            {
                "from": 1,
                "type": "position",
                "timestamp": _SECONDS,
                "payload": {"latitude_i": 357000000, "longitude_i": 1398000000, "time": 60},
            },
        ),
        (
            "v3/a@t/devices/d/up",
            {
                "received_at": _AT,
                "uplink_message": {"decoded_payload": {**_HERE, "Date": "2000-1-1", "Time": "0:0:5"}},
            },
        ),
    ],
)
def test_a_place_of_which_nobody_knows_when_it_was_found_is_none_of_now(topic: str, body: object) -> None:
    (fix,) = _said(topic, body)["fixes"]
    assert (fix["time"], fix["suspect"]) == ("1970-01-01T00:00:00Z", True)


def test_what_a_tracker_says_beside_a_place_without_a_time_has_the_time_of_its_report() -> None:
    body = _forwarded(
        **_HERE, fixTime="1970-01-01T00:00:00Z", deviceTime=_AT, attributes={"motion": True, "alarm": "sos"}
    )
    times = {one["metric"]: one["time"] for one in _said("positions", body)["readings"]}
    assert times == {"device_moving": _AT, "sos": _AT}


@pytest.mark.parametrize(
    ("topic", "body", "unread"),
    [
        ("owntracks/a/b", _place(tst=_SECONDS, batt="nan", acc="nan", vel="fast"), ["acc", "vel", "batt"]),
        (
            "positions",
            _forwarded(**_HERE, fixTime=_AT, speed="nan", accuracy="x", deviceTime="soon"),
            ["position.accuracy", "position.speed", "position.deviceTime"],
        ),
        (
            "352093081234567/data",
            {"state": {"reported": {"ts": _SECONDS, "latlng": "nan,139.8", "sp": "nan"}}},
            ["latlng", "sp"],
        ),
        (
            "msh/JP/2/json/LongFast/!1",
            {"from": 1, "type": "telemetry", "payload": {"battery_level": "nan"}},
            ["payload.battery_level"],
        ),
    ],
)
def test_a_number_of_a_tracker_that_is_none_is_named(topic: str, body: object, unread: list[str]) -> None:
    assert _said(topic, body)["unread"] == unread


def test_steps_of_a_time_that_nobody_knows_are_none_of_now() -> None:
    said = _said("owntracks/a/b", {"_type": "steps", "steps": 900, "tst": "nan"})
    assert [one["suspect"] for one in said["readings"]] == [True]


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


def _object(**values: object) -> tuple[str, object]:
    return "application/1/device/0102/event/up", {"time": _AT, "object": {**values}}


def _tts(**uplink: object) -> tuple[str, object]:
    return "v3/a@t/devices/d/up", {"received_at": _AT, "uplink_message": {**uplink}}


def _place_stated(form: str, text: str) -> tuple[str, object]:
    """Return a message that says in a form when its place was found."""
    return {
        "beside": _object(**_HERE, fix_time=text),
        "of the receiver": _object(**_HERE, gps_timestamp=text),
        "of the message": _object(**_HERE, timestamp=text),
        "of the device": _object(**_HERE, device_time=text),
        "inside": _object(location={**_HERE, "timestamp": text}),
        "around": _object(location=_HERE, timestamp=text),
        "header": _object(header={"timestamp": text}, position={"gnssFix": _HERE}),
        "normalized": _tts(normalized_payload=[{"position": _HERE, "time": text}]),
        "SenseCAP": _object(
            messages=[
                [
                    {"type": "Latitude", "measurementValue": 35.7, "timestamp": text},
                    {"type": "Longitude", "measurementValue": 139.8, "timestamp": text},
                ]
            ]
        ),
        "Traccar": ("positions", _forwarded(**_HERE, fixTime=text)),
        "Teltonika": ("352093081234567/data", {"state": {"reported": {**_RECORD, "ts": text}}}),
    }[form]


_FORMS = (
    *("beside", "of the receiver", "of the message", "of the device", "inside", "around", "header"),
    *("normalized", "SenseCAP", "Traccar", "Teltonika"),
)
# Of yesterday, in the forms that servers and devices write; nobody says in which zone.
_ZONELESS = ("2026-11-27T12:00:00", "2026-11-27 12:00:00.5", "2026/11/27 12:00:00", "27.11.2026 12:00")


@pytest.mark.parametrize("text", _ZONELESS)
@pytest.mark.parametrize("form", _FORMS)
def test_a_time_without_a_zone_makes_no_old_place_look_like_one_of_now(form: str, text: str) -> None:
    said = _said(*_place_stated(form, text))
    (fix,) = said["fixes"]
    assert (fix["time"], fix["suspect"]) == ("1970-01-01T00:00:00Z", True)


@pytest.mark.parametrize("form", [form for form in _FORMS if form != "Teltonika"])
def test_the_same_time_with_its_zone_is_that_of_the_place(form: str) -> None:
    (fix,) = _said(*_place_stated(form, "2026-11-27T21:00:00+09:00"))["fixes"]
    assert fix["time"] == "2026-11-27T12:00:00Z"


@pytest.mark.parametrize(
    ("form", "name"),
    [
        ("beside", "fix_time"),
        ("of the receiver", "gps_timestamp"),
        ("of the message", "timestamp"),
        ("inside", "location.timestamp"),
        ("around", "timestamp"),
        ("normalized", "normalized.time"),
        ("Traccar", "position.fixTime"),
    ],
)
def test_a_time_without_a_zone_is_named_among_what_is_not_read(form: str, name: str) -> None:
    for text in ("2026-11-27T12:00:00", _AT[:-1]):
        assert name in _said(*_place_stated(form, text))["unread"]
    assert name not in _said(*_place_stated(form, _AT))["unread"]


@pytest.mark.parametrize(
    ("text", "is_now"),
    [
        # The time of the message in UTC, and on the walls of Tokyo and Kiritimati.
        ("2026-11-28T12:00:00", True),
        ("2026-11-28T11:50:00", True),
        ("2026-11-28T21:00:00", True),
        ("2026-11-29T02:10:00", True),
        # Older in UTC, whatever the zone is or not; and ahead of every wall.
        ("2026-11-28T11:49:59", False),
        ("2026-11-29T02:10:01", False),
    ],
)
def test_a_time_without_a_zone_that_may_be_that_of_the_message_speaks_against_nothing(
    text: str, is_now: bool
) -> None:
    (fix,) = _said(*_place_stated("beside", text))["fixes"]
    assert fix.get("suspect", False) is not is_now
    assert (fix["time"] == _AT) is is_now


@pytest.mark.parametrize(
    "values",
    [
        {"fix_time_utc": "2026-11-28T09:30:00"},
        {"gps_utc_time": "2026/11/28 09:30:00"},
        {"fix_time": "2026-11-28 09:30:00 UTC"},
        {"utc": "2026-11-28 09:30:00"},
        {"time_utc": "2026-11-28 9:30"},
        {"Date": "2026-11-28", "Time": "9:30:0"},
    ],
)
def test_a_time_that_names_utc_is_in_utc(values: dict[str, object]) -> None:
    (fix,) = _said(*_object(**_HERE, **values))["fixes"]
    assert fix["time"] == "2026-11-28T09:30:00Z"


def test_a_date_in_a_form_that_nobody_knows_makes_the_place_suspect_and_no_call() -> None:
    said = _said(*_object(**_HERE, Date="28/11/2026", Time="9:30:00", ALARM_status="TRUE"))
    assert [fix["suspect"] for fix in said["fixes"]] == [True]
    assert [(one["metric"], one["time"]) for one in said["readings"]] == [("sos", _AT)]


@pytest.mark.parametrize(
    "beside", [{"fix_time": "00:00:35"}, {"gps_time": ""}, {"fix_time": "35 s"}, {"device_time": 35}]
)
def test_how_long_a_receiver_took_is_no_time(beside: dict[str, object]) -> None:
    (fix,) = _said(*_object(**_HERE, **beside))["fixes"]
    assert fix["time"] == _AT


@pytest.mark.parametrize(
    ("topic", "body", "name"),
    [
        ("shelly-1/events/rpc", {"method": "NotifyStatus", "params": {"ts": "just now", "input:0": {"id": 0, "state": True}}}, "ts"),
        ("msh/EU/2/json/L/!a1", {"from": 7, "type": "detection", "timestamp": "later", "payload": {"text": "Motion detected"}}, "timestamp"),
        ("tele/x/SENSOR", {"Time": "yesterday", "Switch1": "ON"}, "Time"),
        ("zigbee2mqtt/d", {"occupancy": True, "last_seen": "a while ago"}, "last_seen"),
    ],
)  # fmt: skip
def test_a_time_that_is_stated_and_not_understood_is_none_of_now(topic: str, body: object, name: str) -> None:
    said = _said(topic, body)
    assert name in said["unread"]
    assert said["readings"]
    assert all(one["suspect"] for one in said["readings"])


def test_a_shelly_says_its_time_as_a_number_or_as_a_text() -> None:
    for stated in (_SECONDS, str(_SECONDS), _AT):
        said = _said(
            "shelly-1/events/rpc",
            {"method": "NotifyStatus", "params": {"ts": stated, "input:0": {"state": True}}},
        )
        assert said["values"]["time"] == _AT, stated


def test_a_message_whose_own_time_is_not_understood_is_no_movement_of_now() -> None:
    said = _said("application/1/device/0102/event/up", {"time": _AT[:-1], "object": {"pir": "trigger"}})
    assert [(one["metric"], one["suspect"]) for one in said["readings"]] == [("motion", True)]
    assert said["unread"] == ["time"]


_KEPT_AT = datetime(2026, 11, 28, 10, tzinfo=UTC)
_BodyOf = Callable[[dict[str, object]], object]
_LORAWAN: dict[str, tuple[str, _BodyOf]] = {
    "The Things Stack": (
        "v3/care@t/devices/d/up",
        lambda fields: {"uplink_message": {"received_at": _AT, "decoded_payload": fields}},
    ),
    "ChirpStack": (
        "application/1/device/0102/event/up",
        lambda fields: {"time": _AT, "object": fields},
    ),
}


@pytest.mark.parametrize("server", _LORAWAN)
@pytest.mark.parametrize(
    ("said_with_it", "time"),
    [
        ({"timestamp": _KEPT_AT.timestamp()}, _KEPT_AT),
        ({"timestamp": _KEPT_AT.timestamp() * 1000}, _KEPT_AT),
        ({"event_time": "2026-11-28T10:00:00Z"}, _KEPT_AT),
        ({"measuredAt": "2026-11-28T19:00:00+09:00"}, _KEPT_AT),
        ({"header": {"timestamp": "2026-11-28T10:00:00Z"}}, _KEPT_AT),
        # Clocks that are fallen back, differ by little or were never set.
        ({"timestamp": (_KEPT_AT - timedelta(weeks=1024)).timestamp()}, _KEPT_AT),
        ({"timestamp": (_KEPT_AT + timedelta(hours=2, minutes=-9)).timestamp()}, _SERVER),
        ({"timestamp": 4711}, _SERVER),
        ({"timestamp": "2026-11-28T12:00:00"}, _SERVER),
        # Years behind, ahead, in no zone, and kept nobody says how long.
        ({"timestamp": (_KEPT_AT - timedelta(days=500)).timestamp()}, SUSPECT),
        ({"timestamp": (_KEPT_AT + timedelta(hours=11)).timestamp()}, SUSPECT),
        ({"timestamp": "2026-11-28T21:00:00"}, SUSPECT),
        ({"isHistory": True}, SUSPECT),
        # Of what was kept five minutes count.
        ({"buffered": True, "timestamp": (_SERVER - timedelta(minutes=5)).timestamp()}, _SERVER - timedelta(minutes=5)),
    ],
)  # fmt: skip
def test_a_movement_behind_a_network_server_has_the_time_that_its_message_states(
    server: str, said_with_it: dict[str, object], time: datetime
) -> None:
    topic, body_of = _LORAWAN[server]
    said = _said(topic, body_of({"motion": True, **said_with_it}))
    (moved,) = (one for one in said["readings"] if one["metric"] == "motion")
    assert moved.get("suspect", False) is (time == SUSPECT)
    if time != SUSPECT:
        assert moved.get("time", said["values"].get("time")) == time.strftime("%Y-%m-%dT%H:%M:%SZ")
