"""A local server in place of a browser's push service: it checks each request as RFC 8030, 8188, 8291 and 8292 say, and decrypts it."""

import base64
import json
import os
import threading
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import http_ece
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from core.store.alerts.browser_notifications import PushTarget


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def _raw(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


@dataclass
class PushStandIn:
    """What arrived, as the browser would read it; `status` is answered to the next requests."""

    port: int = 0
    status: int = 201
    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    secret: bytes = field(default_factory=lambda: os.urandom(16))
    shown: list[dict[str, Any]] = field(default_factory=list[dict[str, Any]])
    mistakes: list[str] = field(default_factory=list[str])
    public_key: str = ""

    @property
    def target(self) -> PushTarget:
        """What the browser would give us."""
        point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return PushTarget(f"http://127.0.0.1:{self.port}/push/abc", _text(point), _text(self.secret))

    def take(self, headers: Any, body: bytes) -> None:
        """Check one request and read it."""
        if headers.get("Content-Encoding") != "aes128gcm" or int(headers.get("TTL", "-1")) < 0:
            self.mistakes.append("Content-Encoding and TTL are needed")
        if headers.get("Urgency") not in {"very-low", "low", "normal", "high"}:
            self.mistakes.append("unknown Urgency")
        if len(headers.get("Topic", "")) > 32 or len(body) > 4096:
            self.mistakes.append("Topic or body too long")
        self._check_signature(headers.get("Authorization", ""))
        library: Any = http_ece
        plain = library.decrypt(body, private_key=self.key, auth_secret=self.secret, version="aes128gcm")
        self.shown.append(json.loads(plain))

    def _check_signature(self, header: str) -> None:
        scheme, _, rest = header.partition(" ")
        parts = dict(part.strip().split("=", 1) for part in rest.split(","))
        if scheme.lower() != "vapid" or parts["k"].rstrip("=") != self.public_key:
            self.mistakes.append("signed with another key than the browser was given")
        head, claims, signature = parts["t"].split(".")
        raw = _raw(signature)
        point = ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), _raw(parts["k"]))
        der = encode_dss_signature(int.from_bytes(raw[:32], "big"), int.from_bytes(raw[32:], "big"))
        point.verify(der, f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256()))
        said = json.loads(_raw(claims))
        if said["aud"] != f"http://127.0.0.1:{self.port}" or not said["sub"].startswith("mailto:"):
            self.mistakes.append("aud or sub is wrong")
        if not time.time() < said["exp"] <= time.time() + 24 * 3600 + 60:
            self.mistakes.append("exp is past, or more than a day ahead")


@contextmanager
def push_stand_in(public_key: str) -> Generator[PushStandIn]:
    """Run one that expects requests signed with the private half of a key."""
    sink = PushStandIn(public_key=public_key)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if sink.status == 201:
                sink.take(self.headers, body)
            self.send_response(sink.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the parent's name
            """Keep quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    sink.port = server.server_port
    thread = threading.Thread(target=server.serve_forever, name="push-stand-in", daemon=True)
    thread.start()
    try:
        yield sink
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
