"""Runs the planner and the senders until asked to stop; wakes within milliseconds of any change to an alert."""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import time as time_of_day
from datetime import timedelta
from email.utils import parseaddr
from functools import partial
from zoneinfo import ZoneInfo

from core.clock import Clock
from core.credentials.push_key import public_key_of
from core.credentials.sealed_values import sealer_of
from core.domain.alert import Severity
from core.domain.people import Channel
from core.errors import StoreUnavailableError
from core.logs import get_logger
from core.monitoring.tally import Tally
from core.settings import NEVER, Settings
from core.store.alerts import notifications
from core.store.database import Database, NotifyListener
from core.store.operation import provider_quota
from detectors.alerting import channels, planner
from detectors.alerting.delivery import LEASE, Office, Sender
from detectors.alerting.notices import (
    digest,
    equipment_message,
    evening,
    expired_pauses,
    gap_message,
    monthly_tests,
    outage_message,
    stay_question,
)
from detectors.alerting.notices.notice_sender import NoticeSender
from detectors.alerting.providers.browser_sender import BrowserSender
from detectors.alerting.providers.canary_sender import CanarySender
from detectors.alerting.providers.line import LineAccount, LineProvider
from detectors.alerting.providers.redelivery_sender import RedeliverySender
from detectors.alerting.providers.twilio import TelephoneAccount
from detectors.alerting.providers.web_push import PushAccount, WebPushProvider

# One slow server holds one sender; the others go on.
SENDERS = 4
# And one more takes emergencies only, so that however much else waits, or is slow, none waits for it.
_URGENT_SENDERS = 1
# Two, so that one push service that hangs does not hold up the others.
_PUSH_SENDERS = 2
# Looks at the tables this often even without a notification, in seconds of the machine.
_LOOK_S = 1.0
# And never more often than this, when something due cannot be done yet.
_PAUSE_S = 0.1
# LINE counts with a delay anyway.
_QUOTA_S = 3600.0
# What is about no alert is looked at this often.
_NOTICES_S = 5.0
# And what looks through all contacts this often.
_SELDOM_S = 30.0
# What could not be planned is tried again after this.
_AGAIN_S = 30.0

_log = get_logger(__name__)


class WakeUp:
    """Wakes everybody who waits for it; a ring that nobody waits for is not lost."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._rings = 0

    def ring(self) -> None:
        """Wake all who wait, and those who come to wait and know only of earlier rings."""
        with self._condition:
            self._rings += 1
            self._condition.notify_all()

    def rings(self) -> int:
        """Return the number of rings so far, to be passed to `wait`."""
        with self._condition:
            return self._rings

    def wait(self, rings: int, timeout_s: float) -> None:
        """Return at the first ring after the one numbered `rings`, or after `timeout_s`."""
        with self._condition:
            self._condition.wait_for(lambda: self._rings > rings, timeout_s)


def run(
    database: Database,
    settings: Settings,
    clock: Clock,
    stop: threading.Event,
    *,
    lease: timedelta = LEASE,
    tally: Tally | None = None,
) -> None:
    """Plan and deliver until `stop` is set.

    Parameters
    ----------
    database : Database
        An open pool; this needs up to thirteen connections of it at once, and one of its own.
    settings : Settings
        Mail server, sender's address, our address, telephone number and zone.
    clock : Clock
        The service's time.
    stop : threading.Event
        Set by the caller to end; also set here if one of the threads breaks.
    lease : timedelta
        How long a message is a sender's own, in the machine's time.
    tally : Tally, optional
        Takes the figures.

    Raises
    ------
    SettingsError
        `MIMAMORI_MAIL_URL`, `MIMAMORI_SECRET_KEYS` or `MIMAMORI_PUSH_KEY` cannot be used.
    """
    server = channels.mail_server(settings.mail_url)
    if server is None:
        _log.warning("mail_not_configured")
    channel = channels.DeliveryChannel(
        server,
        settings.mail_from,
        allow_private_hosts=settings.webhook_private_hosts,
        line=_line_account(settings),
        telephone=_telephone_account(settings),
        chat_hosts=settings.chat_hosts,
    )
    office = Office(settings.base_url, settings.centre_phone, ZoneInfo(settings.time_zone))
    tally = tally or Tally()
    sender = Sender(
        database, clock, channel, office, lease=lease, sealer=sealer_of(settings.secret_keys), tally=tally
    )
    sealer = sealer_of(settings.secret_keys)
    unhurried = (
        NoticeSender(database, clock, channel, office, sealer=sealer),
        NoticeSender(database, clock, channel, office, sealer=sealer, is_hurried=True),
        RedeliverySender(database, clock, channel, office, sealer=sealer),
    )
    browsers = _browser_sender(database, settings, clock)
    wake_up = WakeUp()
    canaries = _canary_sender(database, settings, clock)
    severities = [Severity.EQUIPMENT] * SENDERS + [Severity.EMERGENCY] * _URGENT_SENDERS
    workers = len(severities) + 3 + len(unhurried) + _PUSH_SENDERS
    with ThreadPoolExecutor(workers, thread_name_prefix="alerting") as threads:
        tasks = [
            threads.submit(_send, sender, least_urgent, wake_up, stop, canaries)
            for least_urgent in severities
        ]
        tasks.append(threads.submit(_plan, database, clock, wake_up, stop, tally))
        tasks.append(threads.submit(_notices, database, clock, office.zone, settings, stop))
        tasks += [threads.submit(_send_notices, one, stop) for one in unhurried]
        tasks.append(threads.submit(_watch_quota, database, clock, channel.line, stop))
        if browsers is not None:
            tasks += [threads.submit(_push, browsers, wake_up, stop) for _ in range(_PUSH_SENDERS)]
        for task in tasks:
            task.add_done_callback(lambda done: _end(done, wake_up, stop))
        _log.info("alerting_started", senders=len(severities))
    for task in tasks:
        task.result()


def _browser_sender(database: Database, settings: Settings, clock: Clock) -> BrowserSender | None:
    if not public_key_of(settings.push_key):
        return None
    account = PushAccount(settings.push_key, f"mailto:{parseaddr(settings.mail_from)[1]}")
    provider = WebPushProvider(account, allow_private_hosts=settings.webhook_private_hosts)
    return BrowserSender(database, clock, provider)


def _canary_sender(database: Database, settings: Settings, clock: Clock) -> CanarySender | None:
    sink = settings.canary_sink.get_secret_value()
    return CanarySender(database, clock, sink) if sink else None


def _line_account(settings: Settings) -> LineAccount | None:
    if not settings.line_token.get_secret_value():
        return None
    return LineAccount(settings.line_url, settings.line_token)


def _telephone_account(settings: Settings) -> TelephoneAccount | None:
    if not settings.twilio_account:
        return None
    return TelephoneAccount(
        settings.twilio_url,
        settings.twilio_account,
        settings.twilio_token,
        settings.twilio_sender,
        settings.base_url,
    )


def _end(task: Future[None], wake_up: WakeUp, stop: threading.Event) -> None:
    """Let all threads end when one of them failed: half a service that looks alive helps nobody."""
    if task.exception() is not None:
        stop.set()
    wake_up.ring()


def _plan(database: Database, clock: Clock, wake_up: WakeUp, stop: threading.Event, tally: Tally) -> None:
    put_off = set[int]()
    again_at = 0.0
    waits = False
    while not stop.is_set():
        try:
            with database.listen("alert") as listener:
                while not stop.is_set():
                    if time.monotonic() >= again_at:
                        put_off.clear()
                        again_at = time.monotonic() + _AGAIN_S
                    planner.plan_all(database, clock.now(), put_off)
                    tally.put("detectors_last_planning_timestamp_seconds", time.time())
                    waits = False
                    wake_up.ring()
                    _wait(database, clock, listener)
        except StoreUnavailableError as error:
            if not waits:
                _log.warning("database_wait", component="alerting", error=str(error))
            waits = True
            stop.wait(_LOOK_S)


def _wait(database: Database, clock: Clock, listener: NotifyListener) -> None:
    with database.transaction() as connection:
        due_at = notifications.next_due(connection)
    rest_s = _LOOK_S if due_at is None else clock.real_seconds(due_at - clock.now())
    listener.wait(min(_LOOK_S, max(_PAUSE_S, rest_s)))


def _notices(
    database: Database,
    clock: Clock,
    zone: ZoneInfo,
    settings: Settings,
    stop: threading.Event,
) -> None:
    """Look every evening who cannot be reached, every day what is to be checked, and what else is to be sent that is about no alert."""
    daily = (
        (settings.evening_check_at, evening.look_where_due),
        (settings.equipment_message_at, equipment_message.notify_where_due),
    )
    seldom_at = 0.0
    while not stop.is_set():
        for due, look in daily:
            if due != NEVER:
                _fenced(partial(look, database, zone, clock.now(), due=time_of_day.fromisoformat(due)))
        _fenced(partial(gap_message.report, database, clock.now()))
        _fenced(partial(expired_pauses.report, database, clock.now()))
        _fenced(partial(outage_message.report, database, clock.now()))
        if time.monotonic() >= seldom_at:
            _fenced(partial(digest.send_where_due, database, clock.now()))
            _fenced(partial(monthly_tests.ask_where_due, database, zone, clock.now()))
            seldom_at = time.monotonic() + _SELDOM_S
        _fenced(partial(stay_question.ask_where_due, database, clock.now()))
        stop.wait(_NOTICES_S)


def _send_notices(sender: NoticeSender | RedeliverySender, stop: threading.Event) -> None:
    """Deliver what is about no alert, or asked for again: apart from who looks what is to be sent, so that neither waits for the other."""
    while not stop.is_set():
        _fenced(partial(_send_all, sender, stop))
        stop.wait(_LOOK_S)


def _send_all(sender: NoticeSender | RedeliverySender, stop: threading.Event) -> None:
    while not stop.is_set() and sender.send_one():
        pass


def _fenced(task: Callable[[], object]) -> None:
    """Do one thing about notices; what fails of it holds up neither the others nor what raises alerts."""
    try:
        task()
    except StoreUnavailableError:
        # The planner, which meets the same trouble, reports it.
        pass
    except Exception:  # noqa: BLE001 - whatever it is
        _log.exception("notices_failed")


def _watch_quota(database: Database, clock: Clock, line: LineProvider, stop: threading.Event) -> None:
    """Ask once an hour of the machine how many messages the month still allows."""
    while not stop.is_set():
        quota = line.quota()
        if quota is not None:
            try:
                with database.transaction() as connection:
                    provider_quota.put(
                        connection, Channel.LINE, limit=quota.limit, used=quota.used, now=clock.now()
                    )
            except StoreUnavailableError:
                # The planner, which meets the same trouble, reports it.
                stop.wait(_AGAIN_S)
                continue
        stop.wait(_QUOTA_S)


def _send(
    sender: Sender,
    least_urgent: Severity,
    wake_up: WakeUp,
    stop: threading.Event,
    canaries: CanarySender | None,
) -> None:
    """Deliver what is urgent enough; who takes emergencies only takes calls of canaries too, once none waits."""
    flies = canaries if least_urgent is Severity.EMERGENCY else None
    while not stop.is_set():
        rings = wake_up.rings()
        try:
            if not sender.send_one(least_urgent) and not (flies is not None and flies.send_one()):
                wake_up.wait(rings, _LOOK_S)
        except StoreUnavailableError:
            # The planner, which meets the same trouble, reports it.
            stop.wait(_LOOK_S)


def _push(sender: BrowserSender, wake_up: WakeUp, stop: threading.Event) -> None:
    while not stop.is_set():
        rings = wake_up.rings()
        try:
            if not sender.send_one():
                wake_up.wait(rings, _LOOK_S)
        except StoreUnavailableError:
            # The planner, which meets the same trouble, reports it.
            stop.wait(_LOOK_S)
