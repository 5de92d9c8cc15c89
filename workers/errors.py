"""What can go wrong, sorted by what to do about it.

A `Permanent` error comes back on every try: the input is refused and kept. A `Transient` error may pass: the work is
tried again. Each error has a `kind`, a short stable word that travels in replies, dead letters and metrics, and a
message that is one sentence for the person who sent the input.
"""


class OmnibusError(Exception):
    """Base of every error that a step raises on purpose."""

    kind = "internal"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class Permanent(OmnibusError):
    """Trying again gives the same result."""


class Transient(OmnibusError):
    """Trying again may help."""


class UnknownMediaType(Permanent):
    """The content is of no kind that can be indexed."""

    kind = "unknown_media_type"


class DamagedMedia(Permanent):
    """The content starts like a known kind, but cannot be decoded."""

    kind = "damaged_media"


class EmptyMedia(Permanent):
    """There is nothing in the object, or nothing in it that can be found again."""

    kind = "empty_media"


class MediaTooLarge(Permanent):
    """A documented limit (bytes, pixels, memory, time) was passed."""

    kind = "media_too_large"


class ObjectGone(Permanent):
    """The bucket holds no such object any more."""

    kind = "object_gone"


class BadEvent(Permanent):
    """A record on a topic is not what the topic carries."""

    kind = "bad_event"


class BadQuestion(Permanent):
    """A question that cannot be answered as it was sent."""

    kind = "bad_question"


class ReplyTopicNotAllowed(Permanent):
    """The requester named a reply topic that is not on the allow-list."""

    kind = "reply_topic_not_allowed"


class DeadlineExceeded(Permanent):
    """The question's deadline passed before the answer was ready."""

    kind = "deadline_exceeded"


class Cancelled(Permanent):
    """The requester no longer wants the answer."""

    kind = "cancelled"


class WorkLost(Transient):
    """A task did not report within its lease, on every try."""

    kind = "work_lost"


class ModelUnavailable(Transient):
    """A model's asset is missing, damaged, or does not load."""

    kind = "model_unavailable"


class ServiceUnavailable(Transient):
    """Bucket, index, broker or cache did not answer."""

    kind = "service_unavailable"


class NoSuchPlace(OmnibusError):
    """A citation names a page, box or span that the object has not. No flow meets this: only who looks at the place."""

    kind = "no_such_place"


AWAY = frozenset({ModelUnavailable.kind, ServiceUnavailable.kind})
"""Kinds that say nothing of the input: what the work needs is not there, and may be waited for."""
