"""Publish counts about people so that no cell stands for a few of them: small cells are merged, none is hidden."""

from collections.abc import Sequence
from dataclasses import dataclass

LEAST = 10
"""A published cell is about so many people at least, or about none: the usual floor of Japan's public statistics on care."""

MOST_SHARE = 0.9
"""A cell with more of all people than this says of everybody in the table that they belong to it (our choice, as national offices do)."""


@dataclass(frozen=True)
class CountedCell:
    """One line of a table before it is published.

    Attributes
    ----------
    label : str
        What is counted.
    count : int
        How often.
    people : frozenset of int
        Whom it is about, by keys that mean the same in all cells of the table.
    """

    label: str
    count: int
    people: frozenset[int]


@dataclass(frozen=True)
class PublishedCell:
    """One line as it is published; several labels were merged since one of them would stand for a few people."""

    labels: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class PublishedTable:
    """A table that may be published.

    Attributes
    ----------
    total : int or None
        The sum; None: of so few people that not even the sum is published.
    cells : tuple of PublishedCell
        Its lines, in their order, the merged ones last. None of them: only the sum is published.
    """

    total: int | None
    cells: tuple[PublishedCell, ...]


def publish(cells: Sequence[CountedCell], least: int = LEAST) -> PublishedTable:
    """Return what of a table may be published.

    Lines that count nothing are published as such. Of the others each stands for `least` people or more, alone or
    merged; the sum of all is the total, so nothing can be computed back from it.

    Parameters
    ----------
    cells : sequence of CountedCell
        Every line, in the order in which it is shown; what is counted in one is in no other.
    least : int
        About how many people a published line is at least.

    Returns
    -------
    PublishedTable
        What may be published.
    """
    filled = [one for one in cells if one.people]
    everybody = _people(filled)
    if everybody and len(everybody) < least:
        return PublishedTable(None, ())
    total = sum(one.count for one in filled)
    merged = _merged(filled, least)
    if _gives_away(filled, merged, len(everybody)):
        return PublishedTable(total, ())
    lines = [PublishedCell((one.label,), one.count) for one in cells if one not in merged]
    if merged:
        lines.append(PublishedCell(tuple(one.label for one in merged), sum(one.count for one in merged)))
    return PublishedTable(total, tuple(lines))


def _gives_away(filled: Sequence[CountedCell], merged: Sequence[CountedCell], everybody: int) -> bool:
    """Return whether nearly everybody would be in one line, or nobody in any."""
    alone = [len(one.people) for one in filled if one not in merged]
    return max([*alone, len(_people(merged))]) > MOST_SHARE * everybody if everybody else True


def _merged(filled: Sequence[CountedCell], least: int) -> list[CountedCell]:
    """Return the lines that go into one: the small ones, and the smallest of the others until there are enough people."""
    small = [one for one in filled if len(one.people) < least]
    others = sorted((one for one in filled if len(one.people) >= least), key=lambda one: len(one.people))
    # One alone would be no merging, however many people it stands for.
    while small and (len(small) == 1 or len(_people(small)) < least) and others:
        small.append(others.pop(0))
    return [one for one in filled if one in small]


def _people(cells: Sequence[CountedCell]) -> frozenset[int]:
    return frozenset[int]().union(*(one.people for one in cells))
