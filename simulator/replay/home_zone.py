"""The zone of the homes of a recording, as the offsets of its times say: +09:00 is Japan's night and day, not those of UTC."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import numpy as np

from simulator.replay.readings import QUARTER_S, RecordedReadings

# Of zones whose clocks all agree with the file these come first: the service's own, and those that say nothing but the offset.
_FIRST = ("Asia/Tokyo",)
_FIXED = "Etc/"
# So many times are compared for each offset that occurs.
_COMPARED = 40
_UTC = ZoneInfo("UTC")


def zone_of_offsets(readings: RecordedReadings) -> ZoneInfo | None:
    """Return a zone whose clock shows what the file's times show, also over summer time.

    Returns
    -------
    ZoneInfo or None
        UTC where no time is ahead of it. Of several zones `Asia/Tokyo` comes first, then a fixed one, then the first by name. None where no
        zone agrees, as when the homes of a file are in different ones.

    Examples
    --------
    >>> columns = (np.array([0, 1], np.int64), np.array([36, 36], np.int8), np.zeros(2, np.int32), np.ones(2))
    >>> zone_of_offsets(RecordedReadings((), *columns))
    zoneinfo.ZoneInfo(key='Asia/Tokyo')
    """
    offsets = np.unique(readings.quarters).tolist()
    if offsets in ([], [0]):
        return _UTC
    compared = [
        (datetime.fromtimestamp(int(time_us) / 1e6, UTC), timedelta(seconds=QUARTER_S * quarters))
        for quarters in offsets
        for times in [readings.time_us[readings.quarters == quarters]]
        for time_us in times[np.linspace(0, len(times) - 1, min(_COMPARED, len(times))).astype(np.int64)]
    ]
    fixed = [name for name in available_timezones() if name.startswith(_FIXED)]
    named = [name for name in available_timezones() if "/" in name and not name.startswith(_FIXED)]
    for name in (*_FIRST, *sorted(fixed), *sorted(named)):
        zone = ZoneInfo(name)
        if all(moment.astimezone(zone).utcoffset() == ahead for moment, ahead in compared):
            return zone
    return None
