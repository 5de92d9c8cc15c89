"""The text of a document as the decoder gives it."""

from workers.adapters.decoders.content import decode
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Text

LIMITS = DecodeLimits()

OFFICE = "application/vnd.openxmlformats-officedocument"


def text(data: bytes, key: str = "a", limits: DecodeLimits = LIMITS) -> Text:
    result = decode(data, key, limits)
    assert isinstance(result, Text)
    return result
