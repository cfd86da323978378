"""The registry of figures: every number that a process of ours serves at `/metrics`, one row each.

Dashboards and alert rules may name nothing else of ours (`tests/checks/prometheus.py`); docs/monitoring.md is made from it. No label may
hold a name of a person, an address or a place; a gateway's id is the operator's word, and the page says what it should not be.
"""

from dataclasses import dataclass
from enum import StrEnum


class FigureKind(StrEnum):
    """How a figure moves."""

    GAUGE = "gauge"
    """Up and down: how it is now."""
    COUNTER = "counter"
    """Up only, from 0 at the start of the process; its name ends in `_total` when it is served."""


@dataclass(frozen=True)
class Figure:
    """One row of the registry.

    Attributes
    ----------
    name : str
        Begins with the process that serves it: `ingest_`, `detectors_`, `api_`, `sync_`, `mqtt_out_`; `service_` is what the database
        shows of the whole service, served by each api; `process_` and `machine_` every process serves.
    kind : FigureKind
        How it moves.
    text : str
        What it counts, with its unit.
    labels : tuple of str
        The names of its labels.
    """

    name: str
    kind: FigureKind
    text: str
    labels: tuple[str, ...] = ()

    @property
    def served_name(self) -> str:
        """The name at `/metrics`."""
        return f"{self.name}_total" if self.kind is FigureKind.COUNTER else self.name


def _gauge(name: str, text: str, *labels: str) -> Figure:
    return Figure(name, FigureKind.GAUGE, text, labels)


def _counter(name: str, text: str, *labels: str) -> Figure:
    return Figure(name, FigureKind.COUNTER, text, labels)


_ALL = (
    # Every process
    _gauge("process_info", "1; which release runs", "process", "version"),
    _gauge(
        "machine_disk_free_bytes", "What is free of the disk under the folder that the process runs in"
    ),
    _gauge("machine_disk_bytes", "The size of that disk"),
    _gauge("process_resident_memory_bytes", "Memory of the process"),
    _gauge("process_virtual_memory_bytes", "Addresses that the process has reserved"),
    _gauge("process_max_fds", "How many files and connections it may have open"),
    _gauge("process_start_time_seconds", "When the process began"),
    _gauge("process_open_fds", "Open files and connections of the process"),
    _counter("process_cpu_seconds", "Time on the processor"),
    # Ingest
    _gauge("ingest_active", "1 while this process is the active worker; a standby has nothing else of ingest"),
    _gauge("ingest_broker_connected", "1 while connected to the broker"),
    _gauge(
        "ingest_broker_certificate_expiry_timestamp_seconds",
        "When the certificate ends that the broker showed at the last connection; none without TLS",
    ),
    _gauge("ingest_database_blocked", "1 while the database refuses work"),
    _gauge("ingest_queue_messages", "Messages in the queue: received and not yet in a batch"),
    _gauge("ingest_missing_devices", "Devices with a gap in their sequence numbers"),
    _gauge(
        "ingest_watermark_timestamp_seconds",
        "The watermark: everything the broker had before this time is stored; its age is the lag",
    ),
    _gauge("ingest_no_data", "1 while devices with a heartbeat are registered and there is no data from any of them"),
    _gauge(
        "ingest_gateway_last_received_timestamp_seconds",
        "By gateway (its id, at most 500 of them; empty: devices without one): when something last came through it. Read once a minute",
        "gateway",
    ),
    _gauge(
        "ingest_connection_loop_returns",
        "By codec (none while all is well): how often a sender that is cut off again and again came back within half an hour; the doctor"
        " names it",
        "codec",
    ),
    _gauge("ingest_last_received_timestamp_seconds", "When the newest stored message came, by our clock"),
    _counter("ingest_messages", "Messages stored or quarantined"),
    _counter("ingest_readings", "New readings stored"),
    _counter("ingest_fixes", "New fixes stored"),
    _counter("ingest_quarantined", "Messages quarantined, whole or in part"),
    _counter(
        "ingest_quarantine_dropped", "Messages that the quarantine had to give up before anybody released them"
    ),
    _counter(
        "ingest_unread_left_out",
        "Messages with fields that were not read which no sender's list counts: one sender has at most 50 fields, and where more than"
        " 10,000 unregistered senders are about, the gateway with most of them gives up the one that came longest ago",
    ),
    _counter("ingest_batches", "Transactions committed"),
    _counter(
        "ingest_unread_fields",
        "By codec, of registered devices: fields of messages that no value was read from; the doctor names the senders",
        "codec",
    ),
    # Detectors, which evaluate and notify
    _gauge(
        "detectors_evaluated_through_timestamp_seconds", "Up to when this process evaluates what has changed or is due"
    ),
    _gauge("detectors_last_round_timestamp_seconds", "When it last ended a round of evaluation, by the machine's clock"),
    _gauge("detectors_last_planning_timestamp_seconds", "When it last planned who is notified, by the machine's clock"),
    _counter("detectors_rounds", "Rounds of evaluation: looks for what has changed or is due, and evaluating some of it"),
    _counter("detectors_evaluated_homes", "Homes evaluated"),
    _counter("detectors_failed_homes", "Evaluations of a home that failed by a fault of ours"),
    _counter("detectors_evaluation_seconds", "Time in which homes were evaluated, in seconds of the machine"),
    _counter(
        "detectors_attempts",
        "Attempts to deliver a message about an alert, by kind of channel and by what the first answer was",
        "channel",
        "result",
    ),
    _counter("detectors_unwritten_messages", "Messages that could not be written by a fault of ours"),
    # Api
    _counter("api_requests", "Answered requests, by kind (page, json, static, monitor, provider) and status (2xx ...)", "kind", "status"),
    _counter("api_request_seconds", "Time until the answers were sent, streams left out", "kind"),
    _gauge("api_streams", "Open live streams: pages that show changes by themselves"),
    _gauge("api_changes_lost", "1 while this process does not notice changes, so that its open pages say that they are not up to date"),
    # Broker sync
    _gauge("sync_last_look_timestamp_seconds", "When it last looked whether accounts have changed, by the machine's clock"),
    _gauge("sync_accounts", "Names in the broker's password file that come from the database"),
    _gauge("sync_broker_informed", "1 while the broker has read the newest file"),
    # MQTT out
    _gauge("mqtt_out_connected", "1 while states are published: connected to the broker and to the database"),
    _gauge("mqtt_out_last_look_timestamp_seconds", "When all that is retained was last as the database has it, by the machine's clock"),
    _gauge("mqtt_out_residents", "Residents whose state is published"),
    _counter("mqtt_out_messages", "Messages published: states, descriptions and events"),
    # The service as the database shows it
    _gauge("service_database_up", "1 while the api reaches the database; all else of the service is missing while it is 0"),
    _gauge("service_ready", "1 while /readyz is green", ),
    _gauge("service_blind", "1 while nothing new can be seen: ingest, the detectors or all devices stand still"),
    _gauge("service_mute", "1 while nobody would be notified: an office or an emergency without a message, or senders that stand still"),
    _gauge("service_ingest_watermark_timestamp_seconds", "Until when everything received is stored"),
    _gauge("service_ingest_reported_timestamp_seconds", "When an ingest worker last reported"),
    _gauge("service_evaluated_through_timestamp_seconds", "Until when the ward has been evaluated"),
    _gauge(
        "service_most_overdue_timestamp_seconds",
        "When the resident was due whose evaluation is most overdue; as the one before while nobody is overdue",
    ),
    _gauge("service_last_received_timestamp_seconds", "When anything last came of any device"),
    _gauge("service_canary_last_contact_timestamp_seconds", "When the canary was last in contact; none without one"),
    _gauge("service_canary_call_delivered_timestamp_seconds", "When a call of a canary last came through to its sink; none before the first"),
    _gauge("service_canary_call_seconds", "How long that took, from the press to the sink's answer"),
    _gauge(
        "service_response_seconds",
        "How long it took, in the median of the last seven days, from the opening of alerts until a step; not of fewer than ten residents",
        "severity",
        "step",
    ),
    _gauge("service_failing_watches", "Residents whose evaluation fails by a fault of ours"),
    _gauge("service_residents", "Residents by what the last evaluation may say of them now", "state"),
    _gauge("service_homes", "Homes that somebody is watched over in"),
    _gauge("service_blind_homes", "Those of them that are out of contact now, alone or with their neighbourhood"),
    _gauge("service_open_alerts", "Alerts that are not closed, by severity (1 to 4)", "severity"),
    _gauge("service_prompts", "Residents who were asked whether all is well in the last 24 hours, by the answer: in time (safe), after the alert (late), help, none, or the message never left", "answer"),
    _gauge("service_unclaimed_emergencies", "Emergencies that nobody has claimed"),
    _gauge("service_oldest_unclaimed_emergency_timestamp_seconds", "When the longest of them was raised; none without any"),
    _gauge(
        "service_ended_escalations",
        "Open emergencies about which nobody will be notified any more: no step and no message waits",
    ),
    _gauge("service_unnotified_emergencies", "Open emergencies that were planned and of which no message exists"),
    _gauge(
        "service_exhausted_emergencies",
        "Open emergencies about which nobody can be asked at present: everybody had their share of the day, and no desk is above",
    ),
    _gauge("service_overdue_messages", "Messages that no sender took two minutes after they were due"),
    _gauge("service_unplanned_events", "Changes of alerts that no planner took after two minutes"),
    _gauge("service_unreachable_offices", "Offices that no message reaches"),
    _gauge("service_unreachable_residents", "Residents whose family could not be reached tonight, as the last evening check found"),
    _gauge("service_duty_gaps", "Stretches of the night without anybody on duty, as the last evening check found"),
    _gauge("service_tested_contacts", "Contacts who were sent a monthly test, or have proven a channel"),
    _gauge("service_proven_contacts", "Those of them who said within 62 days that a message arrived"),
    _gauge("service_unproven_contacts", "Contacts who answer no monthly test, as the last evening check found"),
    _gauge("service_dead_channels", "Channels of contacts that are known to be dead"),
    _gauge("service_quarantined", "Messages in quarantine that wait for somebody"),
    _gauge("service_oldest_timestamp_seconds", "The oldest that is kept, of quarantine, reading and fix", "what"),
    _gauge("service_last_retention_timestamp_seconds", "When what was too old last went; none before the first time"),
    _gauge("service_retention_late", "1 while that is overdue by more than a day"),
    _gauge("service_oldest_open_erasure_timestamp_seconds", "When the oldest erasure was asked for that is not finished; none if all are"),
    _gauge("service_ledger_unsealed", "Rows of the ledger that wait for their seal"),
    _gauge("service_ledger_oldest_unsealed_timestamp_seconds", "When the one was written that waits the longest; none while none waits"),
    _gauge("service_kept_seconds", "How long it is to be kept at most, where a limit is set", "what"),
    _gauge("service_last_backup_timestamp_seconds", "When the last backup was made; none before the first"),
    _gauge("service_last_proven_restore_timestamp_seconds", "When a backup last came back whole; none before the first"),
    _gauge("service_archive_failing", "1 while the write-ahead log is not archived though it should be; none where no archive is set up"),
    _gauge("service_database_bytes", "Size of the database"),
    _gauge("service_replicas", "Replicas that are connected to the database"),
    _gauge(
        "service_replication_lag_bytes",
        "How far the replica that is furthest behind is; none without a replica, and where our login may not see it (GRANT pg_monitor)",
    ),
    _gauge(
        "service_web_certificate_expiry_timestamp_seconds",
        "When the certificate of MIMAMORI_BASE_URL ends; none without https, and while it cannot be reached",
    ),
    _gauge("service_web_certificate_trusted", "1 while that certificate is one that browsers trust; none without https, and while it cannot be reached"),
)  # fmt: skip

FIGURES: dict[str, Figure] = {figure.name: figure for figure in _ALL}
"""By name; the processor's, the memory's and the open files' figures are the library's own (`FROM_LIBRARY`)."""
FROM_LIBRARY = frozenset(
    {
        "process_resident_memory_bytes",
        "process_virtual_memory_bytes",
        "process_max_fds",
        "process_start_time_seconds",
        "process_open_fds",
        "process_cpu_seconds",
    }
)
