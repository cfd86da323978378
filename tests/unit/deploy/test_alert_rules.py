"""Every alert rule fires beyond its limit and is silent up to it, tried by Prometheus's own promtool; routes by Alertmanager's amtool."""

import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest
import yaml

from core.monitoring.figures import FIGURES
from core.monitoring.tally import Tally
from deploy.local import required_programs
from tests.checks.prometheus import ALERTS, alert_rules, dashboard_expressions

_FOLDER = ALERTS.parent
_DAY = 86400
_MINUTES = 90


class _Case(NamedTuple):
    """Series by name, with their values minute by minute, beyond the rule's limit and up to it."""

    beyond: dict[str, str]
    within: dict[str, str]


def _steady(value: float) -> str:
    return f"{value:g}x{_MINUTES}"


def _aged(seconds: float) -> str:
    """Return a moment that stays so long ago."""
    return f"{-seconds:.0f}+60x{_MINUTES}"


def _growing(a_minute: float) -> str:
    return f"0+{a_minute:g}x{_MINUTES}"


def _age(name: str, limit_s: float) -> _Case:
    return _Case({name: _aged(limit_s + 1)}, {name: _aged(limit_s)})


def _count(name: str, most: float = 0, first: float = 1) -> _Case:
    return _Case({name: _steady(first)}, {name: _steady(most)})


def _first_counted(process: str, counter: str, by: int) -> dict[str, str]:
    """Return what a process serves of a counter before and after it first counts, late in the trial."""
    tally = Tally(process)
    values: list[str] = []
    for more in (0, by):
        if more:
            tally.add(counter, by=more)
        found = {one.name: one.value for one in tally.samples()}
        values.append(f"{found[counter]:g}" if counter in found else "_")
    return {FIGURES[counter].served_name: f"{values[0]}x{_MINUTES - 14} {values[1]}x14"}


_UP = {"service_database_up": _steady(1)}
_CASES: dict[str, list[_Case]] = {
    "MimamoriIngestDown": [
        _Case(
            {'ingest_active{instance="a"}': _steady(0), 'ingest_active{instance="b"}': _steady(0)},
            {'ingest_active{instance="a"}': _steady(0), 'ingest_active{instance="b"}': _steady(1)},
        ),
        _Case({}, {"ingest_active": _steady(1)}),
    ],
    "MimamoriBrokerDown": [_count("ingest_broker_connected", most=1, first=0)],
    "MimamoriStoreBlocked": [_count("ingest_database_blocked")],
    "MimamoriIngestBehind": [_age("ingest_watermark_timestamp_seconds", 60)],
    "MimamoriNoData": [_count("ingest_no_data")],
    "MimamoriBlindHomes": [_count("service_blind_homes")],
    "MimamoriManyBlindHomes": [
        _Case(
            {"service_blind_homes": _steady(11), "service_homes": _steady(100)},
            {"service_blind_homes": _steady(10), "service_homes": _steady(100)},
        )
    ],
    "MimamoriGatewaySilent": [_age('ingest_gateway_last_received_timestamp_seconds{gateway="g1"}', 1800)],
    "MimamoriConnectionLoop": [_count('ingest_connection_loop_returns{codec="native"}')],
    "MimamoriQuarantineFills": [
        _Case({"ingest_quarantined_total": _growing(61)}, {"ingest_quarantined_total": _growing(59)})
    ],
    "MimamoriQuarantineDrops": [
        _Case({"ingest_quarantine_dropped_total": _growing(1)}, {"ingest_quarantine_dropped_total": _steady(7)})
    ],
    "MimamoriCanarySilent": [_age("service_canary_last_contact_timestamp_seconds", 300)],
    "MimamoriResidentsOverdue": [_age("service_most_overdue_timestamp_seconds", 300)],
    "MimamoriNobodyJudges": [_age("service_evaluated_through_timestamp_seconds", 120)],
    "MimamoriDetectorsDown": [
        _Case(
            {"detectors_last_round_timestamp_seconds": _aged(61)},
            {
                'detectors_last_round_timestamp_seconds{instance="a"}': _aged(500),
                'detectors_last_round_timestamp_seconds{instance="b"}': _aged(60),
            },
        ),
        _Case({}, {"detectors_last_round_timestamp_seconds": _aged(0)}),
    ],
    "MimamoriEvaluationFails": [_count("service_failing_watches")],
    "MimamoriNobodySends": [
        _count("service_overdue_messages"),
        _count("service_unplanned_events"),
        _age("detectors_last_planning_timestamp_seconds", 60),
    ],
    "MimamoriNobodyToNotify": [
        _count("service_unnotified_emergencies"), _count("service_exhausted_emergencies"),
        _count("service_unreachable_offices"),
    ],
    "MimamoriEscalationEnded": [_count("service_ended_escalations")],
    "MimamoriEmergencyUnclaimed": [_age("service_oldest_unclaimed_emergency_timestamp_seconds", 900)],
    "MimamoriUnreachableTonight": [_count("service_unreachable_residents"), _count("service_duty_gaps")],
    "MimamoriDeliveryFails": [
        _Case(
            {
                'detectors_attempts_total{channel="line", result="delivered"}': _growing(1),
                'detectors_attempts_total{channel="line", result="refused"}': _growing(1),
                'detectors_attempts_total{channel="line", result="failed"}': _growing(1),
                'detectors_attempts_total{channel="mail", result="delivered"}': _growing(1),
            },
            {
                'detectors_attempts_total{channel="line", result="delivered"}': _growing(3),
                'detectors_attempts_total{channel="line", result="failed"}': _growing(2),
                # Another channel's failures do not hide behind this one.
                'detectors_attempts_total{channel="mail", result="failed"}': _steady(7),
            },
        ),
        _Case(
            {'detectors_attempts_total{channel="line", result="failed"}': f"0x{_MINUTES - 14} 6x14"},
            {'detectors_attempts_total{channel="line", result="failed"}': f"0x{_MINUTES - 14} 5x14"},
        ),
    ],
    "MimamoriMessagesUnwritten": [
        _Case(
            {"detectors_unwritten_messages_total": _growing(1)},
            {"detectors_unwritten_messages_total": _steady(3)},
        ),
        _Case(*(_first_counted("detectors", "detectors_unwritten_messages", by) for by in (1, 0))),
    ],
    "MimamoriApiDown": [_Case({}, {"service_ready": _steady(0)})],
    "MimamoriNotReady": [
        _Case(
            {"service_ready": _steady(0)},
            {'service_ready{instance="a"}': _steady(0), 'service_ready{instance="b"}': _steady(1)},
        )
    ],
    "MimamoriPagesDeaf": [_count("api_changes_lost")],
    "MimamoriPagesFail": [
        _Case(
            {
                'api_requests_total{kind="page", status="2xx"}': _growing(90),
                'api_requests_total{kind="page", status="5xx"}': _growing(6),
            },
            {
                'api_requests_total{kind="page", status="2xx"}': _growing(95),
                'api_requests_total{kind="page", status="5xx"}': _growing(4),
                # /readyz says 503 whenever something is wrong elsewhere.
                'api_requests_total{kind="monitor", status="5xx"}': _growing(100),
            },
        )
    ],
    "MimamoriBrokerUninformed": [
        _count("sync_broker_informed", most=1, first=0), _age("sync_last_look_timestamp_seconds", 60),
    ],
    "MimamoriCanaryCallLost": [_age("service_canary_call_delivered_timestamp_seconds", 900)],
    "MimamoriNothingPublished": [
        _count("mqtt_out_connected", most=1, first=0), _age("mqtt_out_last_look_timestamp_seconds", 60),
    ],
    "MimamoriTargetMissing": [
        _Case(
            {'up{job="mimamori-api", instance="a"}': _steady(0)},
            {'up{job="mimamori-api", instance="a"}': _steady(1), 'up{job="other", instance="a"}': _steady(0)},
        )
    ],
    "MimamoriBackupOld": [
        _age("service_last_backup_timestamp_seconds", 36 * 3600),
        # None was ever made; but who does not reach the database does not know.
        _Case(_UP, {"service_database_up": _steady(0)}),
    ],
    "MimamoriRestoreUnproven": [
        _age("service_last_proven_restore_timestamp_seconds", 35 * _DAY),
        _Case(_UP, {"service_database_up": _steady(0)}),
    ],
    "MimamoriArchiveFails": [_count("service_archive_failing")],
    "MimamoriRetentionBehind": [
        _Case(
            {
                'service_oldest_timestamp_seconds{what="quarantine"}': _aged(98 * _DAY + 1),
                'service_kept_seconds{what="quarantine"}': _steady(90 * _DAY),
            },
            {
                'service_oldest_timestamp_seconds{what="quarantine"}': _aged(98 * _DAY),
                'service_kept_seconds{what="quarantine"}': _steady(90 * _DAY),
                # Nothing was promised of these.
                'service_oldest_timestamp_seconds{what="reading"}': _aged(2000 * _DAY),
                # What came late goes within a day.
                'service_oldest_timestamp_seconds{what="fix"}': f"{-50 * _DAY}x30 {-300 * _DAY}x{_MINUTES}",
                'service_kept_seconds{what="fix"}': _steady(90 * _DAY),
            },
        )
    ],
    "MimamoriRetentionLate": [_count("service_retention_late")],
    "MimamoriErasureOpen": [_age("service_oldest_open_erasure_timestamp_seconds", _DAY)],
    "MimamoriLedgerUnsealed": [_age("service_ledger_oldest_unsealed_timestamp_seconds", 900)],
    "MimamoriReplicaLost": [
        _Case({"service_replicas": f"2x30 1x{_MINUTES}"}, {"service_replicas": f"1x30 2x{_MINUTES}"})
    ],
    "MimamoriReplicaBehind": [_count("service_replication_lag_bytes", most=2**28, first=2**28 + 4096)],
    "MimamoriCertificateEnds": [
        _Case({name: _aged(-14 * _DAY + 1)}, {name: _aged(-14 * _DAY)})
        for name in (
            "ingest_broker_certificate_expiry_timestamp_seconds", "service_web_certificate_expiry_timestamp_seconds",
        )
    ],
    "MimamoriCertificateRefused": [_count("service_web_certificate_trusted", most=1, first=0)],
    "MimamoriDiskFull": [
        _Case(
            {"machine_disk_free_bytes": _steady(99), "machine_disk_bytes": _steady(1000)},
            {"machine_disk_free_bytes": _steady(100), "machine_disk_bytes": _steady(1000)},
        ),
        _Case(
            {"machine_disk_free_bytes": f"900-0.6x{_MINUTES}", "machine_disk_bytes": _steady(1000)},
            {"machine_disk_free_bytes": f"900-0.5x{_MINUTES}", "machine_disk_bytes": _steady(1000)},
        ),
    ],
    "MimamoriMachineDiskFull": [
        _Case(
            {
                'node_filesystem_avail_bytes{mountpoint="/", fstype="ext4"}': _steady(99),
                'node_filesystem_size_bytes{mountpoint="/", fstype="ext4"}': _steady(1000),
            },
            {
                'node_filesystem_avail_bytes{mountpoint="/", fstype="ext4"}': _steady(100),
                'node_filesystem_size_bytes{mountpoint="/", fstype="ext4"}': _steady(1000),
                'node_filesystem_avail_bytes{mountpoint="/run", fstype="tmpfs"}': _steady(0),
                'node_filesystem_size_bytes{mountpoint="/run", fstype="tmpfs"}': _steady(1000),
            },
        )
    ],
}  # fmt: skip
# Always on: it has no limit.
_ALWAYS_ON = "MimamoriWatchdog"


def _promtool(*arguments: str | Path) -> None:
    run = subprocess.run(
        [required_programs.rule_checker(print), *arguments], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout + run.stderr


def _trial(alert: str, series: dict[str, str], *, fires: bool) -> dict[str, object]:
    return {
        "name": f"{alert} {'beyond' if fires else 'within'} {series}",
        "interval": "1m",
        "input_series": [{"series": name, "values": values} for name, values in series.items()],
        "promql_expr_test": [
            {
                "expr": f'min(ALERTS{{alertname="{alert}", alertstate="firing"}})',
                "eval_time": f"{_MINUTES - 5}m",
                "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
            }
        ],
    }


def test_every_rule_fires_beyond_its_limit_and_is_silent_up_to_it(tmp_path: Path) -> None:
    assert set(_CASES) | {_ALWAYS_ON} == {rule["alert"] for rule in alert_rules()}
    trials = [_trial(_ALWAYS_ON, {}, fires=True)]
    for alert, cases in _CASES.items():
        for case in cases:
            trials.append(_trial(alert, case.beyond, fires=True))
            trials.append(_trial(alert, case.within, fires=False))
    path = tmp_path / "trials.yml"
    path.write_text(
        yaml.safe_dump({"rule_files": [str(ALERTS)], "evaluation_interval": "5m", "tests": trials}),
        encoding="utf-8",
    )
    _promtool("test", "rules", path)


def test_prometheus_reads_the_rules_and_what_to_collect() -> None:
    _promtool("check", "rules", ALERTS)
    _promtool("check", "config", "--syntax-only", _FOLDER / "prometheus.yml")


def test_prometheus_understands_every_expression_of_the_dashboards(tmp_path: Path) -> None:
    expressions = list(dashboard_expressions())
    assert expressions
    rules = [
        {"record": f"panel_{number}", "expr": expression}
        for number, (_, expression) in enumerate(expressions)
    ]
    path = tmp_path / "panels.yml"
    path.write_text(yaml.safe_dump({"groups": [{"name": "panels", "rules": rules}]}), encoding="utf-8")
    _promtool("check", "rules", path)


@pytest.mark.parametrize(
    ("severity", "receiver"),
    [("critical", "on-call"), ("warning", "technicians"), ("dead", "watched-from-outside")],
)
def test_an_alert_wakes_whom_its_severity_asks_for(severity: str, receiver: str) -> None:
    path = _FOLDER / "alertmanager.yml"
    run = subprocess.run(
        [
            required_programs.route_checker(print), "config", "routes", "test", f"--config.file={path}",
            f"--verify.receivers={receiver}", f"severity={severity}",
        ],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stdout + run.stderr


def test_no_alert_is_held_back_by_one_that_does_not_exist() -> None:
    body = yaml.safe_load((_FOLDER / "alertmanager.yml").read_text(encoding="utf-8"))
    known = {rule["alert"] for rule in alert_rules()}
    named = [
        name
        for rule in body["inhibit_rules"]
        for matcher in rule["source_matchers"] + rule["target_matchers"]
        for name in matcher.split('"')[1].split("|")
    ]
    assert named
    assert set(named) <= known
