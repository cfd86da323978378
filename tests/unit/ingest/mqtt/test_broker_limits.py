"""What a broker says that it cannot do is a reason to refuse it only if ingest cannot do without."""

import pytest
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from ingest.mqtt.broker_limits import refusal

_FORTNIGHT_S = 14 * 24 * 3600


def _said(**values: int) -> Properties:
    properties = Properties(PacketTypes.CONNACK)
    for name, value in values.items():
        setattr(properties, name, value)
    return properties


@pytest.mark.parametrize(
    "values",
    [
        {},
        {"SharedSubscriptionAvailable": 0},
        {"SessionExpiryInterval": 4 * 24 * 3600},
        {"MaximumPacketSize": 65536},
        {"MaximumQoS": 1},
        {"RetainAvailable": 1, "WildcardSubscriptionAvailable": 1},
    ],
    ids=str,
)
def test_what_one_worker_can_do_without_is_no_reason(values: dict[str, int]) -> None:
    assert refusal(_said(**values), session_s=_FORTNIGHT_S, is_shared=False) == ""


def test_a_broker_that_says_nothing_of_itself_can_do_all() -> None:
    assert refusal(None, session_s=_FORTNIGHT_S, is_shared=True) == ""


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"SharedSubscriptionAvailable": 0}, "no shared subscriptions"),
        ({"SessionExpiryInterval": 4 * 24 * 3600 - 1}, "for 345599 s only"),
        ({"MaximumPacketSize": 65535}, "65535 bytes at most"),
        ({"MaximumQoS": 0}, "only QoS 0"),
        ({"RetainAvailable": 0}, "no retained messages"),
        ({"WildcardSubscriptionAvailable": 0}, "no subscription with wildcards"),
    ],
    ids=lambda part: str(part)[:30],
)
def test_what_a_group_cannot_do_without_is_said(values: dict[str, int], words: str) -> None:
    said = refusal(_said(**values), session_s=_FORTNIGHT_S, is_shared=True)
    assert said.startswith("this broker will not do: it ")
    assert words in said
