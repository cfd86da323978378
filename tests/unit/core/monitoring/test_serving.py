"""What a process counts is served under the registry's names, at its own port, and nothing that the registry does not have."""

import json
import re
import threading
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path

import pytest

from core.errors import SettingsError
from core.monitoring.figures import FIGURES, FROM_LIBRARY, FigureKind
from core.monitoring.process_port import serve_metrics
from core.monitoring.server import Monitor
from core.monitoring.tally import FigureValue, Tally
from core.settings import Settings
from deploy.local.ports import free_port
from tests.support.paths import REPOSITORY

_SOURCES = ("core", "ingest", "detectors", "api", "deploy")


def _well() -> tuple[bool, dict[str, object]]:
    return True, {"problem": ""}


def _ill() -> tuple[bool, dict[str, object]]:
    return False, {"problem": "it rains"}


def _answer(port: int, path: str) -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=5)
    connection.request("GET", path)
    response = connection.getresponse()
    return response.status, response.read().decode()


def test_what_is_counted_is_served_with_its_labels() -> None:
    tally = Tally()
    tally.add("detectors_rounds")
    tally.add("detectors_attempts", "mail", "delivered")
    tally.add("detectors_attempts", "mail", "delivered", by=2)
    tally.put("sync_accounts", 5)
    tally.put("sync_accounts", 4)
    lines = Monitor("detectors", tally.samples, _well).text().decode().splitlines()
    assert "detectors_rounds_total 1.0" in lines
    assert 'detectors_attempts_total{channel="mail",result="delivered"} 3.0' in lines
    assert "sync_accounts 4.0" in lines
    assert "# TYPE sync_accounts gauge" in lines
    assert any(line.startswith('process_info{process="detectors",version="') for line in lines)
    assert (tally.value("sync_accounts"), tally.value("api_requests", "page", "2xx")) == (4, 0)


def test_nothing_is_served_that_the_registry_does_not_have() -> None:
    def unknown() -> Iterator[FigureValue]:
        yield FigureValue("detectors_dreams", 1)

    with pytest.raises(KeyError, match="detectors_dreams"):
        Monitor("detectors", unknown, _well).text()
    served = {
        line.split()[2]
        for line in Monitor("detectors", Tally().samples, _well).text().decode().splitlines()
        if line.startswith("# TYPE")
    }
    assert served <= {figure.served_name for figure in FIGURES.values()}
    assert served >= {FIGURES[name].served_name for name in FROM_LIBRARY}


def test_every_figure_of_the_registry_is_given_by_some_process() -> None:
    texts = [
        path.read_text(encoding="utf-8")
        for folder in _SOURCES
        for path in (REPOSITORY / folder).rglob("*.py")
        if path.name != "figures.py"
    ]
    given = {name for text in texts for name in re.findall(r'"([a-z]+_[a-z_]+)"', text)}
    assert set(FIGURES) - FROM_LIBRARY <= given


def test_names_follow_prometheus_and_say_whose_they_are() -> None:
    for name, figure in FIGURES.items():
        assert re.fullmatch(r"(process|machine|ingest|detectors|api|sync|mqtt_out|service)(_[a-z]+)+", name)
        assert not name.endswith("_total")
        assert figure.served_name == (f"{name}_total" if figure.kind is FigureKind.COUNTER else name)
        assert figure.text
        assert "|" not in figure.text


def test_many_threads_lose_no_count() -> None:
    tally = Tally()

    def count() -> None:
        for _ in range(2000):
            tally.add("api_requests", "page", "2xx")

    threads = [threading.Thread(target=count) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert tally.value("api_requests", "page", "2xx") == 8000


def test_a_process_answers_at_the_port_of_its_setting_and_only_there() -> None:
    port = free_port()
    settings = Settings.model_validate(
        {"environment": "test", "database_url": "x", "detectors_metrics_port": port}
    )
    tally = Tally()
    tally.add("detectors_rounds")
    serve_metrics(settings, "ingest", tally.samples, _well)
    serve_metrics(settings, "detectors", tally.samples, _ill)
    assert "detectors_rounds_total 1.0" in _answer(port, "/metrics")[1]
    status, body = _answer(port, "/healthz")
    assert (status, json.loads(body)) == (503, {"problem": "it rains"})
    assert _answer(port, "/")[0] == 404
    with pytest.raises(SettingsError, match="MIMAMORI_DETECTORS_METRICS_PORT: "):
        serve_metrics(settings, "detectors", tally.samples, _well)


def test_the_disk_that_is_measured_is_that_of_the_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    text = Monitor("api", Tally().samples, _well).text().decode()
    values = {line.split()[0]: float(line.split()[1]) for line in text.splitlines() if line[0] != "#"}
    assert 0 < values["machine_disk_free_bytes"] <= values["machine_disk_bytes"]
