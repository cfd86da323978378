"""The pages behind nginx and Caddy with the configurations of this repository: TLS, who asks, the live stream, a process that dies."""

import os
import re
import ssl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest
import trustme

from core.store.database import Database
from deploy.local import required_programs
from deploy.local.child_process import Child
from deploy.local.ports import free_port
from tests.integration.api.test_live_stream import Server, Stream
from tests.support.paths import REPOSITORY
from tests.support.services.processes import Process, Processes
from tests.support.wait import wait_until
from tests.support.wards.api_ward import RESIDENT_A, register_two_offices

_FOLDER = REPOSITORY / "deploy" / "proxy"
_NAME = "mimamori.example.jp"
# Another address of this machine, from which a visitor comes; the proxy itself comes from 127.0.0.1.
_VISITOR = "127.0.0.9"


@dataclass
class Front:
    """Two processes of the pages behind one proxy."""

    port: int
    trust: ssl.SSLContext
    processes: list[Process]
    database: Database

    @property
    def address(self) -> str:
        """Where visitors come to."""
        return f"https://{_NAME}:{self.port}"

    def visitor(self) -> httpx2.Client:
        """Return a browser on another machine, as far as the proxy sees."""
        transport = httpx2.HTTPTransport(verify=self.trust, local_address=_VISITOR)
        return httpx2.Client(
            transport=transport, base_url=f"https://127.0.0.1:{self.port}", headers={"Host": _NAME}
        )


def _nginx(folder: Path, port: int, upstream: list[int]) -> Child:
    text = (_FOLDER / "nginx.conf").read_text(encoding="utf-8")
    servers = "\n".join(f"    server 127.0.0.1:{one} max_fails=1 fail_timeout=5s;" for one in upstream)
    text, found = re.subn(r" +server 127\.0\.0\.1:8080 [^\n]*", servers, text)
    assert found == 1
    text = text.replace("listen 443 ssl", f"listen 127.0.0.1:{port} ssl")
    text = text.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
    text = text.replace("/etc/mimamori/tls", str(folder)).replace("/var/log/nginx", str(folder))
    kept = "".join(
        f"{name}_temp_path {folder}/{name};\n"
        for name in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"daemon off;\npid {folder}/nginx.pid;\nerror_log {folder}/nginx.log;\n"
        + ("user root;\n" if os.geteuid() == 0 else "")
        + f"events {{}}\nhttp {{\n{kept}{text}\n}}\n",
        encoding="utf-8",
    )
    return Child(
        "nginx", [str(required_programs.web_server(print)), "-c", str(configuration)], folder / "nginx.out"
    )


def _caddy(folder: Path, port: int, upstream: list[int]) -> Child:
    text = (_FOLDER / "Caddyfile").read_text(encoding="utf-8")
    text = text.replace("127.0.0.1:8080", " ".join(f"127.0.0.1:{one}" for one in upstream))
    text = text.replace(
        f"{_NAME} {{",
        f"https://{_NAME}:{port} {{\n\ttls {folder}/pages.crt {folder}/pages.key\n\tbind 127.0.0.1",
        1,
    )
    configuration = folder / "Caddyfile"
    configuration.write_text("{\n\tadmin off\n\tauto_https disable_redirects\n}\n" + text, encoding="utf-8")
    command = [
        str(required_programs.web_proxy(print)),
        "run",
        "--adapter",
        "caddyfile",
        "--config",
        str(configuration),
    ]
    return Child("caddy", command, folder / "caddy.out", environment=os.environ | {"HOME": str(folder)})


@pytest.fixture(params=[_nginx, _caddy], ids=["nginx", "Caddy"])
def front(
    request: pytest.FixtureRequest, database_url: str, tmp_path: Path, processes: Processes
) -> Iterator[Front]:
    start: Callable[[Path, int, list[int]], Child] = request.param
    ca = trustme.CA()
    certificate = ca.issue_cert(_NAME, "127.0.0.1")
    certificate.cert_chain_pems[0].write_to_path(tmp_path / "pages.crt")
    certificate.private_key_pem.write_to_path(tmp_path / "pages.key")
    trust = ssl.create_default_context()
    trust.load_verify_locations(cadata=ca.cert_pem.bytes().decode())
    port = free_port()
    with Database(database_url, size=2) as database:
        register_two_offices(database, tmp_path)
        settings = {
            "MIMAMORI_ENVIRONMENT": "test",
            "MIMAMORI_DATABASE_URL": database_url,
            "MIMAMORI_BASE_URL": f"https://{_NAME}",
        }
        ports = [free_port(), free_port()]
        pages = [processes.start("api", {**settings, "MIMAMORI_API_PORT": str(one)}) for one in ports]
        for one in pages:
            one.wait_for("ready")
        proxy = start(tmp_path, port, ports)
        try:
            found = Front(port, trust, pages, database)
            wait_until(lambda: _answers(found), 20, f"the proxy: {proxy.output()}")
            yield found
        finally:
            proxy.stop()


def _answers(front: Front) -> bool:
    try:
        with front.visitor() as visitor:
            return visitor.get("/login").status_code == 200
    except httpx2.TransportError:
        return False


def test_the_visitor_is_who_asks_changes_come_at_once_and_pages_go_on_when_a_process_dies(
    front: Front,
) -> None:
    # Whom the visitor names as the one who asks does not count.
    with front.visitor() as visitor:
        answer = visitor.post(
            "/login",
            data={"login": "care_a", "password": "not this one"},
            headers={"X-Forwarded-For": "203.0.113.9", "Origin": f"https://{_NAME}"},
        )
    assert answer.status_code < 500
    with front.database.transaction() as connection:
        found = connection.execute("SELECT peer FROM sign_in_attempt").fetchall()
    assert found == [(_VISITOR,)]

    server = Server(front.processes[0], f"https://127.0.0.1:{front.port}", front.database)
    stream = Stream(server, server.token("care_a"), verify=front.trust, host=_NAME, cookie="__Host-mimamori")
    wait_until(lambda: stream.named("status"), what="the first status")
    number = server.alert(RESIDENT_A)
    wait_until(lambda: stream.alerts() == [number], what="the alert")
    stream.close()

    front.processes[0].kill()
    with front.visitor() as visitor:
        assert [visitor.get("/login").status_code for _ in range(20)] == [200] * 20


def test_nginx_keeps_no_address_of_a_page_in_a_log() -> None:
    text = (_FOLDER / "nginx.conf").read_text(encoding="utf-8")
    logs = re.findall(r"^\s*((?:access|error)_log [^;]+);", text, re.MULTILINE)
    # "off" is the name of a file to error_log.
    assert logs == ["access_log off", "error_log /dev/null crit"] * 2
