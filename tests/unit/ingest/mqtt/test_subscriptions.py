"""Ingest asks the broker for the topics of every documented sender, each by one filter, and for nothing else."""

import json
import re
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import Settings
from core.topic_filters import covers, without_needless
from ingest.codecs import CODECS
from ingest.mqtt.subscriptions import DOCUMENTED, FILTERS, GATEWAYS, filters_of, subscriptions_of
from ingest.mqtt.topics import ESPHOME_COMPONENTS, command_topic, source_of
from tests.support.paths import REPOSITORY, TEST_DATA

# What docs/senders.md names, and the forms of it that the codecs know.
_TOPICS = (
    "mimamori/v1/hall-1/readings", "mimamori/v1/hall-1/fix", "mimamori/v1/hall-1/status", "mimamori/v1/hall-1/noise",
    "owntracks/taro/phone", "owntracks/taro/phone/event", "owntracks/taro/phone/waypoint", "owntracks/taro/phone/info",
    "zigbee2mqtt/hall", "zigbee2mqtt/hall/availability", "zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge/devices",
    "tele/plug/SENSOR", "tele/plug/LWT", "stat/plug/POWER", "plug/tele/SENSOR", "plug/stat/RESULT",
    "tasmota/discovery/AABBCC/config",
    "shellies/shellyht-1/sensor/temperature", "shellies/announce", "shellies/x/online", "shellies/x/announce",
    "shellyplus1-1/status/switch:0", "shellyplus1-1/events/rpc", "shellyplus1-1/online",
    "v3/care@ttn/devices/bed-1/up", "v3/care@ttn/devices/bed-1/location/solved",
    "application/1/device/70b3d5/event/up",
    "positions", "events", "traccar/positions",
    "hall/binary_sensor/motion/state", "hall/climate/ac/current_temperature/state", "hall/event/sos/state", "hall/status",
    "homie/hall/door/contact", "homie/5/hall/$description", "homie/hall/$state",
    "rtl_433/pi/events", "rtl_433/pi/devices/Acurite-Tower/A/9/temperature_C",
    "home/OMG/BTtoMQTT/A4C138000102", "home/OMG/RTL_433toMQTT", "home/OMG/433toMQTT", "home/OMG/LWT",
    "flat/OMG/BTtoMQTT/A4C138000102",
    "msh/JP/2/json/Care/!a1b2c3d4", "msh/US/CA/2/stat/!a1b2c3d4",
    "352093081452251/data",
    "homeassistant/binary_sensor/x/config", "homeassistant/sensor/node/x/config", "homeassistant/device/x/config",
    "homeassistant/status",
)  # fmt: skip
_FILES = sorted((TEST_DATA / "payloads").glob("*.json"))


def _for(topic: str) -> list[str]:
    return [one for one in filters_of(DOCUMENTED) if covers(one, topic)]


def test_every_codec_has_filters_and_the_gateways_too() -> None:
    assert set(FILTERS) == set(CODECS) | {GATEWAYS}
    assert all(FILTERS.values())


@pytest.mark.parametrize("topic", _TOPICS)
def test_a_documented_topic_comes_once_bare_and_behind_a_gateway(topic: str) -> None:
    assert source_of(topic) is not None
    assert len(_for(topic)) == 1
    assert _for(f"gw/g1/{topic}") == ["gw/#"]


def test_each_codec_is_among_these_topics() -> None:
    found = {source.codec for topic in _TOPICS if (source := source_of(topic))}
    assert found == set(CODECS)


@pytest.mark.parametrize("path", _FILES, ids=lambda path: path.stem)
def test_messages_of_real_devices_come_once(path: Path) -> None:
    topic = json.loads(path.read_text(encoding="utf-8"))["topic"]
    assert len(_for(topic)) == 1


@pytest.mark.parametrize(
    "topic",
    [
        "weather/tokyo", "frigate/front/person/snapshot", "homeassistant/sensor/power/attributes", "homeassistant/states/all",
        "nut/ups/battery", "home/kitchen/radio/volume", "$SYS/broker/uptime", "zigbee3mqtt/hall", "hall/light/lamp/command",
    ],
)  # fmt: skip
def test_what_others_say_on_the_same_broker_stays_theirs(topic: str) -> None:
    assert _for(topic) == []
    assert _for("gw/g1/" + topic) == ["gw/#"]


def test_filters_are_added_and_taken_away_by_the_setting() -> None:
    assert set(filters_of("documented, weather/#")) - set(filters_of("documented")) == {"weather/#"}
    assert filters_of("mimamori/v1/#,gw/#") == ("mimamori/v1/#", "gw/#")
    assert filters_of("documented,#") == ("#",)
    # Our own markers must come back.
    assert any(covers(one, command_topic("mimamori-ingest")) for one in filters_of("documented"))


def test_a_group_asks_for_everything_until_something_is_named() -> None:
    def settings(**more: str) -> Settings:
        return Settings.model_validate(
            {
                "environment": "test",
                "database_url": "postgresql://h/d",
                "ingest_client_id": "ingest-1",
                **more,
            }
        )

    assert subscriptions_of(settings(ingest_group="ward")) == [
        "$share/ward/#", "mimamori/v1/ingest-1/command",
    ]  # fmt: skip
    assert subscriptions_of(settings(ingest_group="ward", ingest_filters="gw/#")) == [
        "$share/ward/gw/#", "mimamori/v1/ingest-1/command",
    ]  # fmt: skip
    named = set(subscriptions_of(settings(ingest_group="ward", ingest_filters="documented")))
    alone = subscriptions_of(settings())
    assert {f"$share/ward/{one}" for one in alone} == named - {"mimamori/v1/ingest-1/command"}
    assert alone == list(filters_of("documented"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"), ("documented,", "is empty"), ("weather/#/x", "# before its end"),
        ("weather/t+", "beside other characters"), ("$share/x/#", "the broker's own"), ("a\0b", "no topic may have"),
    ],
)  # fmt: skip
def test_what_is_no_filter_is_refused_in_words(text: str, words: str) -> None:
    with pytest.raises(SettingsError, match="MIMAMORI_INGEST_FILTERS") as caught:
        filters_of(text)
    assert words in str(caught.value)


def test_of_two_filters_for_the_same_the_narrow_one_is_not_asked_for() -> None:
    assert without_needless(["a/+", "a/b", "a/#", "+/b/c"]) == ["a/#", "+/b/c"]
    assert without_needless(["+/b", "a/+"]) == ["+/b", "a/+"]


def test_the_page_of_the_senders_lists_every_filter_and_no_other() -> None:
    page = (REPOSITORY / "docs" / "senders.md").read_text(encoding="utf-8")
    section = page.split("\n## What ingest receives\n", 1)[1].split("\n## ", 1)[0]
    rows = [line.split("|") for line in section.splitlines() if line.startswith("| ")][2:]
    listed = {one for row in rows for one in re.findall("`([^`]+)`", row[2])}
    for component in ESPHOME_COMPONENTS:
        listed |= {one.replace("{component}", component) for one in listed if "{component}" in one}
    assert {one for one in listed if "{" not in one} == {one for many in FILTERS.values() for one in many}
