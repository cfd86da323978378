"""An evaluated ward that takes in messages as the broker hands them over, through codecs, batches and tables."""

import json
from collections.abc import Mapping
from datetime import timedelta

from core.domain.alert import Alert, EventKind, Outcome
from core.store.alerts import alerts, handling
from core.store.telemetry import batches
from ingest.codecs import decode
from ingest.mqtt.message import InboundMessage
from ingest.processing.batch_builder import BatchBuilder
from ingest.processing.device_cache import Devices
from ingest.processing.limits import Rules
from ingest.processing.links import Links
from tests.support.wards.evaluated_ward import ZONE, EvaluatedWard
from tests.support.wards.ward_files import carer

RULES = Rules(ZONE)


class ReceivingWard(EvaluatedWard):
    """A ward, and messages as the broker hands them over."""

    def receives(self, topic: str, payload: Mapping[str, object], *, retained: bool = False) -> None:
        """Take in a message now."""
        self.receives_all((topic, payload), retained=retained)

    def receives_all(self, *said: tuple[str, Mapping[str, object]], retained: bool = False) -> None:
        """Take in messages now, as one batch."""
        devices = Devices(self.database)
        builder = BatchBuilder(RULES, devices.find, Links(), self.clock.now() - timedelta(days=1))
        for topic, payload in said:
            message = InboundMessage(
                topic, json.dumps(payload).encode(), retained, repeated=False, received_at=self.clock.now()
            )
            found = decode(message.topic, message.payload)
            devices.prepare([getattr(found, "sender", "")], self.clock.now())
            builder.add(message, found)
        with self.database.transaction() as connection:
            batches.store_batch(connection, builder.batch, self.clock.now())

    def closes(self, alert: Alert) -> None:
        """Let a person close an alert."""
        now = self.clock.now()
        with self.database.transaction() as connection:
            user = carer(connection, now)
            handling.close(connection, alert.number, outcome=Outcome.EQUIPMENT_FAULT, user=user, now=now)

    def events(self, alert: Alert) -> list[EventKind]:
        """Return what happened to an alert, in order."""
        with self.database.transaction() as connection:
            return [one.kind for one in alerts.events(connection, alert.number)]
