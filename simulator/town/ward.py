"""Makes a ward: residents, homes on streets, devices, contacts, users and geofences, as a ward file to register."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

import numpy as np

from simulator.local_days import DEFAULT_ZONE, local_day
from simulator.randomness import generator
from simulator.town import names
from simulator.town.device_fit import Json, devices_of
from simulator.town.streets import TOWN, crossing

HISTORY_DAYS = 28
_FAMILY_ABROAD = 5


@dataclass(frozen=True)
class WardOrder:
    """What ward to make.

    Attributes
    ----------
    residents : int
        How many, each in a home of their own.
    seed : int
        The same seed makes the same ward.
    now : datetime
        When watching begins; devices are registered from 28 days earlier, so that the history belongs to the homes.
    mail_domain : str
        Where contacts have their mail.
    webhook_url : str
        Start of the web address that second contacts get their messages at; empty for no such contacts.
    has_telephones : bool
        Whether families are reached by telephone too: a quarter by short messages, a quarter by calls, a quarter by both.
    """

    residents: int
    seed: int
    now: datetime
    mail_domain: str = "mail.example"
    webhook_url: str = ""
    has_telephones: bool = False


def make_ward(order: WardOrder) -> Json:
    """Return a ward in the form of `ward.schema.json`.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> ward = make_ward(WardOrder(3, 1, datetime(2026, 8, 1, tzinfo=UTC)))
    >>> [home["name"] for home in ward["homes"]] == [home["name"] for home in ward["homes"]]
    True
    """
    offices = names.OFFICES[: 1 if order.residents < 6 else 2]
    return {
        "offices": [
            *(_office(name, number, order) for number, name in enumerate(offices, 1)),
            *_desks(order),
        ],
        "users": _users(order, offices),
        "homes": [_home(number, order, offices) for number in range(1, order.residents + 1)],
    }


def _office(name: str, number: int, order: WardOrder) -> Json:
    return {
        "name": name,
        "phone": f"03-0000-{number:04}",
        "centre": [
            {
                "name": f"{name} 当直",
                "relation": "見守りセンター",
                "step": 2,
                "channel": "mail",
                "address": f"centre{number}@{order.mail_domain}",
                "language": "ja",
            }
        ],
    }


def _desks(order: WardOrder) -> list[Json]:
    """Return the desks above all offices, so that an emergency that nobody answers goes up."""
    return [
        {
            "name": name,
            "phone": f"03-0000-{number:04}",
            "role": role,
            "centre": [
                {
                    "name": name,
                    "relation": relation,
                    "step": 1,
                    "channel": "mail",
                    "address": f"{role.replace('_', '-')}@{order.mail_domain}",
                    "language": "ja",
                }
            ],
        }
        for number, (role, (name, relation)) in enumerate(names.DESKS.items(), 9001)
    ]


def _users(order: WardOrder, offices: tuple[str, ...]) -> list[Json]:
    staff: list[Json] = [{"login": "admin", "name": "管理者", "role": "admin"}]
    for number, office in enumerate(offices, 1):
        login = "care" if number == 1 else f"care{number}"
        staff.append({"login": login, "name": f"{office} 職員", "role": "care", "office": office})
    family: list[Json] = [
        {"login": family_login(number), "name": _child(number, order)[0], "role": "family"}
        for number in range(1, order.residents + 1)
    ]
    return staff + family


def family_login(number: int) -> str:
    """Return the login of the family of a home; the first one is easy to remember."""
    return "family" if number == 1 else f"family{number}"


def _home(number: int, order: WardOrder, offices: tuple[str, ...]) -> Json:
    draw = generator(order.seed, "home", number)
    key = f"r{number:03}"
    # One home for each block of the grid, somewhere along its street, counted outward in rows of eight.
    row, column = divmod(number - 1, 8)
    lat, lon = TOWN.point(crossing(column - 3.5 + draw.uniform(-0.3, 0.3), row - 3.0))
    area = names.AREAS[(number - 1) % len(names.AREAS)]
    first_day = local_day(order.now, DEFAULT_ZONE).before(HISTORY_DAYS)
    since = datetime.fromtimestamp(first_day.ms(0) / 1000, order.now.tzinfo) - timedelta(days=1)
    walks = _walks(number)
    return {
        "name": f"{area}{row + 1}-{number}",
        "office": offices[(number - 1) % len(offices)],
        "area": area,
        "time_zone": DEFAULT_ZONE.key,
        "lat": lat,
        "lon": lon,
        "residents": [_resident(number, key, order, draw, (lat, lon) if walks else None)],
        "devices": [
            device | {"since": since.isoformat()}
            for device in devices_of(number, key, draw, has_tracker=walks)
        ],
    }


def _walks(number: int) -> bool:
    return number % 3 == 1


def _surname(number: int, order: WardOrder) -> tuple[str, str]:
    # A shuffled round, so that no two of thirty neighbours share a name.
    rounds, place = divmod(number - 1, len(names.SURNAMES))
    order_of_round = generator(order.seed, "surnames", rounds).permutation(len(names.SURNAMES))
    return names.SURNAMES[int(order_of_round[place])]


def _child(number: int, order: WardOrder) -> tuple[str, str]:
    draw = generator(order.seed, "child", number)
    daughter = draw.random() < 0.6
    given = (names.DAUGHTERS if daughter else names.SONS)[int(draw.integers(8))]
    return f"{_surname(number, order)[0]} {given}", "長女" if daughter else "長男"


def _resident(
    number: int, key: str, order: WardOrder, draw: np.random.Generator, fenced: tuple[float, float] | None
) -> Json:
    is_woman = draw.random() < 0.7
    given, given_kana = _pick(names.WOMEN if is_woman else names.MEN, draw)
    surname, surname_kana = _surname(number, order)
    age_days = int(draw.uniform(75.2, 95.0) * 365.25)
    born_on: date = order.now.date() - timedelta(days=age_days)
    resident: Json = {
        "key": key,
        "name": f"{surname} {given}",
        "kana": f"{surname_kana} {given_kana}",
        "born_on": born_on.isoformat(),
        "phone": f"03-0000-{1000 + number:04}",
        "watched_from": order.now.isoformat(),
        "contacts": _contacts(number, order, is_woman=is_woman),
        "family_users": [family_login(number)],
    }
    if fenced is not None:
        resident["geofences"] = _geofences(*fenced)
    return resident


def _pick(pairs: tuple[tuple[str, str], ...], draw: np.random.Generator) -> tuple[str, str]:
    return pairs[int(draw.integers(len(pairs)))]


def _contacts(number: int, order: WardOrder, *, is_woman: bool) -> list[Json]:
    # One family lives abroad and reads English.
    language = "en" if number == _FAMILY_ABROAD else "ja"
    parent = names.PARENTS[language][0 if is_woman else 1]
    name, relation = _child(number, order)
    login = family_login(number)
    contacts: list[Json] = [
        {
            "name": name,
            "relation": relation,
            "calls_resident": parent,
            "step": 1,
            "channels": _ways(number, order),
            "language": language,
            "user": login,
        }
    ]
    if order.webhook_url and number % 4 == 1:
        contacts.append(
            {
                "name": f"{_surname(number, order)[0]}家 グループ",
                "relation": "家族",
                "calls_resident": names.PARENTS["ja"][0 if is_woman else 1],
                "step": 1,
                "channel": "webhook",
                "address": f"{order.webhook_url.rstrip('/')}/{login}",
                "language": "ja",
            }
        )
    return contacts


def _ways(number: int, order: WardOrder) -> list[Json]:
    """Return how a family is reached; nobody has numbers that begin like these."""
    confirmed: Json = {"confirmed_on": order.now.date().isoformat()}
    number_in_town = f"+8190000{number:05}"
    kinds = (
        {0: ("voice", "sms"), 1: ("voice",), 2: ("sms",), 3: ()}[number % 4] if order.has_telephones else ()
    )
    ways: list[Json] = [{"kind": kind, "address": number_in_town} for kind in kinds]
    ways.append({"kind": "mail", "address": f"{family_login(number)}@{order.mail_domain}"})
    return [way | confirmed for way in ways]


def _geofences(lat: float, lon: float) -> list[Json]:
    everyday = {"kind": "circle", "lat": lat, "lon": lon, "radius_m": 700}
    near = {"kind": "circle", "lat": lat, "lon": lon, "radius_m": 200}
    night = {"days": list(range(7)), "start": "21:00", "end": "05:00"}
    return [
        {"name": "いつもの範囲", "shape": everyday},
        {"name": "夜の範囲", "shape": near, "hours": night},
    ]
