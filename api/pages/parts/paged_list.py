"""A page of a list, with what leads to the pages before and after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")
PER_PAGE = 50


@dataclass(frozen=True)
class PagedList(Generic[T]):
    """One page of a list: what is on it, which it is, of how many, and how many entries the whole list has."""

    items: Sequence[T]
    number: int
    pages: int
    count: int


def paged(found: Sequence[T], number: int) -> PagedList[T]:
    """Return one page of a list; beyond the last it is the last."""
    pages = max(1, -(-len(found) // PER_PAGE))
    number = min(number, pages)
    return PagedList(found[(number - 1) * PER_PAGE : number * PER_PAGE], number, pages, len(found))
