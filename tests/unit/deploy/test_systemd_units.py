"""The units for systemd start commands that exist, and are locked in."""

import os
import re
import shlex
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from core.settings import Settings, load_settings
from deploy.local import required_programs
from tests.support.command_line import CommandLine
from tests.support.paths import REPOSITORY

_FOLDER = REPOSITORY / "deploy" / "systemd"
_UNITS = sorted(path.name for path in _FOLDER.glob("*.service"))
# In tenths, as systemd counts: 2.0 of 10.
_MOST_EXPOSED = "20"
_COMMAND = re.compile(r"^ExecStart=/opt/mimamori/bin/mimamori (.+)$", re.MULTILINE)


def _started(unit: str) -> str:
    """Return the name of a unit as it is started; those of which there are several have a number."""
    return unit.replace("@.", "@8080.")


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """Give the folder of the units as they are installed, with a program where they look for one."""
    folder = tmp_path / "units"
    shutil.copytree(_FOLDER, folder)
    program = tmp_path / "mimamori"
    program.write_text("#!/bin/sh\n", encoding="utf-8")
    program.chmod(0o755)
    for path in folder.rglob("*.service"):
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("/opt/mimamori/bin/mimamori", str(program)), encoding="utf-8")
    return folder


def _analyze(units: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [required_programs.unit_checker(print), "--no-pager", *arguments],
        env=os.environ | {"SYSTEMD_UNIT_PATH": f"{units}:"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("unit", _UNITS)
def test_a_unit_sees_writes_and_may_no_more_than_it_needs(unit: str, units: Path) -> None:
    ran = _analyze(units, "security", "--offline=true", f"--threshold={_MOST_EXPOSED}", _started(unit))
    assert ran.returncode == 0, ran.stdout[-600:] + ran.stderr


def test_without_being_locked_in_a_unit_is_refused(units: Path) -> None:
    shutil.rmtree(units / "mimamori-.service.d")
    ran = _analyze(
        units, "security", "--offline=true", f"--threshold={_MOST_EXPOSED}", "mimamori-ingest.service"
    )
    assert ran.returncode != 0


def test_only_the_broker_sync_runs_as_the_broker_and_writes_its_folder() -> None:
    by_file: dict[str, str] = {
        path.name: path.read_text(encoding="utf-8") for path in _FOLDER.rglob("*.conf")
    }
    # systemd sorts what it adds to a unit by the names of the files, whatever folder they are in; the last line counts.
    assert sorted(by_file) == ["locked-in.conf", "with-the-broker.conf"]
    assert "User=mimamori\n" in by_file["locked-in.conf"]
    assert "User=mosquitto\n" in by_file["with-the-broker.conf"]
    writing = [
        path.name
        for path in _FOLDER.rglob("*")
        if path.is_file() and "ReadWritePaths" in path.read_text("utf-8")
    ]
    assert writing == ["with-the-broker.conf"]
    assert not any("User=" in (_FOLDER / unit).read_text(encoding="utf-8") for unit in _UNITS)


def test_systemd_finds_nothing_wrong_in_the_units(units: Path) -> None:
    names = [_started(unit) for unit in _UNITS]
    ran = _analyze(units, "verify", *(str(units / name) for name in (*names, "mimamori-backup.timer")))
    assert not [line for line in ran.stderr.splitlines() if "mimamori" in line], ran.stderr


@pytest.mark.parametrize("unit", _UNITS)
def test_every_command_of_a_unit_is_one_of_the_program(unit: str, mimamori: CommandLine) -> None:
    command = _COMMAND.search((_FOLDER / unit).read_text(encoding="utf-8"))
    assert command is not None
    name, *options = shlex.split(command[1])
    shown = mimamori(name, "--help")
    assert shown.code == 0
    assert all(option in shown.out for option in options if option.startswith("--"))


def test_the_settings_of_the_units_are_a_file_that_the_program_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    example = (_FOLDER / "mimamori.toml").read_text(encoding="utf-8")
    assert set(tomllib.loads(example)) <= set(Settings.model_fields)
    # As systemd passes it on: without the ending that says what it is.
    given = tmp_path / "settings"
    given.write_text(example, encoding="utf-8")
    for name in [name for name in os.environ if name.startswith("MIMAMORI_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("MIMAMORI_SETTINGS", str(given))
    settings = load_settings()
    assert settings.environment == "production"
    assert settings.base_url == "https://mimamori.example.jp"
