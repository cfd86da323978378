"""Structured logs: a constant event name and ids, never a name, an address, a position or a payload."""

import logging
import sys
import traceback
from collections.abc import Iterator
from typing import Literal

import structlog
from structlog.typing import EventDict, ExcInfo, FilteringBoundLogger, Processor

from core.errors import MimamoriError


def set_up_logs(process: str, level: str, form: Literal["json", "pretty"]) -> None:
    """Send this process's log lines to standard error, one line per event.

    Parameters
    ----------
    process : str
        Which process speaks: ingest, detectors, api, simulator.
    level : str
        The lowest level that is written.
    form : {"json", "pretty"}
        JSON for machines, or columns for a person at a terminal.
    """
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        _naming(process),
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
        structlog.processors.ExceptionRenderer(_without_words),
    ]
    renderer: Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level]),
        # Log lines are rare here; a logger that kept what it first met would not follow a later set-up in the same process.
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    # They log each vain attempt to connect and each odd byte that a stranger sends; we say what is needed in our own words.
    for talkative in ("psycopg.pool", "python_multipart"):
        logging.getLogger(talkative).setLevel(logging.ERROR)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)


def _without_words(exc_info: ExcInfo) -> str:
    """Return which errors met where, without their words: a driver's or a parser's text quotes the data it met."""
    return "\n".join(_lines(exc_info[1]))


def _lines(error: BaseException) -> Iterator[str]:
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if cause is not None:
        yield from _lines(cause)
        yield "and then"
    for frame in traceback.extract_tb(error.__traceback__):
        yield f"  {frame.filename}:{frame.lineno} in {frame.name}"
    # Our own messages are written for people to read, and hold no data of anybody.
    yield (
        f"{type(error).__qualname__}: {error}"
        if isinstance(error, MimamoriError)
        else type(error).__qualname__
    )


def _naming(process: str) -> Processor:
    def add_process(_logger: object, _method: str, event: EventDict) -> EventDict:
        # A context variable would stay behind in the thread that set it; paho and the pool log from their own.
        event["process"] = process
        return event

    return add_process


def get_logger(name: str) -> FilteringBoundLogger:
    """Return the logger of one module."""
    logger: FilteringBoundLogger = structlog.get_logger(name)
    return logger
