"""Who is judged, how far, and when next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from psycopg.types.json import Jsonb

from core.domain.metrics import METRICS
from core.store.database import Connection
from core.store.queries import load

_JUDGING = load("detection/evaluation_queue")
# What a device says, or the broker for it, about being connected.
STATUS_METRICS = [METRICS["online"].number, METRICS["bridge_online"].number]


@dataclass(frozen=True)
class WatchedResident:
    """A resident as the runner needs them. `pause` is the planned absence (from, until), if there is one."""

    number: int
    watched_from: datetime
    pause: tuple[datetime, datetime] | None
    sensitivity: str
    judged_through: datetime
    state: str
    zone: ZoneInfo


@dataclass(frozen=True)
class ActiveAlert:
    """A matter that is active; `is_closed` if people have done with it all the same."""

    resident: int | None
    rule: str
    subject: str
    began_at: datetime
    is_closed: bool


def complete_through(connection: Connection, grace: timedelta) -> datetime | None:
    """Return up to when everything received is stored; None if no ingest worker ever ran.

    Workers that have not reported for `grace` longer than the latest of them are taken to be gone.
    """
    row = connection.execute(_JUDGING["complete_through"], {"grace": grace}).fetchone()
    return row[0] if row else None


def add_watches(connection: Connection, until: datetime) -> int:
    """Watch every resident who is not watched yet, and the ward; return how many were added."""
    added = connection.execute(_JUDGING["add_watches"], {"until": until}).rowcount
    connection.execute(_JUDGING["drop_news_of_empty_homes"])
    return added


def pull_back(connection: Connection, until: datetime, latest: datetime) -> int:
    """Judge on from `until` whatever was judged beyond `latest`, by a clock that was set back since; return how many that are."""
    return connection.execute(_JUDGING["pull_back"], {"until": until, "latest": latest}).rowcount


def drop_idle_news(connection: Connection, until: datetime) -> None:
    """Drop news that cannot change any answer before the deadline of its home."""
    connection.execute(_JUDGING["drop_idle_news"], {"until": until, "status_metrics": STATUS_METRICS})


def claim_urgent(connection: Connection, limit: int, but: Collection[int] = ()) -> list[int]:
    """Take up to `limit` homes with urgent news, held until the transaction ends."""
    rows = connection.execute(_JUDGING["claim_urgent"], {"limit": limit, "but": sorted(but)})
    return [row[0] for row in rows]


def claim_homes(connection: Connection, until: datetime, limit: int, but: Collection[int] = ()) -> list[int]:
    """Take up to `limit` homes with news or a deadline, held until the transaction ends; only urgent ones if there are any.

    What is found becomes known with the end of the transaction, so nobody who calls for help waits for the others in it.
    """
    rows = connection.execute(
        _JUDGING["claim_homes"], {"until": until, "limit": limit, "but": sorted(but)}
    ).fetchall()
    urgent = [home for home, is_urgent in rows if is_urgent]
    return urgent or [home for home, _ in rows]


def take_news(connection: Connection, homes: Sequence[int]) -> dict[int, datetime]:
    """Take the news of homes and return the earliest time they are about, for those that have any."""
    return dict(connection.execute(_JUDGING["take_news"], {"homes": list(homes)}).fetchall())


def watched_residents(connection: Connection, homes: Sequence[int]) -> dict[int, list[WatchedResident]]:
    """Return the residents of homes, locked."""
    found: dict[int, list[WatchedResident]] = {home: [] for home in homes}
    for (
        home,
        number,
        watched_from,
        paused_from,
        paused_until,
        sensitivity,
        through,
        state,
        zone,
    ) in connection.execute(_JUDGING["watched_residents"], {"homes": list(homes)}):
        pause = (paused_from, paused_until) if paused_from is not None else None
        found[home].append(
            WatchedResident(number, watched_from, pause, sensitivity, through, state, ZoneInfo(zone))
        )
    return found


def settle(
    connection: Connection,
    resident: int,
    *,
    judged_through: datetime,
    due_at: datetime,
    is_eager: bool,
    follows_track: bool,
    state: str,
    failed_rule: str | None,
    now: datetime,
) -> None:
    """Keep how far a resident was judged, when the answer can change next, and what the board says.

    Until `due_at` news are judged at once only if the resident `is_eager`, or news of fixes if `follows_track`; what else is new
    cannot change the answer before.
    """
    connection.execute(
        _JUDGING["settle"],
        {
            "resident": resident,
            "judged_through": judged_through,
            "due_at": due_at,
            "is_eager": is_eager,
            "follows_track": follows_track,
            "state": state,
            "failed_rule": failed_rule,
            "now": now,
        },
    )


def put_off(
    connection: Connection,
    home: int,
    failed_rule: str,
    *,
    since: datetime,
    not_before: datetime,
    due_at: datetime,
    now: datetime,
) -> None:
    """Note that a home could not be judged from `since` on, to be tried again at `due_at`; what was before `not_before` is given up."""
    values = {
        "home": home,
        "failed_rule": failed_rule,
        "since": since,
        "not_before": not_before,
        "due_at": due_at,
        "now": now,
    }
    connection.execute(_JUDGING["put_off"], values)


def look_again(connection: Connection, resident: int) -> None:
    """Have a resident judged anew at once: something that is judged by was changed."""
    connection.execute(_JUDGING["look_again"], {"resident": resident})
    connection.execute(_JUDGING["wake"])


def look_at_everyone(connection: Connection) -> None:
    """Have all residents judged anew for whom nobody could tell: something that all are judged by has changed."""
    connection.execute(_JUDGING["look_at_everyone"])


def next_due(connection: Connection) -> datetime | None:
    """Return when the next deadline of a resident comes."""
    row = connection.execute(_JUDGING["next_due"]).fetchone()
    return row[0] if row else None


def is_judged(connection: Connection, through: datetime) -> bool:
    """Tell whether everything stored up to a time has been judged, so that a replay may go on."""
    row = connection.execute(_JUDGING["is_judged"], {"through": through}).fetchone()
    return bool(row and row[0])


def claim_ward(connection: Connection, until: datetime) -> datetime | None:
    """Take the ward and return how far it was judged; None if another process has it or it was judged further."""
    row = connection.execute(_JUDGING["claim_ward"], {"until": until}).fetchone()
    return row[0] if row else None


def settle_ward(
    connection: Connection, rule: str, version: int, until: datetime, state: Mapping[str, Any]
) -> None:
    """Keep how far the ward was judged, and what the next judging needs."""
    connection.execute(_JUDGING["settle_ward"], {"until": until})
    keep_ward_state(connection, rule, version, until, state)


def keep_ward_state(
    connection: Connection, rule: str, version: int, until: datetime, state: Mapping[str, Any]
) -> None:
    """Keep what the next judging of a rule about the ward needs."""
    values = {"rule": rule, "version": version, "until": until, "state": Jsonb(dict(state))}
    connection.execute(_JUDGING["put_ward_state"], values)


def note_ward_failure(connection: Connection, rule: str, now: datetime) -> None:
    """Note that the ward could not be judged; the next judging that works takes the note away."""
    connection.execute(_JUDGING["note_ward_failure"], {"rule": rule, "now": now})


def ward_state(connection: Connection, rule: str, version: int) -> Mapping[str, Any]:
    """Return what the last judging of the ward left; empty at first."""
    row = connection.execute(_JUDGING["ward_state"], {"rule": rule, "version": version}).fetchone()
    return row[0] if row else {}


def canary_heard(connection: Connection) -> tuple[datetime, int | None] | None:
    """Return when the canary that is silent for longest was last heard, and its heartbeat; None if there is no canary."""
    row = connection.execute(_JUDGING["canary_heard"]).fetchone()
    return None if row is None else (row[0], row[1])


def real_alarms(
    connection: Connection, resident: int, rule: str, outcomes: Sequence[str], since: datetime
) -> list[tuple[datetime, datetime | None]]:
    """Return the spans of a rule's alerts about a resident that ended with one of these outcomes."""
    rows = connection.execute(
        _JUDGING["real_alarms"],
        {"resident": resident, "rule": rule, "outcomes": list(outcomes), "since": since},
    ).fetchall()
    return [(row[0], row[1]) for row in rows]


def active_alerts(
    connection: Connection, residents: Sequence[int], subjects: Sequence[str] = ()
) -> list[ActiveAlert]:
    """Return the matters of residents, or about subjects, that are active; also those that people have closed."""
    values = {"residents": list(residents), "subjects": list(subjects)}
    return [ActiveAlert(*row) for row in connection.execute(_JUDGING["active_alerts"], values)]


def closings(connection: Connection, resident: int, rule: str, since: datetime) -> list[datetime]:
    """Return when people closed a rule's alerts about a resident, after `since`."""
    rows = connection.execute(_JUDGING["closings"], {"resident": resident, "rule": rule, "since": since})
    return [row[0] for row in rows.fetchall()]
