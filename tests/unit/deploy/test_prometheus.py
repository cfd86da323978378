"""What is collected, the rules and the dashboard are well formed, and say what to do."""

import json
import re
from typing import Any

import yaml

from tests.checks.prometheus import ALERTS, DASHBOARDS, alert_rules
from tests.support.paths import REPOSITORY

_FOLDER = ALERTS.parent
_KEYS = {"alert", "expr", "for", "labels", "annotations"}


def _collected() -> dict[str, list[str]]:
    body = yaml.safe_load((_FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    assert body["rule_files"] == ["alerts.yml"]
    return {
        job["job_name"]: [target for one in job["static_configs"] for target in one["targets"]]
        for job in body["scrape_configs"]
    }


def _dashboard() -> dict[str, Any]:
    (path,) = DASHBOARDS.glob("*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_process_is_collected_on_loopback_at_the_port_that_the_page_names() -> None:
    collected = _collected()
    page = (REPOSITORY / "docs" / "monitoring.md").read_text(encoding="utf-8")
    named = re.findall(
        r"^\| `mimamori [a-z-]+`.*?`MIMAMORI_([A-Z]+)_METRICS_PORT` \| (\d+) \|", page, re.MULTILINE
    )
    assert len(named) == 4
    for process, port in named:
        assert collected.pop(f"mimamori-{process.lower()}") == [f"127.0.0.1:{port}"]
    assert set(collected) == {"node"}


def test_every_rule_has_the_form_of_one_and_says_what_to_do() -> None:
    rules = alert_rules()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= _KEYS
        assert rule["labels"]["severity"] in {"critical", "warning", "dead"}
        assert set(rule["annotations"]) == {"summary", "what_to_do"}
        assert all("|" not in text for text in rule["annotations"].values())


def test_each_promise_has_a_rule_that_says_that_it_is_broken() -> None:
    promises = {
        "nobody judges": "MimamoriNobodyJudges",
        "nobody sends": "MimamoriNobodySends",
        "blind homes": "MimamoriBlindHomes",
        "an escalation without end": "MimamoriEscalationEnded",
        "age of the proven restore": "MimamoriRestoreUnproven",
        "retention": "MimamoriRetentionBehind",
        "certificate": "MimamoriCertificateEnds",
        "disk": "MimamoriDiskFull",
        "replication": "MimamoriReplicaBehind",
    }
    assert set(promises.values()) <= {rule["alert"] for rule in alert_rules()}


def test_panels_have_a_place_a_title_and_a_data_source_of_their_own() -> None:
    board = _dashboard()
    panels = board["panels"]
    assert len({panel["id"] for panel in panels}) == len(panels)
    places = [(panel["gridPos"]["x"], panel["gridPos"]["y"]) for panel in panels]
    assert len(set(places)) == len(places)
    assert all(panel["gridPos"]["x"] + panel["gridPos"]["w"] <= 24 for panel in panels)
    assert len({panel["title"] for panel in panels}) == len(panels)
    shown = [panel for panel in panels if panel["type"] != "row"]
    assert len(shown) > 20
    for panel in shown:
        assert panel["targets"]
        # Whoever imports it chooses the Prometheus.
        assert {one["datasource"]["uid"] for one in (panel, *panel["targets"])} == {"${datasource}"}
    assert board["templating"]["list"][0]["name"] == "datasource"
