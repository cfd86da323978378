"""The container files: what can be known of them without a container engine."""

import re
import stat
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import Settings
from deploy.cli.application import app
from deploy.container import prepare
from tests.support.paths import REPOSITORY

DEPLOY = REPOSITORY / "deploy"


@pytest.fixture
def services() -> dict[str, Any]:
    return yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))["services"]


def test_every_process_runs_a_command_that_exists(services: dict[str, Any]) -> None:
    commands = {command.name for command in app.registered_commands}
    ours = [
        service for service in services.values() if service["image"] == "mimamori" and "command" in service
    ]
    assert len(ours) == 7
    assert {service["command"][0] for service in ours} <= commands


def test_nothing_is_published_to_other_systems_unless_somebody_wants_it(services: dict[str, Any]) -> None:
    assert services["mqtt-out"]["profiles"] == ["mqtt-out"]
    # Without offices it ends at once, and shall not be started again and again.
    assert services["mqtt-out"]["restart"] == "on-failure"
    assert all(
        one["environment"]["MIMAMORI_MQTT_OUT"] == "${MIMAMORI_MQTT_OUT:-}"
        for one in services.values()
        if one["image"] == "mimamori" and "command" in one
    )


def test_every_setting_in_the_file_exists(services: dict[str, Any]) -> None:
    names = {f"MIMAMORI_{name.upper()}" for name in Settings.model_fields}
    used = {name for service in services.values() for name in service.get("environment", {})}
    ours = {name for name in used if name.startswith("MIMAMORI_")}
    assert {name if name in names else name.removesuffix("_FILE") for name in ours} <= names


def test_every_stage_that_is_named_is_in_the_dockerfile(services: dict[str, Any]) -> None:
    text = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    test_beds = set(re.findall(r"^FROM \S+ AS (\S+)$", text, re.MULTILINE))
    targets = {service["build"]["target"] for service in services.values() if "build" in service}
    assert targets | set(re.findall(r"--from=(\S+)", text)) <= test_beds


def test_the_recordings_of_others_are_in_neither_the_images_nor_the_wheel() -> None:
    left_out = (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").split()
    assert "tests" in left_out
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))
    assert "tests" not in project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]


def test_passwords_are_made_once_and_fit_the_broker(tmp_path: Path) -> None:
    secret_folder, broker_folder = tmp_path / "secrets", tmp_path / "broker"
    secret_folder.mkdir()
    broker_folder.mkdir()
    prepare(secret_folder, broker_folder, Path("/broker"))
    before = {path: path.read_bytes() for path in tmp_path.glob("*/*")}
    prepare(secret_folder, broker_folder, Path("/broker"))
    assert {path: path.read_bytes() for path in tmp_path.glob("*/*")} == before
    made = {"database_password", "database_url", "ingest", "erasure", "mimamori-out", "mimamori-reader"}
    made |= {"web_database_password", "web_database_url"}
    assert {path.name for path in secret_folder.iterdir()} == made
    assert all(stat.S_IMODE(path.stat().st_mode) == 0o600 for path in before)
    assert "listener 1883 0.0.0.0\n" in (broker_folder / "mosquitto.conf").read_text(encoding="utf-8")
    ingest, erasure, *others = (broker_folder / "passwords").read_text(encoding="utf-8").splitlines()
    assert (ingest[:10], erasure[:11]) == ("ingest:$7$", "erasure:$7$")
    assert [one.partition(":")[0] for one in others] == ["mimamori-out", "mimamori-reader"]
    # A release before this one had made the first of them only.
    (secret_folder / "erasure").unlink()
    (broker_folder / "passwords").write_text(f"{ingest}\nhall-1:x\n", encoding="utf-8")
    prepare(secret_folder, broker_folder, Path("/broker"))
    after = (broker_folder / "passwords").read_text(encoding="utf-8").splitlines()
    assert (after[:2], after[2][:11]) == ([ingest, "hall-1:x"], "erasure:$7$")


def test_certificates_are_copied_to_where_each_may_read_them(tmp_path: Path) -> None:
    secret_folder, broker_folder, tls = tmp_path / "secrets", tmp_path / "broker", tmp_path / "tls"
    for folder in (secret_folder, broker_folder, tls):
        folder.mkdir()
    for name in ("server.crt", "server.key", "ca.crt"):
        (tls / name).write_text(name, encoding="ascii")
    prepare(secret_folder, broker_folder, Path("/broker"), tls)
    assert (secret_folder / "ca.crt").read_text(encoding="ascii") == "ca.crt"
    assert not (secret_folder / "server.key").exists()
    written = (broker_folder / "mosquitto.conf").read_text(encoding="utf-8")
    assert written.count("certfile /broker/server.crt\nkeyfile /broker/server.key\n") == 2
