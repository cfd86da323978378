"""Everything about a resident by page and interface: given out whole to administrators, with a trace, and erased by name alone."""

import io
import json
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.domain.records.personal_data import OF_RESIDENTS
from core.store.people.personal import erasing, erasures
from tests.support.command_line import CommandLine
from tests.support.wards.api_ward import RESIDENT_A, RESIDENT_B, ApiWard, api_ward
from tests.support.wards.whole_person import fill

_DATA = f"/residents/{RESIDENT_A}/data"


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        fill(made.database, RESIDENT_A, "a")
        fill(made.database, RESIDENT_B, "b")
        yield made


def _end(ward: ApiWard) -> None:
    ward.execute(
        "UPDATE resident SET ended_at = now(), end_reason = 'left' WHERE resident_id = %s", RESIDENT_A
    )


def _text(body: bytes) -> tuple[zipfile.ZipFile, str]:
    archive = zipfile.ZipFile(io.BytesIO(body))
    return archive, "\n".join(archive.read(name).decode() for name in archive.namelist())


def test_the_export_holds_all_of_hers_nothing_of_others_and_no_secret(ward: ApiWard) -> None:
    admin = ward.client("admin")
    answer = admin.post(f"/residents/{RESIDENT_A}/export")
    assert answer.status_code == 200
    assert "田中" not in answer.headers["content-disposition"]
    assert answer.headers["cache-control"] == "no-store"
    archive, text = _text(answer.content)

    rows = json.loads(archive.read("manifest.json"))["rows"]
    assert set(rows) == {one.name for one in OF_RESIDENTS if one.is_given_out}
    # Every table has something of her (see whole_person); so has the archive.
    assert [name for name, number in rows.items() if not number] == []
    assert rows["reading"] == 121
    assert "likes tea of a" in text
    assert "family-a@example.jp" in text
    assert "35.6" in archive.read("tables/fix.csv").decode()
    assert '"metric":"motion"' in archive.read("tables/reading.jsonl").decode()
    assert "鈴木" not in text
    assert "family-b@" not in text
    (kept,) = ward.execute("SELECT password_hash FROM user_account WHERE login = 'family_a'")[0]
    assert kept not in text
    assert "password_hash" not in text
    assert "token_hash" not in text
    # What is to be read says codes in words, and what each device is whose readings are in it.
    first = archive.read("index.html").decode()
    assert "すべての記録を書き出した" in first
    assert "人感センサー" in first
    measured, devices = (
        {json.loads(line)["device_id"] for line in archive.read(f"tables/{name}.jsonl").splitlines()}
        for name in ("reading", "device")
    )
    assert measured <= devices
    # The interface gives the same.
    by_json = _text(admin.get(f"/api/v1/residents/{RESIDENT_A}/export").content)[0]
    assert by_json.namelist() == archive.namelist()


def test_who_exported_stands_in_the_list_that_the_family_sees(ward: ApiWard) -> None:
    ward.client("admin").post(f"/residents/{RESIDENT_A}/export")
    text = ward.client("family_a").get(f"/residents/{RESIDENT_A}").text
    assert "すべての記録を書き出した" in text
    assert "管理 者" in text


def test_the_command_writes_it_for_its_owner_alone_and_leaves_the_same_trace(
    ward: ApiWard, database_url: str, mimamori: CommandLine, tmp_path: Path
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": database_url, "MIMAMORI_ENVIRONMENT": "test"}
    done = mimamori("resident", "export", str(RESIDENT_A), "--to", str(tmp_path))
    assert done.code == 0, done.err
    path = Path(done.out.strip())
    assert path.stat().st_mode & 0o777 == 0o600
    assert "likes tea of a" in _text(path.read_bytes())[1]
    assert "運用の担当者" in ward.client("family_a").get(f"/residents/{RESIDENT_A}").text
    # Over nothing that is there.
    assert mimamori("resident", "export", str(RESIDENT_A), "--to", str(path)).code == 65


def test_somebody_is_erased_by_their_name_after_the_watch_has_ended(ward: ApiWard) -> None:
    admin, address = ward.client("admin"), f"/residents/{RESIDENT_A}/erasure"
    page = admin.get(_DATA).text
    assert "見守りが続いています" in page
    assert 'name="name"' not in page
    assert admin.post(address, data={"name": "田中 花子"}).status_code == 422
    _end(ward)
    assert 'name="name"' in admin.get(_DATA).text
    wrong = admin.post(address, data={"name": "鈴木 一郎"})
    assert (wrong.status_code, 'id="problem-name"' in wrong.text) == (422, True)
    assert ward.execute("SELECT count(*) FROM erasure") == [(0,)]

    asked = [admin.post(address, data={"name": "田中　花子"}).headers["location"] for _ in range(2)]
    assert asked[0] == asked[1] == "/erasures/1"
    assert "順番を待っています" in admin.get(asked[0]).text
    assert "消去を受け付けています" in admin.get(_DATA).text
    erasing.erase(ward.database, 1, ward.clock.now(), None)

    done = admin.get(asked[0]).text
    assert "すべて消えたことを確かめました" in done
    assert "センサーの記録" in done
    assert "田中" not in done
    assert admin.get(_DATA).status_code == 404
    found = admin.get("/api/v1/erasures/1").json()
    assert (found["state"], found["report"]["left_rows"], found["report"]["left_texts"]) == ("done", {}, [])
    assert "番号 1 の方" in admin.get("/erasures").text
    # The others are watched on as before.
    for path in ("/board", "/residents", f"/residents/{RESIDENT_B}", "/alerts", "/devices", "/admin/users"):
        assert admin.get(path).status_code == 200, path
    assert ward.client("family_b").get("/family").status_code == 200


def test_what_is_left_is_said_on_the_page(ward: ApiWard) -> None:
    _end(ward)
    ward.execute("UPDATE device_proposal SET name = '田中 花子の電話' WHERE sender = 'native:tracker-b'")
    with ward.database.transaction() as connection:
        number = erasures.ask(connection, RESIDENT_A, user=1, now=ward.clock.now())
    erasing.erase(ward.database, number, ward.clock.now(), None)
    text = ward.client("admin").get(f"/erasures/{number}").text
    assert "残っているものがあります" in text
    assert "「機器の説明」の name に、名前などが1件" in text
