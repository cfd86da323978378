"""A broker that cannot do what ingest needs is refused in words, and not connected to in vain."""

import socket
import struct
import threading
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import pytest

from core.settings import Settings
from deploy.doctor.check import CheckResult
from deploy.doctor.topics import topic_checks
from deploy.local import required_programs
from deploy.local.child_process import Child
from deploy.local.ports import free_port, is_free
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until

_SUBSCRIBE, _NOT_AUTHORIZED = 0x82, b"\x87"


def _start(processes: Processes, database_url: str, port: int, **more: str) -> Process:
    settings = {
        "MIMAMORI_ENVIRONMENT": "test",
        "MIMAMORI_DATABASE_URL": database_url,
        "MIMAMORI_BROKER_PORT": str(port),
        **more,
    }
    return processes.start("ingest", settings, ready=None)


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("max_qos 0", "it takes only QoS 0"),
        ("retain_available false", "it keeps no retained messages"),
        ("max_packet_size 20000", "it takes messages of 20000 bytes at most"),
    ],
    ids=["qos", "retain", "packet"],
)
def test_a_mosquitto_that_is_set_up_so_is_refused(
    database_url: str, processes: Processes, tmp_path: Path, line: str, words: str
) -> None:
    port = free_port()
    (tmp_path / "mosquitto.conf").write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\n{line}\n")
    broker = Child(
        "mosquitto",
        [str(required_programs.mosquitto(print)), "-c", str(tmp_path / "mosquitto.conf")],
        tmp_path / "broker.log",
    )
    try:
        wait_until(lambda: not is_free(port), what="the broker")
        process = _start(processes, database_url, port)
        assert process.wait() == 78
    finally:
        broker.stop()
    assert f"this broker will not do: {words}" in process.output
    assert process.events("ready") == []


@contextmanager
def _answering(properties: bytes) -> Generator[int]:
    """Answer each connection as a broker does that lets everybody in with these properties; Mosquitto can't be set up so."""
    body = b"\0\0" + bytes([len(properties)]) + properties
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            while True:
                try:
                    connection, _ = server.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"\x20" + bytes([len(body)]) + body)
                    while asked := connection.recv(4096):
                        if asked[0] == _SUBSCRIBE:
                            # The number of the request stands behind its length of two bytes.
                            connection.sendall(b"\x90\x04" + asked[3:5] + b"\x00" + _NOT_AUTHORIZED)

        threading.Thread(target=serve, daemon=True).start()
        yield server.getsockname()[1]
        server.shutdown(socket.SHUT_RDWR)


@pytest.mark.parametrize(
    ("properties", "group", "words"),
    [
        (b"\x2a\x00", "ward", "it has no shared subscriptions"),
        (b"\x11" + struct.pack("!I", 0), "", "it keeps our session for 0 s only"),
        (b"\x11" + struct.pack("!I", 4 * 86400 - 1), "", "it keeps our session for 345599 s only"),
        (b"\x28\x00", "", "it gives no subscription with wildcards"),
        (b"\x24\x00\x25\x00", "", "it takes only QoS 0"),
    ],
    ids=["shared", "session", "days", "wildcards", "two"],
)
def test_a_broker_that_says_so_is_refused(
    database_url: str, processes: Processes, properties: bytes, group: str, words: str
) -> None:
    with _answering(properties) as port:
        process = _start(processes, database_url, port, MIMAMORI_INGEST_GROUP=group)
        assert process.wait() == 78
    assert words in process.output


def test_a_broker_that_refuses_a_filter_is_refused_by_its_name(
    database_url: str, processes: Processes
) -> None:
    with _answering(b"") as port:
        process = _start(processes, database_url, port)
        assert process.wait() == 78
    assert "refuses what ingest would receive: gw/# (Not authorized)" in process.output
    assert "MIMAMORI_INGEST_FILTERS" in process.output
    assert process.events("ready") == []


def test_the_doctor_names_a_filter_that_the_broker_refuses_before_ingest_ends_by_it() -> None:
    with _answering(b"") as port:
        settings = Settings.model_validate(
            {"environment": "test", "database_url": "postgresql://h/d", "broker_port": port}
        )
        refused, _ = topic_checks(settings, 0)
    assert refused.verdict is CheckResult.BAD
    assert "the broker refuses gw/#" in refused.found
