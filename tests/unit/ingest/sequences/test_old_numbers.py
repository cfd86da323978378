"""A call for help with a number that came before and a time of more than a day ago: raised as made just now, and not as a repeat for ever."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from core.domain.device import DeviceKind
from core.domain.reading import ReadingFlag
from core.store.telemetry.batches import Batch, SendingDevice
from tests.support.wards.called_homes import Ingest
from tests.synthetic.call_home import ReceivedCall
from tests.synthetic.call_senders import NATIVE, Caller

NOW = datetime(2026, 6, 10, 12, tzinfo=UTC)
BOOT = datetime(2026, 1, 1, tzinfo=UTC)


class Button:
    """A native button, and ingest that receives nothing but it."""

    def __init__(self) -> None:
        self.caller = Caller(1, "sos-1", DeviceKind.BUTTON, "sos", NATIVE)
        self._ingest = Ingest(
            [SendingDevice(1, "sos-1", "native:sos-1", DeviceKind.BUTTON, None, ZoneInfo("UTC"))]
        )

    def sends(self, seq: int, made_at: datetime, *, value: bool = True, retained: bool = False) -> Batch:
        """Send a message with a number, received at noon."""
        self.caller.made = seq - 1
        payload = self.caller.message((made_at, value))
        return self._ingest.batch([ReceivedCall(NOW, self.caller.topic(), payload, retained)])


def test_it_is_stored_when_it_was_received_and_is_a_repeat_only_within_ten_minutes() -> None:
    button = Button()
    assert len(button.sends(5, NOW).new) == 1
    ((row, since),) = button.sends(1, BOOT).doubtful
    assert (row[1], row[5]) == (NOW, NOW)
    assert row[6] & int(ReadingFlag.CLOCK_SUSPECT)
    assert since == NOW - timedelta(minutes=10)


def test_with_a_new_number_it_is_late_and_keeps_its_time() -> None:
    button = Button()
    button.sends(5, NOW)
    late = button.sends(6, NOW - timedelta(hours=27))
    assert (len(late.new), late.doubtful) == (1, [])


def test_sent_again_within_a_day_it_keeps_its_time_and_is_the_same() -> None:
    button = Button()
    button.sends(5, NOW)
    again = button.sends(4, NOW - timedelta(hours=20))
    assert [row[1] for row in again.readings] == [NOW - timedelta(hours=20)]
    assert again.doubtful == []


def test_what_is_no_call_and_what_the_broker_had_kept_keep_their_time() -> None:
    button = Button()
    button.sends(5, NOW)
    for batch in (button.sends(1, BOOT, value=False), button.sends(1, BOOT, retained=True)):
        assert [row[1] for row in batch.readings] == [BOOT]
        assert batch.doubtful == []
