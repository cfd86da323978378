"""The record of changes of what is watched, in words: who changed what, and what it was before. It shows no place."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from api.pages.parts.escalation_policy import policy_text
from api.pages.parts.weekly_hours import hours_text
from api.pages.rendering import HtmlPage
from api.wording.reason_card import looked_at
from core.store.database import Connection
from core.store.people import watch_changes
from core.store.people.geofences import hours_from_json
from core.store.people.watch_changes import WatchChange, Watched

_MOST = 20


@dataclass(frozen=True)
class ChangeLine:
    """One change of the list."""

    at: datetime
    who: str
    text: str
    before: str


def watch_record(page: HtmlPage, connection: Connection, resident: int) -> list[ChangeLine]:
    """Return the latest changes of what is watched of a resident, the newest first."""
    return [_line(one, page) for one in watch_changes.of_resident(connection, resident, _MOST)]


def said_of_watch(change: WatchChange, page: HtmlPage) -> str:
    """Return one change of what is watched as one sentence."""
    line = _line(change, page)
    return line.text + line.before


def _line(change: WatchChange, page: HtmlPage) -> ChangeLine:
    verb = "added" if change.before is None else "removed" if change.after is None else "changed"
    present = change.after if change.after is not None else change.before
    text = page.words(f"watch_change.{change.what}_{verb}", what=_said(change.what, present or {}, page))
    before = change.before if change.after is not None else None
    said = "" if before is None else page.words("watch_change.before", what=_said(change.what, before, page))
    return ChangeLine(change.at, change.who, text, said)


def _said(what: Watched, kept: Mapping[str, Any], page: HtmlPage) -> str:
    words = page.words
    if what is Watched.ESCALATION:
        return policy_text(kept, page)
    if what is Watched.SENSITIVITY:
        return words(f"sensitivity.{kept['sensitivity']}")
    if what is Watched.PROMPTS:
        asked = words("prompt.is_on", n=kept["most_in_a_week"]) if kept["is_on"] else words("prompt.is_off")
        return f"{asked} {kept['agreed']}".strip()
    if what is Watched.GEOFENCE:
        shape = kept["shape"]
        form = (
            words("zone.circle_of", n=round(shape["radius_m"]))
            if shape["kind"] == "circle"
            else words("zone.polygon_of", n=len(shape["corners"]))
        )
        return f"{kept['name']} · {form} · {hours_text(hours_from_json(kept['hours']), page)}"
    if what is Watched.QUIET_LIMIT:
        where = looked_at(kept["kind"], kept["place"], words)
        span = page.times.length(timedelta(minutes=kept["quiet_min"]))
        said = words("quiet_limit.line", what=where, span=span)
        return f"{said} · {hours_text(hours_from_json(kept['hours']), page)}"
    began = page.times.clock_text(datetime.fromisoformat(kept["began_at"]))
    ended = page.times.clock_text(datetime.fromisoformat(kept["ended_at"])) if kept["ended_at"] else ""
    hours = f" · {hours_text(hours_from_json(kept['hours']), page)}" if kept["hours"] else ""
    return f"{words('absence.' + kept['kind'])} {began}–{ended}{hours}"
