"""The registry of personal data: every table of the database, whose its rows are, and what becomes of them when somebody is erased.

A test compares it with `core/store/schema.sql`, table by table and text by text: a new one is not forgotten. Whose the rows are
stands as one query for each table in `core/store/queries/people/personal_rows.sql`.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class WhenErased(StrEnum):
    """What becomes of somebody's rows of a table."""

    DELETED = "deleted"
    """They go."""
    BLANKED = "blanked"
    """What they say goes; the row stays, since others' rows refer to it."""
    KEPT = "kept"
    """They stay by number alone, since the law wants it shown who looked; the texts in them go."""
    NOBODY = "nobody"
    """No row is about a resident. Texts that people wrote may all the same name one; the name goes."""


@dataclass(frozen=True)
class PersonalTable:
    """One table of the database.

    Attributes
    ----------
    name : str
        In the database.
    when_erased : WhenErased
        What becomes of a resident's rows.
    texts : tuple of str
        Columns with words or bytes that people or devices chose: they may name somebody, and are searched.
    identities : tuple of str
        Those of `texts` that are the name or address of whom the row is about: a name there is somebody else's too.
    prose : tuple of str
        Those of `texts` in which people write about anybody: there a name is blotted out of others' rows.
    codes : tuple of str
        Columns that hold words of ours, and hashes: they name nobody.
    secrets : tuple of str
        Columns that nobody is given, not even about themselves.
    is_timeline : bool
        A hypertable, whose rows are found and deleted by device and time.
    is_given_out : bool
        Whether it is part of what somebody gets who asks for everything about them; what only serves signing in is not.
    """

    name: str
    when_erased: WhenErased
    texts: tuple[str, ...] = ()
    identities: tuple[str, ...] = ()
    prose: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()
    secrets: tuple[str, ...] = ()
    is_timeline: bool = False
    is_given_out: bool = True


_DELETED, _NOBODY = WhenErased.DELETED, WhenErased.NOBODY
_OF_SUBJECT = ("rule", "subject_kind", "area")

# Those with rows of a resident, in the order in which they are deleted: what refers to others goes first.
_OF_RESIDENTS = (
    PersonalTable("mqtt_out_event", _DELETED, is_given_out=False),
    PersonalTable("push_message", _DELETED, codes=("error",), is_given_out=False),
    PersonalTable("webhook_redelivery", _DELETED, codes=("result", "error")),
    PersonalTable(
        "delivery",
        _DELETED,
        texts=("provider_id", "spoken"),
        prose=("spoken",),
        codes=("kind", "request_key", "state", "error"),
    ),
    PersonalTable("notification", _DELETED, codes=("kind", "key", "status", "last_error")),
    PersonalTable("notice", _DELETED, texts=("body",), codes=("kind", "key", "request_key", "error")),
    PersonalTable("answer_link", _DELETED, codes=("token_hash",), secrets=("token_hash",)),
    PersonalTable("contact_link", _DELETED, codes=("token_hash", "purpose"), secrets=("token_hash",)),
    PersonalTable("prompt", _DELETED, codes=("rule", "channel", "answer")),
    PersonalTable("prompt_setting", _DELETED, texts=("agreed",), prose=("agreed",)),
    PersonalTable("escalation_step", _DELETED, codes=("kind",)),
    PersonalTable("alert_event", _DELETED, texts=("detail",), prose=("detail",), codes=("kind",)),
    PersonalTable("alert_episode", _DELETED, codes=_OF_SUBJECT),
    PersonalTable("alert_evidence", _DELETED, texts=("body",), codes=("what", "sha256")),
    PersonalTable(
        "alert",
        _DELETED,
        texts=("reason", "progress_note"),
        prose=("reason", "progress_note"),
        codes=(*_OF_SUBJECT, "condition", "handling", "outcome", "progress"),
    ),
    PersonalTable("line_code", _DELETED, codes=("code_hash",), secrets=("code_hash",)),
    PersonalTable(
        "contact_channel",
        _DELETED,
        texts=("address", "sealed", "unreachable_reason"),
        identities=("address", "sealed"),
        codes=("kind", "language"),
        secrets=("sealed",),
    ),
    PersonalTable(
        "access_log",
        WhenErased.KEPT,
        texts=("reason",),
        prose=("reason",),
        codes=("what", "salt"),
        secrets=("salt",),
    ),
    PersonalTable(
        "watch_change",
        _DELETED,
        texts=("before", "after"),
        prose=("before", "after"),
        codes=("what", "salt"),
        secrets=("salt",),
    ),
    PersonalTable("family_link", _DELETED),
    PersonalTable("absence", _DELETED, texts=("note",), prose=("note",), codes=("kind", "hours")),
    PersonalTable(
        "backtest",
        _DELETED,
        texts=("settings", "result"),
        prose=("settings", "result"),
        codes=("state", "problem"),
    ),
    PersonalTable("baseline", _DELETED, texts=("body",), codes=("rule",)),
    PersonalTable(
        "evaluation", _DELETED, codes=("failed_rule", "state", "presence_state", "presence_reason")
    ),
    PersonalTable("fix", _DELETED, is_timeline=True),
    PersonalTable("reading", _DELETED, codes=("channel",), is_timeline=True),
    PersonalTable("device_latest", _DELETED),
    PersonalTable("device_state", _DELETED, codes=("channel",)),
    PersonalTable("home_latest", _DELETED),
    PersonalTable("home_change", _DELETED, is_given_out=False),
    PersonalTable("blind_time", _DELETED, codes=("subject_kind", "area", "cause")),
    PersonalTable(
        "profile_trial", _DELETED, texts=("result", "sender", "model"), codes=("state",), is_given_out=False
    ),
    PersonalTable("quarantine", _DELETED, texts=("topic", "payload", "detail"), codes=("reason",)),
    PersonalTable("unassigned_call", _DELETED, texts=("sender",), codes=("why",)),
    PersonalTable("unclear_call", _DELETED, texts=("sender", "field")),
    PersonalTable("unread_field", _DELETED, texts=("sender", "field")),
    PersonalTable("connection_break", _DELETED, texts=("senders",)),
    PersonalTable("connection_loop", _DELETED, texts=("sender",)),
    PersonalTable(
        "device_proposal",
        _DELETED,
        texts=("sender", "name", "model", "address", "described"),
        codes=("device_classes",),
    ),
    PersonalTable("device_rename", _DELETED, texts=("former_sender", "sender")),
    PersonalTable("device_contact", _DELETED),
    PersonalTable("chattering_device", _DELETED),
    PersonalTable("canary_flight", _DELETED, codes=("error",), is_given_out=False),
    PersonalTable("quiet_limit", _DELETED, texts=("place",), codes=("hours",)),
    PersonalTable("sequence_gap", _DELETED),
    PersonalTable("device_assignment", _DELETED),
    PersonalTable(
        "device",
        _DELETED,
        texts=("device_id", "sender", "address", "place", "model", "gateway_id"),
        codes=("kind", "meaning"),
    ),
    PersonalTable("enrolment", _DELETED, texts=("account",), codes=("code_hash",), secrets=("code_hash",)),
    PersonalTable(
        "broker_account",
        _DELETED,
        texts=("name",),
        codes=("kind", "password_hash"),
        secrets=("password_hash",),
    ),
    PersonalTable("geofence", _DELETED, texts=("name", "shape"), codes=("hours",)),
    PersonalTable(
        "contact",
        _DELETED,
        texts=("name", "relation", "calls_resident", "address"),
        identities=("name", "address"),
        prose=("relation", "calls_resident"),
        codes=("channel", "language", "digest"),
    ),
    PersonalTable("injection_request", _DELETED, codes=("kind", "problem")),
    PersonalTable("simulation_event", _DELETED, codes=("kind", "raises")),
    PersonalTable("escalation_policy", _DELETED, codes=("body",)),
    PersonalTable(
        "resident",
        _DELETED,
        texts=("name", "kana", "phone", "note"),
        identities=("name", "kana", "phone"),
        prose=("note",),
        codes=("sensitivity", "end_reason", "public_id"),
    ),
    PersonalTable(
        "home", _DELETED, texts=("name", "area"), identities=("name", "area"), codes=("time_zone",)
    ),
    PersonalTable("people_import", _DELETED, texts=("body",), codes=("fingerprint",), is_given_out=False),
    PersonalTable("invitation", _DELETED, codes=("code_hash",), is_given_out=False),
    PersonalTable("second_factor", _DELETED, codes=("sealed",), secrets=("sealed",), is_given_out=False),
    PersonalTable("api_token", _DELETED, texts=("name",), codes=("token_hash", "scope"), is_given_out=False),
    PersonalTable("recovery_code", _DELETED, codes=("code_hash",), is_given_out=False),
    PersonalTable("awaited_code", _DELETED, codes=("token_hash",), is_given_out=False),
    PersonalTable("user_session", _DELETED, codes=("token_hash", "browser"), is_given_out=False),
    PersonalTable("sign_in_attempt", _DELETED, texts=("peer",), codes=("login_hash",), is_given_out=False),
    PersonalTable("push_subscription", _DELETED, texts=("endpoint", "p256dh", "auth"), is_given_out=False),
    PersonalTable(
        "user_account",
        WhenErased.BLANKED,
        texts=("login", "name"),
        identities=("login", "name"),
        codes=("role", "language", "password_hash"),
        secrets=("password_hash",),
    ),
)
_OF_NOBODY = (
    PersonalTable("backup", _NOBODY, codes=("name",)),
    PersonalTable(
        "device_profile",
        _NOBODY,
        texts=("name", "vendor", "model", "fields", "models", "documents"),
        identities=("name", "vendor", "model", "fields", "models", "documents"),
        codes=("source",),
    ),
    PersonalTable("duty_shift", _NOBODY),
    PersonalTable("erasure", _NOBODY, codes=("state", "keys", "removed", "report")),
    PersonalTable("evening_check", _NOBODY),
    PersonalTable("evaluation_gap", _NOBODY),
    PersonalTable("evaluation_look", _NOBODY),
    PersonalTable("broker_session", _NOBODY, texts=("subscriptions",), codes=("client_id",)),
    PersonalTable("inbound_event", _NOBODY, codes=("provider", "event_id")),
    PersonalTable("ingest_progress", _NOBODY, codes=("worker",)),
    PersonalTable(
        "office",
        _NOBODY,
        texts=("name", "phone"),
        identities=("name", "phone"),
        codes=("role", "staffed"),
    ),
    PersonalTable(
        "office_change",
        _NOBODY,
        texts=("before", "after"),
        identities=("before", "after"),
        codes=("what", "salt"),
    ),
    PersonalTable("ledger_cut", _NOBODY, codes=("seal", "salt")),
    PersonalTable("ledger_pending", _NOBODY, codes=("source", "cause")),
    PersonalTable("ledger_seal", _NOBODY, codes=("source", "cause", "digest", "seal")),
    PersonalTable("mqtt_out", _NOBODY),
    PersonalTable("provider_quota", _NOBODY, codes=("provider",)),
    PersonalTable("quarantine_drop", _NOBODY),
    PersonalTable("retention_run", _NOBODY, codes=("kept_for", "dropped", "seal_before", "seal")),
    PersonalTable("rule_state", _NOBODY, codes=("rule", "state")),
    PersonalTable("schema_migration", _NOBODY, codes=("name", "checksum")),
    PersonalTable("sequence_batch", _NOBODY),
    PersonalTable("simulation", _NOBODY, codes=("scenarios", "problem")),
)

PERSONAL_DATA: Mapping[str, PersonalTable] = {one.name: one for one in (*_OF_RESIDENTS, *_OF_NOBODY)}
"""Every table of the database by name; those of residents first, in the order in which their rows are deleted."""

OF_RESIDENTS = _OF_RESIDENTS
"""The tables with rows of a resident."""
