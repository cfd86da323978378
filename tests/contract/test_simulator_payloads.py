"""What the simulator sends keeps to the schemas that ingest is held to as well."""

import json
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from core.domain.metrics import METRICS
from simulator.network.lossy_channel import OutboundMessage
from simulator.scenarios.binding import bind
from simulator.scenarios.scenario import read_scenario
from simulator.town.ward import WardOrder, make_ward
from simulator.ward_file import parse_ward
from simulator.ward_run import Simulation
from tests.support.paths import REPOSITORY

NOW = datetime.fromisoformat("2026-11-23T06:30:00+09:00")
SCHEMAS = REPOSITORY / "tests/contract/schemas"


def validator(kind: str) -> Any:
    return Draft202012Validator(json.loads((SCHEMAS / f"{kind}.schema.json").read_text(encoding="utf-8")))


@pytest.fixture(scope="module")
def messages() -> list[OutboundMessage]:
    ward = parse_ward(make_ward(WardOrder(8, 1, NOW)))
    incidents = bind([read_scenario(name) for name in ("demo", "gateway_dies")], ward, 1)
    played = Simulation(ward, incidents, 1, history_days=2)
    end_ms = (NOW + timedelta(hours=24)).timestamp() * 1000
    live = takewhile(lambda message: message.time_ms < end_ms, played.live(NOW))
    return [*(message for _, message in played.history()), *live]


def of_kind(messages: list[OutboundMessage], kind: str) -> list[Any]:
    return [
        json.loads(message.payload)
        for message in messages
        if "mimamori/v1/" in message.topic and message.topic.endswith(f"/{kind}")
    ]


@pytest.mark.parametrize("kind", ["readings", "fix", "status"])
def test_native_messages_keep_to_their_schema(messages: list[OutboundMessage], kind: str):
    bodies = of_kind(messages, kind)
    check = validator(kind)
    assert bodies
    for body in bodies:
        check.validate(body)


def test_every_metric_is_in_the_registry_and_within_its_limits(messages: list[OutboundMessage]):
    for body in of_kind(messages, "readings"):
        for reading in body["readings"]:
            metric = METRICS[reading["metric"]]
            assert metric.low <= float(reading["value"]) <= metric.high
            assert datetime.fromisoformat(reading["time"]).tzinfo is not None


def test_zigbee2mqtt_messages_use_its_words(messages: list[OutboundMessage]):
    bodies = [json.loads(message.payload) for message in messages if "/zigbee2mqtt/" in message.topic]
    known = {
        "occupancy", "contact", "power", "temperature", "humidity", "battery", "linkquality", "action", "last_seen",
        "state",
    }  # fmt: skip
    assert {key for body in bodies for key in body} <= known
    assert any("occupancy" in body for body in bodies)
    assert all(datetime.fromisoformat(body["last_seen"]).tzinfo for body in bodies if "state" not in body)


def test_owntracks_messages_have_what_a_location_needs(messages: list[OutboundMessage]):
    bodies = [json.loads(message.payload) for message in messages if message.topic.startswith("owntracks/")]
    assert bodies
    for body in bodies:
        assert body["_type"] == "location"
        assert isinstance(body["tst"], int)
        assert {"lat", "lon", "acc", "batt", "tid"} <= set(body)


def test_topics_are_known_forms_without_wildcards(messages: list[OutboundMessage]):
    for topic in {message.topic for message in messages}:
        assert topic.split("/")[0] in {"mimamori", "gw", "owntracks"}
        assert not set(topic) & {"+", "#", " "}
