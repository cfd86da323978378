"""The inbox's mail server leaves nothing open when it ends."""

import gc
import socket
import warnings

import pytest

from deploy.inbox.mail import MailController
from deploy.local.ports import free_port


def test_a_connection_that_has_just_come_is_closed_with_the_mail_server() -> None:
    port = free_port()
    server = MailController(object(), hostname="127.0.0.1", port=port)
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        server.start()
        with socket.create_connection(("127.0.0.1", port), timeout=10):
            server.stop()
            del server
            gc.collect()

    assert [str(one.message) for one in seen if "unclosed transport" in str(one.message)] == []


def test_a_server_that_finds_its_port_taken_leaves_no_loop_open() -> None:
    port = free_port()
    first = MailController(object(), hostname="127.0.0.1", port=port)
    first.start()
    second = MailController(object(), hostname="127.0.0.1", port=port)
    try:
        with pytest.raises(OSError, match="in use"):
            second.start()
    finally:
        first.stop()

    assert second.loop.is_closed()
