"""Small wards to register, as the simulator or an operator would write them."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.domain.people import Language, Role
from core.formats.ward_file import read_ward
from core.store.database import Connection, Database
from core.store.devices.ward_registration import Registration, register_ward
from core.store.people import users

NOW = datetime(2026, 8, 1, tzinfo=UTC)


def small_ward() -> dict[str, Any]:
    """Return a ward file with one office, one home, one resident and a device of each kind of sender."""
    return {
        "offices": [
            {
                "name": "中央地域包括支援センター",
                "phone": "03-0000-0001",
                "centre": [
                    {
                        "name": "当直",
                        "step": 2,
                        "channel": "mail",
                        "address": "centre@example.jp",
                        "user": "care",
                    }
                ],
            }
        ],
        "users": [
            {"login": "admin", "name": "管理者", "role": "admin"},
            {"login": "care", "name": "支援員", "role": "care", "office": "中央地域包括支援センター"},
            {"login": "taro", "name": "山田太郎", "role": "family"},
        ],
        "homes": [
            {
                "name": "3丁目 A-101",
                "office": "中央地域包括支援センター",
                "area": "3丁目",
                "lat": 35.6,
                "lon": 139.8,
                "residents": [
                    {
                        "key": "r1",
                        "name": "山田花子",
                        "kana": "やまだはなこ",
                        "born_on": "1940-02-03",
                        "watched_from": "2026-07-01T00:00:00+09:00",
                        "contacts": [
                            {
                                "name": "山田太郎",
                                "relation": "長男",
                                "calls_resident": "母",
                                "step": 1,
                                "channel": "mail",
                                "address": "taro@example.jp",
                                "user": "taro",
                            }
                        ],
                        "family_users": ["taro"],
                        "geofences": [
                            {
                                "name": "自宅のまわり",
                                "shape": {"kind": "circle", "lat": 35.6, "lon": 139.8, "radius_m": 300},
                                "hours": {"days": [0, 1, 2, 3, 4, 5, 6], "start": "22:00", "end": "06:00"},
                            }
                        ],
                    }
                ],
                "devices": [
                    {"device_id": "hall-1", "sender": "native:hall-1", "kind": "motion", "place": "hall"},
                    {"device_id": "sos-1", "sender": "native:sos-1", "kind": "button", "resident": "r1"},
                    {
                        "device_id": "door-1",
                        "sender": "zigbee2mqtt:g1/front door",
                        "kind": "door",
                        "place": "front_door",
                        "gateway_id": "g1",
                    },
                    {
                        "device_id": "phone-1",
                        "sender": "owntracks:hanako/phone",
                        "kind": "tracker",
                        "resident": "r1",
                    },
                ],
            }
        ],
    }


def write_ward(folder: Path, ward: dict[str, Any]) -> Path:
    """Write a ward file into a folder and return its path."""
    path = folder / "ward.json"
    path.write_text(json.dumps(ward, ensure_ascii=False), encoding="utf-8")
    return path


def register(connection: Connection, path: Path) -> Registration:
    """Register a ward file; nobody in it can sign in, since hashing passwords takes long."""
    return register_ward(
        connection, read_ward(path), now=NOW, default_zone="Asia/Tokyo", new_password=lambda _login: "no hash"
    )


def register_small_ward(database_url: str, folder: Path) -> None:
    """Register the small ward in a database."""
    with Database(database_url) as database, database.transaction() as connection:
        register(connection, write_ward(folder, small_ward()))


def carer(connection: Connection, now: datetime) -> int:
    """Add somebody of the first office's staff who cannot sign in; return their number, for what a person has to do."""
    added = users.add(
        connection,
        login="care",
        name="職員",
        role=Role.CARE,
        office=1,
        language=Language.JA,
        password_hash="",
        now=now,
    )
    return added.number
