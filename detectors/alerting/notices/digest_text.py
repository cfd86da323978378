"""What a digest says: how somebody's days were, as far as anything is known of them, and how they are now. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from core.domain.people import Contact, WatchState
from core.domain.weekly_report import Change
from core.texts.local_format import clock_time, listed, short_day
from detectors.alerting.message_texts import MessageTexts, one_line, texts_of
from detectors.alerting.messages import Text
from detectors.alerting.notices.digest import DigestFacts

# Half hours are stated by where they begin and end.
_PART = timedelta(minutes=30)
_MOST_SPANS = 5


def render(
    facts: DigestFacts, contact: Contact, known_since: datetime, now: datetime, settings_url: str
) -> Text:
    """Write the digest for one contact; `settings_url` is where they change how often it comes, empty where there is no such page."""
    texts = texts_of(contact.language)
    person = facts.person
    name = one_line(contact.calls_resident) or texts.polite(one_line(person.name))
    lines = [
        texts(
            "digest.head_week" if facts.days > 1 else "digest.head_day", name=name, days=_days(facts, texts)
        ),
        *_movement(facts, texts),
        *_blind(facts, texts),
        *_alerts(facts, texts),
        *_week(facts, texts),
        _now(facts, texts, known_since, now),
    ]
    pages = [texts("preferences.page", url=settings_url)] if settings_url else []
    return Text(texts("digest.subject"), "\n".join([*lines, *pages]), " ".join(lines))


def _days(facts: DigestFacts, texts: MessageTexts) -> str:
    first, last = (short_day(texts.language, day) for day in (facts.first, facts.last))
    return first if facts.first == facts.last else f"{first}–{last}"


def _movement(facts: DigestFacts, texts: MessageTexts) -> Iterator[str]:
    """Yield what was reported of movement; where nothing arrived at all nobody knows, and where something did it is no proof of stillness."""
    zone = facts.person.zone
    if not facts.days_received:
        yield texts("digest.nothing")
    elif facts.days > 1:
        yield texts("digest.moved_days", moved=facts.days_moved, days=facts.days)
        if facts.days_received < facts.days:
            yield texts("digest.unknown_days", count=facts.days - facts.days_received)
    elif facts.moved:
        first, last = facts.moved[0].astimezone(zone), (facts.moved[-1] + _PART).astimezone(zone)
        yield texts(
            "digest.moved",
            first=clock_time(texts.language, first),
            last=clock_time(texts.language, last),
            count=len(facts.moved),
        )
    else:
        yield texts("digest.not_moved")


def _blind(facts: DigestFacts, texts: MessageTexts) -> Iterator[str]:
    if not facts.days_received or not facts.blind:
        return
    zone = facts.person.zone
    spans = [
        f"{texts.moment(began, _late(facts, ended), zone)}–{clock_time(texts.language, ended.astimezone(zone))}"
        for began, ended in facts.blind[:_MOST_SPANS]
    ]
    key = "digest.blind_more" if len(facts.blind) > _MOST_SPANS else "digest.blind"
    yield texts(key, spans=listed(texts.language, spans))


def _late(facts: DigestFacts, ended: datetime) -> datetime:
    """Return by which day a moment is written: of one day the day itself goes without saying."""
    return ended if facts.days == 1 else ended + timedelta(days=30)


def _alerts(facts: DigestFacts, texts: MessageTexts) -> Iterator[str]:
    if not facts.alerts:
        # That there was none says little where nothing could be seen.
        yield texts("digest.no_alert" if facts.days_received else "digest.no_alert_blind")
        return
    zone = facts.person.zone
    shown = [
        texts(
            "digest.alert",
            about=texts.text("about", one.rule),
            at=texts.moment(one.raised_at, _late(facts, one.raised_at), zone),
        )
        for one in facts.alerts[:_MOST_SPANS]
    ]
    yield texts("digest.alerts", count=len(facts.alerts), what=listed(texts.language, shown))


def _week(facts: DigestFacts, texts: MessageTexts) -> Iterator[str]:
    if facts.week is None:
        return
    known = [one for one in facts.week.counts if one.change is not Change.CANNOT_TELL]
    if not known:
        yield texts("digest.week_unknown")
        return
    yield texts(
        "digest.week",
        what=listed(
            texts.language,
            [
                texts("digest.count", name=texts(f"digest.{one.name}"), change=texts(f"digest.{one.change}"))
                for one in known
            ],
        ),
    )


def _now(facts: DigestFacts, texts: MessageTexts, known_since: datetime, now: datetime) -> str:
    """Say how they are now: a pause, a call that is open and "cannot tell" before what the last evaluation found."""
    person, zone = facts.person, facts.person.zone
    if person.is_paused(now):
        return texts("digest.now_paused")
    state = person.state_at(known_since)
    if person.worst is not None:
        return texts("digest.now_alert", count=person.open_alerts)
    if state is WatchState.CANNOT_TELL:
        if person.last_received_at is None:
            return texts("digest.now_cannot_tell")
        return texts("digest.now_no_data", since=texts.moment(person.last_received_at, now, zone))
    return texts(f"digest.now_{state}")
