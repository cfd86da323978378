"""Work on the database is done in order, or not at all."""

import threading

from core.errors import StoreUnavailableError
from ingest.progress.commit_queue import CommitQueue


def test_nothing_is_done_after_a_job_that_a_stop_left_undone() -> None:
    # The second says how far everything is stored, and would be wrong about the first.
    stop, began, done = threading.Event(), threading.Event(), list[str]()
    lane = CommitQueue(stop)

    def first() -> None:
        began.set()
        raise StoreUnavailableError("away")

    lane.give(first)
    thread = threading.Thread(target=lane.run)
    thread.start()
    assert began.wait(10)
    lane.give(lambda: done.append("second"))
    stop.set()
    lane.close()
    thread.join(10)
    assert not thread.is_alive()
    assert done == []


def test_what_was_given_before_the_end_is_done() -> None:
    done = list[str]()
    lane = CommitQueue(threading.Event())
    thread = threading.Thread(target=lane.run)
    thread.start()
    lane.give(lambda: done.append("first"))
    lane.give(lambda: done.append("second"))
    lane.close()
    thread.join(10)
    assert done == ["first", "second"]
