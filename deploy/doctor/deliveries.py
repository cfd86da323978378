"""The doctor's look at whether messages can reach people, and whether anybody takes them there."""

from collections.abc import Iterator, Sequence

from core.clock import Clock
from core.domain.people import Channel
from core.settings import Settings
from core.store.database import Connection
from core.store.operation import delivery_health, provider_quota
from core.store.operation.outward import canary_flights
from core.store.people import contact_channels, offices
from deploy.doctor.check import Check, CheckResult

_NAMED = 5


def delivery_checks(connection: Connection, settings: Settings, clock: Clock) -> Iterator[Check]:
    """Look at offices that nothing reaches, emergencies without a message, senders, who watches us, and the addresses of contacts."""
    yield from _people_checks(connection, settings, clock)
    yield from _canary_checks(connection, settings, clock)
    yield from _channel_checks(connection, settings)


def _people_checks(connection: Connection, settings: Settings, clock: Clock) -> Iterator[Check]:
    usable = settings.usable_channels
    unreachable = delivery_health.unreachable_offices(connection, usable)
    if unreachable:
        yield Check(
            "offices", CheckResult.BAD, f"no message reaches {_named(unreachable)}",
            "set up mail (MIMAMORI_MAIL_URL) or another channel, and give the centre one: mimamori channel add",
        )  # fmt: skip
    alone = offices.without_desk_above(connection)
    if alone:
        yield Check(
            "desks", CheckResult.LOOK, f"nobody sits above {_named([one.name for one in alone])}: an emergency that nobody answers ends there",
            "register the ward's duty line (role ward_line) or an office that stands in: mimamori register, or its page",
        )  # fmt: skip
    found = delivery_health.delivery_health(connection, clock.now(), clock.factor)
    if found.unnotified_emergencies:
        yield Check(
            "emergencies", CheckResult.BAD,
            f"{found.unnotified_emergencies} open, and nobody was there to be notified of them",
            "look at the board now; then register contacts: mimamori register",
        )  # fmt: skip
    if found.exhausted_emergencies:
        yield Check(
            "emergencies", CheckResult.BAD,
            f"{found.exhausted_emergencies} open; everybody was asked as often as a day allows, and no desk above can be asked",
            "take it on the board now; then register the ward's duty line (role ward_line): mimamori register",
        )  # fmt: skip
    if found.stands_still:
        yield Check(
            "senders", CheckResult.BAD,
            f"{found.overdue_messages} messages and {found.unplanned_events} changes of alerts wait that should have left",
            "start the detectors, or read their log: mimamori detect",
        )  # fmt: skip


def _canary_checks(connection: Connection, settings: Settings, clock: Clock) -> Iterator[Check]:
    if not settings.canary_sink.get_secret_value():
        return
    found = canary_flights.state(connection)
    if found.is_late(clock.now(), clock.factor):
        since = "ever" if found.accepted_at is None else f"since {found.accepted_at:%Y-%m-%d %H:%M} UTC"
        why = f" ({found.error})" if found.error else ""
        yield Check(
            "canary call", CheckResult.BAD, f"none has come through to its sink {since}{why}; perhaps no emergency would",
            "is it running? mimamori canary ID --call --every 60; each of its lines says where a call fell",
        )  # fmt: skip
    elif found.took is not None:
        yield Check(
            "canary call", CheckResult.GOOD, f"the latest came through in {found.took.total_seconds():.1f} s"
        )


def _channel_checks(connection: Connection, settings: Settings) -> Iterator[Check]:
    quota = provider_quota.state(connection, Channel.LINE)
    if quota is not None and quota.is_nearly_used_up:
        yield Check(
            "LINE", CheckResult.LOOK, f"{quota.used} of this month's {quota.most} messages are used",
            "buy more, or let what can wait go by mail: mimamori channel first",
        )  # fmt: skip
    if not settings.outside_watch_url.get_secret_value():
        yield Check(
            "outside", CheckResult.LOOK, "nobody outside notices when this whole machine is gone",
            "make a check at a service such as healthchecks and give its address: MIMAMORI_OUTSIDE_WATCH_URL",
        )  # fmt: skip
    unconfirmed = delivery_health.unconfirmed_contacts(connection)
    if unconfirmed:
        yield Check(
            "contacts", CheckResult.LOOK, f"{unconfirmed} have no channel of which somebody made sure that it reaches them",
            "ask each whether a message arrived; then: mimamori channel confirm",
        )  # fmt: skip
    dead = delivery_health.dead_channels(connection)
    if dead:
        yield Check(
            "channels", CheckResult.LOOK, f"{dead} are dead: blocked, unknown to their provider, or gone",
            "mimamori channel list says which; ask the contact for another",
        )  # fmt: skip
    readable = contact_channels.unsealed(connection)
    if readable:
        yield Check(
            "secrets", CheckResult.LOOK, f"{readable} addresses of webhooks or chats can be read in the database",
            "mimamori secret new-key; give it as MIMAMORI_SECRET_KEYS; then mimamori secret rotate",
        )  # fmt: skip


def _named(names: Sequence[str]) -> str:
    return ", ".join(names[:_NAMED]) + (" and others" if len(names) > _NAMED else "")
