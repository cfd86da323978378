"""What may be shown of a message that could not be stored."""

import re

# Formats of devices that have no position to report; all others, and whatever is unknown, may.
_WITHOUT_POSITION = {"zigbee2mqtt", "tasmota", "tele", "stat", "shellies", "homeassistant"}
_NATIVE_WITHOUT_POSITION = {"readings", "status"}
_PLACE_WORDS = re.compile(rb"lat|lon|lng|gps|pos|coord|geo|place|address|tst|data\"", re.IGNORECASE)


def may_hold_position(topic: str, payload: bytes) -> bool:
    """Return whether a message may hold somebody's position; in doubt it may.

    Bytes that are no text may be anything, also an encrypted position.

    Examples
    --------
    >>> may_hold_position("gw/g1/zigbee2mqtt/hall", b'{"occupancy": maybe}')
    False
    >>> may_hold_position("owntracks/hana/phone", b'{"_type": "lwt"}')
    True
    >>> may_hold_position("mimamori/v1/hall-1/readings", b'{"lat": 35.6}')
    True
    """
    parts = topic.split("/")
    if parts[0] == "gw" and len(parts) > 2:
        parts = parts[2:]
    is_native = parts[:2] == ["mimamori", "v1"] and parts[-1] in _NATIVE_WITHOUT_POSITION
    if not is_native and parts[0] not in _WITHOUT_POSITION:
        return True
    try:
        payload.decode()
    except UnicodeDecodeError:
        return True
    return _PLACE_WORDS.search(payload) is not None


SENDER_OF_DETAIL = "registered with the sender (.+); register it"
"""Finds the sender in the detail of a message that was refused as `unknown_device`, as a regular expression of PostgreSQL."""


def unknown_sender(sender: str) -> str:
    """Return the detail of a message whose sender nobody registered.

    Examples
    --------
    >>> import re
    >>> re.findall(SENDER_OF_DETAIL, unknown_sender("zigbee2mqtt:g1/hall; bed"))
    ['zigbee2mqtt:g1/hall; bed']
    """
    return f"no device is registered with the sender {sender}; register it, then release the quarantine"
