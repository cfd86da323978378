"""What the name of a place says about its sensor: a door, a fridge; in English and Japanese."""

import re

_DOOR_WORDS = ("door", "ドア", "扉")
_FRIDGE_WORDS = ("fridge", "refrigerator", "冷蔵庫")
_NO_DOOR = re.compile(r"(out|in)doors?\b")


def says_door(name: str) -> bool:
    """Return whether the name says door, whatever the door belongs to.

    Examples
    --------
    >>> [says_door(one) for one in ("Front Door", "fridge-door", "玄関ドア", "kitchen", "outdoor")]
    [True, True, True, False, False]
    """
    words = _NO_DOOR.sub("", name.lower())
    return any(word in words for word in _DOOR_WORDS)


def says_fridge(name: str) -> bool:
    """Return whether the name says fridge, whose door is no door of the home."""
    words = name.lower()
    return any(word in words for word in _FRIDGE_WORDS)
