"""Every change of what is watched keeps who, when, before and after; a removed area can be brought back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from core.store.people import geofences, watch_changes
from tests.support.wards.api_ward import RESIDENT_A, ApiWard, api_ward

_ZONES = f"/residents/{RESIDENT_A}/zones"
_FORM = {"name": "公園", "lat": "35.65", "lon": "139.79", "radius_m": "400", "start": "00:00", "end": "00:00"}


@pytest.fixture
def ward(database_url: str, tmp_path: Path) -> Iterator[ApiWard]:
    with api_ward(database_url, tmp_path) as made:
        yield made


def _add(ward: ApiWard) -> int:
    ward.client("care_a").post(_ZONES, data={**_FORM, "days": ["0", "1"]})
    (number,) = ward.execute("SELECT max(geofence_id) FROM geofence")[0]
    return number


def test_an_area_is_changed_where_it_lies_and_the_record_says_who_and_what_it_was(ward: ApiWard) -> None:
    number = _add(ward)
    form = {"name": "公園と川", "radius_m": "600", "start": "08:00", "end": "18:00", "days": ["0"]}
    assert ward.client("care_a").post(f"{_ZONES}/{number}", data=form).status_code == 303
    with ward.database.transaction() as connection:
        found = geofences.get(connection, number)
        changed, added = watch_changes.of_resident(connection, RESIDENT_A, 2)
    assert geofences.shape_to_json(found.shape) == {
        "kind": "circle",
        "lat": 35.65,
        "lon": 139.79,
        "radius_m": 600.0,
    }
    assert added.before is None
    assert changed.before is not None
    assert changed.after is not None
    assert (changed.before["name"], changed.after["name"]) == ("公園", "公園と川")
    for login in ("care_a", "family_a"):
        text = ward.client(login).get(_ZONES).text
        assert "範囲を変更: 公園と川 · 円・半径 600m" in text
        assert "(前: 公園 · 円・半径 400m" in text
        assert "35.65" not in text


def test_a_change_that_cannot_be_taken_changes_nothing(ward: ApiWard) -> None:
    number = _add(ward)
    answer = ward.client("care_a").post(f"{_ZONES}/{number}", data={**_FORM, "radius_m": "5", "days": "0"})
    assert answer.status_code == 422
    with ward.database.transaction() as connection:
        assert geofences.get(connection, number).name == "公園"


def test_a_removal_asks_and_can_be_undone_for_a_day(ward: ApiWard) -> None:
    number = _add(ward)
    care = ward.client("care_a")
    assert "出ても、知らせなくなります" in care.get(_ZONES).text
    care.post(f"{_ZONES}/{number}/remove")
    assert f"{_ZONES}/{number}/restore" in care.get(_ZONES).text
    assert care.post(f"{_ZONES}/{number}/restore").status_code == 303
    with ward.database.transaction() as connection:
        assert geofences.get(connection, number).name == "公園"
        kinds = [
            (one.before is None, one.after is None)
            for one in watch_changes.of_resident(connection, RESIDENT_A, 3)
        ]
    assert kinds == [(True, False), (False, True), (True, False)]

    care.post(f"{_ZONES}/{number}/remove")
    ward.clock.advance(hours=25)
    assert care.post(f"{_ZONES}/{number}/restore").status_code == 404


@pytest.mark.parametrize(
    ("began", "ended", "ja", "en"),
    [
        ("2030-01-05T00:00", "", "終わりを入れてください", "Enter an end; only a stay in hospital"),
        ("2020-01-05T00:00", "2020-01-06T00:00", "終わりが過ぎています", "The end is past"),
        (
            "2026-08-05T00:00",
            "2026-08-02T00:00",
            "はじまりより後にしてください",
            "comes after the beginning",
        ),
    ],
)
def test_a_wrong_span_of_an_absence_is_refused_with_the_one_thing_that_is_wrong(
    ward: ApiWard, began: str, ended: str, ja: str, en: str
) -> None:
    form = {"kind": "travel", "how": "once", "began": began, "ended": ended}
    care = ward.client("care_a")
    for language, said in (("ja", ja), ("en", en)):
        care.cookies.set("mimamori_language", language)
        answer = care.post(f"/residents/{RESIDENT_A}/absences", data=form)
        assert answer.status_code == 422
        assert said in answer.text
    texts = ("終わりを入れて", "終わりが過ぎて", "はじまりより後に")
    care.cookies.set("mimamori_language", "ja")
    page = care.post(f"/residents/{RESIDENT_A}/absences", data=form).text
    assert sum(one in page for one in texts) == 1


def test_planned_absences_are_in_the_record_with_who_and_when(ward: ApiWard) -> None:
    form = {"kind": "travel", "how": "once", "began": "2026-08-02T00:00", "ended": "2026-08-05T00:00"}
    ward.client("care_a").post(f"/residents/{RESIDENT_A}/absences", data=form)
    with ward.database.transaction() as connection:
        found = watch_changes.of_resident(connection, RESIDENT_A, 5)
    assert [one.what.value for one in found] == ["absence"]
    assert found[0].before is None
    assert "外出・お休みを追加: 旅行・外泊" in ward.client("care_a").get(_ZONES).text


@pytest.mark.parametrize(
    ("start", "end", "said"),
    [
        ("06:00", "11:00", "limit_saved_later"),
        ("06:00", "20:00", "limit_saved"),
        ("12:00", "20:00", "limit_saved_later"),
    ],
)
def test_a_quiet_limit_says_from_when_it_counts(ward: ApiWard, start: str, end: str, said: str) -> None:
    """It is 9:40: four hours are not left until 11:00."""
    days = [str(day) for day in range(7)]
    form = {"hours_long": "4", "start": start, "end": end, "days": days}
    answer = ward.client("care_a").post(f"/residents/{RESIDENT_A}/quiet-limits", data=form)
    assert answer.headers["location"].endswith(f"?said={said}")
    page = ward.client("care_a").get(answer.headers["location"]).text
    assert ("次の時間帯のはじまりから" in page) == (said == "limit_saved_later")


def test_no_quiet_limit_is_set_on_a_call_button(ward: ApiWard) -> None:
    ward.execute("UPDATE device SET kind = 'button' WHERE device_id = 'hall-a'")
    (device,) = ward.execute("SELECT device_number FROM device WHERE device_id = 'hall-a'")[0]
    path, care = f"/residents/{RESIDENT_A}/quiet-limits", ward.client("care_a")
    assert f"device:{device}" not in care.get(path).text
    form = {"target": f"device:{device}", "hours_long": "4", "start": "06:00", "end": "20:00", "days": ["0"]}
    assert care.post(path, data=form).status_code == 422
