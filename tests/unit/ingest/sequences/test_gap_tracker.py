"""Numbers of messages show what is missing."""

import json
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.domain.device import DeviceKind
from core.store.telemetry.batches import Batch, SendingDevice
from core.store.telemetry.sequence_gaps import SequenceGap
from ingest.sequences.gap_tracker import GapTracker

_DEVICE = SendingDevice(1, "hall-1", "native:hall-1", DeviceKind.MOTION, None, None)
_START = datetime(2026, 8, 1, tzinfo=UTC)


def _at(seq: int) -> datetime:
    return _START + timedelta(minutes=seq)


def _noted(*seqs: int) -> GapTracker:
    numbers = GapTracker()
    for seq in seqs:
        numbers.note(_DEVICE, seq, _at(seq))
    return numbers


def _spans(numbers: GapTracker) -> list[tuple[int, int]]:
    return [(span.first_seq, span.last_seq) for span in numbers.take_changes().get(1, [])]


def test_numbers_in_a_row_have_no_gap_wherever_they_begin() -> None:
    assert _spans(_noted(57, 58, 59)) == []


def test_a_gap_has_the_times_of_its_neighbours() -> None:
    assert _noted(1, 2, 5).take_changes() == {1: [SequenceGap(3, 4, _at(2), _at(5))]}


def test_a_repeat_changes_nothing() -> None:
    assert _spans(_noted(1, 2, 2, 1)) == []


def test_messages_that_come_late_make_a_gap_smaller_until_it_is_gone() -> None:
    numbers = _noted(1, 7)
    assert _spans(numbers) == [(2, 6)]
    numbers.note(_DEVICE, 4, _at(4))
    assert _spans(numbers) == [(2, 3), (5, 6)]
    for seq in (2, 6, 3, 5):
        numbers.note(_DEVICE, seq, _at(seq))
    assert numbers.take_changes() == {1: []}


def test_the_device_itself_may_report_a_gap_at_the_end() -> None:
    numbers = _noted(1, 2)
    numbers.note_newest(_DEVICE, 4)
    assert numbers.take_changes() == {1: [SequenceGap(3, 4, _at(2), None)]}


def test_whatever_the_order_only_what_never_came_is_missing() -> None:
    noise = Random(7)
    for _ in range(50):
        seqs = list(range(2, 40))
        lost = set(noise.sample(seqs, 5)) - {39}
        rest = [seq for seq in seqs if seq not in lost]
        noise.shuffle(rest)
        numbers = _noted(1, *rest)
        missing = {seq for first, last in _spans(numbers) for seq in range(first, last + 1)}
        assert missing == {seq for seq in lost if seq < max(rest)}


def test_what_is_confirmed_ends_before_the_first_gap() -> None:
    (command,) = _noted(1, 2, 3, 6).due_confirmations()
    assert (command.topic, command.payload) == ("mimamori/v1/hall-1/command", b'{"stored_through":3}')


class _Watch:
    """The machine's monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def watch(monkeypatch: pytest.MonkeyPatch) -> _Watch:
    found = _Watch()
    monkeypatch.setattr("ingest.sequences.gap_tracker.time", found)
    return found


def _asked(numbers: GapTracker, watch: _Watch, after_s: float) -> tuple[list[list[int]], list[SequenceGap]]:
    """Return what is asked for so much later, and what is blind from then on."""
    watch.now += after_s
    for command, _, blind in numbers.due_commands(_at(1000)):
        return json.loads(command.payload)["resend"], blind
    return [], []


def test_a_silent_device_is_asked_ever_more_rarely_and_is_blind_from_the_second_time(watch: _Watch) -> None:
    numbers = _noted(1, 4)
    assert _asked(numbers, watch, 2) == ([], [])
    assert _asked(numbers, watch, 1) == ([[2, 3]], [])
    assert _asked(numbers, watch, 29) == ([], [])
    assert _asked(numbers, watch, 1) == ([[2, 3]], [SequenceGap(2, 3, _at(1), _at(4))])
    assert _asked(numbers, watch, 299) == ([], [])
    assert _asked(numbers, watch, 1) == ([[2, 3]], [])


def test_a_device_that_sends_what_it_is_asked_for_is_asked_for_the_rest_soon(watch: _Watch) -> None:
    numbers = _noted(1, 6)
    assert _asked(numbers, watch, 3)[0] == [[2, 5]]
    numbers.note(_DEVICE, 2, _at(2))
    assert _asked(numbers, watch, 30) == ([[3, 5]], [])
    numbers.note(_DEVICE, 3, _at(3))
    assert _asked(numbers, watch, 3) == ([[4, 5]], [])


def test_what_a_device_has_not_any_more_is_blind_soon_although_it_sent_the_rest(watch: _Watch) -> None:
    numbers = _noted(1, 6)
    assert _asked(numbers, watch, 3)[0] == [[2, 5]]
    numbers.note(_DEVICE, 4, _at(4))
    assert _asked(numbers, watch, 30) == ([[2, 3], [5, 5]], [])
    left = [SequenceGap(2, 3, _at(1), _at(6)), SequenceGap(5, 5, _at(1), _at(6))]
    assert _asked(numbers, watch, 3) == ([[2, 3], [5, 5]], left)


def test_all_of_many_gaps_is_asked_for_before_the_first_is_asked_for_again(watch: _Watch) -> None:
    numbers = _noted(*range(1, 502, 2))
    first, second, third, again = (_asked(numbers, watch, 3)[0] for _ in range(4))
    assert [part[0] for part in (first, second, third)] == [[2, 2], [202, 202], [402, 402]]
    assert (len(first), len(third), again) == (100, 50, [])
    assert _asked(numbers, watch, 27)[0] == first


def test_what_never_comes_is_given_up_after_a_day_and_stays_blind(watch: _Watch) -> None:
    numbers = _noted(1, 4)
    blind = [span for _ in range(40) for span in _asked(numbers, watch, 3600)[1]]
    assert blind == [SequenceGap(2, 3, _at(1), _at(4))]
    assert numbers.devices_with_gaps == 0
    assert numbers.take_filled() == []


@pytest.mark.parametrize("every_s", [1, 10, 20, 31])
def test_a_device_that_loses_messages_again_and_again_is_asked_and_what_stays_missing_is_blind(
    watch: _Watch, every_s: int
) -> None:
    numbers, asked, blind = _noted(1), set[int](), set[int]()
    for seq in range(3, 403, 2):
        numbers.note(_DEVICE, seq, _at(seq))
        parts, spans = _asked(numbers, watch, every_s)
        asked |= {first for first, _ in parts}
        blind |= {span.first_seq for span in spans}
    late = 70 // every_s
    expected = set(range(2, 402 - 2 * late, 2))
    assert asked >= expected
    assert blind >= expected
    # What was asked for many times in vain is given up, so there is not ever more of it.
    kept = numbers.take_changes()[1]
    assert len(kept) < 110
    assert kept[-1].last_seq == 400
    assert numbers.take_filled() == []


def test_a_message_is_unbroken_only_right_after_the_newest_and_while_none_is_missing() -> None:
    numbers = _noted(1, 2)
    assert [numbers.is_next(1, seq) for seq in (1, 2, 3, 4)] == [False, False, True, False]
    assert not numbers.may_fill(1, 1)
    assert not numbers.is_next(2, 1)
    numbers.note(_DEVICE, 5, _at(5))
    assert numbers.may_fill(1, 3)
    assert not numbers.is_next(1, 6)
    for seq in (3, 4):
        numbers.note(_DEVICE, seq, _at(seq))
    assert not numbers.may_fill(1, 3)
    assert numbers.is_next(1, 6)


def test_a_number_from_before_the_first_that_came_may_fill_what_was_missing_unseen() -> None:
    numbers = _noted(4)
    assert [numbers.may_fill(1, seq) for seq in (3, 4, 5)] == [True, False, False]


def test_what_a_device_forgot_with_its_memory_is_blind_once_and_not_asked_for_any_more(watch: _Watch) -> None:
    numbers = _noted(1, 4)
    _asked(numbers, watch, 3)
    # Asked for in vain: recorded as blind already.
    assert _asked(numbers, watch, 30)[1] == [SequenceGap(2, 3, _at(1), _at(4))]
    numbers.note(_DEVICE, 40, _at(40))

    numbers.note_count(_DEVICE, 1, _at(41))

    batch = Batch()
    numbers.add_to(batch)
    assert batch.missing == {1: []}
    assert batch.anew == {1: (0, _at(40))}
    assert batch.forgotten == [(1, SequenceGap(5, 39, _at(4), _at(40)))]
    assert numbers.devices_with_gaps == 0
    assert _asked(numbers, watch, 3600) == ([], [])
    # It counts from 1 again.
    assert numbers.is_next(1, 1)


@pytest.mark.parametrize(
    ("last", "made", "minute", "is_anew"),
    [(40, 14, 41, True), (40, 15, 41, False), (40, 14, 40, False), (40, 14, None, True), (39, 14, 41, True)],
)
def test_a_count_is_a_new_one_if_it_is_later_and_far_less_than_half_of_what_came(
    last: int, made: int, minute: int | None, *, is_anew: bool
) -> None:
    numbers = _noted(last - 1, last)
    numbers.note_count(_DEVICE, made, None if minute is None else _at(minute))
    assert numbers.last_of([1]) == {1: (0 if is_anew else last, _at(last))}
    assert numbers.sequence_reset_at == ({1: _at(last)} if is_anew else {})
