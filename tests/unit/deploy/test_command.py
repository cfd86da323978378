"""The command line: help, exit codes, and what a person reads when something is wrong."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from core.errors import InputError
from deploy.cli import processes
from deploy.cli.application import app
from deploy.playback.scenario_command import add_to
from simulator.cli.main import app as simulating
from tests.support.command_line import CommandLine

COMMANDS = [
    ("demo",), ("demo-reset",), ("migrate",), ("ingest",), ("detect",), ("api",), ("register",), ("doctor",), ("decode",),
    ("user",), ("user", "add"), ("user", "list"), ("user", "password"), ("user", "disable"), ("user", "enable"),
    ("device",), ("device", "add"), ("device", "list"), ("device", "move"), ("device", "retire"),
    ("device", "unassign"), ("device", "share"), ("device", "replace"), ("device", "label"), ("device", "enrol"),
    ("device", "rotate"), ("device", "revoke"), ("device", "proposals"), ("device", "accept"), ("device", "dismiss"), ("sync-broker",),
    ("simulate",), ("replay",),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(mimamori: CommandLine, words: tuple[str, ...]) -> None:
    told = mimamori(*words, "--help")
    assert told.code == 0
    assert "Usage: mimamori" in told.out


def test_every_command_that_does_something_shows_an_example() -> None:
    # What follows of these is told by programs of their own; the one of `simulate` has many commands.
    handed_on = {"simulate", "replay", "evaluate"}
    add_to(simulating)

    def without(group: typer.Typer) -> Iterator[str]:
        for command in group.registered_commands:
            told = command.callback.__doc__ or ""
            if "Example: " not in told and command.name not in handed_on:
                yield str(command.name or command.callback)
        for inner in group.registered_groups:
            if inner.typer_instance is not None:
                yield from without(inner.typer_instance)

    assert [*without(app), *without(simulating)] == []


def test_a_mistyped_command_is_a_usage_error(mimamori: CommandLine) -> None:
    told = mimamori("migrat")
    assert told.code == 2
    assert "No such command 'migrat'" in told.out + told.err


def test_a_missing_setting_is_named_without_a_traceback(mimamori: CommandLine) -> None:
    told = mimamori("migrate")
    assert told.code == 78
    assert told.err == "MIMAMORI_DATABASE_URL: Field required\n"


def test_a_mistyped_setting_is_named(mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    mimamori.settings = {"MIMAMORI_DATABSE_URL": "x"}
    told = mimamori("user", "list")
    assert told.code == 78
    assert "MIMAMORI_DATABSE_URL: there is no such setting" in told.err


def test_a_database_that_is_away_is_told_in_one_line(
    mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    told = mimamori("migrate")
    assert told.code == 69
    assert "the database is not available" in told.err
    assert "Traceback" not in told.err
    assert told.err.count("\n") == 1


def test_files_that_are_not_there_are_told(mimamori: CommandLine) -> None:
    assert mimamori("register", "ward.json").code == 65
    told = mimamori("decode", "message.json")
    assert (told.code, told.err) == (65, "there is no file message.json\n")


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (("user", "add", "a", "--name", "A", "--role", "care"), "--office goes with --role care"),
        (("user", "add", "a", "--name", "A", "--role", "admin", "--resident", "1"), "--resident goes with"),
        (("device", "add", "Hall 1", "--kind", "motion", "--home", "A"), "cannot be a device id"),
        (("device", "add", "d", "--kind", "motion", "--sender", "x", "--home", "A"), "FORMAT:NAME"),
    ],
)
def test_options_that_do_not_fit_are_told_before_anything_happens(
    mimamori: CommandLine, words: tuple[str, ...], mistake: str
) -> None:
    told = mimamori(*words)
    assert told.code == 65
    assert mistake in told.err


def test_a_mistyped_scenario_is_told_before_the_demo_starts(mimamori: CommandLine, tmp_path: Path) -> None:
    folder = tmp_path / "demo"
    told = mimamori("demo", "--folder", str(folder), "--scenario", "sos", "--scenario", "power-cut")
    assert told.code == 65
    assert "did you mean 'power_cut'?" in told.err
    assert not folder.exists()


def test_an_unforeseen_error_is_one_line_and_its_details_are_kept(
    mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: object) -> None:
        raise ZeroDivisionError("deep inside")

    mimamori.settings = {"MIMAMORI_SETTINGS": "x"}
    with monkeypatch.context() as broken:
        broken.setattr(Path, "is_file", fail)
        told = mimamori("decode", "message.json")
    assert told.code == 70
    assert "deep inside" not in told.err
    assert told.err.count("\n") == 1
    details = Path(told.err.split("The details are in ")[1].split("; please")[0])
    assert "deep inside" in details.read_text(encoding="utf-8")
    details.unlink()


def test_commands_beside_a_demo_use_its_settings(mimamori: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "settings.toml").write_text('database_url = "postgresql://127.0.0.1:1/demo"\n')
    told = mimamori("migrate")
    assert (told.code, "not available" in told.err) == (69, True)


def test_decode_hands_on_what_ingest_says() -> None:
    with pytest.raises(InputError, match="there is no file"):
        processes.decode("nowhere.json")
