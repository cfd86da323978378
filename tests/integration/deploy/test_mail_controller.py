"""The inbox's mail server leaves nothing open when it ends."""

import gc
import socket
import warnings

from aiosmtpd.smtp import SMTP

from deploy.inbox.mail import MailController
from deploy.local.ports import free_port
from tests.support.wait import wait_until


def test_a_connection_that_lasts_is_closed_with_the_mail_server() -> None:
    port = free_port()
    server = MailController(object(), hostname="127.0.0.1", port=port)
    server.start()
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        assert client.recv(100).startswith(b"220 ")
        wait_until(lambda: _connected() > 0, what="the server's side of the connection")
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            server.stop()
            left = _connected()
            del server
            gc.collect()
        assert client.recv(100) == b""

    assert left == 0
    assert [str(one.message) for one in seen if issubclass(one.category, ResourceWarning)] == []


def _connected() -> int:
    return sum(isinstance(one, SMTP) and one.transport is not None for one in gc.get_objects())
