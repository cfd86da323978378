"""Two care offices with a home each, everybody's sign-in, and an application over them whose clocks stand until moved."""

import secrets
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from psycopg.conninfo import make_conninfo

from api.access import sessions
from api.app import create_app
from api.http import cookies
from api.views import stream
from core.credentials.passwords import hash_password
from core.domain.alert import Finding, Severity, Subject
from core.domain.metrics import METRICS
from core.domain.reading import ReadingFlag
from core.formats.ward_file import read_ward
from core.settings import Settings
from core.store.alerts import episodes
from core.store.database import Database
from core.store.devices.ward_registration import register_ward
from core.store.people import users
from tests.support.alerting import NOW, HandClock
from tests.support.services.web_login import WEB_LOGIN
from tests.support.wards.ward_files import write_ward

ORIGIN = "http://testserver"
PASSWORD = "a long enough word"

# What the ward file's order makes of them.
OFFICE_A, OFFICE_B = 1, 2
RESIDENT_A, RESIDENT_B = 1, 2
HOME_A = (35.6500, 139.7900)


@cache
def password_hash() -> str:
    """Return the hash of `PASSWORD`, made once because that is slow on purpose."""
    return hash_password(PASSWORD)


def two_offices() -> dict[str, Any]:
    """Return a ward file with offices A and B, a home with a resident in each, and users of every role."""
    return {
        "offices": [_office("A"), _office("B")],
        "users": [
            {"login": "admin", "name": "管理 者", "role": "admin"},
            {"login": "care_a", "name": "支援 甲", "role": "care", "office": "office A"},
            {"login": "care_b", "name": "支援 乙", "role": "care", "office": "office B"},
            {"login": "family_a", "name": "田中 太郎", "role": "family"},
            {"login": "family_b", "name": "鈴木 次郎", "role": "family"},
            {"login": "technician_a", "name": "設置 甲", "role": "technician", "office": "office A"},
            {"login": "technician_b", "name": "設置 乙", "role": "technician", "office": "office B"},
            {"login": "official", "name": "統計 担当", "role": "official"},
            {"login": "tester", "name": "試験 担当", "role": "tester"},
        ],
        "homes": [
            _home("A", "田中 花子", "たなか はなこ", *HOME_A),
            _home("B", "鈴木 一郎", "すずき いちろう", 35.66, 139.80),
        ],
    }


def _office(name: str) -> dict[str, Any]:
    return {
        "name": f"office {name}",
        "phone": f"03-0000-000{name}",
        "centre": [
            {"name": f"centre {name}", "step": 2, "channel": "mail", "address": f"centre-{name}@example.jp"}
        ],
    }


def _home(name: str, person: str, kana: str, lat: float, lon: float) -> dict[str, Any]:
    small = name.lower()
    return {
        "name": f"home {name}",
        "office": f"office {name}",
        "area": f"area {name}",
        "lat": lat,
        "lon": lon,
        "residents": [
            {
                "key": small,
                "name": person,
                "kana": kana,
                "born_on": "1940-08-02",
                "phone": f"03-1111-000{name}",
                "watched_from": "2026-07-01T00:00:00+09:00",
                "contacts": [
                    {
                        "name": f"contact {name}",
                        "calls_resident": "お母さん",
                        "step": 1,
                        "channel": "mail",
                        "address": f"family-{small}@example.jp",
                        "user": f"family_{small}",
                    },
                    {
                        "name": f"cousin {name}",
                        "step": 1,
                        "channel": "mail",
                        "address": f"cousin-{small}@example.jp",
                    },
                ],
                "family_users": [f"family_{small}"],
                "geofences": [
                    {
                        "name": f"around {name}",
                        "shape": {"kind": "circle", "lat": lat, "lon": lon, "radius_m": 300},
                    }
                ],
            }
        ],
        "devices": [
            {
                "device_id": f"hall-{small}",
                "sender": f"native:hall-{small}",
                "kind": "motion",
                "place": "hall",
                "heartbeat_s": 600,
                "since": "2026-06-01T00:00:00+09:00",
            },
            {
                "device_id": f"tracker-{small}",
                "sender": f"native:tracker-{small}",
                "kind": "tracker",
                "resident": small,
                "since": "2026-06-01T00:00:00+09:00",
            },
        ],
    }


@dataclass
class ApiWard:
    """The application, its database and its clocks."""

    app: FastAPI
    database: Database
    clock: HandClock
    machine: HandClock

    def client(self, login: str | None = None, *, raises: bool = True) -> TestClient:
        """Return a browser of its own, signed in if a login is given; an unexpected error raises, or is answered."""
        client = TestClient(
            self.app,
            base_url=ORIGIN,
            headers={"Origin": ORIGIN},
            follow_redirects=False,
            raise_server_exceptions=raises,
        )
        if login is not None:
            # As a sign-in does, but without the password check, which is slow on purpose.
            token = secrets.token_urlsafe(32)
            now = self.machine.now()
            with self.database.transaction() as connection:
                user = users.by_login(connection, login)
                users.start_session(
                    connection,
                    sessions.token_hash(token),
                    user.number,
                    now,
                    now + sessions.LASTS[user.role],
                    proved_at=now,
                )
            client.cookies.set(cookies.cookie_name(self.app.state.settings), token)
        return client

    def open_alert(
        self,
        resident: int | None = RESIDENT_A,
        *,
        rule: str = "inactivity",
        severity: Severity = Severity.CHECK_SOON,
        subject: Subject | None = None,
        office: int | None = None,
        reason: dict[str, object] | None = None,
    ) -> int:
        """Open an alert, about the resident unless a subject is given, and return its number."""
        if subject is None:
            assert resident is not None
            subject = Subject.of_resident(resident)
        found = Finding(
            rule=rule,
            subject=subject,
            severity=severity,
            began_at=self.clock.now() - timedelta(hours=3),
            raised_at=self.clock.now(),
            cleared_at=None,
            reason={"rule_version": 1} if reason is None else reason,
        )
        with self.database.transaction() as connection:
            number = episodes.open_or_update(connection, found, resident, office, self.clock.now())
        assert number is not None
        return number

    def read(
        self, device_id: str, metric: str, value: float, at: datetime, *, life_sign: bool = False
    ) -> None:
        """Store one reading, as ingest does."""
        flags = ReadingFlag.LIFE_SIGN if life_sign else ReadingFlag(0)
        self.execute(
            "INSERT INTO reading (time, received_at, value, device_number, metric, flags)"
            " SELECT %s, %s, %s, device_number, %s, %s FROM device WHERE device_id = %s",
            at,
            at,
            value,
            METRICS[metric].number,
            int(flags),
            device_id,
        )

    def fix(self, device_id: str, lat: float, lon: float, at: datetime, accuracy_m: float = 12.0) -> None:
        """Store one position, as ingest does."""
        self.execute(
            "INSERT INTO fix (time, received_at, lat, lon, device_number, accuracy_m)"
            " SELECT %s, %s, %s, %s, device_number, %s FROM device WHERE device_id = %s",
            at,
            at,
            lat,
            lon,
            accuracy_m,
            device_id,
        )

    def execute(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement of the test's own and return its rows, if it has any."""
        with self.database.transaction() as connection:
            cursor = connection.execute(statement.encode(), values)
            return cursor.fetchall() if cursor.description else []


def register_two_offices(database: Database, folder: Path) -> None:
    """Register the two offices, with `PASSWORD` for everybody."""
    with database.transaction() as connection:
        register_ward(
            connection,
            read_ward(write_ward(folder, two_offices())),
            now=NOW,
            default_zone="Asia/Tokyo",
            new_password=lambda _login: password_hash(),
        )


def as_web(database_url: str) -> str:
    """Return the URL by which the web process signs in: it may do less than whoever owns the tables."""
    return make_conninfo(database_url, user=WEB_LOGIN, password=WEB_LOGIN)


@contextmanager
def api_ward(database_url: str, folder: Path, **settings: Any) -> Generator[ApiWard]:
    """Give the application over two offices, under the login of the web process; `settings` are those of the service."""
    clock, machine = HandClock(NOW), HandClock(NOW)
    with Database(database_url, size=2) as database:
        register_two_offices(database, folder)
        app = create_app(
            Settings.model_validate(
                {
                    "environment": "test",
                    "database_url": as_web(database_url),
                    "mail_url": "smtp://127.0.0.1:9",
                }
                | settings
            ),
            clock,
            machine,
        )
        # A server that stops need not have the patience of one that runs for weeks.
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(stream, "_LISTEN_S", 0.02)
            with TestClient(app):
                yield ApiWard(app, database, clock, machine)
