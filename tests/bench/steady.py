"""How ingest behaves while messages keep coming: how soon they are committed, and how much memory it takes."""

import statistics
import subprocess
import threading
import time
from pathlib import Path

from deploy.local.mosquitto import SIMULATOR
from tests.bench.ingest import Effort, Say
from tests.bench.messages import DEVICES
from tests.bench.result import Result, Results, median
from tests.bench.stand import Stand
from tests.support.wait import wait_until

_RATE = 2000
_LATENCY_S = 20
# The broker holds so many for ingest: enough to keep it busy, too few to run over.
_AHEAD = 40_000
_PORTION = 20_000
_LEAST_FOR_GROWTH_S = 120
_WARM_SHARE = 0.1
_END_SHARE = 0.1


def latency(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure from the moment a message is made to the commit that holds it, at an even rate."""
    keep_commit_times(stand)
    seconds = min(_LATENCY_S, effort.seconds)
    found: list[tuple[float, float]] = []
    for run in range(effort.runs):
        say(f"latency: run {run + 1} of {effort.runs}")
        count = _RATE * seconds
        first = stand.take_seqs("ingest bench", count)
        stand.broker.forget_messages()
        with stand.running_ingest(), stand.connect() as connection:
            before = stand.stored(connection)
            stand.client("pace", SIMULATOR, str(_RATE), str(seconds), str(first))
            wait_until(lambda: stand.stored(connection) - before >= count, 60, "all messages")  # noqa: B023 - used at once
            row = connection.execute(
                "SELECT percentile_cont(ARRAY[0.5, 0.99]) WITHIN GROUP ("
                "  ORDER BY extract(epoch FROM pg_xact_commit_timestamp(xmin) - time) * 1000)"
                " FROM reading WHERE metric = 1 AND seq >= %s",
                [first],
            ).fetchone()
        assert row is not None
        half, most = (float(part) for part in row[0])  # pyright: ignore[reportGeneralTypeIssues, reportUnknownArgumentType, reportUnknownVariableType] - an array
        found.append((half, most))
    against = f"from the making of a message to its commit, {_RATE} messages/s for {seconds} s, publisher on the same machine"
    return {
        "commit_latency_p99_ms": median([most for _, most in found], "ms", against),
        "commit_latency_p50_ms": median([half for half, _ in found], "ms", against),
    }


def memory(stand: Stand, effort: Effort, say: Say) -> Results:
    """Measure memory while the broker always has more for ingest than it can take."""
    stand.broker.forget_messages()
    sizes: list[float] = []
    with stand.running_ingest() as ingest, stand.connect() as connection:
        before = stand.stored(connection)
        over = threading.Event()
        flood = threading.Thread(target=_flood, args=(stand, over))
        flood.start()
        began = time.monotonic()
        try:
            while (passed := time.monotonic() - began) < effort.seconds:
                sizes.append(_resident_mb(ingest.pid))
                if len(sizes) % 10 == 0:
                    say(f"memory: {passed:.0f} of {effort.seconds} s, {sizes[-1]:.0f} MB")
                over.wait(1.0)
        finally:
            over.set()
            flood.join()
        rate = (stand.stored(connection) - before) / (time.monotonic() - began)
    against = (
        f"{effort.seconds} s at full rate ({rate:,.0f} messages/s with their publisher on the same machine)"
    )
    found = {"rss_mb": median([max(sizes)], "MB", f"the most in {against}")}
    if effort.seconds < _LEAST_FOR_GROWTH_S:
        reason = f"not measured: {effort.seconds} s are too short to distinguish growth from warming up"
        return found | {"rss_growth_pct": Result(None, "%", [], reason)}
    warm, end = max(1, round(len(sizes) * _WARM_SHARE)), max(1, round(len(sizes) * _END_SHARE))
    early, late = statistics.median(sizes[warm : 2 * warm]), statistics.median(sizes[-end:])
    growth = 100 * (late - early) / early
    return found | {
        "rss_growth_pct": median([growth], "%", f"the last tenth over the second tenth of {against}")
    }


def keep_commit_times(stand: Stand) -> None:
    """Have the database note when each transaction was committed."""
    with stand.connect() as connection:
        connection.execute("ALTER SYSTEM SET track_commit_timestamp = on")
    port = stand.cluster.port
    stand.cluster.stop()
    stand.cluster.start(port)


def _flood(stand: Stand, over: threading.Event) -> None:
    """Keep the broker full of messages."""
    first = stand.take_seqs("ingest bench", 0)
    publisher = subprocess.Popen(
        stand.command("serve", SIMULATOR, str(first)),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert publisher.stdin is not None
    assert publisher.stdout is not None
    with stand.connect() as connection:
        before, sent = stand.stored(connection), 0
        while not over.is_set():
            if sent - (stand.stored(connection) - before) >= _AHEAD:
                over.wait(0.05)
                continue
            publisher.stdin.write(f"{_PORTION}\n")
            publisher.stdin.flush()
            publisher.stdout.readline()
            sent += _PORTION
        publisher.stdin.close()
        publisher.wait(60)
        stand.take_seqs("ingest bench", sent // DEVICES * DEVICES)
        wait_until(lambda: stand.stored(connection) - before >= sent, 120, "the rest")


def _resident_mb(pid: int) -> float:
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise AssertionError("the process has ended")
