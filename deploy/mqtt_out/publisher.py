"""`mimamori mqtt-out`: keeps what the broker retains of residents as the database has it, and publishes what happens to alerts.

States are renewed while they are known, and expire when nobody renews them; descriptions stay until the resident is watched no more.
"""

import sys
import threading
import time
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta

from core.clock import Clock
from core.domain.people import Language
from core.errors import SettingsError, StoreUnavailableError
from core.logs import get_logger, set_up_logs
from core.monitoring.process_port import serve_metrics
from core.monitoring.tally import Tally
from core.outward_settings import NO_DISCOVERY
from core.process import exit_code_of, stop_on_signals
from core.settings import Settings, load_settings
from core.store.database import Connection, Database, translated_errors
from core.store.operation.outward import mqtt_out
from core.store.operation.outward.mqtt_out import PublishedState
from core.store.readiness import prove_ready
from deploy.mqtt_out import documents
from deploy.mqtt_out.broker_line import BrokerLine, BrokerLineError
from deploy.mqtt_out.documents import AVAILABILITY, OFFLINE, ONLINE, STATE_EXPIRES_S, Naming

_log = get_logger(__name__)

# Seconds of the machine.
_LOOK_S = 1.0
_RETRY_S = 1.0
# How much longer than it takes to look at all residents the pause until the next such look is.
_STATES_SHARE = 9.0
_RENEW_AVAILABILITY_S = 30.0
_AVAILABILITY_EXPIRES_S = 120
_RENEW_STATES_S = 300.0
# Ingest and the detectors report at least once a second; the pages call nothing known after the same time.
_SILENT_AFTER = timedelta(seconds=30)
# Whoever acts on an event acts on what happens now; the states say how it stands.
_OLDEST_EVENT = timedelta(hours=1)


class MqttOut:
    """Publishes the residents of some offices.

    Parameters
    ----------
    settings : Settings
        Which offices, and how entities are called.
    clock : Clock
        The service's time.
    connection : Connection
        In autocommit mode; holds the lock of the one publisher.
    line : BrokerLine
        To the broker.
    tally : Tally, optional
        Takes the figures.
    """

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        connection: Connection,
        line: BrokerLine,
        tally: Tally | None = None,
    ) -> None:
        self._offices = offices_of(settings.mqtt_out)
        self._naming = naming_of(settings)
        self._clock = clock
        self._connection = connection
        self._line = line
        self._tally = tally or Tally()
        self._states: dict[str, Mapping[str, object] | None] = {}
        self._descriptions: dict[str, bytes] = {}
        self._renewed_at = self._available_at = self._states_due = float("-inf")

    def begin(self) -> None:
        """Bring what the broker retains to what the database has, and say that it is kept so."""
        mqtt_out.keep_events(self._connection)
        retained = self._line.retained(self._naming.filters)
        # All is published anew; what is not taken up by the first look is gone: erased, moved, ended.
        self._descriptions = {
            topic: payload
            for topic, payload in retained.items()
            if self._naming.is_ours(topic)
            and topic.endswith("/config")
            and not topic.startswith(documents.ROOT)
        }
        self._states = {
            topic: None
            for topic in retained
            if topic.startswith(f"{documents.ROOT}/") and topic != AVAILABILITY
        }
        self.look()

    def look(self) -> None:
        """Publish what has changed, and renew what would expire."""
        began = time.monotonic()
        if self._pass_on_events() or began >= self._states_due:
            self._publish_states(began)
            ended = time.monotonic()
            # A large ward costs the database no more than a small share of its time.
            self._states_due = ended + max(_LOOK_S / 2, _STATES_SHARE * (ended - began))
        if began - self._available_at >= _RENEW_AVAILABILITY_S:
            self._line.put(AVAILABILITY, ONLINE, expires_s=_AVAILABILITY_EXPIRES_S)
            self._line.flush()
            self._available_at = began
        self._tally.put("mqtt_out_connected", 1)
        self._tally.put("mqtt_out_last_look_timestamp_seconds", time.time())

    def _publish_states(self, moment: float) -> None:
        now = self._clock.now()
        known_since = now - _SILENT_AFTER * max(1.0, self._clock.factor)
        found = mqtt_out.states(self._connection, self._offices, now, known_since)
        if moment - self._renewed_at >= _RENEW_STATES_S:
            self._states = dict.fromkeys(self._states)
            self._renewed_at = moment
        self._describe(found)
        self._say(found)
        self._line.flush()
        self._tally.put("mqtt_out_residents", len(found))

    def _describe(self, found: list[PublishedState]) -> None:
        if not self._naming.discovery:
            return
        wanted = {
            documents.discovery_topic(one, self._naming): documents.discovery_payload(one, self._naming)
            for one in found
        }
        for topic, payload in wanted.items():
            if self._descriptions.get(topic) != payload:
                self._put(topic, payload)
        for topic in self._descriptions.keys() - wanted.keys():
            self._put(topic, b"")
        self._descriptions = wanted

    def _say(self, found: list[PublishedState]) -> None:
        wanted = {documents.state_topic(one): documents.state_of(one) for one in found}
        now = self._clock.now()
        for topic, state in wanted.items():
            if self._states.get(topic) != state:
                self._put(topic, documents.state_payload(state, now), expires_s=STATE_EXPIRES_S)
        for topic in self._states.keys() - wanted.keys():
            self._put(topic, b"")
        self._states = dict(wanted)

    def _pass_on_events(self) -> bool:
        """Publish what happened to alerts, and return whether anything did."""
        found = mqtt_out.events(self._connection, self._offices)
        if not found:
            return False
        oldest = self._clock.now() - _OLDEST_EVENT
        for event in found:
            if event.office is None or event.public_id is None:
                continue
            if event.kind in documents.EVENTS and event.at >= oldest:
                topic = documents.event_topic(event.office, event.public_id)
                self._put(topic, documents.event_payload(event), retain=False)
        self._line.flush()
        # Only now: what the broker did not take is published again.
        mqtt_out.end_published(self._connection, found)
        return True

    def _put(self, topic: str, payload: bytes, *, retain: bool = True, expires_s: int = 0) -> None:
        self._line.put(topic, payload, retain=retain, expires_s=expires_s)
        self._tally.add("mqtt_out_messages")


def offices_of(text: str) -> tuple[int, ...] | None:
    """Return the offices that a setting names; None for all, none for an empty one.

    Raises
    ------
    SettingsError
        It names something else.

    Examples
    --------
    >>> offices_of("all"), offices_of(""), offices_of("3, 1")
    (None, (), (1, 3))
    """
    if text.strip() == "all":
        return None
    parts = [one.strip() for one in text.split(",") if one.strip()]
    if not all(one.isascii() and one.isdecimal() for one in parts):
        raise SettingsError(
            f"MIMAMORI_MQTT_OUT: {text!r} names no offices; give their numbers, separated by commas, or all"
        )
    return tuple(sorted({int(one) for one in parts}))


def naming_of(settings: Settings) -> Naming:
    """Return how entities are called."""
    return Naming(
        discovery="" if settings.mqtt_out_discovery == NO_DISCOVERY else settings.mqtt_out_discovery,
        language=Language(settings.mqtt_out_language),
        has_names=settings.mqtt_out_names,
        base_url=settings.base_url,
    )


def publish(
    settings: Settings, clock: Clock, database: Database, stop: threading.Event, tally: Tally
) -> None:
    """Publish until `stop` is set, through all absences of broker and database, each logged once; others with the same database wait."""
    line: BrokerLine | None = None
    said = ""
    while not stop.is_set():
        try:
            with closing(database.dedicated_connection()) as connection, translated_errors():
                if not _wait_for_turn(connection, stop):
                    break
                if line is None:
                    line = BrokerLine(settings)
                said = ""
                _follow(MqttOut(settings, clock, connection, line, tally), line, stop)
        except StoreUnavailableError as error:
            if line is not None and line.is_open and str(error) != said:
                # What is retained may be of the past from now on.
                line.put(AVAILABILITY, OFFLINE)
            if str(error) != said:
                _log.warning("store_unavailable", error=str(error))
            said = str(error)
        except BrokerLineError as error:
            if str(error) != said:
                _log.warning("broker_unavailable", error=str(error))
            said = str(error)
            if line is not None:
                line.close(says_offline=True)
                line = None
        tally.put("mqtt_out_connected", 0)
        line = _rest(line, stop)
    if line is not None:
        line.close(says_offline=True)


def take_back(line: BrokerLine, naming: Naming) -> int:
    """Take back everything of ours that the broker retains, and return how much that was."""
    ours = [topic for topic in line.retained(naming.filters) if naming.is_ours(topic)]
    for topic in ours:
        line.put(topic, b"")
    line.flush()
    return len(ours)


def _follow(out: MqttOut, line: BrokerLine, stop: threading.Event) -> None:
    out.begin()
    _log.info("ready")
    while not stop.is_set():
        line.serve(_LOOK_S, stop.is_set)
        if not line.is_open and not stop.is_set():
            raise BrokerLineError("the connection to the broker was lost")
        out.look()


def _rest(line: BrokerLine | None, stop: threading.Event) -> BrokerLine | None:
    """Wait before all is tried again, and return the line if it is still there."""
    if line is not None and line.is_open:
        line.serve(_RETRY_S, stop.is_set)
        return line
    if line is not None:
        line.close(says_offline=False)
    stop.wait(_RETRY_S)
    return None


def _wait_for_turn(connection: Connection, stop: threading.Event) -> bool:
    while not mqtt_out.hold(connection):
        if stop.wait(_RETRY_S):
            return False
    return True


def serve() -> int:
    """Publish until SIGTERM or SIGINT; where no office is named take back all that was published. Return the exit code.

    Raises
    ------
    SettingsError
        The account for it is missing, or the setting names no offices.
    BrokerLineError
        What was published cannot be taken back.
    """
    settings = load_settings()
    set_up_logs("mqtt-out", settings.log_level, settings.log_format)
    if not settings.mqtt_out_username:
        raise SettingsError(
            "MIMAMORI_MQTT_OUT_USERNAME: publishing needs an account of its own at the broker; deploy/mosquitto/README.md"
        )
    if offices_of(settings.mqtt_out) == ():
        line = BrokerLine(settings)
        try:
            taken = take_back(line, naming_of(settings))
        finally:
            line.close(says_offline=False)
        with (
            Database(
                settings.database_url.get_secret_value(), size=1, application="mimamori-mqtt-out"
            ) as database,
            database.transaction() as connection,
        ):
            mqtt_out.end_events(connection)
        _log.info("mqtt_out_taken_back", messages=taken)
        return 0
    clock, stop, tally = settings.make_clock(), stop_on_signals(), Tally("mqtt_out")
    serve_metrics(settings, "mqtt_out", tally.samples, lambda: _health(tally))
    while not stop.is_set():
        try:
            with Database(
                settings.database_url.get_secret_value(), size=1, application="mimamori-mqtt-out"
            ) as database:
                prove_ready(database)
                publish(settings, clock, database, stop, tally)
        except StoreUnavailableError as error:
            # The database was away at the start.
            _log.warning("store_unavailable", error=str(error))
            stop.wait(_RETRY_S)
    _log.info("stopped")
    return 0


def _health(tally: Tally) -> tuple[bool, dict[str, object]]:
    """Return whether states are kept up to date at the broker."""
    age_s = time.time() - tally.value("mqtt_out_last_look_timestamp_seconds")
    is_well = bool(tally.value("mqtt_out_connected")) and age_s < _AVAILABILITY_EXPIRES_S
    problem = "" if is_well else "nothing is published: are the broker and the database there?"
    return is_well, {"problem": problem}


def main() -> int:
    """Run as `python -m deploy.mqtt_out.publisher`."""
    return exit_code_of(serve)


if __name__ == "__main__":
    sys.exit(main())
