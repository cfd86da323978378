"""When the certificate of the other side ends is known from the connection itself."""

import socket
import ssl
import threading
from collections.abc import Generator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
import trustme

from core.monitoring.certificates import expiry_at, expiry_shown_by
from deploy.local.ports import free_port


@contextmanager
def _showing(ca: trustme.CA, ends: datetime) -> Generator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made = ca.issue_cert("localhost", not_before=ends - timedelta(days=40), not_after=ends)
    made.configure_cert(context)  # pyright: ignore[reportUnknownMemberType]
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            try:
                connection, _ = server.accept()
                with connection, context.wrap_socket(connection, server_side=True) as secured:
                    secured.recv(1)
            except OSError:
                return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield server.getsockname()[1]
        thread.join(5)


def _trusting(ca: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    ca.configure_trust(context)  # pyright: ignore[reportUnknownMemberType]
    return context


def test_the_day_is_read_of_a_certificate_that_is_trusted() -> None:
    ca = trustme.CA()
    ends = (datetime.now(UTC) + timedelta(days=20)).replace(microsecond=0)
    with _showing(ca, ends) as port:
        assert expiry_at("localhost", port, _trusting(ca)) == ends


@pytest.mark.parametrize(
    ("days", "is_known"), [(-1, True), (20, False)], ids=["it has ended", "nobody whom we trust signed it"]
)
def test_one_that_browsers_refuse_is_an_error(days: int, is_known: bool) -> None:
    ca = trustme.CA()
    trusting = _trusting(ca if is_known else trustme.CA())
    with (
        _showing(ca, datetime.now(UTC) + timedelta(days=days)) as port,
        pytest.raises(ssl.SSLCertVerificationError),
    ):
        expiry_at("localhost", port, trusting)


def test_where_nobody_answers_or_nothing_is_encrypted_nothing_is_claimed() -> None:
    assert expiry_at("localhost", free_port(), ssl.create_default_context()) is None
    with socket.socket() as plain:
        assert expiry_shown_by(plain) is None
    assert expiry_shown_by(None) is None
