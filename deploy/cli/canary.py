"""`mimamori canary`: sends a message as a device does and follows it into the database, or a call through to its sink."""

import json
import os
import sys
import threading
import time
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from core.domain.metrics import ONLINE, SOS
from core.errors import InputError

if TYPE_CHECKING:
    from core.clock import Clock
    from core.settings import Settings
    from core.store.database import Database

_POLL_S = 0.05


@dataclass(frozen=True)
class Flight:
    """How one canary fared; times in milliseconds since it set out, None where it did not come that far."""

    device: str
    at: str
    signed_in_ms: float | None = None
    broker_ms: float | None = None
    stored_ms: float | None = None
    found_ms: float | None = None
    delivered_ms: float | None = None
    problem: str = ""


def canary(
    device: Annotated[str, typer.Argument(help="A native device, registered for this alone.")],
    password_file: Annotated[str, typer.Option(help="A file with its password, or - for standard input.")],
    every: Annotated[float, typer.Option(help="Send again after so many seconds; 0: once.", min=0)] = 0,
    timeout: Annotated[
        float, typer.Option("--patience", help="How long it may take, in seconds.", min=1, max=600)
    ] = 10,
    *,
    call: Annotated[
        bool,
        typer.Option(
            "--call",
            help="Press an emergency button, and follow the call through the detectors and a sender to MIMAMORI_CANARY_SINK. It notifies nobody.",
        ),
    ] = False,
) -> None:
    """Send a message as a device does, and print how long it takes until it is in the database, or its call at the sink.

    One line of JSON each time. Ends with exit code 1 when it does not arrive, so it can be used by monitoring. Register a
    device of the kind canary for this alone, in a home where nobody lives: it stands for all of them.

    Example: [bold]mimamori canary canary-1 --password-file canary.txt[/bold]
    """
    from core.domain.device import DEVICE_ID
    from core.settings import load_settings
    from core.store.database import Database

    if DEVICE_ID.match(device) is None:
        raise InputError(f"{device!r} is no device id: a-z, 0-9, _ and -, at most 64")
    password, settings = _password(password_file), load_settings()
    clock = settings.make_clock()
    url = settings.database_url.get_secret_value()
    with Database(url, size=1, application="mimamori-canary") as database:
        while True:
            flight = fly(settings, clock, database, device, password, timeout, is_call=call)
            print(json.dumps(asdict(flight)), flush=True)
            if not every:
                raise typer.Exit(1 if flight.problem else 0)
            time.sleep(every)


def fly(
    settings: "Settings",
    clock: "Clock",
    database: "Database",
    device: str,
    password: str,
    timeout_s: float,
    *,
    is_call: bool = False,
) -> Flight:
    """Send one canary and follow it; what goes wrong on the way is shown, not raised."""
    from core.errors import StoreUnavailableError

    sent_at, began = clock.now(), time.monotonic()
    flight = Flight(device, sent_at.isoformat())
    line = _Line(settings, device, password)
    try:
        topic, body = (
            _call(database, device, flight.at)
            if is_call
            else (f"mimamori/v1/{device}/status", _status(flight.at))
        )
        problem = line.connect(timeout_s)
        if problem:
            return replace(flight, problem=problem)
        flight = replace(flight, signed_in_ms=_since(began))
        problem = line.publish(topic, body, timeout_s)
        if problem:
            return replace(flight, problem=problem)
        flight = replace(flight, broker_ms=_since(began))
        return _followed(database, flight, sent_at, began, timeout_s, is_call=is_call)
    except StoreUnavailableError:
        return replace(flight, problem="the database is away: start it, or set MIMAMORI_DATABASE_URL")
    finally:
        line.close()


def _status(at: str) -> bytes:
    return json.dumps({ONLINE.name: True, "time": at}).encode()


def _call(database: "Database", device: str, at: str) -> tuple[str, bytes]:
    """Return where and how a native emergency button says that it was pressed."""
    from core.store.operation.outward import canary_flights

    with database.transaction() as connection:
        seq = canary_flights.next_seq(connection, device)
    body = {"seq": seq, "readings": [{"metric": SOS.name, "value": True, "time": at}]}
    return f"mimamori/v1/{device}/readings", json.dumps(body).encode()


def _followed(
    database: "Database", flight: Flight, sent_at: datetime, began: float, timeout_s: float, *, is_call: bool
) -> Flight:
    """Follow a canary from the broker to where it ends; `problem` says where it fell."""
    metric = SOS if is_call else ONLINE
    while time.monotonic() - began < timeout_s:
        if flight.stored_ms is None:
            if _is_stored(database, flight.device, metric.number, sent_at):
                flight = replace(flight, stored_ms=_since(began))
        else:
            flight = _called(database, flight, sent_at, began)
        if (flight.delivered_ms if is_call else flight.stored_ms) is not None:
            return replace(flight, problem="")
        time.sleep(_POLL_S)
    return replace(flight, problem=_where(flight))


def _called(database: "Database", flight: Flight, sent_at: datetime, began: float) -> Flight:
    from core.store.operation.outward import canary_flights

    with database.transaction() as connection:
        found = canary_flights.flight(connection, flight.device, sent_at)
    if found is None:
        return flight
    if flight.found_ms is None:
        flight = replace(flight, found_ms=_since(began))
    if found.accepted_at is not None:
        return replace(flight, delivered_ms=_since(began))
    return replace(flight, problem=found.error or "")


def _where(flight: Flight) -> str:
    if flight.stored_ms is None:
        return "the broker took it, and ingest did not store it: look at ingest's log, and whether the device is registered"
    if flight.found_ms is None:
        return "ingest stored it, and the detectors did not find it: start them, and see that the device is of the kind canary"
    why = f" ({flight.problem})" if flight.problem else ""
    return f"the detectors found it, and no sender took it to the sink{why}: look at MIMAMORI_CANARY_SINK and their log"


class _Line:
    """The connection of one canary, as a device makes it."""

    def __init__(self, settings: "Settings", device: str, password: str) -> None:
        import paho.mqtt.client as mqtt
        from paho.mqtt.enums import CallbackAPIVersion

        from core.credentials.broker_tls import broker_tls

        self._where = (settings.broker_host, settings.broker_port)
        # A device's own name, for the broker's rules bind both to it.
        self._client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=mqtt.MQTTv5)
        self._client.username_pw_set(device, password)
        if (context := broker_tls(settings)) is not None:
            self._client.tls_set_context(context)  # pyright: ignore[reportUnknownMemberType] - paho leaves its type open
        self._connected, self._published = threading.Event(), threading.Event()
        self._refusal = ""
        self._client.on_connect = self._on_connect
        self._client.on_publish = self._on_publish

    def connect(self, timeout_s: float) -> str:
        """Sign in; return what is wrong, or nothing."""
        host, port = self._where
        try:
            self._client.connect(host, port, keepalive=10)
        except OSError:
            return f"no broker answers at {host}:{port}: start it, or set MIMAMORI_BROKER_HOST and MIMAMORI_BROKER_PORT"
        self._client.loop_start()
        if not self._connected.wait(timeout_s):
            return f"the broker at {host}:{port} takes the connection and says nothing"
        return (
            f"the broker refuses the device ({self._refusal}): rotate its password" if self._refusal else ""
        )

    def publish(self, topic: str, body: bytes, timeout_s: float) -> str:
        """Send a message; return what is wrong, or nothing."""
        self._client.publish(topic, body, qos=1)
        if not self._published.wait(timeout_s):
            return "the broker does not acknowledge the message"
        return f"the broker refuses the message ({self._refusal}): look at its rules" if self._refusal else ""

    def close(self) -> None:
        from core.mqtt_client import close_client

        close_client(self._client)

    def _on_connect(self, _client: Any, _userdata: Any, _flags: Any, code: Any, _properties: Any) -> None:
        self._refusal = str(code) if code.is_failure else ""
        self._connected.set()

    def _on_publish(self, _client: Any, _userdata: Any, _mid: Any, code: Any, _properties: Any) -> None:
        self._refusal = str(code) if code.is_failure else ""
        self._published.set()


def _is_stored(database: "Database", device: str, metric: int, sent_at: datetime) -> bool:
    from core.store.operation import health

    with database.transaction() as connection:
        found = health.latest_value(connection, device, metric)
    return found is not None and found[0] >= sent_at


def _since(began: float) -> float:
    return round((time.monotonic() - began) * 1000, 1)


def _password(name: str) -> str:
    try:
        text = sys.stdin.read() if name == "-" else Path(name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        what = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else "it is no text"
        raise InputError(f"{name}: the password cannot be read: {what}") from error
    password = text.strip()
    if not password:
        raise InputError(f"{name}: holds no password")
    return password
