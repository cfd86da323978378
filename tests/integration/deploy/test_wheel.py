"""The package as somebody installs it: alone in an empty environment, away from the repository."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx2
import pytest

from deploy.local import browser_assets
from deploy.local.child_process import Child
from tests.support.paths import REPOSITORY
from tests.support.services.processes import Process

Run = Callable[..., subprocess.CompletedProcess[str]]

_PROGRAM = ("core", "ingest", "detectors", "api", "simulator", "deploy")
_STATIC = "api/static/"
# Prints the modules that cannot be imported, and those that come from elsewhere; the mail sink needs the extra `demo`.
_IMPORT_ALL = f"""
import importlib, pkgutil, sys
for top in {_PROGRAM}:
    for module in pkgutil.walk_packages(importlib.import_module(top).__path__, top + "."):
        if module.name in ("deploy.inbox.mail", "deploy.inbox.web") or module.name.endswith("__main__"):
            continue
        try:
            file = importlib.import_module(module.name).__file__
        except Exception as error:
            print(module.name, repr(error))
        else:
            if not file.startswith(sys.prefix):
                print(module.name, file)
"""


def _environment(**more: str) -> dict[str, str]:
    # Without what leads back to the repository or to settings of this machine.
    ours = ("MIMAMORI_", "PYTHON", "VIRTUAL_ENV", "UV_PROJECT")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)} | more


def _uv(
    *arguments: str | Path, folder: Path = REPOSITORY, python: Path | str = sys.executable, **more: str
) -> subprocess.CompletedProcess[str]:
    """Run uv with what `make install` left in its cache; only if that does not do, with the registry."""
    uv = Path(sys.executable).with_name("uv")
    for network in (["--offline"], []):
        done = subprocess.run(
            [uv, *arguments, "--python", python, *network],
            cwd=folder, env=_environment(**more), capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip
        if done.returncode == 0:
            break
    return done


def _tracked() -> set[str]:
    """Return the files of the program that belong into the repository."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", *_PROGRAM],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return {name for name in listing.stdout.split("\0") if name and (REPOSITORY / name).is_file()}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    browser_assets.build(print)
    folder = tmp_path_factory.mktemp("dist")
    done = _uv("build", "--wheel", "--out-dir", folder)
    assert done.returncode == 0, done.stderr
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the `bin` of an environment that holds the wheel, what uv.lock says it needs, and nothing else."""
    place = tmp_path_factory.mktemp("installed") / "env"
    locked = _uv(
        "sync", "--locked", "--no-default-groups", "--no-install-project", UV_PROJECT_ENVIRONMENT=str(place)
    )
    assert locked.returncode == 0, locked.stderr
    for arguments in (("install", "--no-deps", wheel), ("check",)):
        done = _uv("pip", *arguments, python=place)
        assert done.returncode == 0, done.stdout + done.stderr
    return place / "bin"


@pytest.fixture
def run(program: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Give a way to run a program of that environment, in an empty folder."""
    monkeypatch.chdir(tmp_path)

    def run(name: str, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [program / name, *arguments],
            env=_environment(COLUMNS="200", **more), capture_output=True, text=True, timeout=100, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def migrated_url(run: Run, empty_database_url: str) -> str:
    done = run("mimamori", "migrate", MIMAMORI_DATABASE_URL=empty_database_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("applied 0001_")
    return empty_database_url


@pytest.fixture
def pages(program: Path, migrated_url: str, tmp_path: Path) -> Iterator[httpx2.Client]:
    settings = {"database_url": migrated_url, "environment": "test", "api_port": "0"}
    environment = _environment(**{f"MIMAMORI_{name.upper()}": value for name, value in settings.items()})
    command = [str(program / "mimamori"), "api"]
    log = tmp_path / "api.log"
    api = Process("api", Child("api", command, log, environment=environment, death_signal=signal.SIGKILL))
    try:
        with httpx2.Client(base_url=api.wait_for("ready")["address"]) as client:
            yield client
    finally:
        api.stop()


def test_the_wheel_holds_the_program_with_the_pages_libraries_and_nothing_else(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    libraries = {f"{_STATIC}vendor/{path.name}" for path in browser_assets.TARGET.iterdir()}
    assert {f"{_STATIC}vendor/{name}" for name in ("htmx.min.js", "leaflet.js", "tokens.css")} <= libraries
    held = {name for name in names if not re.match(r"mimamori-[\w.]+\.dist-info/", name)}
    assert held == _tracked() | libraries


@pytest.mark.parametrize("kind", ["--wheel", "--sdist"])
def test_no_package_is_built_without_the_pages_libraries(tmp_path: Path, kind: str) -> None:
    for name in _tracked() | {"pyproject.toml", "hatch_build.py", "README.md", "LICENSE"}:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(REPOSITORY / name, tmp_path / name)
    done = _uv("build", kind, "--out-dir", "dist", folder=tmp_path)
    assert done.returncode != 0
    assert "run `make assets`, then build again" in done.stderr
    assert not list(tmp_path.glob("dist/mimamori*"))


def test_every_module_finds_what_it_imports_in_an_empty_environment(run: Run) -> None:
    done = run("python", "-c", _IMPORT_ALL)
    assert (done.returncode, done.stdout) == (0, ""), done.stderr


def test_the_installed_program_says_its_version(run: Run) -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    done = run("mimamori", "--version")
    assert (done.returncode, done.stdout) == (0, f"mimamori {project['version']}\n"), done.stderr


def test_the_installed_program_completes_commands_in_bash(program: Path) -> None:
    # As the shell does at the Tab key: with the words so far, and the place of the one to complete.
    lines = """
        eval "$(mimamori --show-completion)"
        COMP_WORDS=(mimamori dev) COMP_CWORD=1
        _mimamori_completion mimamori
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", lines],
        env=_environment(PATH=f"{program}:{os.environ['PATH']}"),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "device\n"), done.stderr


def test_the_installed_pages_come_with_their_styles_and_scripts(wheel: Path, pages: httpx2.Client) -> None:
    page = pages.get("/login")
    assert page.status_code == 200
    named = set(re.findall(r'(?:href|src)="/(static/[^"]+)"', page.text))
    assert {"static/vendor/tokens.css", "static/vendor/htmx.min.js", "static/css/base.css"} <= named
    # Pages behind the sign-in name others, so all are asked for.
    held = {
        name.removeprefix("api/") for name in zipfile.ZipFile(wheel).namelist() if name.startswith(_STATIC)
    }
    assert named <= held
    answers = {name: pages.get(f"/{name}") for name in held}
    assert {name: answer.status_code for name, answer in answers.items() if answer.status_code != 200} == {}
    assert all(answer.content for answer in answers.values())


def test_the_installed_program_plays_a_scenario_of_its_library(run: Run) -> None:
    done = run("mimamori", "simulate", "verify", "sos", "--residents", "3", "--bystanders", "0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 of 1 events raised in time, 0 late, 0 missed; 0 false alerts" in done.stdout


def test_the_demo_says_what_to_install_for_its_inbox(run: Run) -> None:
    done = run("mimamori", "demo", "--residents", "1")
    assert done.returncode == 69
    assert done.stderr.endswith("pip install aiosmtpd\n")
