"""The messages of the measurements: native, about 200 bytes, three readings each."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

DEVICES = 1000
HOMES = 200
_METRICS = (("motion", True), ("temperature_c", 21.5), ("humidity_pct", 48.25))


def messages(count: int, first_seq: int) -> Iterator[tuple[str, bytes]]:
    """Return topics and payloads of `count` messages, in turn from all devices, each numbered from `first_seq`."""
    now = datetime.now(UTC).replace(microsecond=0)
    for place in range(count):
        device, seq = place % DEVICES, first_seq + place // DEVICES
        moment = (now - timedelta(days=30) + timedelta(seconds=seq)).isoformat()
        body = {
            "seq": seq,
            "readings": [{"metric": metric, "value": value, "time": moment} for metric, value in _METRICS],
        }
        yield f"mimamori/v1/bench-{device}/readings", json.dumps(body, separators=(",", ":")).encode()


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
