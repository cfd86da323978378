"""`docs/monitoring.md`, made from the registry of figures and the alert rules by `tests.checks.registry_docs`."""

import re
from collections.abc import Sequence

from core.monitoring.figures import FIGURES
from tests.checks.prometheus import FOREIGN, alert_rules

_HEAD = """# Monitoring: what the service says about itself, and what wakes somebody

For the operator who has Prometheus, Grafana and Alertmanager, or wants them. The service notifies its own staff without any of it ([runbook](runbook.md#when-something-is-wrong)); this is a second pair of eyes, on another machine at best.

Each process answers `/metrics` (Prometheus's format) and `/healthz` (200, or 503 with what to do) at a port of its own once its setting names one; by default none does. The ports listen on loopback: `MIMAMORI_METRICS_HOST` opens them, to
a network that only Prometheus reaches, for they ask for no password. Two processes of a kind on one machine need two ports.

| Process | Setting | In the examples |
| --- | --- | --- |
| `mimamori ingest` | `MIMAMORI_INGEST_METRICS_PORT` | 9464 |
| `mimamori detect` (evaluates, plans and sends) | `MIMAMORI_DETECTORS_METRICS_PORT` | 9465 |
| `mimamori api` (also what the database shows of the whole service) | `MIMAMORI_API_METRICS_PORT` | 9466 |
| `mimamori sync-broker` | `MIMAMORI_SYNC_METRICS_PORT` | 9467 |
| `mimamori mqtt-out` | `MIMAMORI_MQTT_OUT_METRICS_PORT` | 9468 |

`deploy/prometheus/` holds what to collect (`prometheus.yml`), the rules below (`alerts.yml`) and whom they wake (`alertmanager.yml`, an example with addresses to replace); `deploy/grafana/mimamori.json` is a dashboard to import. Rules are held by `promtool check rules`, and each by a
`promtool test` in which it fires and falls silent; routes by `amtool`; rule and dashboard name only figures of the table below. Grafana itself was not at hand: the form of the dashboard is that of its documentation, and no picture of it was looked at.

No label is made of a person, an address or a place: senders stand there by their codec only, since phones are often called as their owner is. One label is a word of the operator's, `gateway`: its id, and whoever calls a
gateway after a household shows that name to Prometheus and to all whom it wakes; `g12` shows none. There are no traces: one message passes through
three processes and two queues in the database, whose times it carries with it (`received_at`, the events of an alert, each attempt), so a second record of the same would be kept for nobody."""


def monitoring_page() -> str:
    """Return the page."""
    rules = [
        (rule["alert"], rule["labels"]["severity"], _shown(rule["annotations"]["summary"]), rule["annotations"]["what_to_do"])
        for rule in alert_rules()
    ]  # fmt: skip
    figures = [
        (
            f"`{figure.served_name}`",
            figure.kind.value,
            ", ".join(f"`{label}`" for label in figure.labels),
            figure.text,
        )
        for figure in FIGURES.values()
    ]
    foreign = "; ".join(f"`{name}` ({source})" for name, source in FOREIGN.items())
    return "\n\n".join((
        _HEAD,
        "## Rules",
        "`critical` wakes somebody, `warning` waits for the morning, `dead` is always on and goes to whoever raises the alarm when it stops.",
        _table(("rule", "severity", "says", "what to do"), rules),
        "## Figures",
        f"Made from `core/monitoring/figures.py`. What others serve and the rules use: {foreign}.",
        _table(("figure", "kind", "labels", "what it is"), figures),
    ))  # fmt: skip


def _shown(text: str) -> str:
    return re.sub(r"\{\{ \$(?:labels\.)?(\w+) \}\}", lambda found: f"*{found[1]}*", text)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
