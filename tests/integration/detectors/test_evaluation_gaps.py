"""After the detectors stood still: from when until when nobody was watched is on record, and each office is notified once."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.alert import WARD
from core.store.database import Database
from core.store.operation import evaluation_gaps
from core.store.operation.evaluation_gaps import EvaluationGap
from core.store.telemetry import blind_times
from detectors.alerting.delivery import Office
from detectors.alerting.notices import gap_message
from detectors.alerting.notices.notice_sender import NoticeSender
from detectors.engine.scheduler import Scheduler
from tests.support.alerting import CENTRE, RunningClock, mail_sink
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard, Seen, at, home
from tests.support.wards.notified_ward import mail_channel

# 2:10 at night in Tokyo.
STOPPED = at("2026-06-08 02:10")
BACK = STOPPED + timedelta(minutes=55)


class WatchedWard(EvaluatedWard):
    """Two homes on a clock that runs as the machine's, whose detectors are started anew for each look."""

    def __init__(self, database: Database, folder: Path) -> None:
        homes = [home(number, watched_from=STOPPED - timedelta(days=1)) for number in (1, 2)]
        super().__init__(database, folder, homes, STOPPED, centre=[{**CENTRE, "user": None}])
        self.clock = RunningClock(STOPPED)
        self.look()

    def look(self, *, stored_through: datetime | None = None) -> None:
        """Let new detectors evaluate what ingest has stored."""
        self.complete(stored_through or self.clock.now())
        Scheduler(self.database, self.clock, ZONE).cycle()

    def gaps(self) -> list[EvaluationGap]:
        """Return when nobody was evaluated."""
        with self.database.transaction() as connection:
            return evaluation_gaps.latest(connection, STOPPED - timedelta(days=1))

    def report(self) -> int:
        """Put what is to be sent about gaps into the outbox."""
        return gap_message.report(self.database, self.clock.now())


@pytest.fixture
def ward(database: Database, tmp_path: Path) -> WatchedWard:
    return WatchedWard(database, tmp_path)


def test_what_was_missed_is_found_late_with_both_times_and_the_centre_is_notified_once(
    ward: WatchedWard, database: Database
) -> None:
    pressed = STOPPED + timedelta(minutes=5)
    ward.store([Seen("sos-1", "sos", 1, pressed)])
    ward.clock.advance(minutes=55)
    ward.look()

    (gap,) = ward.gaps()
    assert (gap.began_at, gap.ended_at, gap.known_at) == (STOPPED, BACK, BACK)
    (alert,) = ward.alerts("sos")
    assert (alert.detected_late, alert.raised_at, alert.seen_at) == (True, pressed, BACK)
    with database.transaction() as connection:
        found = evaluation_gaps.homes(connection, 1, gap, BACK)
    # The home in which something was missed stands first.
    assert [(one.began_at, one.ended_at, list(one.alerts)) for one in found.first] == [
        (STOPPED, BACK, [alert.number]),
        (STOPPED, BACK, []),
    ]

    assert ward.report() == 1
    # A second process, and the next look, have nothing to report.
    assert ward.report() == 0
    ward.clock.advance(minutes=1)
    ward.look()
    assert (ward.report(), len(ward.gaps())) == (0, 1)
    with mail_sink() as mail:
        office = Office("https://mimamori.example.jp", "", ZONE)
        sender = NoticeSender(database, ward.clock, mail_channel(mail.port), office)
        while sender.send_one():
            pass
        (message,) = mail.messages
    text = message.get_content()
    assert "2:10から3:05まで、見守りの判定が止まっていました。" in text
    assert "見守れていなかった住まい: 2軒" in text
    assert "あとから分かったお知らせ: 1件" in text
    assert "https://mimamori.example.jp/offices/1/unwatched" in text
    assert "山田" not in text


def test_a_restart_is_no_gap(ward: WatchedWard) -> None:
    ward.clock.advance(minutes=5)
    ward.look()
    assert ward.gaps() == []


def test_a_gap_lasts_until_what_waited_is_evaluated_also_by_another_process(
    ward: WatchedWard, database: Database
) -> None:
    ward.clock.advance(minutes=55)
    with database.transaction() as connection:
        evaluation_gaps.note(connection, BACK, BACK, longest=evaluation_gaps.SHORTEST, behind="ingest_behind")
    # That process was killed before it came to the homes.
    (gap,) = ward.gaps()
    assert gap.ended_at is None
    assert ward.report() == 0
    ward.clock.advance(minutes=2)
    ward.look()
    (gap,) = ward.gaps()
    assert (gap.began_at, gap.ended_at) == (STOPPED, BACK + timedelta(minutes=2))


def test_a_gap_found_by_a_process_that_died_is_ended_by_one_that_lived_on(
    ward: WatchedWard, database: Database
) -> None:
    living = Scheduler(database, ward.clock, ZONE)
    living.cycle()
    ward.clock.advance(minutes=55)
    # Another process found the gap, and was killed before it came to the homes.
    with database.transaction() as connection:
        evaluation_gaps.note(connection, BACK, BACK, longest=evaluation_gaps.SHORTEST, behind="ingest_behind")
    ward.complete(BACK)
    living.cycle()
    (gap,) = ward.gaps()
    assert (gap.began_at, gap.ended_at) == (STOPPED, BACK)
    ward.clock.advance(minutes=10)
    with database.transaction() as connection:
        evaluation_gaps.note(
            connection,
            ward.clock.now(),
            ward.clock.now(),
            longest=evaluation_gaps.SHORTEST,
            behind="ingest_behind",
        )
    # This one was in the middle of its rounds, and goes on with them.
    ward.complete(ward.clock.now())
    living.cycle()
    assert [one.ended_at for one in ward.gaps()] == [BACK + timedelta(minutes=10), BACK]


def test_homes_that_are_evaluated_while_the_rules_of_the_ward_fail_are_watched(
    ward: WatchedWard, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    scheduler = Scheduler(database, ward.clock, ZONE)
    with monkeypatch.context() as fault:
        fault.setattr("detectors.engine.ward.ward_silent.outage", _fail)
        fault.setattr("detectors.engine.ward.canary.findings", _fail)
        for minute in range(20):
            ward.clock.advance(minutes=1)
            if minute == 10:
                ward.store([Seen("sos-1", "sos", 1, ward.clock.now())])
            ward.complete(ward.clock.now())
            scheduler.cycle()
        with database.transaction() as connection:
            ((evaluated_through,),) = connection.execute(
                b"SELECT evaluated_through FROM evaluation WHERE resident_id IS NULL"
            )
        assert evaluated_through == STOPPED
    (alert,) = ward.alerts("sos")
    assert not alert.detected_late
    ward.clock.advance(minutes=1)
    ward.look()
    assert (ward.gaps(), ward.report()) == ([], 0)


def test_a_gap_is_on_record_also_while_the_rules_of_the_ward_fail(
    ward: WatchedWard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("detectors.engine.ward.canary.findings", _fail)
    ward.clock.advance(minutes=55)
    ward.look()
    (gap,) = ward.gaps()
    assert (gap.began_at, gap.ended_at) == (STOPPED, BACK)
    assert ward.report() == 1


def _fail(*_values: object, **_named: object) -> None:
    raise ValueError("a fault in the ward's rules")


def test_ingest_that_catches_up_step_by_step_was_behind_once_and_is_not_taken_for_standing_detectors(
    ward: WatchedWard, database: Database
) -> None:
    ward.clock.advance(minutes=55)
    for minutes in (0, 20, 40, 55):
        ward.look(stored_through=STOPPED + timedelta(minutes=minutes))
        ward.clock.advance(seconds=2)
    with database.transaction() as connection:
        found = blind_times.of_subjects(connection, (WARD,), STOPPED - timedelta(hours=1), ward.clock.now())
        spans = evaluation_gaps.spans(
            connection,
            STOPPED - timedelta(hours=1),
            ward.clock.now(),
            silent_after=timedelta(minutes=1),
            behind=blind_times.INGEST_BEHIND,
        )
    (behind,) = found
    assert (behind.cause, behind.began_at) == ("ingest_behind", STOPPED)
    assert behind.ended_at is not None
    assert ward.gaps() == []
    # It is listed all the same: nobody was watched.
    assert [(one.cause, one.began_at) for one in spans] == [("ingest_behind", STOPPED)]
    (alert,) = ward.alerts("ward_silent")
    assert alert.occurrences == 1
