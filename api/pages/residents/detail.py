"""What a resident's page shows: how the person is today, the last weeks, the rooms, the place, and who looked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from api.access.viewer import Viewer
from api.charts.actogram import Texts, actogram
from api.charts.cells import figures
from api.charts.day_strip import rhythm
from api.charts.marks import legend
from api.pages.parts.activity_days import Days, load_days
from api.pages.parts.alert_rows import AlertRow, Whose, alert_rows
from api.pages.parts.climate import rooms, unknown_line
from api.pages.parts.day_table import clock_of, day_table
from api.pages.parts.place import load_place
from api.pages.parts.prompt_text import prompt_text
from api.pages.parts.search_area import is_sought
from api.pages.parts.week import load_week_section
from api.pages.rendering import HtmlPage
from api.views import baseline
from api.views.baseline import BaselineSummary
from api.wording.presence import presence_why, presence_words
from api.wording.reason_card import place_name
from core.domain.alert import Alert, Severity
from core.domain.rules import last_sure_movement
from core.store.alerts import alerts
from core.store.database import Connection
from core.store.devices import devices
from core.store.people import access_log, contact_channels, residents
from core.store.people.access_log import AccessRecord
from core.store.people.agreed import prompts
from core.store.people.residents import ResidentOverview

_LEGEND = ("still", "moved", "away", "blind", "paused", "alert")
_DAYS = 28
_RECORDS_PER_PAGE = 20


@dataclass(frozen=True)
class AccessRow:
    """One record of somebody who looked at the person's data."""

    last_at: datetime
    who: str
    what: str
    reason: str


def head_context(
    page: HtmlPage,
    viewer: Viewer,
    connection: Connection,
    one: ResidentOverview,
    raised: Sequence[Alert] | None = None,
) -> dict[str, object]:
    """Return what the top of the page shows: state, last life sign, open alerts; `raised` are those where they were read already."""
    presence = one.presence_at(page.known_since)
    if raised is None:
        raised = alerts.open_alerts(connection, page.now, residents=[one.number])
    known_by = residents.life_signs_known_by(connection, [one.home], page.now)
    prompt = prompts.recent(connection, [one.number], page.now).get(one.number)
    return {
        "m": page.times,
        "one": one,
        "state": state_name(one, page),
        "last_known_by": known_by.get(one.home),
        "last_place": place_name(one.last_life_sign_place, page.words),
        "last_sure": last_sure_movement(raised),
        "asked": "" if prompt is None else prompt_text(prompt, page.times),
        "open": _open_alert_rows(page, viewer, one, raised, known_by),
        "at_home": presence_words(presence, page.times),
        "at_home_why": presence_why(presence, page.times),
    }


def resident_context(
    page: HtmlPage,
    viewer: Viewer,
    connection: Connection,
    one: ResidentOverview,
    *,
    double: bool = False,
    records_page: int = 1,
    problem: str = "",
) -> dict[str, object]:
    """Return what the whole page shows to a viewer who may see it."""
    words = page.words
    days = load_days(connection, one, page.times, _DAYS)
    learned = baseline.learned(connection, one, page.now)
    climate = rooms(page, connection, one.number)
    contacts = residents.contacts(connection, one.number)
    there = devices.overviews(connection, viewer.scope, resident=one.number)
    raised = alerts.open_alerts(connection, page.now, residents=[one.number])
    chart = actogram(
        days.days,
        Texts(words("resident.actogram_title", who=one.name), words("chart.description")),
        typical=learned.typical_day,
        now_minute=days.now_minute,
        double=double,
    )
    return (
        head_context(page, viewer, connection, one, raised)
        | today_context(page, days, learned)
        | baseline_context(page, learned)
        | {
            "here": f"/residents/{one.number}",
            "double": double,
            "chart": chart,
            "legend": legend({state: words(f"chart.{state}") for state in _LEGEND}, "act", days.states),
            "table": day_table(days.days),
            "rooms": climate,
            "climate_unknown": unknown_line(page, climate),
            "place": load_place(
                page,
                viewer,
                connection,
                one,
                there=there,
                problem=problem,
                sought=is_sought(raised),
            ),
            "week": load_week_section(page, connection, one),
            "contacts": contacts,
            "channels": contact_channels.of_contacts(connection, [contact.number for contact in contacts]),
        }
        | access_records_context(page, connection, one.number, records_page)
    )


def today_context(
    page: HtmlPage, days: Days, learned: BaselineSummary, prefix: str = "day"
) -> dict[str, object]:
    """Return the strip of today with its sentence."""
    words = page.words
    today = figures(days.days[-1])
    if today.first_moved is not None:
        line = words("resident.today_first", first=clock_of(today.first_moved))
    else:
        line = words("resident.today_night" if today.night_minutes else "resident.today_none")
    return {
        "today_chart": rhythm(days.days[-1].cells, line, typical=learned.typical_day, prefix=prefix),
        "today_line": line,
    }


def baseline_context(page: HtmlPage, learned: BaselineSummary) -> dict[str, object]:
    """Return what is usual in plain words, as it was learned, and from how many days."""
    sentences = baseline.sentences(learned, page.times)
    return {
        "baseline_lines": sentences or [page.words("resident.usual_unknown")],
        "baseline_days": learned.rhythm.days if sentences else 0,
    }


def _open_alert_rows(
    page: HtmlPage,
    viewer: Viewer,
    one: ResidentOverview,
    raised: Sequence[Alert],
    known_by: Mapping[int, datetime],
) -> list[AlertRow]:
    """Return the open alerts about a resident, each as a row of its own."""
    found = [alert for alert in raised if viewer.is_staff or alert.severity is not Severity.EQUIPMENT]
    whose = Whose([one], page.words, known_by)
    return [row for alert in found for row in alert_rows([alert], whose, {}, page.times)]


def access_records_context(
    page: HtmlPage, connection: Connection, resident: int, number: int
) -> dict[str, object]:
    """Return who looked at the resident's data, newest first: one page of everything that was ever recorded."""
    found = access_log.access_records(
        connection, resident, limit=_RECORDS_PER_PAGE + 1, skip=(number - 1) * _RECORDS_PER_PAGE
    )
    return {
        "access_records": _access_rows(page, found[:_RECORDS_PER_PAGE]),
        "records_page": number,
        "records_per_page": _RECORDS_PER_PAGE,
        "are_more_records": len(found) > _RECORDS_PER_PAGE,
    }


def _access_rows(page: HtmlPage, found: list[AccessRecord]) -> list[AccessRow]:
    return [
        AccessRow(
            record.last_at,
            _who(record, page),
            page.words(f"viewed.{record.what.value}"),
            _reason(page, record.reason),
        )
        for record in found
    ]


def _who(record: AccessRecord, page: HtmlPage) -> str:
    if record.is_by_link:
        return page.words("resident.look_by_link", who=record.user_name or page.words("resident.look_erased"))
    if record.role is None:
        return page.words("record.operator")
    return page.words(
        "resident.look_line", who=record.user_name, role=page.words(f"role.{record.role.value}")
    )


def state_name(one: ResidentOverview, page: HtmlPage) -> str:
    """Return the state a page shows for a resident: an open alert outweighs all, a pause outweighs what was seen."""
    if one.worst is not None:
        return "please_check"
    return "paused" if one.is_paused(page.now) else one.state_at(page.known_since).value


def _reason(page: HtmlPage, reason: str) -> str:
    kind, _, note = reason.partition(":")
    if kind == "alert":
        return page.words("viewed.alert")
    if page.words.has(f"sensitivity.{kind}"):
        return page.words(f"sensitivity.{kind}")
    if not page.words.has(f"reveal.{kind}"):
        return reason
    return page.words(f"reveal.{kind}") + (f": {note.strip()}" if note.strip() else "")
