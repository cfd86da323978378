"""What was worked out for texts, kept for those that come again; what comes from outside cannot fill the memory with it."""

import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import TypeVar

_Key = TypeVar("_Key", bound="str | tuple[str, ...]")
_Value = TypeVar("_Value")


class TextCache(OrderedDict[_Key, _Value]):
    """Values by the texts that they are worked out from, a name or several.

    A dictionary, so that a look into it costs less than a call. Nothing is kept of a text that is longer than names are, nor of more
    texts than a ward can have: it is worked out anew each time.

    Parameters
    ----------
    make : callable
        Works out the value of a text.
    most : int
        Of how many at most; where there are more, the one that was kept first goes.
    longest : int
        How many characters it may have, of several names together.

    Examples
    --------
    >>> lengths = TextCache[str, int](len, most=2, longest=3)
    >>> [lengths[text] for text in ("a", "bb", "ccc", "dddd")], sorted(lengths)
    ([1, 2, 3, 4], ['bb', 'ccc'])
    """

    def __init__(self, make: Callable[[_Key], _Value], most: int = 10_000, longest: int = 200) -> None:
        super().__init__()
        self._make = make
        self._most = most
        self._longest = longest
        self._lock = threading.Lock()

    def __missing__(self, key: _Key) -> _Value:
        value = self._make(key)
        # Of several names also their number counts: many may be empty.
        length = len(key) if isinstance(key, str) else len(key) + sum(map(len, key))
        if length <= self._longest:
            with self._lock:
                # Not by an iterator: in a plain dictionary it steps over every place at the front that was ever freed.
                if len(self) >= self._most and key not in self:
                    self.popitem(last=False)
                self[key] = value
        return value
