"""Work on the database is done in order, or not at all."""

import threading

from core.errors import StoreUnavailableError
from ingest.progress.commit_queue import CommitQueue


def test_nothing_is_done_after_a_job_that_a_stop_left_undone() -> None:
    # The second says how far everything is stored, and would be wrong about the first.
    stop, began, done = threading.Event(), threading.Event(), list[str]()
    commit_queue = CommitQueue(stop)

    def first() -> None:
        began.set()
        raise StoreUnavailableError("away")

    commit_queue.submit(first)
    thread = threading.Thread(target=commit_queue.run)
    thread.start()
    assert began.wait(10)
    commit_queue.submit(lambda: done.append("second"))
    stop.set()
    commit_queue.close()
    thread.join(10)
    assert not thread.is_alive()
    assert done == []


def test_what_was_given_before_the_end_is_done() -> None:
    done = list[str]()
    commit_queue = CommitQueue(threading.Event())
    thread = threading.Thread(target=commit_queue.run)
    thread.start()
    commit_queue.submit(lambda: done.append("first"))
    commit_queue.submit(lambda: done.append("second"))
    commit_queue.close()
    thread.join(10)
    assert done == ["first", "second"]
