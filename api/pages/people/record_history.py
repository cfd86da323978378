"""The history of a record in words: who changed which field, from what to what, and what can be taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from api.pages.parts.watch_record import said_of_watch
from api.pages.rendering import HtmlPage
from core.domain.people import Channel
from core.store.database import Connection
from core.store.people import users, watch_changes
from core.store.people.records import record_lists
from core.store.people.records.stored_records import may_be_undone
from core.store.people.watch_changes import OF_THE_WATCH, Concerned, WatchChange, Watched

_MOST = 50
_PLACE = frozenset({"lat", "lon"})
_LISTS = frozenset({"channels", "residents"})
# One field that is something else for each.
_LABELS = {
    (Watched.ACCOUNT, "is_active"): "record.may_sign_in",
    (Watched.OFFICE, "is_active"): "record.office_open",
}
# What stands in a record as a code, and the table of its words.
_CODES = {"language": "language", "end_reason": "end_reason", "role": "role", "digest": "digest_rhythm"}


@dataclass(frozen=True)
class FieldLine:
    """One field of a change."""

    label: str
    before: str
    after: str


@dataclass(frozen=True)
class HistoryLine:
    """One change of the history; `undo` is its number where it can be taken back here."""

    at: datetime
    who: str
    text: str
    fields: tuple[FieldLine, ...]
    undo: int | None


@dataclass(frozen=True)
class _Names:
    """What stands in a record as a number, by name."""

    offices: Mapping[int, str]
    accounts: Mapping[int, str]


def record_history(
    page: HtmlPage, connection: Connection, concerned: Concerned, own: Watched, present: Mapping[str, Any]
) -> list[HistoryLine]:
    """Return the latest changes that concern a record, the newest first.

    Those of its `own` kind can be taken back as long as the `present` values are those that they set.
    """
    found = watch_changes.of(connection, concerned, _MOST)
    names = _Names(
        {one.number: one.name for one in record_lists.offices(connection)},
        _accounts_in(connection, found),
    )
    return [_line(one, page, names, is_undone=may_be_undone(one, own, present)) for one in found]


def _accounts_in(connection: Connection, found: Sequence[WatchChange]) -> Mapping[int, str]:
    """Return the names of the accounts that some changes speak of."""
    values = {part.get("user") for one in found for part in (one.before, one.after) if part}
    return users.names(connection, [value for value in values if isinstance(value, int)])


def _line(change: WatchChange, page: HtmlPage, names: _Names, *, is_undone: bool) -> HistoryLine:
    who = change.who or page.words("record.operator")
    if change.what in OF_THE_WATCH:
        return HistoryLine(change.at, who, said_of_watch(change, page), (), None)
    before, after = change.before or {}, change.after or {}
    name = after.get("name") or before.get("name") or ""
    if change.before is None or change.after is None:
        verb = "added" if change.before is None else "removed"
        return HistoryLine(
            change.at, who, page.words(f"record.{change.what.value}_{verb}", name=name), (), None
        )
    return HistoryLine(
        change.at,
        who,
        page.words(f"record.{change.what.value}_changed", name=name),
        _fields(change.what, before, after, page, names),
        change.number if is_undone else None,
    )


def _fields(
    what: Watched,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    page: HtmlPage,
    names: _Names,
) -> tuple[FieldLine, ...]:
    return tuple(
        FieldLine(
            page.words(
                _LABELS.get((what, name)) or ("record.position" if name in _PLACE else f"record.{name}")
            ),
            _value(name, before.get(name), page, names),
            _value(name, value, page, names),
        )
        for name, value in after.items()
        if before.get(name) != value and name != "lon"
    )


def _value(name: str, value: Any, page: HtmlPage, names: _Names) -> str:
    words = page.words
    if value is None or value in ("", []):
        return words("record.empty")
    if name in _PLACE:
        return words("record.position_given")
    if isinstance(value, bool):
        return words("record.yes" if value else "record.no")
    if name in _CODES:
        return words(f"{_CODES[name]}.{value}")
    return _plain(name, value, page, names)


def _plain(name: str, value: Any, page: HtmlPage, names: _Names) -> str:
    if name in _LISTS:
        return "、".join(_channel(str(one), page) if name == "channels" else str(one) for one in value)
    if name in {"office", "user"}:
        return (names.offices if name == "office" else names.accounts).get(value, str(value))
    # A time of day without its seconds.
    return str(value)[:5] if name.startswith("quiet_") else str(value)


def _channel(kept: str, page: HtmlPage) -> str:
    """Return a way to reach somebody, kept as `voice 03-1234-5678`, in words."""
    kind, _, rest = kept.partition(" ")
    return f"{page.words(f'channel.{kind}')} {rest}" if kind in set(Channel) else kept
