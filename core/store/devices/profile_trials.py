"""Requests to try a profile on messages in quarantine, and what came of them: where the pages and ingest meet.

Their times are the machine's, however fast the service's clock runs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg.rows import class_row, dict_row, kwargs_row
from psycopg.types.json import Jsonb

from core.domain.device import folded_model
from core.domain.evidence.device_profile import DeviceProfile, FieldMeaning
from core.domain.evidence.profile_trial import (
    EXPIRES_AFTER,
    FORGOTTEN_AFTER,
    MOST_OPEN,
    TrialState,
    TrialTarget,
)
from core.errors import ConflictError, NotFoundError
from core.store.database import Connection
from core.store.queries import load

_TRIALS = load("devices/profile_trials")
# Any constants will do as long as nobody else locks them in this database.
_ADDING, _WORKING = 7_240_612, 7_240_613
# More than anybody looks through; what is not suggested can be typed.
_MOST_SUGGESTED = 200


@dataclass(frozen=True)
class ProfileTrial:
    """A request, and how it goes; `result` is what `ingest.commands.try_profile` made of it.

    Of `device_id`, `sender` and `model` one says on whose messages; the others are None.
    """

    number: int
    profile: str
    version: int
    device_id: str | None
    sender: str | None
    model: str | None
    asked_at: datetime
    state: TrialState
    result: Mapping[str, Any] | None


@dataclass(frozen=True)
class BegunTrial:
    """A request that the one worker has begun, for the `attempts`th time."""

    number: int
    profile: int
    device: int | None
    sender: str | None
    model: str | None
    attempts: int

    @property
    def target(self) -> TrialTarget:
        """On whose messages."""
        return TrialTarget(self.device, self.sender, self.model)


@dataclass(frozen=True, slots=True)
class TriedDevice:
    """A device on whose messages a profile is tried; of one that nobody registered `number` and `device_id` are None."""

    sender: str
    number: int | None = None
    device_id: str | None = None
    meaning: FieldMeaning = FieldMeaning.AS_MEASURED


@dataclass(frozen=True)
class Suggestions:
    """What can be named in a request: models that are known, and senders that nobody registered."""

    models: list[str]
    senders: list[str]


def add(connection: Connection, profile: int, target: TrialTarget, *, user: int, now: datetime) -> int:
    """Ask for a trial of a stored profile, forget old ones, and return the number.

    Raises
    ------
    ConflictError
        Too many are not finished.
    """
    connection.execute(_TRIALS["lock"], {"key": _ADDING})
    connection.execute(_TRIALS["forget"], {"before": now - FORGOTTEN_AFTER})
    row = connection.execute(_TRIALS["open_count"], {"now": now}).fetchone()
    if row is None or row[0] >= MOST_OPEN:
        raise ConflictError(f"{MOST_OPEN} trials of profiles are not finished; wait for one of them")
    values = {
        "profile": profile,
        "device": target.device,
        "sender": target.sender,
        "model": target.model,
        "user": user,
        "now": now,
        "expires_at": now + EXPIRES_AFTER,
    }
    made = connection.execute(_TRIALS["add"], values).fetchone()
    return 0 if made is None else int(made[0])


def get(connection: Connection, trial: int, now: datetime) -> ProfileTrial:
    """Return a request with its result.

    Raises
    ------
    NotFoundError
        There is none of this number, or it is forgotten.
    """
    values = {"trial": trial, "now": now, "since": now - FORGOTTEN_AFTER}
    found = connection.cursor(row_factory=kwargs_row(_trial)).execute(_TRIALS["get"], values).fetchone()
    if found is None:
        raise NotFoundError(f"there is no trial {trial} of a profile; they are kept for a day")
    return found


def is_work_left(connection: Connection, now: datetime) -> bool:
    """Return whether a request waits for a worker and there is none."""
    row = connection.execute(_TRIALS["is_work_left"], {"key": _WORKING, "now": now}).fetchone()
    return bool(row and row[0])


def hold(connection: Connection) -> bool:
    """Become the one worker; it stays so until the connection ends."""
    row = connection.execute(_TRIALS["hold"], {"key": _WORKING}).fetchone()
    return bool(row and row[0])


def take(connection: Connection, now: datetime) -> BegunTrial | None:
    """Begin the oldest request that can still be answered; only the one worker may ask."""
    cursor = connection.cursor(row_factory=class_row(BegunTrial))
    return cursor.execute(_TRIALS["take"], {"now": now}).fetchone()


def finish(connection: Connection, trial: int, result: Mapping[str, Any]) -> None:
    """Keep what a trial found."""
    values = {"trial": trial, "state": TrialState.DONE, "result": Jsonb(dict(result))}
    connection.execute(_TRIALS["finish"], values)


def fail(connection: Connection, trial: int) -> None:
    """Keep that a trial came to nothing."""
    connection.execute(_TRIALS["finish"], {"trial": trial, "state": TrialState.FAILED, "result": None})


def devices_of(connection: Connection, target: TrialTarget, profile: DeviceProfile) -> list[TriedDevice]:
    """Return the devices on whose messages a profile is tried, by sender; none if what was named is not there any more.

    A sender that somebody registers meanwhile is that device. All spellings of a model are one, and so are the names that the profile has for its own.
    """
    if target.device is not None:
        return _tried(connection, "device", device=target.device)
    if target.sender is not None:
        return _tried(connection, "device_of_sender", sender=target.sender) or [TriedDevice(target.sender)]
    wanted = {folded_model(target.model or "")}
    own = {folded_model(name) for name in profile.names_of_model}
    names = wanted | own if wanted & own else wanted
    return [one for model, one in _modelled(connection) if folded_model(model) in names]


def suggestions(connection: Connection) -> Suggestions:
    """Return what can be named in a request."""
    found = _modelled(connection)
    models = {folded_model(model): model for model, _ in found}
    strangers = connection.execute(_TRIALS["strangers"], {"most": _MOST_SUGGESTED})
    senders = {one.sender for _, one in found if one.number is None} | {sender for (sender,) in strangers}
    return Suggestions(
        models=sorted(models.values())[:_MOST_SUGGESTED], senders=sorted(senders)[:_MOST_SUGGESTED]
    )


def _tried(connection: Connection, query: str, **values: object) -> list[TriedDevice]:
    return connection.cursor(row_factory=kwargs_row(_tried_device)).execute(_TRIALS[query], values).fetchall()


def _modelled(connection: Connection) -> list[tuple[str, TriedDevice]]:
    rows = connection.cursor(row_factory=dict_row).execute(_TRIALS["modelled"])
    return [(row.pop("model"), _tried_device(**row)) for row in rows]


def _tried_device(*, meaning: str, **columns: Any) -> TriedDevice:
    return TriedDevice(meaning=FieldMeaning(meaning), **columns)


def _trial(*, state: str, **columns: Any) -> ProfileTrial:
    return ProfileTrial(state=TrialState(state), **columns)
