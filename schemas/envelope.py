"""The CloudEvents 1.0 envelope in Kafka's binary content mode: attributes in `ce_*` headers, JSON as the value.

Source: CloudEvents, "Kafka Protocol Binding for CloudEvents", version 1.0.2, section 3.2.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from cloudevents.core.bindings.kafka import to_binary
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent
from pydantic import BaseModel, ConfigDict
from pydantic_core import from_json

Headers = list[tuple[str, bytes]]
CONTENT_TYPE = "application/json"
PREFIX = "ce_"


class Message(BaseModel):
    """Base of what travels as an event's data. Readers pass over fields that they do not know."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="strings")

    event_type: ClassVar[str]


@dataclass(frozen=True, slots=True)
class Record:
    """One Kafka record, ready to send."""

    headers: Headers
    value: bytes


def to_record(
    message: Message,
    *,
    event_id: str,
    source: str,
    subject: str | None = None,
    extensions: Mapping[str, str] | None = None,
    time: datetime | None = None,
) -> Record:
    """`message` as a record. `extensions` are further attributes (lower-case letters and digits), without the prefix.

    Raises cloudevents' `CloudEventValidationError` for an attribute that the specification forbids.
    """
    attributes: dict[str, object] = {
        "id": event_id,
        "type": message.event_type,
        "source": source,
        "time": time or datetime.now(UTC),
        "datacontenttype": CONTENT_TYPE,
    }
    if subject:
        attributes["subject"] = subject
    attributes |= extensions or {}
    # By way of the text: only there does a number that JSON does not know become a word, not a bare NaN.
    data = from_json(message.model_dump_json())
    kafka_message = to_binary(CloudEvent(attributes=attributes, data=data), JSONFormat())
    return Record(headers=list(kafka_message.headers.items()), value=kafka_message.value)


def attributes_of(headers: Iterable[tuple[str, bytes | None]] | None) -> dict[str, str]:
    """The event's attributes by name, without the prefix; empty for a record that is no CloudEvent.

    Lenient on purpose: a sender that knows only Kafka sends no attributes, or a few of them. Bytes that are not UTF-8
    are replaced, so that reading a hostile header never fails.
    """
    return {
        name[len(PREFIX) :]: value.decode(errors="replace")
        for name, value in headers or ()
        if name.startswith(PREFIX) and value is not None
    }
