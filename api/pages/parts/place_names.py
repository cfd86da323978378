"""Rooms and things as forms offer them, in words, and the names by which rules know them."""

from collections.abc import Sequence

from api.locale import Words, words_of
from core.domain.people import Language
from core.domain.records.name_key import name_key

# In the order in which one walks through a home; what one name stands for, the rules take for the others of it too.
_OFFERED = (
    "living_room", "bedroom", "bed", "kitchen", "fridge", "kettle", "toilet", "bathroom", "changing_room", "hall",
    "front_door", "back_door",
)  # fmt: skip


def offered_places(words: Words) -> Sequence[str]:
    """Return the rooms and things that the rules know, in words."""
    return [words.place(name) for name in _OFFERED]


def place_of(text: str) -> str:
    """Return the name by which rules know a room or thing that was typed in any language; one of its own stays as it is."""
    key = name_key(text)
    for language in Language:
        for name in _OFFERED:
            if name_key(words_of(language).place(name)) == key:
                return name
    return text.strip()
