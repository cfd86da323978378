"""Typed settings from the environment and a TOML file; an unknown name is an error, never silently ignored."""

import os
import tomllib
from ipaddress import ip_network
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, SecretStr, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from core.clock import Clock, clock_from_setting
from core.domain.people import Channel
from core.domain.records.retention import LEAST_FIX_DAYS, LEAST_READING_DAYS, KeptFor
from core.errors import SettingsError
from core.outward_settings import OutwardSettings

_PREFIX = "MIMAMORI_"
_FILE_SUFFIX = "_FILE"
_MQTT_TLS_PORT = 8883
_MOST_PROXIES = 256
# Read before the settings themselves: where the TOML file is.
_SETTINGS_FILE = "MIMAMORI_SETTINGS"


NEVER = "never"
"""In place of a time of day. An empty variable stands for the default."""


class Settings(OutwardSettings):
    """Everything that differs between one installation and the next.

    Each field is read from `MIMAMORI_<NAME>`, else from the file that `MIMAMORI_<NAME>_FILE` names (for secrets),
    else from the TOML file that `MIMAMORI_SETTINGS` names.
    """

    model_config = SettingsConfigDict(env_prefix=_PREFIX, extra="forbid", frozen=True, env_ignore_empty=True)

    environment: Literal["production", "demo", "test"] = "production"

    database_url: SecretStr = Field(description="libpq URL or key=value text of the database")
    database_pool_size: int = Field(default=8, ge=1, le=200)

    restore_check_url: SecretStr = Field(
        default=SecretStr(""),
        description="superuser's URL of a server on which backups are tried; best another than the service's",
    )

    erasure_list: Path | None = Field(
        default=None,
        description="a file outside the database that keeps who was erased, by number; `mimamori restore` reads it",
    )

    broker_host: str = "127.0.0.1"
    broker_port: int = Field(default=8883, ge=1, le=65535)
    broker_username: str = ""
    broker_password: SecretStr = SecretStr("")
    broker_tls: bool = Field(
        default=False, description="speak TLS to the broker, trusting the system's authorities"
    )
    broker_ca_file: Path | None = Field(default=None, description="certificate authority; set to speak TLS")
    broker_cert_file: Path | None = Field(
        default=None, description="our own certificate, where the broker asks services for one"
    )
    broker_key_file: Path | None = Field(default=None, description="the key of that certificate")

    erasure_broker_username: str = Field(
        default="",
        description="who takes back at the broker what it retained of somebody who is erased; empty: as ingest signs in",
    )
    erasure_broker_password: SecretStr = Field(default=SecretStr(""), description="their password")

    devices_broker: str = Field(
        default="",
        description="where devices find the broker: mqtts://host:port; empty: port 8883 of base_url's host",
    )
    devices_ca_file: Path | None = Field(
        default=None,
        description="certificate authority that devices receive with their credential; none where a public one signed",
    )

    ingest_client_id: str = Field(
        default="mimamori-ingest",
        min_length=1,
        max_length=60,
        pattern=r"^[a-z0-9][a-z0-9_-]*$",
        description="names the one active ingest worker to the broker; a second process with it is a hot standby",
    )

    ingest_group: str = Field(
        default="",
        max_length=60,
        pattern=r"^([a-z0-9][a-z0-9_-]*)?$",
        description="workers with the same group and different client ids share the messages; empty: one worker gets all",
    )

    ingest_filters: str = Field(
        default="",
        description="topics that ingest asks the broker for, separated by commas; documented: those of docs/senders.md",
    )

    quarantine_days: int = Field(
        default=90, ge=1, le=3650, description="how long messages that could not be stored are kept"
    )
    quarantine_messages: int = Field(
        default=100_000, ge=1, le=100_000_000, description="how many of them are kept; then the oldest go"
    )
    quarantine_mb: int = Field(default=512, ge=1, le=1_000_000, description="how much of them is kept, in MB")

    reading_days: int = Field(
        default=400,
        ge=LEAST_READING_DAYS,
        le=36_500,
        description="how long raw readings are kept, in days; the default is as far back as a device's time is believed",
    )
    fix_days: int = Field(
        default=90, ge=LEAST_FIX_DAYS, le=36_500, description="how long raw positions are kept, in days"
    )

    api_host: str = "127.0.0.1"
    api_port: int = Field(default=8080, ge=0, le=65535)
    trusted_proxies: str = Field(default="127.0.0.1,::1", description="proxies before the pages, by commas")
    base_url: str = Field(
        default="http://127.0.0.1:8080", description="how families reach us; links in messages start with it"
    )

    outside_watch_url: SecretStr = Field(
        default=SecretStr(""),
        description="address that is called once a minute while the service is ready, such as a check at healthchecks.io",
    )

    secret_keys: SecretStr = Field(
        default=SecretStr(""),
        description="keys for what stands encrypted in the database: NUMBER:KEY, the newest first, separated by commas",
    )

    breached_passwords_file: Path | None = Field(
        default=None,
        description="passwords of known breaches, SHA-1 hashes in their order; nobody may choose one of them",
    )

    mail_url: SecretStr = Field(
        default=SecretStr(""),
        description="SMTP server: smtps://[user:password@]host, smtp://... (STARTTLS) or smtp+plain://...",
    )
    mail_from: str = "mimamori@localhost"
    webhook_private_hosts: bool = Field(
        default=False, description="allow webhooks to private and loopback addresses; refused in production"
    )

    staff_chat_hosts: str = Field(
        default="",
        description="hosts, separated by commas, where chats of the offices may be, also inside the ward's own network",
    )
    push_key: SecretStr = Field(
        default=SecretStr(""),
        description="private key that signs notifications to browsers; empty: none are sent",
    )

    line_url: str = Field(default="https://api.line.me", description="LINE's Messaging API")
    line_token: SecretStr = Field(
        default=SecretStr(""), description="channel access token of our LINE account; empty: no LINE"
    )
    line_secret: SecretStr = Field(
        default=SecretStr(""), description="channel secret, with which LINE signs what it reports to us"
    )
    line_id: str = Field(
        default="", description="our LINE account's id, such as @mimamori, for links and QR codes"
    )

    twilio_url: str = Field(default="https://api.twilio.com", description="interface for messages and calls")
    twilio_account: str = Field(default="", description="account SID; empty: no short messages and no calls")
    twilio_token: SecretStr = Field(
        default=SecretStr(""), description="its token, with which the provider signs what it reports to us"
    )
    twilio_sender: str = Field(default="", description="our number, in E.164, or a sender name")

    time_zone: str = Field(default="Asia/Tokyo", description="zone of homes that name none")
    ward_name: str = "見守り区"
    centre_phone: str = Field(default="", description="the centre's telephone number, shown on every page")

    evening_check_at: str = Field(
        default="17:30",
        pattern=rf"^(([01][0-9]|2[0-3]):[0-5][0-9]|{NEVER})$",
        description=f"when it is looked up every day who cannot be reached tonight, by MIMAMORI_TIME_ZONE, or `{NEVER}`",
    )

    equipment_message_at: str = Field(
        default="09:30",
        pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$",
        description="when offices are notified every day of equipment to check, by MIMAMORI_TIME_ZONE",
    )

    map_tiles: str = Field(
        default="",
        description="address of map tiles with {z}, {x} and {y}; empty: a plain grid. The tile server learns where people look",
    )
    map_credit: str = Field(default="", description="whose tiles they are, shown on the map")

    metrics_host: str = Field(
        default="127.0.0.1", description="address of the ports of /metrics and /healthz; best loopback"
    )
    ingest_metrics_port: int = Field(default=0, ge=0, le=65535, description="of ingest; 0: none")
    detectors_metrics_port: int = Field(default=0, ge=0, le=65535, description="of the detectors; 0: none")
    api_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="of the api, and of the whole service; 0: none"
    )
    sync_metrics_port: int = Field(default=0, ge=0, le=65535, description="of the broker sync; 0: none")

    clock: str = Field(default="", description="empty, START@FACTORx or file:PATH; demo and test only")
    clock_anchor: float | None = None

    log_format: Literal["json", "pretty"] = "json"
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    @field_validator("base_url")
    @classmethod
    def _base_url_is_a_web_address(cls, text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be a web address such as https://mimamori.example.jp")
        return text.rstrip("/")

    @field_validator("trusted_proxies")
    @classmethod
    def _trusted_proxies_are_few(cls, text: str) -> str:
        for part in filter(None, (one.strip() for one in text.split(","))):
            network = ip_network(part)
            if network.num_addresses > _MOST_PROXIES:
                raise ValueError(f"{part} takes in whoever is near; name the proxies, at most a /24 or /120")
        return text

    @field_validator("outside_watch_url")
    @classmethod
    def _outside_watch_is_a_web_address(cls, url: SecretStr) -> SecretStr:
        parts = urlsplit(url.get_secret_value())
        if url.get_secret_value() and (parts.scheme not in {"http", "https"} or not parts.hostname):
            raise ValueError("must be a web address such as https://hc-ping.com/UUID, or empty")
        return url

    @field_validator("devices_broker")
    @classmethod
    def _devices_broker_is_an_address(cls, text: str) -> str:
        try:
            parts = urlsplit(text)
            # A port that is no number raises when it is looked at.
            is_address = parts.scheme in {"mqtt", "mqtts"} and bool(parts.hostname) and parts.port != 0
        except ValueError:
            is_address = False
        if text and not is_address:
            raise ValueError("must be an address such as mqtts://mqtt.example.jp:8883")
        return text

    @field_validator("time_zone")
    @classmethod
    def _time_zone_is_known(cls, text: str) -> str:
        try:
            ZoneInfo(text)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"{text!r} is not a time zone such as Asia/Tokyo") from error
        return text

    @field_validator("map_tiles")
    @classmethod
    def _map_tiles_are_an_address(cls, text: str) -> str:
        parts = urlsplit(text)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname)
        if text and not (is_address and all(name in text for name in ("{z}", "{x}", "{y}"))):
            raise ValueError("must be a web address with {z}, {x} and {y}, or empty")
        return text

    @model_validator(mode="after")
    def _certificate_has_a_key(self) -> Self:
        if (self.broker_cert_file is None) != (self.broker_key_file is None):
            raise ValueError("BROKER_CERT_FILE and BROKER_KEY_FILE go together; give both or neither")
        return self

    @model_validator(mode="after")
    def _production_is_strict(self) -> Self:
        if self.environment == "production":
            if self.clock:
                raise ValueError("CLOCK: production runs on the system's clock; remove the setting")
            if self.log_format != "json":
                raise ValueError("LOG_FORMAT: production logs are json")
            if self.devices_broker.startswith("mqtt:"):
                raise ValueError("DEVICES_BROKER: production devices speak TLS; give mqtts://host:port")
            if self.webhook_private_hosts:
                raise ValueError("WEBHOOK_PRIVATE_HOSTS: production sends webhooks to public addresses only")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003 - the signature is pydantic-settings's
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment win over what `load_settings` read from files."""
        return (env_settings, init_settings)

    @property
    def devices_address(self) -> str:
        """Where devices find the broker: `mqtts://host:port`."""
        if self.devices_broker:
            return self.devices_broker
        host = urlsplit(self.base_url).hostname or ""
        return f"mqtts://{f'[{host}]' if ':' in host else host}:{_MQTT_TLS_PORT}"

    @property
    def usable_channels(self) -> frozenset[Channel]:
        """The kinds of channel that are set up here; webhooks and chats need nothing."""
        needs = {
            Channel.MAIL: self.mail_url.get_secret_value(),
            Channel.LINE: self.line_token.get_secret_value(),
            Channel.SMS: self.twilio_account,
            Channel.VOICE: self.twilio_account,
        }
        return frozenset(channel for channel in Channel if needs.get(channel, "-"))

    @property
    def kept_for(self) -> KeptFor:
        """How long raw readings and positions are kept."""
        return KeptFor(self.reading_days, self.fix_days)

    @property
    def erasure_account(self) -> tuple[str, str]:
        """The name and password with which an erasure signs in to the broker."""
        if self.erasure_broker_username:
            return self.erasure_broker_username, self.erasure_broker_password.get_secret_value()
        return self.broker_username, self.broker_password.get_secret_value()

    @property
    def chat_hosts(self) -> frozenset[str]:
        """The hosts where chats of the offices may be."""
        return frozenset(part.strip().lower() for part in self.staff_chat_hosts.split(",") if part.strip())

    def make_clock(self) -> Clock:
        """Return the clock that these settings describe."""
        return clock_from_setting(self.clock, self.clock_anchor)


def load_settings() -> Settings:
    """Read and check all settings.

    Raises
    ------
    SettingsError
        With one line per problem: the setting, what is wrong with it and what would be right.
    """
    names = {_PREFIX + name.upper() for name in Settings.model_fields}
    allowed = names | {name + _FILE_SUFFIX for name in names} | {_SETTINGS_FILE}
    unknown = sorted(name for name in os.environ if name.startswith(_PREFIX) and name not in allowed)
    if unknown:
        raise SettingsError(
            "\n".join(
                f"{name}: there is no such setting; see docs/runbook.md for the list" for name in unknown
            )
        )
    values = _from_toml() | _from_secret_files(names)
    try:
        return Settings(**values)
    except ValidationError as error:
        raise SettingsError("\n".join(_lines(error))) from None


def _from_toml() -> dict[str, Any]:
    path = os.environ.get(_SETTINGS_FILE)
    if not path:
        return {}
    try:
        return dict(tomllib.loads(Path(path).read_text(encoding="utf-8")))
    except OSError as error:
        raise SettingsError(f"{_SETTINGS_FILE}: cannot read {path}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{_SETTINGS_FILE}: {path} is not a TOML file: {error}") from error


def _from_secret_files(names: set[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in sorted(names):
        path = os.environ.get(name + _FILE_SUFFIX)
        # broker_ca_file itself ends in _file, so BROKER_CA_FILE is a plain setting and never lands here.
        if path:
            try:
                values[name.removeprefix(_PREFIX).lower()] = Path(path).read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                raise SettingsError(f"{name}{_FILE_SUFFIX}: cannot read {path}: {error}") from error
    return values


def _lines(error: ValidationError) -> list[str]:
    return [
        f"{_PREFIX}{'.'.join(str(part) for part in item['loc']).upper() or '(settings)'}: {item['msg'].removeprefix('Value error, ')}"
        for item in error.errors(include_input=False, include_url=False)
    ]
