"""Whether alert rules and dashboards name nothing but figures that are served, with labels that these have."""

import json
import re
from collections.abc import Iterator
from typing import Any

import yaml

from core.monitoring.figures import FIGURES
from tests.support.paths import REPOSITORY

ALERTS = REPOSITORY / "deploy" / "prometheus" / "alerts.yml"
DASHBOARDS = REPOSITORY / "deploy" / "grafana"
# What others serve, and who.
FOREIGN = {
    "up": "Prometheus",
    "node_filesystem_avail_bytes": "prometheus-node-exporter",
    "node_filesystem_size_bytes": "prometheus-node-exporter",
}
_OF_PROMETHEUS = {"job", "instance", "mountpoint", "fstype"}
_WORDS = {"and", "or", "unless", "bool", "offset", "inf", "nan"}
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"')
_MATCHERS = re.compile(r"([a-zA-Z_:]\w*)?\s*\{([^}]*)\}")
_GROUPING = re.compile(r"\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)")
_LABEL = re.compile(r"(\w+)\s*(?:=~|!~|!=|=)")
_NAME = re.compile(r"\b([a-zA-Z_:]\w*)\b(?!\s*\()")
_IN_TEXT = re.compile(r"\$labels\.(\w+)")


def metrics_in(expression: str) -> set[str]:
    """Return the names of the metrics in an expression of PromQL.

    Examples
    --------
    >>> sorted(metrics_in('sum by (a) (rate(b_total{c="d"}[5m])) > 0.5 * max(e) or absent(f) and on () g == 1e3'))
    ['b_total', 'e', 'f', 'g']
    """
    plain = _STRING.sub('""', expression)
    plain = re.sub(r"\{[^}]*\}|\[[^\]]*\]", "", _GROUPING.sub("", plain))
    return {name for name in _NAME.findall(plain) if name not in _WORDS}


def labels_in(expression: str) -> set[str]:
    """Return the names of the labels in an expression of PromQL.

    Examples
    --------
    >>> sorted(labels_in('sum by (a, b) (c{d="e", f=~"g"}) + on (h) i'))
    ['a', 'b', 'd', 'f', 'h']
    """
    plain = _STRING.sub('""', expression)
    found = {name for _, matchers in _MATCHERS.findall(plain) for name in _LABEL.findall(matchers)}
    return found | {
        part.strip() for group in _GROUPING.findall(plain) for part in group.split(",") if part.strip()
    }


def alert_rules() -> list[dict[str, Any]]:
    """Return all rules that raise an alert."""
    body = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))
    return [rule for group in body["groups"] for rule in group["rules"]]


def dashboard_expressions() -> Iterator[tuple[str, str]]:
    """Give where an expression of a dashboard stands, and the expression."""
    for path in sorted(DASHBOARDS.glob("*.json")):
        for panel in json.loads(path.read_text(encoding="utf-8"))["panels"]:
            for target in panel.get("targets", ()):
                yield f"{path.name}, {panel['title']}", target["expr"]


def findings() -> Iterator[str]:
    """Give what stands in a rule or a dashboard and is not served."""
    for rule in alert_rules():
        texts = " ".join(rule["annotations"].values())
        yield from problems(f"alerts.yml, {rule['alert']}", rule["expr"], set(_IN_TEXT.findall(texts)))
    for place, expression in dashboard_expressions():
        yield from problems(place, expression)


def problems(place: str, expression: str, shown_labels: set[str] | None = None) -> Iterator[str]:
    """Give what is wrong with the names in one expression, and with the labels that the text beside it shows."""
    served = {figure.served_name: figure for figure in FIGURES.values()}
    names = metrics_in(expression)
    for name in sorted(names - served.keys() - FOREIGN.keys()):
        yield f"{place}: there is no metric {name}; core/monitoring/figures.py has those that are served"
    known = _OF_PROMETHEUS.union(*(served[name].labels for name in names & served.keys()))
    for label in sorted((labels_in(expression) | (shown_labels or set())) - known):
        yield f"{place}: none of its metrics has a label {label}"
