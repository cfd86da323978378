"""The example for Prometheus is well formed and speaks of metrics that exist."""

import re
from pathlib import Path
from typing import Any

import yaml

_ROOT = Path(__file__).parents[3]
_FOLDER = _ROOT / "deploy" / "prometheus"
_KEYS = {"alert", "expr", "for", "labels", "annotations"}
_DURATION = re.compile(r"\d+[smh]\Z")
_METRIC = re.compile(r"\bingest_[a-z_]+")


def _rules() -> list[dict[str, Any]]:
    body = yaml.safe_load((_FOLDER / "alerts.yml").read_text(encoding="utf-8"))
    return [rule for group in body["groups"] for rule in group["rules"]]


def _documented() -> set[str]:
    """Return the names under which the metrics of docs/data.md are served."""
    page = (_ROOT / "docs" / "data.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| `(ingest_[a-z_]+)` \| (gauge|counter) \|", page, re.MULTILINE)
    return {f"{name}_total" if kind == "counter" else name for name, kind in found}


def test_what_is_collected_comes_with_its_rules() -> None:
    body = yaml.safe_load((_FOLDER / "prometheus.yml").read_text(encoding="utf-8"))
    assert body["rule_files"] == ["alerts.yml"]
    targets = [
        target for job in body["scrape_configs"] for one in job["static_configs"] for target in one["targets"]
    ]
    assert all(target.startswith("127.0.0.1:") for target in targets)


def test_every_rule_has_the_form_of_one_and_says_what_to_do() -> None:
    rules = _rules()
    assert len({rule["alert"] for rule in rules}) == len(rules)
    for rule in rules:
        assert set(rule) <= _KEYS
        assert _DURATION.match(rule.get("for", "1m"))
        assert rule["labels"]["severity"] in {"critical", "warning"}
        assert set(rule["annotations"]) == {"summary", "what_to_do"}
        # Brackets in the expression come in pairs.
        for opening, closing in ("()", "[]", "{}"):
            assert rule["expr"].count(opening) == rule["expr"].count(closing)


def test_every_metric_in_a_rule_is_served() -> None:
    used = {name for rule in _rules() for name in _METRIC.findall(rule["expr"])}
    assert used
    assert used <= _documented()
