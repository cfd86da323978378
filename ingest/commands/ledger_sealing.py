"""Seals what waits for the ledger, whenever it is asked to look."""

import time

from core.domain.records.ledger import Anchor
from core.errors import StoreError
from core.logs import get_logger
from core.store.database import Connection, translated_errors
from core.store.ledger import sealing

# Seconds of the machine.
_HEAD_EVERY_S = 3600.0
_REST_S = 60.0

_log = get_logger(__name__)


class LedgerSealing:
    """Seals a piece at each look; what it last sealed leaves the database with the log, once an hour."""

    def __init__(self) -> None:
        self._logged_at = float("-inf")
        self._rests_until = float("-inf")

    def look(self, connection: Connection) -> None:
        """Seal what waits the longest; `connection` is in autocommit mode."""
        now_s = time.monotonic()
        if now_s < self._rests_until:
            return
        try:
            with translated_errors():
                sealed = sealing.seal(connection) if sealing.is_work_left(connection) else None
        except (StoreError, ValueError) as error:
            # Messages go on being stored, and what waits for its seal goes on waiting.
            _log.warning("ledger_waits", error=str(error))
            self._rests_until = now_s + _REST_S
            return
        if sealed is not None and now_s >= self._logged_at + _HEAD_EVERY_S:
            self._log_head(sealed)
            self._logged_at = now_s

    def _log_head(self, sealed: Anchor) -> None:
        _log.info("ledger_sealed", anchor=str(sealed))
