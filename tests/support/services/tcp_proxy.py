"""A network between a process and the broker that can be cut, or can swallow everything without a word."""

import contextlib
import select
import socket
import threading
from types import TracebackType
from typing import Self

_CHUNK = 65536
_POLL_S = 0.05


class TcpProxy:
    """Forwards connections to one port, until set otherwise; use it with `with`."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._flows = threading.Event()
        self._accepts = threading.Event()
        self._ended = threading.Event()

    def __enter__(self) -> Self:
        self.heal()
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._flows.set()
        self._listening.close()
        self._close_all()

    def cut(self) -> None:
        """End every connection, and refuse new ones."""
        self._accepts.clear()
        self._close_all()

    def hang(self) -> None:
        """Let nothing through, and say nothing: as behind a router that lost its line."""
        self._flows.clear()

    def heal(self) -> None:
        """Forward again."""
        self._flows.set()
        self._accepts.set()

    def _accept(self) -> None:
        while not self._ended.is_set():
            try:
                near, _ = self._listening.accept()
            except OSError:
                return
            far = self._reached() if self._accepts.is_set() else None
            if far is None:
                near.close()
                continue
            with self._lock:
                self._open |= {near, far}
            for source, target in ((near, far), (far, near)):
                threading.Thread(target=self._forward, args=(source, target), daemon=True).start()

    def _reached(self) -> socket.socket | None:
        try:
            return socket.create_connection(self._target, 5)
        except OSError:
            return None

    def _forward(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError):
            while not self._ended.is_set():
                if not self._flows.wait(_POLL_S) or not select.select([source], [], [], _POLL_S)[0]:
                    continue
                data = source.recv(_CHUNK)
                # What was on the way when the line was lost stays there until it is back.
                while not self._flows.wait(_POLL_S) and not self._ended.is_set():
                    pass
                if not data:
                    break
                target.sendall(data)
        self._close(source)
        self._close(target)

    def _close_all(self) -> None:
        with self._lock:
            everything = list(self._open)
        for one in everything:
            self._close(one)

    def _close(self, one: socket.socket) -> None:
        with self._lock:
            self._open.discard(one)
        with contextlib.suppress(OSError):
            one.shutdown(socket.SHUT_RDWR)
        one.close()
