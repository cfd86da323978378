"""A message as the broker delivered it."""

from datetime import datetime
from typing import NamedTuple


class InboundMessage(NamedTuple):
    """One delivery.

    Attributes
    ----------
    topic, payload, retained
        As delivered.
    repeated : bool
        The broker says that it delivered this before.
    received_at : datetime
        Our clock at delivery.
    generation : int
        Which connection it came on; an acknowledgement is good for that one only.
    mid : int
        The broker's number for the delivery; 0 where none has to be acknowledged.
    """

    topic: str
    payload: bytes
    retained: bool
    repeated: bool
    received_at: datetime
    generation: int = 0
    mid: int = 0
