"""The settings of what goes to other programs: what is published over MQTT, and the canary's call; part of `core.settings`."""

from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings

NO_DISCOVERY = "none"
"""In place of a topic for descriptions of entities."""


class OutwardSettings(BaseSettings):
    """Which residents are published, by whom, and how they are called; and where the canary's calls go."""

    canary_sink: SecretStr = Field(
        default=SecretStr(""),
        description="web address that takes the calls of canaries as events; empty: they go nowhere, and nobody waits for them",
    )

    mqtt_out: str = Field(
        default="",
        description="offices whose residents' state is published over MQTT: numbers, separated by commas, or `all`; empty: none",
    )
    mqtt_out_username: str = Field(default="", description="who publishes it at the broker; no other may")
    mqtt_out_password: SecretStr = Field(default=SecretStr(""), description="their password")
    mqtt_out_discovery: str = Field(
        default="homeassistant",
        pattern=r"^[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$",
        description=f"where Home Assistant looks for descriptions of entities, or `{NO_DISCOVERY}`",
    )
    mqtt_out_names: bool = Field(
        default=False, description="call residents by name in these descriptions, not by number"
    )
    mqtt_out_language: Literal["ja", "en"] = Field(
        default="ja", description="language of the entities' names"
    )
    mqtt_out_metrics_port: int = Field(
        default=0, ge=0, le=65535, description="of `mimamori mqtt-out`; 0: none"
    )
