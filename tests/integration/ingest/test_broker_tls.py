"""The broker with TLS: nothing comes in without it, and everything of ours speaks it, with certificates made for the test."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

import paho.mqtt.client as paho
import pytest
import trustme
from cryptography import x509
from paho.mqtt.enums import CallbackAPIVersion

from core.credentials import enrolment_codes
from core.credentials.broker_tls import broker_tls
from core.domain.broker_account import AccountKind, BrokerAccount
from core.errors import SettingsError
from core.mqtt_client import close_client
from core.settings import Settings
from core.store.database import Database
from deploy.broker_sync import BrokerSync, hang_up
from deploy.local import required_programs
from deploy.local.mosquitto import INGEST, SIMULATOR, Broker
from deploy.local.mosquitto_files import Certificates
from deploy.local.ports import free_port
from simulator.network.lossy_channel import OutboundMessage
from simulator.network.publisher import BrokerAddress, Publisher
from tests.support.command_line import CommandLine
from tests.support.ingest import readings
from tests.support.monitoring import figures
from tests.support.services.device_client import DeviceClient
from tests.support.services.folders import service_folder
from tests.support.services.processes import Processes, service_settings
from tests.support.wait import wait_until
from tests.support.wards.ward_files import register_small_ward

HALL = BrokerAccount("hall-1", AccountKind.DEVICE)


class Authority:
    """A certificate authority, and what it signed, as files."""

    def __init__(self, folder: Path, name: str) -> None:
        self._ca = trustme.CA()
        self._folder = folder
        self.file = folder / f"{name}.crt"
        self._ca.cert_pem.write_to_path(str(self.file))

    def issue(self, name: str) -> tuple[Path, Path]:
        """Write a certificate for 127.0.0.1 and its key, over former ones of that name."""
        made = self._ca.issue_cert("127.0.0.1")
        certificate, key = self._folder / f"{name}.crt", self._folder / f"{name}.key"
        certificate.write_bytes(made.cert_chain_pems[0].bytes())
        key.write_bytes(made.private_key_pem.bytes())
        # The broker's account must read them; they live for one test.
        certificate.chmod(0o644)
        key.chmod(0o644)
        return certificate, key

    def context(self) -> ssl.SSLContext:
        """Return a client's trust in this authority alone."""
        return ssl.create_default_context(cafile=str(self.file))


@pytest.fixture
def folder() -> Iterator[Path]:
    with service_folder() as made:
        yield made


@pytest.fixture
def authority(folder: Path) -> Authority:
    return Authority(folder, "ca")


@pytest.fixture
def services(folder: Path) -> Authority:
    return Authority(folder, "services")


@pytest.fixture
def broker(folder: Path, authority: Authority, services: Authority) -> Iterator[Broker]:
    certificate, key = authority.issue("server")
    asks = Certificates(certificate, key, service_authority=services.file)
    running = Broker(folder / "broker", required_programs.mosquitto(print), asks)
    running.start()
    try:
        yield running
    finally:
        running.stop()


@pytest.fixture
def our_files(authority: Authority, services: Authority) -> dict[str, Path]:
    """The settings with which a process of ours gets in."""
    certificate, key = services.issue("ours")
    return {
        "broker_ca_file": authority.file,
        "broker_cert_file": certificate,
        "broker_key_file": key,
    }


def knock(broker: Broker, port: int, context: ssl.SSLContext) -> None:
    """Speak TLS with a door and see whether it goes on.

    paho leaves its socket open when the handshake fails, so this is done without it.
    """
    with (
        socket.create_connection((broker.host, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=broker.host) as secured,
    ):
        # A ping before the sign-in: whoever came through the handshake is hung up on without an alert.
        secured.sendall(b"\xc0\x00")
        secured.recv(1)


def test_both_doors_refuse_plain_connections(broker: Broker) -> None:
    for port in (broker.port, broker.devices_port):
        client = paho.Client(
            CallbackAPIVersion.VERSION2, client_id=INGEST, protocol=paho.MQTTv5, reconnect_on_failure=False
        )
        client.username_pw_set(INGEST, broker.password(INGEST))
        answers: list[object] = []
        ended = threading.Event()
        client.on_connect = lambda _c, _u, _f, code, _p, into=answers: into.append(code)  # pyright: ignore
        client.on_disconnect = lambda *_, event=ended: event.set()  # pyright: ignore
        client.connect(broker.host, port)
        client.loop_start()
        assert ended.wait(10)
        close_client(client)
        assert answers == []


def test_a_broker_that_another_authority_signed_is_refused(broker: Broker, folder: Path) -> None:
    stranger = Authority(folder, "stranger")
    for port in (broker.port, broker.devices_port):
        with pytest.raises(ssl.SSLCertVerificationError):
            knock(broker, port, stranger.context())


def test_tls_older_than_1_2_is_refused(broker: Broker, authority: Authority) -> None:
    knock(broker, broker.devices_port, authority.context())
    old = authority.context()
    old.set_ciphers("DEFAULT:@SECLEVEL=0")
    with pytest.warns(DeprecationWarning):
        old.minimum_version = ssl.TLSVersion.TLSv1
        old.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, ConnectionError)):
        knock(broker, broker.devices_port, old)


def test_a_service_without_its_certificate_is_refused(
    broker: Broker, authority: Authority, services: Authority
) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        knock(broker, broker.port, authority.context())
    mine = authority.context()
    mine.load_cert_chain(*services.issue("ours"))
    knock(broker, broker.port, mine)


def test_readings_of_a_device_are_stored_over_tls(
    broker: Broker,
    authority: Authority,
    our_files: dict[str, Path],
    database_url: str,
    tmp_path: Path,
    processes: Processes,
    mimamori: CommandLine,
) -> None:
    register_small_ward(database_url, tmp_path)
    port = free_port()
    settings = service_settings(database_url, broker, INGEST, **our_files, ingest_metrics_port=port)
    processes.start("ingest", settings)
    now = datetime.now(UTC)
    shown = x509.load_pem_x509_certificate((authority.file.parent / "server.crt").read_bytes())
    assert (
        figures(port)["ingest_broker_certificate_expiry_timestamp_seconds"]
        == shown.not_valid_after_utc.timestamp()
    )
    with Database(database_url, size=2) as database:
        with database.transaction() as connection:
            password = enrolment_codes.new_credential(connection, HALL, now).password
        BrokerSync(database, broker.folder, partial(hang_up, broker.folder)).turn()
        device = DeviceClient(broker.host, broker.devices_port, HALL.name, password, tls=authority.context())
        try:
            assert device.is_let_in
            assert device.publish("mimamori/v1/hall-1/readings", readings(1, ("motion", True, now)))
        finally:
            device.close()
        simulated = Settings.model_validate(
            {
                "environment": "test",
                "database_url": database_url,
                "broker_host": broker.host,
                "broker_port": broker.port,
                "broker_username": SIMULATOR,
                "broker_password": broker.password(SIMULATOR),
                **our_files,
            }
        )
        with Publisher(BrokerAddress.of(simulated)) as publisher:
            body = readings(2, ("motion", True, now + timedelta(seconds=1)))
            publisher.publish(
                OutboundMessage(int(now.timestamp() * 1000), "mimamori/v1/hall-1/readings", body)
            )
            publisher.drain()

        def stored() -> int:
            with database.transaction() as connection:
                row = connection.execute("SELECT count(*) FROM reading WHERE value = 1").fetchone()
            return 0 if row is None else row[0]

        wait_until(lambda: stored() == 2, what="both readings")
    mimamori.settings = settings
    assert "signed in at" in mimamori("doctor").out


# paho leaves its socket open when the handshake fails.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_the_doctor_names_a_certificate_that_is_not_trusted(
    broker: Broker, folder: Path, mimamori: CommandLine
) -> None:
    stranger = Authority(folder, "stranger")
    nowhere = "postgresql://127.0.0.1:1/none"
    mimamori.settings = service_settings(nowhere, broker, INGEST, broker_ca_file=stranger.file)
    assert "(CERTIFICATE_VERIFY_FAILED)" in mimamori("doctor").out


def test_renewed_certificates_are_read_without_a_restart(
    broker: Broker, authority: Authority, folder: Path
) -> None:
    password = broker.password(INGEST)
    first = DeviceClient(broker.host, broker.devices_port, INGEST, password, tls=authority.context())
    renewed = Authority(folder, "renewed")
    renewed.issue("server")
    assert hang_up(broker.folder)

    def trusts_the_new_one() -> bool:
        try:
            knock(broker, broker.devices_port, renewed.context())
        except ssl.SSLError:
            return False
        return True

    wait_until(trusts_the_new_one, what="the renewed certificate")
    # Who is connected stays.
    assert not first.was_cut_off
    first.close()


def test_files_that_are_no_certificates_are_named(tmp_path: Path, authority: Authority) -> None:
    (tmp_path / "no.crt").write_text("no certificate", encoding="utf-8")
    settings = Settings.model_validate({"environment": "test", "database_url": "x"})
    assert broker_tls(settings) is None
    for more, reported in (
        ({"broker_ca_file": tmp_path / "none.crt"}, "BROKER_CA_FILE: cannot use .*none.crt: No such file"),
        ({"broker_ca_file": tmp_path / "no.crt"}, "BROKER_CA_FILE: cannot use .*no.crt"),
        (
            {
                "broker_tls": True,
                "broker_cert_file": tmp_path / "no.crt",
                "broker_key_file": tmp_path / "no.crt",
            },
            "BROKER_CERT_FILE: cannot use .*no.crt",
        ),
    ):
        with pytest.raises(SettingsError, match=reported):
            broker_tls(settings.model_copy(update=more))
    with pytest.raises(ValueError, match="go together"):
        Settings.model_validate(
            {"environment": "test", "database_url": "x", "broker_cert_file": authority.file}
        )
