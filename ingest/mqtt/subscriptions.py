"""What ingest asks the broker for: filters by name, so that on a broker which others use too their messages stay theirs."""

from core.errors import SettingsError
from core.settings import Settings
from core.topic_filters import covers, problem_of, without_needless
from ingest.mqtt.topics import ESPHOME_COMPONENTS, command_topic

DOCUMENTED = "documented"
"""The word in `MIMAMORI_INGEST_FILTERS` that stands for all filters of this table."""
GATEWAYS = "gateways"

# Of each sender the topics that it has without a gateway's prefix. Where its owner chooses the first level, the others name it.
FILTERS: dict[str, tuple[str, ...]] = {
    GATEWAYS: ("gw/#",),
    "native": ("mimamori/v1/#",),
    "owntracks": ("owntracks/#",),
    "zigbee2mqtt": ("zigbee2mqtt/#",),
    "tasmota": ("tele/#", "stat/#", "tasmota/#", "+/tele/#", "+/stat/#"),
    "shelly": ("shellies/#", "+/status/+", "+/events/rpc", "+/online"),
    "the_things_stack": ("v3/#",),
    "chirpstack": ("application/#",),
    "traccar": ("positions/#", "events/#", "traccar/#"),
    "homeassistant": ("homeassistant/+/+/config", "homeassistant/+/+/+/config"),
    "esphome": (
        "+/status",
        *(f"+/{component}/+/state" for component in sorted(ESPHOME_COMPONENTS)),
        # What these have beside their state.
        *(f"+/{component}/+/+/state" for component in ("climate", "cover", "fan", "valve")),
    ),
    "homie": ("homie/#",),
    "rtl_433": ("rtl_433/#",),
    "theengs": (
        "home/+/LWT",
        *(f"+/+/{module}toMQTT/#" for module in ("BT", "RTL_433", "433", "SRFB", "Pilight", "RF2")),
    ),
    "meshtastic": ("msh/#",),
    "teltonika": ("+/data",),
}
EVERYTHING = "#"
"""What releases before named filters subscribed to; a session at the broker may still have it."""
SHARED = "$share/"
"""Begins what is dealt out among the workers of a group."""


def filters_of(text: str) -> tuple[str, ...]:
    """Return the filters that a setting names, none of which another covers.

    Raises
    ------
    SettingsError
        One of them is no filter.

    Examples
    --------
    >>> filters_of("gw/#, weather/+, gw/g1/#")
    ('gw/#', 'weather/+')
    >>> "zigbee2mqtt/#" in filters_of("documented"), filters_of("documented,#")
    (True, ('#',))
    """
    named: list[str] = []
    for part in (one.strip() for one in text.split(",")):
        if part == DOCUMENTED:
            named += [one for filters in FILTERS.values() for one in filters]
        elif problem := problem_of(part):
            raise SettingsError(
                f"MIMAMORI_INGEST_FILTERS: {part!r} {problem}; name topic filters such as weather/#, separated by commas;"
                f" {DOCUMENTED} stands for those of docs/senders.md"
            )
        else:
            named.append(part)
    return tuple(without_needless(named))


def wanted_filters(settings: Settings) -> tuple[str, ...]:
    """Return what ingest receives: what the setting names, or else the documented topics.

    A group of which nothing is said goes on as in releases before. Two subscriptions of a group are dealt out each for itself, so
    while one worker asked for everything and another for names, what both match would come twice.

    Raises
    ------
    SettingsError
        One of those named is no filter.
    """
    if not settings.ingest_filters and settings.ingest_group:
        return (EVERYTHING,)
    return filters_of(settings.ingest_filters or DOCUMENTED)


def subscription_of(settings: Settings, one: str) -> str:
    """Return a filter as the broker gets it: of a group each message goes to one worker."""
    return f"{SHARED}{settings.ingest_group}/{one}" if settings.ingest_group else one


def subscriptions_of(settings: Settings) -> list[str]:
    """Return all that this worker asks the broker for."""
    subscriptions = [subscription_of(settings, one) for one in wanted_filters(settings)]
    own = own_subscription(settings)
    return subscriptions if any(covers(one, own) for one in subscriptions) else [*subscriptions, own]


def own_subscription(settings: Settings) -> str:
    """Return the way for the worker's own markers, which others of its group must not get."""
    return command_topic(settings.ingest_client_id)
