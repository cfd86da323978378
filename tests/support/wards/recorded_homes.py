"""The recorded homes, as life signs; their times carry no zone and are read as UTC."""

import csv
import gzip
from datetime import UTC, datetime
from functools import cache

from core.domain.device import DeviceKind
from detectors.features.window import LifeSigns, life_signs
from tests.support.paths import TEST_DATA

_DOORS = {"front-door": DeviceKind.DOOR, "back-door": DeviceKind.DOOR, "fridge-door": DeviceKind.FRIDGE}


@cache
def recorded_homes() -> dict[str, LifeSigns]:
    """Return the life signs of all recorded homes by their key."""
    events: dict[str, list[tuple[float, DeviceKind, str]]] = {}
    with gzip.open(TEST_DATA / "tihm" / "activity.csv.gz", "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            place = row["location_name"]
            event = (unix(row["date"]), _DOORS.get(place, DeviceKind.MOTION), place)
            events.setdefault(row["patient_id"], []).append(event)
    return {home: life_signs(rows) for home, rows in events.items()}


def unix(text: str) -> float:
    """Return a recorded time as Unix seconds."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


# Silences of the whole platform, found in the recordings.
OUTAGES = tuple(
    (unix(began), unix(ended))
    for began, ended in (
        ("2019-04-01 13:30", "2019-04-03 15:45"),
        ("2019-05-27 02:25", "2019-05-27 04:31"),
        ("2019-06-15 04:04", "2019-06-17 14:16"),
    )
)
