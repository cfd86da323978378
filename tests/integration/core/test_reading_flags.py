"""What the database says of a reading's flags is what the program says."""

import psycopg

from core.domain.reading import ReadingFlag


def test_the_database_reads_all_flags_as_the_program_does(database_url: str) -> None:
    every = range(sum(ReadingFlag) + 1)

    with psycopg.connect(database_url) as connection:
        reported = connection.execute(
            "SELECT flags, is_life_sign(flags), is_retained(flags) FROM unnest(%s::smallint[]) AS flags ORDER BY flags",
            [list(every)],
        ).fetchall()

    meant = map(ReadingFlag, every)
    assert reported == [
        (int(one), ReadingFlag.LIFE_SIGN in one, ReadingFlag.RETAINED in one) for one in meant
    ]
