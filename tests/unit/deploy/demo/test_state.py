"""What the demo remembers between starts."""

import json
import stat
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from core.settings import load_settings
from deploy.demo.state import DemoFolder, DemoState, DemoStateError, first_morning

STATE = DemoState(datetime(2026, 8, 1, 6, 30, tzinfo=UTC), True, 8025, "/somewhere/broker", 1)


def test_the_demo_begins_in_the_morning_of_today_in_japan() -> None:
    # 20:00 UTC is already the next morning in Japan.
    assert first_morning(datetime(2026, 8, 1, 20, 0, tzinfo=UTC)).isoformat() == "2026-08-02T06:55:00+09:00"


def test_what_was_written_is_read(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    assert folder.read() is None
    folder.write(STATE)
    assert folder.read() == STATE


def test_the_scenarios_of_the_first_start_are_remembered_and_an_older_memory_has_none(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    state = replace(STATE, scenarios=("power_cut", "/home/tester/mine.toml"))
    folder.write(state)
    assert folder.read() == state
    values = json.loads((tmp_path / "demo.json").read_text(encoding="utf-8"))
    del values["scenarios"]
    (tmp_path / "demo.json").write_text(json.dumps(values), encoding="utf-8")
    assert folder.read() == STATE


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"shown": 3}', "\x00"])
def test_a_memory_that_is_not_readable_is_as_none(tmp_path: Path, text: str) -> None:
    (tmp_path / "demo.json").write_text(text, encoding="utf-8")
    assert DemoFolder(tmp_path).read() is None


def test_passwords_and_settings_are_for_this_user_only(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    folder.write_passwords({"care": "secret"})
    folder.write_settings({"database_url": "postgresql://u:p@h/d"})
    assert folder.passwords() == {"care": "secret"}
    for name in ("passwords.json", "settings.toml"):
        assert stat.S_IMODE((tmp_path / name).stat().st_mode) == 0o600


def test_processes_read_the_settings_as_they_were_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = DemoFolder(tmp_path)
    folder.write_settings(
        {
            "environment": "demo",
            "database_url": "postgresql://u:p@h/d",
            "ward_name": 'a "quoted" 区 \\ name',
            "broker_port": 1883,
            "webhook_private_hosts": True,
            "clock": "2026-08-01T06:30:00+09:00@30x",
            "clock_anchor": 1785533400.25,
        }
    )
    # The next start reads what stays the same, such as the key that browsers know.
    assert (folder.setting("ward_name"), folder.setting("push_key")) == ('a "quoted" 区 \\ name', "")
    monkeypatch.setenv("MIMAMORI_SETTINGS", str(folder.settings))
    settings = load_settings()
    assert settings.ward_name == 'a "quoted" 区 \\ name'
    assert (settings.broker_port, settings.webhook_private_hosts) == (1883, True)
    assert settings.clock_anchor == 1785533400.25


def test_forgetting_takes_what_the_demo_wrote_and_nothing_else(tmp_path: Path) -> None:
    folder = DemoFolder(tmp_path)
    folder.write(STATE)
    folder.service("postgresql").mkdir()
    (folder.logs / "api.log").touch()
    mine = tmp_path / "notes.txt"
    mine.touch()
    folder.forget()
    assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_that_cannot_be_made_is_reported_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DemoStateError, match=r"cannot write in .*--folder"):
        DemoFolder(tmp_path / "file" / "var")
