"""Whatever is counted, no published line is about a few people, and the lines give the sum."""

from hypothesis import given
from hypothesis import strategies as st

from core.domain.statistics.small_cells import LEAST, MOST_SHARE, CountedCell, publish

_cells = st.lists(
    st.tuples(st.frozensets(st.integers(0, 60), max_size=40), st.integers(1, 5)), max_size=9
).map(
    lambda drawn: [
        CountedCell(f"line {number}", len(people) * times, people)
        for number, (people, times) in enumerate(drawn)
    ]
)


@given(_cells)
def test_every_published_line_is_about_nobody_or_enough_people(cells: list[CountedCell]) -> None:
    people = {one.label: one.people for one in cells}
    everybody = frozenset[int]().union(*people.values())
    for line in publish(cells).cells:
        about = frozenset[int]().union(*(people[label] for label in line.labels))
        assert not about or len(about) >= LEAST
        assert len(about) <= MOST_SHARE * len(everybody)


@given(_cells)
def test_the_lines_are_all_labels_once_and_add_up_to_the_total(cells: list[CountedCell]) -> None:
    table = publish(cells)
    if not table.cells:
        return
    assert sorted(label for line in table.cells for label in line.labels) == sorted(
        one.label for one in cells
    )
    assert sum(line.count for line in table.cells) == table.total == sum(one.count for one in cells)


@given(_cells)
def test_a_line_that_few_people_stand_behind_is_never_alone(cells: list[CountedCell]) -> None:
    few = {one.label for one in cells if 0 < len(one.people) < LEAST}
    for line in publish(cells).cells:
        assert len(line.labels) > 1 or few.isdisjoint(line.labels)


@given(_cells)
def test_the_sum_is_published_where_enough_people_stand_behind_it(cells: list[CountedCell]) -> None:
    everybody = frozenset[int]().union(*(one.people for one in cells))
    is_published = publish(cells).total is not None
    assert is_published == (not everybody or len(everybody) >= LEAST)
