"""Days on which fewer people work: weekends, and the public holidays of the country that a time zone belongs to."""

from collections.abc import Container
from datetime import date
from functools import cache
from zoneinfo import ZoneInfo

_COUNTRY = {"Asia/Tokyo": "JP", "Japan": "JP"}
_SATURDAY = 5


def is_day_off(day: date, zone: ZoneInfo) -> bool:
    """Return whether a day is a Saturday, a Sunday, or a public holiday where the zone is; elsewhere than in Japan only weekends are known.

    Examples
    --------
    >>> tokyo = ZoneInfo("Asia/Tokyo")
    >>> is_day_off(date(2026, 9, 22), tokyo), is_day_off(date(2026, 9, 24), tokyo)
    (True, False)
    """
    return day.weekday() >= _SATURDAY or day in _public_holidays(zone.key)


@cache
def _public_holidays(zone: str) -> Container[date]:
    country = _COUNTRY.get(zone)
    if country is None:
        return frozenset[date]()
    # Where no policy and no roster asks for holidays, nothing is loaded.
    from holidays import country_holidays

    return country_holidays(country)
