"""What messages say that are about no alert. Pure; they name nobody: the page behind the link does."""

from datetime import datetime
from zoneinfo import ZoneInfo

from core.domain.agreed.prompt import Prompt
from core.domain.people import Contact, Language, Resident
from core.store.alerts.notices import Notice, NoticeKind
from core.texts.local_format import clock_time, listed
from detectors.alerting.message_texts import MessageTexts, one_line, texts_of
from detectors.alerting.messages import Text


def render(notice: Notice, language: Language, base_url: str, zone: ZoneInfo, now: datetime) -> Text:
    """Write the message of the evening: how many cannot be reached tonight, and why nobody would be."""
    texts = texts_of(language)
    body = notice.body
    is_reached = not body["residents"] and body["centre_is_able"] and not body["gaps"]
    lines = [] if is_reached else [texts("evening.head")]
    if body["residents"]:
        lines.append(texts("evening.residents", count=body["residents"]))
    if not body["centre_is_able"]:
        lines.append(texts("evening.centre"))
    if body["gaps"]:
        spans = [_span(began, ended, texts, zone, now) for began, ended in body["gaps"]]
        lines.append(texts("evening.gaps", spans=listed(language, spans)))
    # A message that the version before put into the outbox does not say.
    if not body.get("has_desk_above", True):
        lines.append(texts("evening.nobody_above"))
    if body.get("unproven"):
        lines.append(texts("evening.unproven", count=body["unproven"]))
    sentence = " ".join(lines)
    page = texts("evening.page", url=f"{base_url}/offices/{body['office']}/tonight")
    is_above = is_reached and not body.get("has_desk_above", True)
    subject = texts(
        "evening.subject_above"
        if is_above
        else "evening.subject_unproven"
        if is_reached
        else "evening.subject"
    )
    return Text(subject, "\n".join([*lines, page]), sentence)


def equipment(notice: Notice, language: Language, base_url: str) -> Text:
    """Write the day's message about equipment: how many devices are to be checked, by what is wrong with them."""
    texts = texts_of(language)
    counts, new = notice.body["open"], notice.body["new"]
    lines = [
        texts("equipment.head", count=sum(counts.values()), new=new),
        *(texts(f"equipment.{rule}", count=count) for rule, count in sorted(counts.items())),
        texts("equipment.calm"),
    ]
    page = texts("equipment.page", url=f"{base_url}/board")
    return Text(texts("equipment.subject"), "\n".join([*lines, page]), " ".join(lines))


def unwatched(notice: Notice, language: Language, base_url: str, zone: ZoneInfo, now: datetime) -> Text:
    """Write from when until when nobody was watched, what was found late, and where the homes are listed."""
    texts = texts_of(language)
    body = notice.body
    began, ended = (
        texts.moment(datetime.fromisoformat(body[edge]), now, zone) for edge in ("began_at", "ended_at")
    )
    lines = [
        texts("unwatched.head", began=began, ended=ended),
        texts("unwatched.homes", count=body["homes"]),
        texts("unwatched.late", count=body["alerts"]) if body["alerts"] else texts("unwatched.none_late"),
        texts("unwatched.unknown"),
    ]
    page = texts("unwatched.page", url=f"{base_url}/offices/{body['office']}/unwatched")
    return Text(texts("unwatched.subject"), "\n".join([*lines, page]), " ".join(lines))


def outage(notice: Notice, resident: Resident, contact: Contact, zone: ZoneInfo, now: datetime) -> Text:
    """Write that a neighbourhood or the whole ward is silent, or that it is over: of one resident nobody could tell meanwhile."""
    texts = texts_of(contact.language)
    name = one_line(contact.calls_resident) or texts.polite(one_line(resident.name))
    began = texts.moment(datetime.fromisoformat(notice.body["began_at"]), now, zone)
    if notice.kind is NoticeKind.OUTAGE:
        subject, keys = "outage.subject", ("outage.head", "outage.calls", "outage.todo")
    else:
        subject, keys = "outage.subject_over", ("outage.over", "outage.over_todo")
    ended = notice.body.get("ended_at")
    fields = {"name": name, "began": began}
    fields["ended"] = began if ended is None else texts.moment(datetime.fromisoformat(ended), now, zone)
    sentence = " ".join(texts(key, **fields) for key in keys)
    return Text(texts(subject), sentence, sentence)


def dead_channel(notice: Notice, language: Language, base_url: str) -> Text:
    """Write that a channel of a contact takes no messages any more, and what to do; whose it is stands on the page."""
    texts = texts_of(language)
    body = notice.body
    channel = texts(f"dead_channel.{body['channel']}")
    lines = [
        texts("dead_channel.head", channel=channel),
        texts("dead_channel.todo"),
        texts("dead_channel.others"),
    ]
    links = [
        texts("dead_channel.contact", url=f"{base_url}/contacts/{body['contact']}"),
        texts("dead_channel.page", url=f"{base_url}/offices/{body['office']}/tonight"),
    ]
    return Text(texts("dead_channel.subject"), "\n".join([*lines, *links]), " ".join(lines))


def preferences(language: Language, settings_url: str) -> Text:
    """Write where a contact chooses how they are notified."""
    texts = texts_of(language)
    page = texts("preferences.page", url=settings_url)
    return Text(
        texts("preferences.subject"), "\n".join([texts("preferences.head"), page]), texts("preferences.head")
    )


def channel_test(notice: Notice, language: Language, answer_url: str, settings_url: str) -> Text:
    """Write a test: nothing has happened, and where to press that it arrived; `settings_url` is the contact's own page, if they have one."""
    texts = texts_of(language)
    # A test that the version before put into the outbox was asked for by somebody.
    head = "channel_test.head_monthly" if notice.body.get("is_monthly") else "channel_test.head"
    lines = [texts(head), texts("channel_test.todo")]
    links = [texts("channel_test.page", url=answer_url)]
    if settings_url:
        links.append(texts("preferences.page", url=settings_url))
    return Text(texts("channel_test.subject"), "\n".join([*lines, *links]), " ".join(lines))


def prompt(asked: Prompt, language: Language, answer_url: str, zone: ZoneInfo, now: datetime) -> Text:
    """Ask a resident whether all is well, in plain words: what was noticed, what to press, and what happens without an answer."""
    texts = texts_of(language)
    lines = [
        texts("prompt.head", since=texts.moment(asked.began_at, now, zone)),
        texts("prompt.safe"),
        texts("prompt.help"),
        texts("prompt.otherwise", at=texts.moment(asked.line_at, now, zone)),
    ]
    page = texts("prompt.page", url=answer_url)
    return Text(texts("prompt.subject"), "\n".join([*lines, page]), " ".join(lines))


def _span(began: str, ended: str, texts: MessageTexts, zone: ZoneInfo, now: datetime) -> str:
    first, last = (datetime.fromisoformat(edge) for edge in (began, ended))
    return f"{texts.moment(first, now, zone)}–{clock_time(texts.language, last.astimezone(zone))}"
