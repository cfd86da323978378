"""How long the import of a whole ward takes: residents with two contacts each, from the file to the committed rows."""

import time
from datetime import UTC, datetime

import psycopg

from api.access.viewer import Viewer
from api.actions.context import ActionContext
from api.actions.people import imports
from core.domain.people import Language, Role, User
from core.store.database import Database
from core.store.migrate import migrate
from tests.bench.ingest import Effort, Say
from tests.bench.result import Results, median
from tests.bench.stand import Stand

_RESIDENTS = 5_000
_HEAD = (
    "名前,よみがな,生年月日,電話番号,住まい,町丁目,連絡先1名前,連絡先1続柄,連絡先1電話番号,連絡先1メール,"
    "連絡先2名前,連絡先2続柄,連絡先2電話番号,連絡先2メール"
)


def measure(stand: Stand, _effort: Effort, say: Say) -> Results:
    """Check a table and apply it, then check and apply it again with every telephone number corrected."""
    say(f"import of {_RESIDENTS} residents")
    stand.cluster.create_database("people")
    url = stand.cluster.url("people")
    migrate(url)
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "INSERT INTO user_account (login, name, role, password_hash, created_at)"
            " VALUES ('importer', 'importer', 'admin', '', '2026-01-01') RETURNING user_id"
        ).fetchone()
        connection.execute("INSERT INTO office (name) VALUES ('office')")
    assert row is not None
    viewer = Viewer(User(row[0], "importer", "importer", Role.ADMIN, None, Language.JA, is_active=True), b"")
    with Database(url, size=1) as database:
        first = _seconds(database, viewer, _table("1"))
        again = _seconds(database, viewer, _table("2"))
    target = f"60 s for {_RESIDENTS} residents with two contacts each"
    return {
        "import_new_s": median([first], "s", target),
        "import_changed_s": median([again], "s", f"{target}, each telephone number corrected"),
    }


def _table(digit: str) -> bytes:
    lines = [_HEAD]
    for number in range(_RESIDENTS):
        contacts = ",".join(
            f"連絡先{place} {number},長男,090-{place}{digit}00-{number:04d},c{place}-{number}@example.jp"
            for place in (1, 2)
        )
        lines.append(
            f"住民 {number},じゅうみん,昭和{number % 30 + 1}年5月3日,03-{digit}000-{number:04d},家 {number},{number % 50}丁目,{contacts}"
        )
    return "\r\n".join(lines).encode("cp932")


def _seconds(database: Database, viewer: Viewer, body: bytes) -> float:
    began = time.perf_counter()
    with database.transaction() as connection:
        checked = imports.check(ActionContext(connection, viewer, datetime.now(UTC)), body)
    assert checked.number is not None, checked.problems[:3]
    with database.transaction() as connection:
        imports.apply(ActionContext(connection, viewer, datetime.now(UTC)), checked.number, "Asia/Tokyo")
    return time.perf_counter() - began
