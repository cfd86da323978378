"""The doctor's look at the broker: can we sign in, and does it keep strangers out."""

import os
import ssl
import threading
from collections.abc import Iterator

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from core.credentials.broker_tls import broker_tls
from core.errors import SettingsError
from core.mqtt_client import close_client
from core.settings import Settings
from deploy.doctor.check import Check, CheckResult
from deploy.doctor.published_states import published_checks
from deploy.doctor.topics import topic_checks

_TIMEOUT_S = 5.0
# A topic that nobody but the broker itself may write.
_FORBIDDEN = "mimamori/v1/doctor-probe/readings"


class _Answer:
    """What the broker said, once it has."""

    def __init__(self) -> None:
        self.came = threading.Event()
        self.refused = ""

    def take(self, code: object) -> None:
        self.refused = str(code) if getattr(code, "is_failure", False) else ""
        self.came.set()


def broker_checks(settings: Settings, listen_s: float) -> Iterator[Check]:
    """Look at the sign-in, the rules, TLS, the door for strangers, and for so long at what ingest does not receive."""
    where = f"{settings.broker_host}:{settings.broker_port}"
    connected, published = _visit(
        settings, settings.broker_username, settings.broker_password.get_secret_value()
    )
    if connected is None or not connected.came.is_set():
        yield Check(
            "broker", CheckResult.BAD, f"no answer at {where}",
            "start it, or set MIMAMORI_BROKER_HOST and MIMAMORI_BROKER_PORT",
        )  # fmt: skip
        return
    if connected.refused:
        yield Check(
            "broker", CheckResult.BAD, f"{where} refuses {settings.broker_username or 'a client without a name'}: {connected.refused}",
            "set MIMAMORI_BROKER_USERNAME and MIMAMORI_BROKER_PASSWORD as in its password file",
        )  # fmt: skip
        return
    yield Check("broker", CheckResult.GOOD, f"signed in at {where} as {settings.broker_username}")
    if published is not None and published.came.is_set() and not published.refused:
        yield Check(
            "broker rules", CheckResult.LOOK, f"{settings.broker_username} may publish in the name of devices",
            "use the rules in deploy/mosquitto/acl",
        )  # fmt: skip
    yield from _erasure_checks(settings)
    yield from published_checks(settings)
    if broker_tls(settings) is None and settings.environment == "production" and not _is_near(settings):
        yield Check(
            "broker TLS", CheckResult.LOOK, "passwords and readings go to the broker in clear",
            "set MIMAMORI_BROKER_CA_FILE; docs/devices.md says how",
        )  # fmt: skip
    stranger, _ = _visit(settings, "", "")
    if stranger is not None and stranger.came.is_set() and not stranger.refused:
        yield Check(
            "broker strangers",
            CheckResult.BAD,
            "clients without a password come in",
            "set allow_anonymous false",
        )
    else:
        yield Check("broker strangers", CheckResult.GOOD, "clients without a password are kept out")
    yield from topic_checks(settings, listen_s)


def _erasure_checks(settings: Settings) -> Iterator[Check]:
    """Look whether an erasure could take back what the broker retained of somebody's devices."""
    name, password = settings.erasure_account
    if not settings.erasure_broker_username:
        yield Check(
            "broker erasure", CheckResult.LOOK, f"{name or 'nobody'} takes back what the broker retained of who is erased",
            "give it an account of its own: MIMAMORI_ERASURE_BROKER_USERNAME, deploy/mosquitto/README.md",
        )  # fmt: skip
        return
    connected, published = _visit(settings, name, password)
    if connected is None or not connected.came.is_set() or connected.refused:
        yield Check(
            "broker erasure", CheckResult.BAD, f"{name} cannot sign in, so nobody can be erased",
            "set MIMAMORI_ERASURE_BROKER_USERNAME and _PASSWORD as in the broker's password file",
        )  # fmt: skip
    elif published is None or not published.came.is_set() or published.refused:
        yield Check(
            "broker erasure", CheckResult.BAD, f"{name} may not take back what devices said",
            "use the rules in deploy/mosquitto/acl",
        )  # fmt: skip
    else:
        yield Check("broker erasure", CheckResult.GOOD, f"{name} may take back what the broker retained")


def _is_near(settings: Settings) -> bool:
    """Return whether the broker is on this machine, where nobody listens on the line."""
    return settings.broker_host in {"127.0.0.1", "::1", "localhost"}


def _visit(settings: Settings, username: str, password: str) -> tuple[_Answer | None, _Answer | None]:
    """Sign in and try to publish where only devices may; returns the broker's two answers, None where it gave none."""
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2, client_id=f"mimamori-doctor-{os.getpid()}", protocol=mqtt.MQTTv5
    )
    connected, published = _Answer(), _Answer()
    client.on_connect = lambda _c, _u, _f, code, _p: connected.take(code)  # pyright: ignore[reportUnknownLambdaType]
    client.on_publish = lambda _c, _u, _m, code, _p: published.take(code)  # pyright: ignore[reportUnknownLambdaType]
    if (context := broker_tls(settings)) is not None:
        client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType]
    if username:
        client.username_pw_set(username, password)
    try:
        client.connect(settings.broker_host, settings.broker_port, keepalive=10)
    except ssl.SSLError as error:
        raise SettingsError(
            f"TLS with {settings.broker_host}:{settings.broker_port} fails ({error.reason or 'broken off'}); check"
            " MIMAMORI_BROKER_CA_FILE and the broker's certificate, docs/devices.md says how"
        ) from error
    except OSError:
        return None, None
    client.loop_start()
    try:
        if connected.came.wait(_TIMEOUT_S) and not connected.refused:
            client.publish(_FORBIDDEN, b"", qos=1)
            published.came.wait(_TIMEOUT_S)
    finally:
        close_client(client)
    return connected, published
