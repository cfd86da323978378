"""One message on its way to one address: all that whoever takes it there needs to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.alert import Alert, NotificationKind
from core.domain.delivery.record import Attempt
from core.domain.people import Channel, Language
from detectors.alerting.messages import Text


@dataclass(frozen=True)
class OutgoingMessage:
    """A message, ready to go.

    Attributes
    ----------
    channel : Channel
        How.
    address : str
        The whole address, decrypted.
    language : Language
        Of the text.
    text : Text
        The words.
    kind : NotificationKind or None
        What it says: that something began, was claimed, ended; None for a test of the address.
    alert : Alert or None
        What it is about; None for a test of the address.
    request_key : str
        UUID, the same for every attempt.
    answer_url : str
        Where the contact answers; empty where there is nothing to answer.
    planned_at : datetime
        When this delivery began; every attempt names it.
    """

    channel: Channel
    address: str
    language: Language
    text: Text
    kind: NotificationKind | None
    alert: Alert | None
    request_key: str
    answer_url: str
    planned_at: datetime


class DeliveryWorker(Protocol):
    """What takes a message to its address."""

    def send(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt."""
        ...
