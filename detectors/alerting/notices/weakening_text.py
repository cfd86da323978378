"""What the message about a weaker watch says: whose, who did it, what, and from when to when. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from core.domain.people import Contact, Resident
from core.domain.planned_absence import Absence
from core.store.people.geofences import hours_from_json, hours_to_json
from core.store.people.watch_changes import WatchChange, Watched
from core.texts.local_format import clock_time, listed, weekday
from detectors.alerting.message_texts import MessageTexts, one_line, texts_of
from detectors.alerting.messages import Text


def render(
    change: WatchChange, resident: Resident, contact: Contact, base_url: str, zone: ZoneInfo, now: datetime
) -> Text:
    """Write the message about one change, in a contact's language and by the clock of the home."""
    texts = texts_of(contact.language)

    def moment(when: datetime) -> str:
        return texts.moment(when, now, zone)

    who = texts.polite(one_line(change.who)) if change.who else texts("weakening.machine")
    name = one_line(contact.calls_resident) or texts.polite(one_line(resident.name))
    lines = [
        texts("weakening.head", name=name),
        texts("weakening.by", who=who, at=moment(change.at)),
        _what(change, texts),
    ]
    span: Mapping[str, Any] = change.after if change.what is Watched.ABSENCE and change.after else {}
    since = datetime.fromisoformat(span["began_at"]) if span else change.at
    if span.get("ended_at"):
        until = moment(datetime.fromisoformat(span["ended_at"]))
        lines.append(texts("weakening.span", since=moment(since), until=until))
    else:
        lines.append(texts("weakening.open", since=moment(since)))
    lines.extend(_weekly(span, texts))
    lines.append(texts("weakening.ask"))
    page = texts("weakening.page", url=f"{base_url}/residents/{resident.number}/zones")
    sentence = " ".join(lines)
    return Text(texts("weakening.subject"), "\n".join([*lines, page]), sentence)


def render_second_person(
    absence: Absence,
    resident: Resident,
    contact: Contact,
    zone: ZoneInfo,
    now: datetime,
    *,
    answer_url: str,
    page_url: str,
) -> Text:
    """Ask a contact to confirm a pause of the watch that somebody else planned: by the link, or signed in where there is none."""
    texts = texts_of(contact.language)
    lines = [
        *_planned("second_person.head", absence, resident, contact, zone, now),
        texts("second_person.ask", until=texts.moment(absence.expires_at, now, zone)),
        texts("second_person.unknown"),
    ]
    page = (
        texts("second_person.page", url=answer_url)
        if answer_url
        else texts("second_person.page_signed_in", url=page_url)
    )
    return Text(texts("second_person.subject"), "\n".join([*lines, page]), " ".join(lines))


def render_expired(
    absence: Absence,
    resident: Resident,
    contact: Contact,
    zone: ZoneInfo,
    now: datetime,
    *,
    page_url: str,
    **_without_answer: str,
) -> Text:
    """Write that nobody confirmed a pause in time: it does not begin."""
    texts = texts_of(contact.language)
    lines = [
        *_planned("second_person.expired_head", absence, resident, contact, zone, now),
        texts("second_person.expired", until=texts.moment(absence.expires_at, now, zone)),
    ]
    page = texts("second_person.expired_page", url=page_url)
    return Text(texts("second_person.expired_subject"), "\n".join([*lines, page]), " ".join(lines))


def render_still_away(
    absence: Absence,
    resident: Resident,
    contact: Contact,
    zone: ZoneInfo,
    now: datetime,
    *,
    answer_url: str,
    **_without_page: str,
) -> Text:
    """Ask whether a stay in hospital whose end nobody knows goes on."""
    texts = texts_of(contact.language)
    name = one_line(contact.calls_resident) or texts.polite(one_line(resident.name))
    lines = [
        texts("still_away.head", name=name),
        texts("still_away.since", since=texts.moment(absence.began_at, now, zone)),
        texts("still_away.known", at=texts.moment(absence.known_at, now, zone)),
        texts("still_away.what"),
    ]
    page = texts("still_away.page", url=answer_url)
    return Text(texts("still_away.subject"), "\n".join([*lines, page]), " ".join(lines))


def _planned(
    head: str, absence: Absence, resident: Resident, contact: Contact, zone: ZoneInfo, now: datetime
) -> Iterator[str]:
    """Yield whose pause it is, who planned it, and from when to when."""
    texts = texts_of(contact.language)
    name = one_line(contact.calls_resident) or texts.polite(one_line(resident.name))
    yield texts(head, name=name, what=texts(f"absence.{absence.kind}"))
    by = absence.created_by
    who = texts.polite(one_line(by)) if by else texts("weakening.machine")
    yield texts("second_person.by", who=who, at=texts.moment(absence.created_at, now, zone))
    began = texts.moment(absence.began_at, now, zone)
    if absence.ended_at is None:
        yield texts("weakening.open", since=began)
    else:
        yield texts("weakening.span", since=began, until=texts.moment(absence.ended_at, now, zone))
    if absence.hours is not None:
        yield from _weekly({"hours": hours_to_json(absence.hours)}, texts)


def _what(change: WatchChange, texts: MessageTexts) -> str:
    before, after = change.before or {}, change.after or {}
    match change.what:
        case Watched.GEOFENCE:
            verb = "changed" if after else "removed"
            return texts(f"weakening.geofence_{verb}", what=one_line(before["name"]))
        case Watched.ABSENCE:
            return texts("weakening.absence", what=texts(f"absence.{after['kind']}"))
        case Watched.QUIET_LIMIT:
            what = texts.looked_at(before["kind"], before["place"])
            return texts(
                "weakening.quiet_limit",
                what=what,
                span=texts.span(timedelta(minutes=before["quiet_min"])),
            )
        case Watched.PROMPTS:
            return texts("weakening.prompts", n=after["most_in_a_week"])
        case Watched.SENSITIVITY:
            was, is_now = (texts(f"sensitivity.{one['sensitivity']}") for one in (before, after))
            return texts("weakening.sensitivity", before=was, what=is_now)
        case _:
            return texts("weakening.escalation")


def _weekly(span: Mapping[str, Any], texts: MessageTexts) -> Iterator[str]:
    """Yield when an absence falls in each week; nothing for one that is planned once."""
    if span.get("hours"):
        hours = hours_from_json(span["hours"])
        days = listed(texts.language, [weekday(texts.language, day) for day in sorted(hours.days)])
        start, end = (clock_time(texts.language, one) for one in (hours.start, hours.end))
        yield texts("weakening.weekly", days=days, start=start, end=end)
