"""MQTT topic filters: whether one is well formed, which topics it matches, and which others it makes needless."""

_ONE, _ALL = "+", "#"
_LONGEST = 65_535


def problem_of(text: str) -> str:
    """Return what is wrong with a topic filter; empty if a broker takes it.

    Examples
    --------
    >>> problem_of("gw/#"), problem_of("+/status/+"), problem_of("")
    ('', '', 'is empty')
    >>> problem_of("gw/#/x")
    'has # before its end'
    >>> problem_of("gw/sh+/x")
    'has + or # beside other characters in one level'
    """
    levels = text.split("/")
    if not text:
        return "is empty"
    if "\0" in text or len(text.encode(errors="replace")) > _LONGEST:
        return "is too long, or has a character that no topic may have"
    if text.startswith("$"):
        return "begins with $, which is the broker's own"
    if _ALL in levels[:-1]:
        return "has # before its end"
    if any(len(level) > 1 and (_ONE in level or _ALL in level) for level in levels):
        return "has + or # beside other characters in one level"
    return ""


def covers(wide: str, narrow: str) -> bool:
    """Return whether every topic of `narrow`, a filter or one topic, is matched by `wide`.

    Topics that begin with `$` are the broker's own and matched by no wildcard.

    Examples
    --------
    >>> covers("gw/#", "gw/g1/zigbee2mqtt/hall"), covers("gw/#", "gw"), covers("+/status", "hall/status")
    (True, True, True)
    >>> covers("+/status", "gw/#"), covers("#", "$SYS/uptime"), covers("+/+", "gw/#")
    (False, False, False)
    """
    has, asked = wide.split("/"), narrow.split("/")
    if narrow.startswith("$") and has[0] in {_ONE, _ALL}:
        return False
    for place, level in enumerate(has):
        if level == _ALL:
            return True
        if place >= len(asked) or asked[place] == _ALL:
            return False
        if level not in {_ONE, asked[place]}:
            return False
    return len(has) == len(asked)


def without_needless(filters: list[str]) -> list[str]:
    """Return the filters that no other of them covers: of two that match a topic, a broker sends it twice.

    Examples
    --------
    >>> without_needless(["gw/#", "gw/g1/#", "+/status", "gw/#"])
    ['gw/#', '+/status']
    >>> without_needless(["gw/#", "#"])
    ['#']
    """
    distinct = list(dict.fromkeys(filters))
    return [one for one in distinct if not any(other != one and covers(other, one) for other in distinct)]
