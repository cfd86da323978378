"""Takes the calls of canaries to their sink, from the thread that waits for emergencies: what comes through there, emergencies would too.

No contact is involved, so nobody can be disturbed by one.
"""

import time
from datetime import timedelta

from core.clock import Clock, SystemClock
from core.domain.delivery.record import Attempt, DeliveryResult
from core.domain.delivery.webhook_address import WebhookAddress
from core.logs import get_logger
from core.store.database import Database
from core.store.operation.outward import canary_flights
from core.store.operation.outward.canary_flights import LeasedFlight
from detectors.alerting.providers.http_exchange import NoAnswerError, exchange, plain_attempt
from detectors.alerting.providers.signed_webhook import EVENT_VERSION, WAIT_S, signed_request

_log = get_logger(__name__)
# One attempt never takes longer; then it is tried again. In the machine's time.
_LEASE = timedelta(seconds=20)


class CanarySender:
    """Sends what is on its way to one sink.

    Parameters
    ----------
    database : Database
        Where calls wait.
    clock : Clock
        The service's time.
    sink : str
        Where events go, as of a webhook; the operator's own, so it may be inside our network.
    """

    def __init__(self, database: Database, clock: Clock, sink: str) -> None:
        self._database = database
        self._clock = clock
        self._machine = SystemClock()
        self._sink = WebhookAddress.of(sink)

    def send_one(self) -> bool:
        """Take one call to the sink; return False if none waits."""
        machine_now = self._machine.now()
        with self._database.transaction() as connection:
            one = canary_flights.lease_one(connection, self._clock.now(), machine_now, machine_now + _LEASE)
        if one is None:
            return False
        attempt = self._attempt(one)
        is_there = attempt.arrival is DeliveryResult.DELIVERED
        now = self._clock.now()
        with self._database.transaction() as connection:
            canary_flights.finish(connection, one, accepted_at=now if is_there else None, error=attempt.error)
        if not is_there:
            _log.warning("canary_call_not_taken", device=one.device_id, error=attempt.error)
        return True

    def _attempt(self, one: LeasedFlight) -> Attempt:
        key = f"{one.device_id}-{one.pressed_at.timestamp():.3f}"
        event = {
            "type": "canary.call",
            "version": EVENT_VERSION,
            "timestamp": one.found_at.isoformat(),
            "data": {"device": one.device_id, "pressed_at": one.pressed_at.isoformat()},
        }
        request = signed_request(self._sink, key, event, int(time.time()))
        try:
            return plain_attempt(exchange(request, allow_private_hosts=True, wait_s=WAIT_S))
        except NoAnswerError as error:
            return error.attempt
