"""The command line: help, exit codes, and what a person reads when something is wrong."""

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.errors import InputError
from deploy import command
from deploy.command import services

Run = Callable[..., tuple[int, str, str]]
COMMANDS = [
    ("demo",), ("demo-reset",), ("migrate",), ("ingest",), ("detect",), ("api",), ("register",), ("doctor",), ("decode",),
    ("user",), ("user", "add"), ("user", "list"), ("user", "password"), ("user", "disable"), ("user", "enable"),
    ("device",), ("device", "add"), ("device", "list"), ("device", "move"), ("device", "retire"),
    ("simulate",), ("replay",),
]  # fmt: skip


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    monkeypatch.chdir(tmp_path)
    # The command sets it beside a demo; set and removed here, it is gone again after the test.
    monkeypatch.setenv("MIMAMORI_SETTINGS", "")
    monkeypatch.delenv("MIMAMORI_SETTINGS")

    def call(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["mimamori", *arguments])
        try:
            command.main()
            code: Any = 0
        except SystemExit as end:
            code = end.code or 0
        output = capsys.readouterr()
        return code, output.out, output.err

    return call


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(run: Run, words: tuple[str, ...]) -> None:
    code, out, _ = run(*words, "--help")
    assert code == 0
    assert "Usage: mimamori" in out


def test_a_mistyped_command_is_a_usage_error(run: Run) -> None:
    code, out, err = run("migrat")
    assert code == 2
    assert "No such command 'migrat'" in out + err


def test_a_missing_setting_is_named_without_a_traceback(run: Run) -> None:
    code, _, err = run("migrate")
    assert code == 78
    assert err == "MIMAMORI_DATABASE_URL: Field required\n"


def test_a_mistyped_setting_is_named(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMAMORI_DATABSE_URL", "x")
    code, _, err = run("user", "list")
    assert code == 78
    assert "MIMAMORI_DATABSE_URL: there is no such setting" in err


def test_a_database_that_is_away_is_told_in_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMAMORI_DATABASE_URL", "postgresql://127.0.0.1:1/none")
    code, _, err = run("migrate")
    assert code == 69
    assert "the database is not available" in err
    assert "Traceback" not in err
    assert err.count("\n") == 1


def test_files_that_are_not_there_are_told(run: Run) -> None:
    assert run("register", "ward.json")[0] == 65
    code, _, err = run("decode", "message.json")
    assert (code, err) == (65, "there is no file message.json\n")


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("user", "add", "a", "--name", "A", "--role", "care"), "--office goes with --role care"),
        (("user", "add", "a", "--name", "A", "--role", "admin", "--resident", "1"), "--resident goes with"),
        (("device", "add", "Hall 1", "--kind", "motion", "--home", "A"), "cannot be a device id"),
        (("device", "add", "d", "--kind", "motion", "--sender", "x", "--home", "A"), "FORMAT:NAME"),
    ],
)
def test_options_that_do_not_fit_are_told_before_anything_happens(
    run: Run, words: tuple[str, ...], told: str
) -> None:
    code, _, err = run(*words)
    assert code == 65
    assert told in err


def test_an_unforeseen_error_is_one_line_and_its_details_are_kept(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: object) -> None:
        raise ZeroDivisionError("deep inside")

    monkeypatch.setattr(Path, "is_file", fail)
    monkeypatch.setenv("MIMAMORI_SETTINGS", "x")
    code, _, err = run("decode", "message.json")
    monkeypatch.undo()
    assert code == 70
    assert "deep inside" not in err
    assert err.count("\n") == 1
    details = Path(err.split("The details are in ")[1].split("; please")[0])
    assert "deep inside" in details.read_text(encoding="utf-8")
    details.unlink()


def test_commands_beside_a_demo_use_its_settings(run: Run, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "settings.toml").write_text('database_url = "postgresql://127.0.0.1:1/demo"\n')
    code, _, err = run("migrate")
    assert (code, "not available" in err) == (69, True)


def test_decode_hands_on_what_ingest_says() -> None:
    with pytest.raises(InputError, match="there is no file"):
        services.decode("nowhere.json")
