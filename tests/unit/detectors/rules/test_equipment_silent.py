"""Equipment that is out of contact."""

from datetime import UTC, datetime, timedelta

from core.domain.alert import Subject
from core.domain.device import DeviceKind
from detectors.features.availability import Link
from detectors.features.window import Blind
from detectors.rules.equipment_silent import HomeLinks, evaluate_home

BEGIN = datetime(2026, 7, 1, 6, tzinfo=UTC)
HOUR = 60


def at(minute: float) -> datetime:
    return BEGIN + timedelta(minutes=minute)


def link(
    device: int, *received: float, heartbeat: float | None = 10, kind: DeviceKind = DeviceKind.MOTION
) -> Link:
    beat = None if heartbeat is None else timedelta(minutes=heartbeat)
    return Link(device, kind, "hall", beat, tuple(at(minute) for minute in received), ())


def raised(found: HomeLinks) -> list[tuple[Subject, float, float, float | None]]:
    return [
        (
            one.subject,
            (one.began_at - BEGIN).total_seconds() / 60,
            (one.raised_at - BEGIN).total_seconds() / 60,
            None if one.cleared_at is None else (one.cleared_at - BEGIN).total_seconds() / 60,
        )
        for one in found.silent.findings
    ]


def test_a_device_may_miss_three_heartbeats():
    links = [link(1, 0), link(2, 0, 30, 60)]
    assert raised(evaluate_home(3, links, (), at(30))) == [(Subject.of_device(1), 0, 30, None)]
    before = evaluate_home(3, links, (), at(29))
    assert raised(before) == []
    assert before.silent.due_at == at(30)


def test_all_devices_silent_is_the_home():
    links = [link(1, 0), link(2, 5)]
    found = evaluate_home(3, links, (), at(60))
    assert raised(found) == [(Subject.of_home(3), 5, 35, None)]
    assert not found.silent.can_tell
    # What was raised before it was known stays; nothing is concluded from then on.
    assert found.blind == (Blind(at(5), None, at(35)),)


def test_a_device_that_stays_away_after_the_home_came_back_gets_its_own_time():
    links = [link(1, 0), link(2, 0, 100, 110, 120, 130)]
    assert raised(evaluate_home(3, links, (), at(110))) == [(Subject.of_home(3), 0, 30, 100)]
    assert raised(evaluate_home(3, links, (), at(130))) == [
        (Subject.of_home(3), 0, 30, 100),
        (Subject.of_device(1), 0, 130, None),
    ]


def test_trackers_and_silent_buttons_say_nothing_about_the_home():
    links = [
        link(1, 0),
        link(2, 0, 10, 20, 30, 40, 50, kind=DeviceKind.TRACKER),
        link(3, heartbeat=None, kind=DeviceKind.BUTTON),
    ]
    assert [one[0] for one in raised(evaluate_home(3, links, (), at(60)))] == [Subject.of_home(3)]


def test_without_heartbeats_and_status_nothing_can_be_known():
    found = evaluate_home(3, [link(1, 0, heartbeat=None)], (), at(10_000))
    assert raised(found) == []
    assert found.silent.due_at is None
    assert found.silent.can_tell


def test_homes_are_not_raised_while_the_ward_is_silent_and_get_their_time_afterwards():
    links = [link(1, 0)]
    silent = Blind(at(0), None, at(0))
    assert raised(evaluate_home(3, links, (silent,), at(60))) == []
    over = Blind(at(0), at(60), at(0))
    assert raised(evaluate_home(3, links, (over,), at(89))) == []
    assert raised(evaluate_home(3, links, (over,), at(90))) == [(Subject.of_home(3), 0, 90, None)]


def test_a_fast_clock_is_given_slack():
    found = evaluate_home(3, [link(1, 0)], (), at(59), slack=timedelta(minutes=60))
    assert raised(found) == []


def test_while_it_is_open_whether_the_whole_ward_is_silent_a_home_waits_and_is_looked_at_again_soon():
    links = [link(1, 0, kind=DeviceKind.GATEWAY), link(2, 0)]
    # The ward was in contact 12 s before this home's half hour was over.
    found = evaluate_home(3, links, (), at(30), undecided_from=at(29.8))
    assert raised(found) == []
    assert found.silent.due_at == at(30) + timedelta(seconds=10)
    # Nobody concludes anything from its silence meanwhile.
    assert found.blind == (Blind(at(0), None, at(30)),)
    assert raised(evaluate_home(3, links, (), at(31), undecided_from=at(30.5))) == [
        (Subject.of_home(3), 0, 30, None)
    ]


def test_the_longer_the_ward_is_quiet_the_more_rarely_a_home_that_waits_is_looked_at():
    found = evaluate_home(3, [link(1, 0)], (), at(60), undecided_from=at(20))
    assert found.silent.due_at == at(70)


def test_a_home_that_said_it_goes_is_raised_when_its_time_to_start_anew_is_over():
    gone = Link(1, DeviceKind.GATEWAY, "", timedelta(minutes=5), (at(0),), ((at(1), False),))
    found = evaluate_home(3, [gone], (), at(2), undecided_from=at(1.5))
    assert found.silent.due_at == at(6)
    assert raised(evaluate_home(3, [gone], (), at(6), undecided_from=at(6))) == [
        (Subject.of_home(3), 1, 6, None)
    ]


def test_a_device_waits_for_the_ward_too():
    links = [link(1, 0), link(2, *range(0, 35, 5))]
    assert raised(evaluate_home(3, links, (), at(31), undecided_from=at(29))) == []
    found = evaluate_home(3, links, (), at(31), undecided_from=at(29))
    assert found.silent.due_at == at(31) + timedelta(seconds=30)
    assert raised(evaluate_home(3, links, (), at(33), undecided_from=at(32))) == [
        (Subject.of_device(1), 0, 30, None)
    ]


def test_a_home_was_blind_also_in_a_silence_that_has_ended():
    found = evaluate_home(3, [link(1, 0, 60)], (), at(70))
    assert found.blind == (Blind(at(0), at(60), at(30)),)


def test_a_home_is_blind_as_soon_as_its_gateway_said_that_it_goes_before_that_is_raised():
    gone = Link(1, DeviceKind.GATEWAY, "", timedelta(minutes=5), (at(0),), ((at(1), False),))
    found = evaluate_home(3, [gone], (), at(2))
    assert raised(found) == []
    assert found.blind == (Blind(at(1), None, at(1)),)
    assert evaluate_home(3, [gone], (), at(1)).blind == (Blind(at(1), None, at(1)),)
    # Whatever ended before it was sure leaves nothing.
    back = Link(1, DeviceKind.GATEWAY, "", timedelta(minutes=5), (at(0),), ((at(1), False), (at(3), True)))
    assert evaluate_home(3, [back], (), at(4)).blind == ()


def test_a_first_message_is_waited_for_only_of_a_device_with_a_heartbeat_that_never_had_contact():
    for other, is_awaited in ((link(2), True), (link(2, heartbeat=None), False), (link(2, 5), False)):
        assert evaluate_home(3, [link(1, 0), other], (), at(10)).is_awaited is is_awaited
