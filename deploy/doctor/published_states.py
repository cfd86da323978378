"""The doctor's look at what is published over MQTT to other systems."""

import os
from collections.abc import Iterator

from core.errors import SettingsError
from core.settings import Settings
from deploy.doctor.check import Check, CheckResult
from deploy.mqtt_out.broker_line import MARKER, BrokerLine, BrokerLineError
from deploy.mqtt_out.documents import AVAILABILITY, ONLINE
from deploy.mqtt_out.publisher import offices_of


def published_checks(settings: Settings) -> Iterator[Check]:
    """Look whether residents' states are published and kept up to date; nothing is said where none shall be."""
    try:
        if offices_of(settings.mqtt_out) == ():
            return
    except SettingsError as error:
        yield Check("mqtt out", CheckResult.BAD, str(error), "docs/channels.md says what it may hold")
        return
    name = settings.mqtt_out_username
    if not name:
        yield Check(
            "mqtt out", CheckResult.BAD, "nobody may publish residents' states at the broker",
            "set MIMAMORI_MQTT_OUT_USERNAME and _PASSWORD; deploy/mosquitto/README.md",
        )  # fmt: skip
        return
    try:
        said = _availability(settings)
    except BrokerLineError as error:
        yield Check(
            "mqtt out", CheckResult.BAD, str(error),
            "give the account its password and the rules in deploy/mosquitto/acl",
        )  # fmt: skip
        return
    if said != ONLINE:
        yield Check(
            "mqtt out", CheckResult.BAD, "other systems see residents as not available",
            "start it: mimamori mqtt-out; its log says why it stopped",
        )  # fmt: skip
        return
    yield Check("mqtt out", CheckResult.GOOD, f"{name} publishes how residents are")


def _availability(settings: Settings) -> bytes | None:
    line = BrokerLine(settings, looks_as=f"mimamori-doctor-out-{os.getpid()}")
    try:
        return line.retained((AVAILABILITY, MARKER)).get(AVAILABILITY)
    finally:
        line.close(says_offline=False)
