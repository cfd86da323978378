"""What is learned about a resident: once for each local day, from the days before it, and kept for a week."""

from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Generic, Protocol, TypeVar, cast
from zoneinfo import ZoneInfo

from core.store.database import Connection
from core.store.people import baselines

# Older days are not evaluated any more; should one be, it is learned again.
_KEPT = timedelta(days=7)


class Baseline(Protocol):
    """What can be kept as JSON values."""

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        ...


T = TypeVar("T")
L = TypeVar("L", bound=Baseline)


@dataclass(frozen=True)
class BaselineSubject:
    """Whose usual it is."""

    resident: int
    home: int
    zone: ZoneInfo


@dataclass(frozen=True)
class BaselineModel(Generic[L]):
    """Something that can be learned about a resident.

    Attributes
    ----------
    name, version
        Under which it is kept.
    from_json : callable
        Makes it again from the JSON values that it gave.
    learn : callable
        Learns what holds on a local day from what is stored about the days before.
    """

    name: str
    version: int
    from_json: Callable[[Mapping[str, Any]], L]
    learn: Callable[[Connection, BaselineSubject, date], L]


class LruCache:
    """What was read lately: a home that is evaluated again soon need not read it again, and what is learned for a day never changes.

    Parameters
    ----------
    most : int
        How much is remembered; what was not asked for longest is forgotten first.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._known: OrderedDict[Hashable, object] = OrderedDict()

    def find(self, key: Hashable, read: Callable[[], T | None]) -> T | None:
        """Return what is known under a key, else what `read` gives; that there is nothing yet is not remembered."""
        if key in self._known:
            self._known.move_to_end(key)
            return cast("T", self._known[key])
        found = read()
        if found is not None and self._most > 0:
            self._known[key] = found
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        return found


class BaselineStore(Generic[L]):
    """What was learned about one resident by one model, by local day; what is missing is learned when it is asked for.

    Parameters
    ----------
    connection : Connection
        Inside the transaction of the one who evaluates.
    subject : BaselineSubject
        About whom.
    model : BaselineModel
        What is learned.
    keeps : bool
        Whether what is learned is kept for others; if not, nothing is written.
    cache : LruCache or None
        What was read for earlier evaluations.
    """

    def __init__(
        self,
        connection: Connection,
        subject: BaselineSubject,
        model: BaselineModel[L],
        *,
        keeps: bool = True,
        cache: LruCache | None = None,
    ) -> None:
        self._connection = connection
        self._subject = subject
        self._model = model
        self._keeps = keeps
        self._cache = cache or LruCache(0)
        self._known: dict[date, L] = {}

    def on(self, day: date) -> L:
        """Return what holds on a local day."""
        if day not in self._known:
            key = (self._subject.resident, self._model.name, self._model.version, day)
            known = self._cache.find(key, lambda: self._read(day))
            self._known[day] = self._learn(day) if known is None else known
        return self._known[day]

    def _read(self, day: date) -> L | None:
        model = self._model
        body = baselines.of_day(self._connection, self._subject.resident, model.name, model.version, day)
        return None if body is None else model.from_json(body)

    def _learn(self, day: date) -> L:
        model = self._model
        # A savepoint of its own: if this fails, the other rules go on in the same transaction.
        with self._connection.transaction():
            found = model.learn(self._connection, self._subject, day)
            if self._keeps:
                keep(
                    self._connection, self._subject.resident, model.name, model.version, day, found.to_json()
                )
        return found


def keep(
    connection: Connection, resident: int, name: str, version: int, day: date, body: Mapping[str, Any]
) -> None:
    """Keep what was learned about a resident for a day, and drop what was for days that nobody is evaluated by any more."""
    baselines.put(connection, resident, name, version, day=day, body=body)
    baselines.forget(connection, resident, name, day - _KEPT)
