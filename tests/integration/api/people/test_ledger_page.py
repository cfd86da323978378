"""The page of the ledger gives an auditor everything to compute it anew, and says that it did."""

import csv
import hashlib
import io
import json
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from core.store.ledger import checking, sealing, whole_ledger
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _seal(ward: ApiWard) -> None:
    with ward.database.dedicated_connection() as connection:
        sealing.seal(connection)


def test_it_shows_the_last_seal_and_what_waits(ward: ApiWard) -> None:
    admin = ward.client("admin")
    ward.client("care_a").get(f"/residents/{RESIDENT_A}")
    assert "つなぐのを待っている記録: 1件" in admin.get("/ledger").text
    _seal(ward)
    head = checking.check(ward.database).head

    page = admin.get("/ledger").text

    assert str(head) in page
    assert "つないだ記録: 1件" in page
    assert "待っている記録は ありません" in page
    assert 'href="/ledger"' in admin.get("/erasures").text


def test_an_auditor_computes_every_digest_and_seal_from_the_table(
    ward: ApiWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(whole_ledger, "_PIECE", 2)
    care = ward.client("care_a")
    care.get(f"/residents/{RESIDENT_A}")
    care.post(f"/api/v1/residents/{RESIDENT_A}/reveal", json={"reason": "other", "note": '=1+1 "x", \n y'})
    care.get(f"/api/v1/residents/{RESIDENT_A}/week")
    _seal(ward)

    answer = ward.client("admin").post("/ledger.csv")

    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert len(rows) == 3
    seal = b""
    for row in rows:
        said = hashlib.sha256(UUID(row["salt"]).bytes + row["content"].encode()).hexdigest()
        assert said == row["digest"]
        listed = [
            int(row["number"]),
            row["source"],
            int(row["row"]),
            row["at"],
            row["cause"],
            None,
            row["digest"],
        ]
        seal = hashlib.sha256(seal + json.dumps(listed, separators=(",", ":")).encode()).digest()
        assert seal.hex() == row["seal"]
    assert not [cell for row in rows for cell in row.values() if cell[:1] in "=+-@\t" and cell]
    _seal(ward)
    assert ward.execute("SELECT user_id, resident_id FROM access_log WHERE what = 'ledger'") == [(1, None)]
    assert checking.check(ward.database).entries == 4
