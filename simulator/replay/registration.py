"""The ward file of a recording: its homes and devices, to be registered before it is published."""

from datetime import datetime
from zoneinfo import ZoneInfo

from simulator.replay.recording import RecordedDevice, RecordedFix, Recording

OFFICE = "replay"
Json = dict[str, object]


def ward_of(recording: Recording, zone: ZoneInfo) -> Json:
    """Return a ward file with one home and one resident for each home of the recording.

    The resident is watched from the first event on, and nobody is notified of alerts: the people are not ours.
    """
    firsts = recording.firsts()
    places: dict[str, RecordedFix] = {}
    for fix in recording.fixes:
        places.setdefault(fix.home, fix)
    return {
        "offices": [{"name": OFFICE}],
        "homes": [_home(recording, home, firsts[home], places.get(home), zone) for home in recording.homes],
    }


def home_name(recording: Recording, home: str) -> str:
    """Return the name under which a home of the recording is registered."""
    return f"{recording.form}-{home}"


def _home(
    recording: Recording, home: str, first: datetime, place: RecordedFix | None, zone: ZoneInfo
) -> Json:
    name = home_name(recording, home)
    entry: Json = {
        "name": name,
        "office": OFFICE,
        "time_zone": zone.key,
        "residents": [{"key": name, "name": name, "watched_from": first.isoformat()}],
        "devices": [_device(device, name, first) for device in recording.devices if device.home == home],
    }
    if place is not None:
        entry |= {"lat": round(place.lat, 6), "lon": round(place.lon, 6)}
    return entry


def _device(device: RecordedDevice, resident: str, first: datetime) -> Json:
    entry: Json = {
        "device_id": device.device_id,
        "sender": f"native:{device.device_id}",
        "kind": device.kind.value,
        "place": device.place,
        "model": "recording",
        "since": first.isoformat(),
    }
    if device.kind.value == "tracker":
        entry["resident"] = resident
    return entry
