"""What is published under which topic; pure. Topics and payloads hold no place, and a name only where the operator wants it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from importlib.resources import files

from core.domain.alert import EventKind, Severity
from core.domain.people import Language, WatchState
from core.store.operation.outward.mqtt_out import PublishedEvent, PublishedState
from core.texts.catalogue import LanguageTexts, read_catalogue

ROOT = "mimamori/v1/out"
"""Where all topics begin but those of Home Assistant's descriptions."""
AVAILABILITY = f"{ROOT}/availability"
"""Says `online` while the states are kept up to date, and `offline` when not; also as last will."""
ONLINE, OFFLINE = b"online", b"offline"
STATE_EXPIRES_S = 900
"""A state that nobody renews is forgotten by the broker, and by Home Assistant, after this: nobody knows any more."""

_VERSION = 1
_OURS = "mimamori-"
_TEXTS = read_catalogue(files("deploy.mqtt_out").joinpath("texts"))
_PAUSED, _ALERT, _NONE = "paused", "alert", "none"
_STATES = [*(one.value for one in WatchState), _ALERT, _PAUSED]
_ALERTS = {
    Severity.EMERGENCY: "emergency",
    Severity.CHECK_SOON: "check_soon",
    Severity.KEEP_AN_EYE: "keep_an_eye",
}
EVENTS = (
    EventKind.OPENED,
    EventKind.REACTIVATED,
    EventKind.REPEATED,
    EventKind.SEVERITY_RAISED,
    EventKind.CLAIMED,
    EventKind.RELEASED,
    EventKind.EXPIRED,
    EventKind.CLEARED,
    EventKind.CLOSED,
    EventKind.REOPENED,
)
"""Which events of alerts are published; those about messages are not."""


@dataclass(frozen=True)
class Naming:
    """How entities are called.

    Attributes
    ----------
    discovery : str
        Where Home Assistant looks for descriptions; empty: none are published.
    language : Language
        Of the entities' names.
    has_names : bool
        Whether residents are called by name; else by number.
    base_url : str
        Where our pages are.
    """

    discovery: str
    language: Language
    has_names: bool
    base_url: str

    @property
    def filters(self) -> tuple[str, ...]:
        """All topics under which something of ours may be retained."""
        return (f"{ROOT}/#", f"{self.discovery}/device/+/+/config") if self.discovery else (f"{ROOT}/#",)

    def is_ours(self, topic: str) -> bool:
        """Return whether nobody else publishes under a topic."""
        described = f"{self.discovery}/device/{_OURS}"
        return topic.startswith(f"{ROOT}/") or (bool(self.discovery) and topic.startswith(described))


def state_topic(one: PublishedState) -> str:
    """Return where a resident's state is retained."""
    return f"{ROOT}/{one.office}/residents/{one.public_id}"


def event_topic(office: int, public_id: str) -> str:
    """Return where events of alerts about a resident are published."""
    return f"{ROOT}/{office}/residents/{public_id}/events"


def state_of(one: PublishedState) -> Mapping[str, object]:
    """Return what is said of a resident: nothing that is not known, or about which an alert is open, is said to be well.

    Examples
    --------
    >>> lost = PublishedState(1, "d", "", 1, False, WatchState.CANNOT_TELL, 0, None, 2, 0)
    >>> state_of(lost)["state"], state_of(lost)["alert"], state_of(lost)["coverage"]
    ('cannot_tell', 'cannot_tell', 0)
    >>> fallen = PublishedState(1, "d", "", 1, False, WatchState.AS_USUAL, 1, Severity.EMERGENCY, 2, 2)
    >>> state_of(fallen)["state"], state_of(fallen)["alert"]
    ('alert', 'emergency')
    """
    is_known = one.state is not WatchState.CANNOT_TELL
    if one.worst is not None:
        alert = _ALERTS[one.worst]
    else:
        # Without an evaluation no alert would be there either.
        alert = _NONE if is_known else WatchState.CANNOT_TELL.value
    return {
        "version": _VERSION,
        "resident": one.resident,
        "state": _said_state(one),
        "alert": alert,
        "open_alerts": one.open_alerts,
        "coverage": round(100 * one.in_contact / one.expected) if one.expected else None,
        "devices_in_contact": one.in_contact,
        "devices_expected": one.expected,
    }


def _said_state(one: PublishedState) -> str:
    """Return one word for how somebody is; what the last evaluation found of a life is said only while no alert is open."""
    if one.is_paused:
        return _PAUSED
    if one.worst is not None and one.state is not WatchState.CANNOT_TELL:
        return _ALERT
    return one.state.value


def state_payload(state: Mapping[str, object], now: datetime) -> bytes:
    """Return a state as it is published, with when it was true."""
    return _json({**state, "at": now.isoformat()})


def event_payload(event: PublishedEvent) -> bytes:
    """Return an event of an alert; who comes twice has the same `id`."""
    return _json(
        {
            "version": _VERSION,
            "id": event.number,
            "event_type": event.kind.value,
            "alert": event.alert,
            "rule": event.rule,
            "severity": _ALERTS[event.severity],
            "at": event.at.isoformat(),
        }
    )


def discovery_topic(one: PublishedState, naming: Naming) -> str:
    """Return where Home Assistant finds the description of a resident's entities."""
    return f"{naming.discovery}/device/{_OURS}{one.office}/{one.public_id}/config"


def discovery_payload(one: PublishedState, naming: Naming) -> bytes:
    """Return the description: one device with its entities.

    Format: https://www.home-assistant.io/integrations/mqtt/#device-discovery-payload.
    """
    words = LanguageTexts(naming.language, _TEXTS)
    ident = f"mimamori_{one.public_id}"
    name = one.name if naming.has_names else words("entity.resident", n=one.resident)

    def sensor(key: str, **more: object) -> dict[str, object]:
        return {
            "platform": "sensor",
            "unique_id": f"{ident}_{key}",
            "name": words(f"entity.{key}"),
            "value_template": f"{{{{ value_json.{key} }}}}",
            "expire_after": STATE_EXPIRES_S,
            **more,
        }

    return _json(
        {
            "device": {
                "identifiers": [ident],
                "name": name,
                "manufacturer": "Mimamori",
                "model": words("entity.model"),
                "configuration_url": f"{naming.base_url}/residents/{one.resident}",
            },
            "origin": {"name": "Mimamori", "sw_version": version("mimamori")},
            "availability": [{"topic": AVAILABILITY}],
            "state_topic": state_topic(one),
            "qos": 1,
            "components": {
                "state": sensor("state", device_class="enum", options=_STATES),
                "alert": sensor(
                    "alert",
                    device_class="enum",
                    options=[_NONE, *_ALERTS.values(), WatchState.CANNOT_TELL.value],
                ),
                "coverage": sensor(
                    "coverage",
                    state_class="measurement",
                    unit_of_measurement="%",
                    entity_category="diagnostic",
                ),
                "events": {
                    "platform": "event",
                    "unique_id": f"{ident}_events",
                    "name": words("entity.events"),
                    "state_topic": event_topic(one.office, one.public_id),
                    "event_types": [kind.value for kind in EVENTS],
                },
            },
        }
    )


def _json(body: Mapping[str, object]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
