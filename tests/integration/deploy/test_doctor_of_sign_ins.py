"""The doctor's look at who signs in, where the service's clock is not the machine's."""

from datetime import timedelta
from pathlib import Path

from core.clock import SystemClock
from core.domain.people import Language, Role
from core.settings import Settings
from core.store.database import Database
from core.store.people import users
from deploy.doctor.check import CheckResult
from deploy.doctor.database import database_checks
from tests.support.alerting import HandClock
from tests.support.wards.ward_files import register_small_ward


def test_sign_ins_of_this_week_are_seen_whatever_the_clock_of_the_service_says(
    database_url: str, tmp_path: Path
) -> None:
    register_small_ward(database_url, tmp_path)
    now = SystemClock().now()
    with Database(database_url) as database, database.transaction() as connection:
        for number in range(5):
            login = f"admin {number}"
            users.add(
                connection,
                login=login,
                name="x",
                role=Role.ADMIN,
                office=None,
                language=Language.JA,
                password_hash="",
                now=now,
            )
            connection.execute(
                "INSERT INTO sign_in_attempt VALUES (%s, sha256(convert_to(%s, 'UTF8')), '172.18.0.1', true)",
                (now, login),
            )
    settings = Settings.model_validate(
        {"database_url": database_url, "base_url": "https://mimamori.example.jp"}
    )
    checks = database_checks(settings, HandClock(now + timedelta(days=400)))
    assert [one.verdict for one in checks if one.name == "proxy"] == [CheckResult.LOOK]
