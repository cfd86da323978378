"""The canary: a device that stands for all others. When its messages do not arrive, the staff are notified before anybody is missed."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.domain import reasons
from core.domain.alert import WARD, AlertKey, Finding, Severity, Subject, SubjectKind
from core.domain.reason_card import Confidence, as_json
from core.domain.rules import CANARY_SILENT
from core.store.database import Connection
from core.store.detection import evaluation_queue
from core.store.telemetry import blind_times
from core.store.telemetry.blind_times import BlindTime

NAME, _VERSION = CANARY_SILENT.name, CANARY_SILENT.version
# Nobody is blind for it, so it is kept apart from the ward's own blind time.
_SUBJECT = Subject(SubjectKind.CANARY)
_CAUSE = "canary_missing"
# A canary flies every minute or so (our choice); one that was missed may have had bad luck.
_SHORTEST = timedelta(minutes=5)

ALERT_KEY = AlertKey(NAME, WARD)


def findings(connection: Connection, since: datetime, until: datetime, *, is_blind: bool) -> list[Finding]:
    """Return for how long canaries were missed up to `until`, and keep it on record.

    While the whole ward is blind, or ingest has not read what waits, `until` stands still or a greater alert stands for it; then the
    canary says nothing new.
    """
    lasting: list[BlindTime] = []
    contact = None if is_blind else evaluation_queue.canary_last_contact(connection)
    if contact is not None:
        last, heartbeat_s = contact
        limit = max(_SHORTEST, timedelta(seconds=2 * (heartbeat_s or 0)))
        if until - last > limit:
            lasting.append(BlindTime(_SUBJECT, last, None, last + limit, _CAUSE))
    blind_times.record(connection, _SUBJECT, lasting, (_CAUSE,), until)
    return list(_missed(blind_times.of_subjects(connection, (_SUBJECT,), since, until)))


def _missed(missed: Iterable[BlindTime]) -> Iterable[Finding]:
    for one in missed:
        yield Finding(
            rule=NAME,
            subject=WARD,
            severity=Severity.EQUIPMENT,
            began_at=one.began_at,
            raised_at=one.known_at,
            cleared_at=one.ended_at,
            reason=as_json(
                reasons.OutOfContactReason(
                    rule_version=_VERSION,
                    cause=one.cause,
                    last_heard=one.began_at,
                    ruled_out=(),
                    confidence=Confidence.HIGH,
                )
            ),
        )
