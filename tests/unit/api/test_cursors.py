"""Cursors: where a page ended, in a form that cannot be made up."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.access.refusals import FieldError
from api.schemas.common import from_cursor, to_cursor

KINDS = (datetime, int, str)


@given(
    moment=st.datetimes(datetime(2001, 1, 1), datetime(2199, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001 - bounds take no zone
    number=st.integers(0, 2**63 - 1),
    word=st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20),
)
def test_a_cursor_comes_back_as_the_key_it_was_made_of(moment: datetime, number: int, word: str) -> None:
    assert from_cursor(to_cursor(moment, number, word), *KINDS) == (moment, number, word)


@given(st.text(max_size=60))
def test_anything_else_is_refused_and_never_an_error_of_ours(text: str) -> None:
    with pytest.raises(FieldError) as refused:
        from_cursor(text, *KINDS)

    assert refused.value.where == "query.cursor"


def test_without_a_cursor_it_is_the_first_page() -> None:
    assert from_cursor(None, *KINDS) is None
