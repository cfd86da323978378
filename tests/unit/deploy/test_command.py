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
    ("device", "rotate"), ("device", "revoke"), ("device", "proposals"), ("device", "accept"), ("device", "dismiss"), ("sync-broker",), ("mqtt-out",),
    ("simulate",), ("replay",),
]  # fmt: skip


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(mimamori: CommandLine, words: tuple[str, ...]) -> None:
    result = mimamori(*words, "--help")
    assert result.code == 0
    assert "Usage: mimamori" in result.out


def test_every_command_that_does_something_shows_an_example() -> None:
    # What follows of these is explained by programs of their own; the one of `simulate` has many commands.
    handed_on = {"simulate", "replay", "evaluate"}
    add_to(simulating)

    def without(group: typer.Typer) -> Iterator[str]:
        for command in group.registered_commands:
            result = command.callback.__doc__ or ""
            if "Example: " not in result and command.name not in handed_on:
                yield str(command.name or command.callback)
        for inner in group.registered_groups:
            if inner.typer_instance is not None:
                yield from without(inner.typer_instance)

    assert [*without(app), *without(simulating)] == []


def test_a_mistyped_command_is_a_usage_error(mimamori: CommandLine) -> None:
    result = mimamori("migrat")
    assert result.code == 2
    assert "No such command 'migrat'" in result.out + result.err


def test_a_missing_setting_is_named_without_a_traceback(mimamori: CommandLine) -> None:
    result = mimamori("migrate")
    assert result.code == 78
    assert result.err == "MIMAMORI_DATABASE_URL: Field required\n"


def test_a_mistyped_setting_is_named(mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch) -> None:
    mimamori.settings = {"MIMAMORI_DATABSE_URL": "x"}
    result = mimamori("user", "list")
    assert result.code == 78
    assert "MIMAMORI_DATABSE_URL: there is no such setting" in result.err


def test_a_database_that_is_away_is_reported_in_one_line(
    mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    mimamori.settings = {"MIMAMORI_DATABASE_URL": "postgresql://127.0.0.1:1/none"}
    result = mimamori("migrate")
    assert result.code == 69
    assert "the database is not available" in result.err
    assert "Traceback" not in result.err
    assert result.err.count("\n") == 1


def test_files_that_are_not_there_are_reported(mimamori: CommandLine) -> None:
    assert mimamori("register", "ward.json").code == 65
    result = mimamori("decode", "message.json")
    assert (result.code, result.err) == (65, "there is no file message.json\n")


@pytest.mark.parametrize(
    ("words", "mistake"),
    [
        (("user", "add", "a", "--name", "A", "--role", "care"), "--office goes with --role care"),
        (("user", "add", "a", "--name", "A", "--role", "admin", "--resident", "1"), "--resident goes with"),
        (("device", "add", "Hall 1", "--kind", "motion", "--home", "A"), "cannot be a device id"),
        (("device", "add", "d", "--kind", "motion", "--sender", "x", "--home", "A"), "FORMAT:NAME"),
    ],
)
def test_options_that_do_not_fit_are_reported_before_anything_happens(
    mimamori: CommandLine, words: tuple[str, ...], mistake: str
) -> None:
    result = mimamori(*words)
    assert result.code == 65
    assert mistake in result.err


def test_a_mistyped_scenario_is_reported_before_the_demo_starts(
    mimamori: CommandLine, tmp_path: Path
) -> None:
    folder = tmp_path / "demo"
    result = mimamori("demo", "--folder", str(folder), "--scenario", "sos", "--scenario", "power-cut")
    assert result.code == 65
    assert "did you mean 'power_cut'?" in result.err
    assert not folder.exists()


def test_an_unforeseen_error_is_one_line_and_its_details_are_kept(
    mimamori: CommandLine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_path: object) -> None:
        raise ZeroDivisionError("deep inside")

    mimamori.settings = {"MIMAMORI_SETTINGS": "x"}
    with monkeypatch.context() as broken:
        broken.setattr(Path, "is_file", fail)
        result = mimamori("decode", "message.json")
    assert result.code == 70
    assert "deep inside" not in result.err
    assert result.err.count("\n") == 1
    details = Path(result.err.split("The details are in ")[1].split("; please")[0])
    assert "deep inside" in details.read_text(encoding="utf-8")
    details.unlink()


def test_commands_beside_a_demo_use_its_settings(mimamori: CommandLine, tmp_path: Path) -> None:
    (tmp_path / "var").mkdir()
    (tmp_path / "var" / "settings.toml").write_text('database_url = "postgresql://127.0.0.1:1/demo"\n')
    result = mimamori("migrate")
    assert (result.code, "not available" in result.err) == (69, True)


def test_decode_hands_on_what_ingest_says() -> None:
    with pytest.raises(InputError, match="there is no file"):
        processes.decode("nowhere.json")
