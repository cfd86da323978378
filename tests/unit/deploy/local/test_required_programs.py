"""What a person is shown when a program is missing."""

import os
import platform
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.local import required_programs
from deploy.local.debian_packages import MissingPackageError

DEBIAN_12 = {"ID": "debian", "VERSION_ID": "12"}
FEDORA = {"ID": "fedora", "VERSION_ID": "43"}


def nothing(*_arguments: object, **_options: object) -> None:
    return None


def no_files(_folder: object, _pattern: object) -> Iterator[Path]:
    return iter(())


@pytest.fixture
def bare(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """Hide every installed program, and be an ordinary user with nothing in the cache."""
    monkeypatch.setattr(shutil, "which", nothing)
    monkeypatch.setattr(Path, "glob", no_files)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("XDG_CACHE_HOME", "/nonexistent")
    return monkeypatch


def on(monkeypatch: pytest.MonkeyPatch, system: dict[str, str]) -> None:
    monkeypatch.setattr(platform, "freedesktop_os_release", lambda: system)


def test_an_ordinary_user_on_debian_gets_the_line_to_run(bare: pytest.MonkeyPatch) -> None:
    on(bare, DEBIAN_12)
    with pytest.raises(MissingPackageError, match=r"sudo apt-get install mosquitto$"):
        required_programs.mosquitto(print)
    with pytest.raises(
        MissingPackageError, match="sudo apt-get install postgresql-15 postgresql-server-dev-15"
    ):
        required_programs.postgres(print)
    with pytest.raises(MissingPackageError, match="sudo apt-get install chromium fonts-noto-cjk"):
        required_programs.browser(print)


def test_on_another_system_the_containers_are_named(bare: pytest.MonkeyPatch) -> None:
    on(bare, FEDORA)
    for find in (required_programs.mosquitto, required_programs.postgres):
        with pytest.raises(MissingPackageError, match=r"docker compose -f deploy/compose\.yaml up"):
            find(print)


def test_on_debian_13_the_package_with_timescaledb_is_named(bare: pytest.MonkeyPatch) -> None:
    on(bare, {"ID": "debian", "VERSION_ID": "13"})
    with pytest.raises(MissingPackageError, match=r"sudo apt-get install postgresql-17-timescaledb$"):
        required_programs.postgres(print)


def test_each_message_is_one_line_with_an_exit_code(bare: pytest.MonkeyPatch) -> None:
    on(bare, DEBIAN_12)
    with pytest.raises(MissingPackageError) as result:
        required_programs.mosquitto(print)
    assert "\n" not in str(result.value)
    assert result.value.exit_code == 69
