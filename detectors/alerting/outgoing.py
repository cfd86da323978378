"""One message on its way to one address: all that whoever takes it there needs to know."""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.domain.alert import Alert, NotificationKind
from core.domain.delivery.record import Attempt
from core.domain.people import Channel, Language
from core.store.alerts.notices import NoticeKind
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
        What it says of an alert: that something began, was claimed, ended; None of a notice, which is about none.
    alert : Alert or None
        What it is about; None of a notice.
    request_key : str
        UUID, the same for every attempt.
    answer_url : str
        Where the contact answers; empty where there is nothing to answer.
    planned_at : datetime
        When this delivery began; every attempt names it.
    notice : NoticeKind or None
        What a notice is about; None of a message about an alert.
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
    notice: NoticeKind | None = None


class DeliveryWorker(Protocol):
    """What takes a message to its address."""

    def send(self, message: OutgoingMessage) -> Attempt:
        """Make one attempt."""
        ...
