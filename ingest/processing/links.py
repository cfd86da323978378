"""Links: what is known of devices from one batch to the next, their states and when their connections broke."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.store.telemetry.connection_breaks import ConnectionBreak
from core.store.telemetry.state_edges import StateKey
from ingest.processing.connections import Connections
from ingest.processing.state_changes import State


@dataclass(frozen=True, slots=True)
class Links:
    """What is known before a batch; a batch that is built again in parts needs it as it was.

    Attributes
    ----------
    states : mapping
        (device, metric, channel) -> (time, value), the latest.
    breaks : mapping
        The breaks of each connection, in order of time.
    received : mapping
        When each connection was last received.
    """

    states: Mapping[StateKey, State] = field(default_factory=dict[StateKey, State])
    breaks: Mapping[str, Sequence[ConnectionBreak]] = field(
        default_factory=dict[str, Sequence[ConnectionBreak]]
    )
    received: Mapping[str, datetime] = field(default_factory=dict[str, datetime])

    def followed_by(self, states: Mapping[StateKey, State], connections: Connections) -> "Links":
        """Return what is known after a batch."""
        return Links(
            {**self.states, **states} if states else self.states,
            {**self.breaks, **connections.new} if connections.new else self.breaks,
            {**self.received, **connections.new_received} if connections.new_received else self.received,
        )
