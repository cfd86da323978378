"""Settings: typed, from the environment and files, and a wrong one is named."""

from pathlib import Path

import pytest

from core.errors import SettingsError
from core.settings import NEVER, load_settings


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment that holds only what every process needs."""
    import os

    for name in list(os.environ):
        if name.startswith("MIMAMORI_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("MIMAMORI_DATABASE_URL", "postgresql://localhost/mimamori")


def test_the_environment_alone_is_enough(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMAMORI_BROKER_PORT", "1884")

    settings = load_settings()

    assert settings.broker_port == 1884
    assert settings.environment == "production"


def test_the_evening_check_is_switched_off_by_a_word_for_an_empty_variable_is_the_default(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MIMAMORI_EVENING_CHECK_AT", "")
    assert load_settings().evening_check_at == "17:30"
    monkeypatch.setenv("MIMAMORI_EVENING_CHECK_AT", "never")
    assert load_settings().evening_check_at == NEVER


def test_a_secret_may_come_from_a_file_and_never_shows_in_text(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secret = tmp_path / "password"
    secret.write_text("tulip-42\n")
    monkeypatch.setenv("MIMAMORI_BROKER_PASSWORD_FILE", str(secret))

    settings = load_settings()

    assert settings.broker_password.get_secret_value() == "tulip-42"
    assert "tulip-42" not in repr(settings)


def test_the_environment_wins_over_the_settings_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "mimamori.toml"
    file.write_text('broker_port = 1884\nward_name = "北区"\n', encoding="utf-8")
    monkeypatch.setenv("MIMAMORI_SETTINGS", str(file))
    monkeypatch.setenv("MIMAMORI_BROKER_PORT", "1885")

    settings = load_settings()

    assert (settings.broker_port, settings.ward_name) == (1885, "北区")


def test_a_mistyped_variable_is_an_error_and_not_silently_ignored(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MIMAMORI_BROKER_PROT", "1884")

    with pytest.raises(SettingsError, match="MIMAMORI_BROKER_PROT: there is no such setting"):
        load_settings()


def test_an_unknown_name_in_the_settings_file_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mimamori.toml"
    file.write_text("broker_prot = 1884\n")
    monkeypatch.setenv("MIMAMORI_SETTINGS", str(file))

    with pytest.raises(SettingsError, match="MIMAMORI_BROKER_PROT"):
        load_settings()


@pytest.mark.parametrize(
    ("name", "value", "complaint"),
    [
        ("MIMAMORI_BROKER_PORT", "many", "MIMAMORI_BROKER_PORT"),
        ("MIMAMORI_BROKER_PORT", "70000", "MIMAMORI_BROKER_PORT"),
        ("MIMAMORI_BASE_URL", "mimamori.example.jp", "must be a web address"),
        ("MIMAMORI_BROKER_PASSWORD_FILE", "/nowhere/password", "cannot read /nowhere/password"),
        ("MIMAMORI_SETTINGS", "/nowhere/mimamori.toml", "cannot read /nowhere/mimamori.toml"),
        ("MIMAMORI_CLOCK", "2026-08-01T06:00:00Z@2x", "production runs on the system's clock"),
        ("MIMAMORI_LOG_FORMAT", "pretty", "production logs are json"),
        ("MIMAMORI_WEBHOOK_PRIVATE_HOSTS", "true", "public addresses only"),
        ("MIMAMORI_TIME_ZONE", "Asia/Tokio", "is not a time zone"),
    ],
)
def test_a_wrong_value_is_reported_with_its_name_and_what_is_wrong(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, complaint: str
) -> None:
    monkeypatch.setenv(name, value)

    with pytest.raises(SettingsError, match=complaint):
        load_settings()


@pytest.mark.parametrize("proxies", ["*", "0.0.0.0/0", "10.0.0.0/16", "proxy.example.jp", "::/0"])
def test_only_proxies_that_are_named_say_who_asks(monkeypatch: pytest.MonkeyPatch, proxies: str) -> None:
    monkeypatch.setenv("MIMAMORI_DATABASE_URL", "postgresql://db/mimamori")
    monkeypatch.setenv("MIMAMORI_TRUSTED_PROXIES", f"10.0.3.7, {proxies}")
    with pytest.raises(SettingsError, match="MIMAMORI_TRUSTED_PROXIES"):
        load_settings()


def test_a_missing_database_url_is_reported_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MIMAMORI_DATABASE_URL")

    with pytest.raises(SettingsError, match="MIMAMORI_DATABASE_URL"):
        load_settings()


def test_a_settings_file_that_is_no_toml_is_reported_with_the_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "mimamori.toml"
    file.write_text("broker_port =\n")
    monkeypatch.setenv("MIMAMORI_SETTINGS", str(file))

    with pytest.raises(SettingsError, match="line 1"):
        load_settings()


@pytest.mark.parametrize("url", ["hc-ping.com/1", "ftp://hc-ping.com/1", "https:///1"])
def test_a_watch_from_outside_that_is_no_web_address_is_named(
    monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    monkeypatch.setenv("MIMAMORI_OUTSIDE_WATCH_URL", url)
    with pytest.raises(SettingsError, match=r"OUTSIDE_WATCH_URL: .*must be a web address"):
        load_settings()
