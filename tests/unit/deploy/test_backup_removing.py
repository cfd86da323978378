"""Old backups go, but none that holds so much more than the newest, or reaches further, that the newest cannot replace it."""

import dataclasses
from datetime import UTC, datetime, timedelta
from pathlib import Path

from core.store.operation.backups import Holdings, Origin
from deploy.backup.manifest import Manifest, write_manifest
from deploy.backup.removing import remove_old

_START = datetime(2026, 6, 1, tzinfo=UTC)
_ORIGIN = Origin("15.5", "2.19.3", "mimamori", ["0001_foundation.sql"], _START)
_ROWS = {"resident": 20, "device": 60, "reading": 100_000, "alert": 30}


def _backup(
    folder: Path,
    day: int,
    rows: dict[str, int] | None = None,
    set_up_at: datetime | None = _START,
    newest: datetime | None = _START,
) -> Path:
    made = folder / f"mimamori-202606{day:02}T000000Z"
    made.mkdir()
    holds = Holdings(_ROWS | (rows or {}), {"reading": 3}, 1, newest)
    origin = dataclasses.replace(_ORIGIN, set_up_at=set_up_at)
    write_manifest(made, Manifest(_START, "0.2.0", origin, holds, 1, ""))
    return made


def test_all_but_the_newest_go_when_the_newest_holds_as_much(tmp_path: Path) -> None:
    made = [_backup(tmp_path, day, newest=_START + timedelta(days=day)) for day in range(1, 6)]
    found = remove_old(tmp_path, 2)
    assert (found.removed, found.held) == (made[:3], [])
    assert sorted(tmp_path.iterdir()) == made[3:]


def test_half_may_go_in_a_night_and_one_row_more_is_said(tmp_path: Path) -> None:
    old = _backup(tmp_path, 1)
    _backup(tmp_path, 2, {"resident": 10, "reading": 50_000})
    assert remove_old(tmp_path, 1).removed == [old]
    old = _backup(tmp_path, 3)
    _backup(tmp_path, 4, {"resident": 9})
    # Also one that was not its time to go yet is named, while somebody can still look what happened.
    assert remove_old(tmp_path, 9).held == [(old, "resident: it holds 20 rows, the newest 9")]
    _backup(tmp_path, 5, {"reading": 49_999})
    assert old in dict(remove_old(tmp_path, 1).held)
    assert old.is_dir()


def test_each_is_compared_and_not_only_the_one_before(tmp_path: Path) -> None:
    good = _backup(tmp_path, 1)
    poor = [_backup(tmp_path, day, {"resident": 1}) for day in (2, 3, 4)]
    found = remove_old(tmp_path, 1)
    assert found.removed == poor[:2]
    assert [path for path, _ in found.held] == [good]


def test_one_of_another_database_stays_although_the_new_one_has_grown(tmp_path: Path) -> None:
    old = _backup(tmp_path, 1)
    _backup(tmp_path, 2, {"reading": 900_000}, set_up_at=_START + timedelta(days=1))
    assert remove_old(tmp_path, 1).held == [(old, "it is of another database, set up at another time")]
    assert old.is_dir()


def test_one_that_does_not_say_whose_it_is_is_compared_by_what_it_holds(tmp_path: Path) -> None:
    old = _backup(tmp_path, 1, set_up_at=None)
    _backup(tmp_path, 2)
    assert remove_old(tmp_path, 1).removed == [old]


def test_one_that_reaches_further_stays(tmp_path: Path) -> None:
    old = _backup(tmp_path, 1, newest=_START + timedelta(hours=2))
    _backup(tmp_path, 2, newest=_START + timedelta(hours=1))
    assert remove_old(tmp_path, 1).held == [
        (old, "its last reading is of 2026-06-01T02:00:00+00:00, the newest's 2026-06-01T01:00:00+00:00")
    ]
    _backup(tmp_path, 3, newest=None)
    held = dict(remove_old(tmp_path, 1).held)
    assert held[old] == "its last reading is of 2026-06-01T02:00:00+00:00, the newest's none"


def test_what_a_restore_left_behind_is_held_until_readings_are_later_again_as_the_runbook_says(
    tmp_path: Path,
) -> None:
    left = _backup(tmp_path, 1, {"alert": 40}, newest=_START + timedelta(days=9))
    _backup(tmp_path, 2, {"alert": 30}, newest=_START + timedelta(days=8))
    assert [path for path, _ in remove_old(tmp_path, 1).held] == [left]
    _backup(tmp_path, 3, {"alert": 30}, newest=_START + timedelta(days=10))
    assert left in remove_old(tmp_path, 1).removed


def test_one_whose_manifest_cannot_be_read_stays(tmp_path: Path) -> None:
    old = _backup(tmp_path, 1)
    (old / "manifest.json").write_text("{")
    _backup(tmp_path, 2)
    found = remove_old(tmp_path, 1)
    assert found.removed == []
    assert "cannot be read" in found.held[0][1]


def test_an_empty_folder_and_one_half_made_lose_nothing(tmp_path: Path) -> None:
    assert remove_old(tmp_path, 1).removed == []
    (tmp_path / "mimamori-20260601T000000Z").mkdir()
    assert remove_old(tmp_path, 1).removed == []
    assert (tmp_path / "mimamori-20260601T000000Z").is_dir()
