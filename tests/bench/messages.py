"""The messages of the measurements: native, about 200 bytes, three readings each."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

DEVICES = 1000
HOMES = 200
_METRICS = (("motion", "true"), ("temperature_c", "21.5"), ("humidity_pct", "48.25"))
READINGS_EACH = len(_METRICS)


def messages(count: int, first_seq: int) -> Iterator[tuple[str, bytes]]:
    """Return topics and payloads of `count` messages, in turn from all devices, each numbered from `first_seq`."""
    began = datetime.now(UTC).replace(microsecond=0) - timedelta(days=30)
    for place in range(count):
        device, seq = place % DEVICES, first_seq + place // DEVICES
        yield _message(device, seq, began + timedelta(seconds=seq))


def messages_of_now(count: int, first_seq: int, first_place: int) -> Iterator[tuple[str, bytes]]:
    """Return messages from place `first_place` in the turn of the devices on, with the present time to the microsecond."""
    for place in range(first_place, first_place + count):
        yield _message(place % DEVICES, first_seq + place // DEVICES, datetime.now(UTC))


def _message(device: int, seq: int, moment: datetime) -> tuple[str, bytes]:
    # Written out: a JSON encoder would take as long as the one who reads it.
    time = moment.isoformat()
    readings = ",".join(
        f'{{"metric":"{metric}","value":{value},"time":"{time}"}}' for metric, value in _METRICS
    )
    return f"mimamori/v1/bench-{device}/readings", f'{{"seq":{seq},"readings":[{readings}]}}'.encode()


def ward() -> dict[str, object]:
    """Return the ward file with the devices."""
    per_home = DEVICES // HOMES
    return {
        "offices": [{"name": "bench"}],
        "homes": [
            {
                "name": f"home {home}",
                "office": "bench",
                "devices": [
                    {
                        "device_id": f"bench-{home * per_home + place}",
                        "sender": f"native:bench-{home * per_home + place}",
                        "kind": "motion",
                        "since": "2020-01-01T00:00:00Z",
                    }
                    for place in range(per_home)
                ],
            }
            for home in range(HOMES)
        ],
    }
