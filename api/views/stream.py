"""The live stream: what changes in the database reaches every open page, with the same permissions as the pages.

One thread listens to the database; each stream is an asynchronous generator, the one exception to plain routes (ADR 5).
"""

import asyncio
from collections.abc import AsyncGenerator, Generator
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event, Lock, Thread

from fastapi.sse import ServerSentEvent
from starlette.concurrency import run_in_threadpool

from api.access import sessions
from api.access.refusals import TooManyAttemptsError
from api.access.viewer import Viewer
from api.access.visibility import may_see
from api.schemas.live import AlertChange, StatusTick
from api.views import status
from core.clock import Clock
from core.domain.access_scope import AccessScope
from core.errors import NotFoundError, StoreError
from core.logs import get_logger
from core.store.alerts import alerts
from core.store.database import Database
from core.store.operation import change_feed

_log = get_logger(__name__)

TICK_S = 5.0
RETRY_MS = 3000
STREAMS_PER_USER = 12
_QUEUE = 256
# How soon the thread sees that it shall stop.
_LISTEN_S = 0.2
_RECONNECT_S = 1.0
_CATCH_UP = 200
# Events are numbered when they are written and seen when they are committed, so an earlier number may come later.
_OVERLAP = 50
_RESYNC = ServerSentEvent(event="resync", data={})
# In place of a tick: after 30 s without one, pages say that they are not up to date, and that is the truth then.
_AWAY = ServerSentEvent(comment="the database is not available")


@dataclass(eq=False)
class Subscriber:
    """One open stream, as the listening thread knows it.

    The queue holds numbers of changed alerts; None says that something was missed and everything must be looked at.
    """

    user: int
    loop: asyncio.AbstractEventLoop
    queue: "asyncio.Queue[int | None]" = field(default_factory=lambda: asyncio.Queue(_QUEUE))
    is_ended: bool = False

    def put(self, alert: int | None) -> None:
        """Hand over one change; a reader that fell far behind looks at everything instead."""
        if self.queue.full():
            while not self.queue.empty():
                self.queue.get_nowait()
            alert = None
        self.queue.put_nowait(alert)

    def end(self) -> None:
        """End the stream."""
        self.is_ended = True
        self.put(None)


class ChangeFeed:
    """Takes changes from the database and hands them to the open streams.

    Parameters
    ----------
    database : Database
        Where to listen and read.
    clock, machine_clock : Clock
        The service's clock, and the time in which people live.
    """

    def __init__(self, database: Database, clock: Clock, machine_clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._machine_clock = machine_clock
        self._subscribers: set[Subscriber] = set()
        self._lock = Lock()
        self._stopping = Event()
        self._thread: Thread | None = None
        self._ticks: dict[AccessScope, tuple[int, StatusTick]] = {}
        self._is_lost = False

    @property
    def open_streams(self) -> int:
        """How many streams are open."""
        return len(self._subscribers)

    @property
    def is_lost(self) -> bool:
        """Whether no change is noticed at present."""
        return self._is_lost

    def start(self) -> None:
        """Begin to listen."""
        self._stopping.clear()
        self._thread = Thread(target=self._listen, name="change-feed", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End all streams and stop listening."""
        self.end_streams()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def end_streams(self) -> None:
        """End all streams, so that the server can stop; new ones end at once."""
        self._stopping.set()
        with self._lock:
            for one in self._subscribers:
                one.loop.call_soon_threadsafe(one.end)

    @contextmanager
    def subscription(self, user: int) -> Generator[Subscriber]:
        """Hand changes to one stream while it lasts.

        Raises
        ------
        TooManyAttemptsError
            The user has very many streams open.
        """
        one = Subscriber(user, asyncio.get_running_loop())
        with self._lock:
            if sum(other.user == user for other in self._subscribers) >= STREAMS_PER_USER:
                raise TooManyAttemptsError(
                    "too many live streams are open for this user; close some pages", int(TICK_S)
                )
            self._subscribers.add(one)
        if self._stopping.is_set():
            one.end()
        try:
            yield one
        finally:
            with self._lock:
                self._subscribers.discard(one)

    async def stream(
        self, mine: Subscriber, viewer: Viewer, token: str, last_event: int | None
    ) -> AsyncGenerator[ServerSentEvent]:
        """Give the events of one stream until its session ends or the service stops.

        Parameters
        ----------
        mine : Subscriber
            Where the changes come in.
        viewer : Viewer
            Who reads; asked for anew with every tick, since roles change and sessions end.
        token : str
            The session's.
        last_event : int or None
            The last event the reader saw before the connection broke; what came since is sent first.
        """
        loop = asyncio.get_running_loop()
        yield await run_in_threadpool(self._first, viewer, RETRY_MS)
        if last_event is not None:
            for event in await run_in_threadpool(self._missed, viewer, last_event):
                yield event
        tick_at = loop.time() + TICK_S
        while not mine.is_ended:
            try:
                async with asyncio.timeout_at(tick_at):
                    changed = await mine.queue.get()
                if mine.is_ended:
                    return
                for event in await run_in_threadpool(self._change, viewer, changed):
                    yield event
            except TimeoutError:
                tick_at = loop.time() + TICK_S
                fresh, event = await run_in_threadpool(self._tick, viewer, token)
                yield event
                if fresh is None:
                    return
                viewer = fresh

    def _first(self, viewer: Viewer, retry_ms: int) -> ServerSentEvent:
        try:
            position, status_now = str(self._position()), self._status(viewer.scope)
        except StoreError:
            return _AWAY
        return ServerSentEvent(event="status", data=status_now, id=position, retry=retry_ms)

    def _tick(self, viewer: Viewer, token: str) -> tuple[Viewer | None, ServerSentEvent]:
        try:
            machine_now = self._machine_clock.now()
            found = sessions.find_session(self._database, token, machine_now)
            if found is None:
                return None, ServerSentEvent(event="signed_out", data={})
            viewer = Viewer(found.user, sessions.token_hash(token))
            rest_s = round((found.expires_at - machine_now).total_seconds(), 1)
            own = self._status(viewer.scope).model_copy(update={"session_ends_in_s": rest_s})
            return viewer, ServerSentEvent(event="status", data=own)
        except StoreError:
            return viewer, _AWAY

    def _change(self, viewer: Viewer, changed: int | None) -> list[ServerSentEvent]:
        if changed is None:
            return [_RESYNC]
        try:
            with self._database.transaction() as connection:
                try:
                    alert = alerts.get(connection, changed)
                except NotFoundError:
                    return []
                if not may_see(connection, viewer, alert):
                    return []
                position = change_feed.latest_event(connection)
        except StoreError:
            return [_RESYNC]
        return [ServerSentEvent(event="alert", data=AlertChange.of(alert), id=str(position))]

    def _missed(self, viewer: Viewer, last_event: int) -> list[ServerSentEvent]:
        try:
            with self._database.transaction() as connection:
                numbers = change_feed.changed_since(connection, max(0, last_event - _OVERLAP), _CATCH_UP)
        except StoreError:
            return [_RESYNC]
        if len(numbers) == _CATCH_UP:
            return [_RESYNC]
        return [event for number in numbers for event in self._change(viewer, number)]

    def _position(self) -> int:
        with self._database.transaction() as connection:
            return change_feed.latest_event(connection)

    def _status(self, scope: AccessScope) -> StatusTick:
        # Computed once per tick for all streams of a scope.
        period = int(self._machine_clock.now().timestamp() / TICK_S)
        known = self._ticks.get(scope)
        if known is not None and known[0] == period:
            return known[1]
        with self._database.transaction() as connection:
            found = status.status(
                connection, scope, self._clock.now(), status.silent_after(self._clock.factor)
            )
        fresh = StatusTick.model_validate(found)
        if self._is_lost:
            # Changes are looked for at each new try, but nobody is notified of one in time.
            fresh = fresh.model_copy(update={"is_blind": True})
        self._ticks = {one: kept for one, kept in list(self._ticks.items()) if kept[0] == period}
        self._ticks[scope] = (period, fresh)
        return fresh

    def _listen(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._database.listen("alert") as listener:
                    if self._is_lost:
                        # What changed meanwhile; whether notifications arrive again is proved by the first that does.
                        self._hand_out(None)
                    while not self._stopping.is_set():
                        for _channel, payload in listener.wait(_LISTEN_S):
                            self._hand_out(int(payload) if payload.isdecimal() else None)
                        if self._is_lost and listener.is_proven:
                            _log.info("change_feed_restored")
                            self._is_lost = False
            except Exception as error:  # noqa: BLE001 - without this thread, pages would look alive and receive nothing
                if not self._is_lost:
                    reason = str(error) if isinstance(error, StoreError) else type(error).__name__
                    _log.warning("change_feed_lost", error=reason)
                self._is_lost = True
                self._stopping.wait(_RECONNECT_S)

    def _hand_out(self, alert: int | None) -> None:
        with self._lock:
            for one in self._subscribers:
                one.loop.call_soon_threadsafe(one.put, alert)
