"""Decides by its content what an object is, and has it decoded. Its name only tells one kind of text from another."""

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture
from workers.adapters.decoders.results import Result
from workers.adapters.decoders.signatures import foreign_kind, picture_format
from workers.adapters.decoders.texts import decode_text
from workers.errors import EmptyMedia, UnknownMediaType


def decode(data: bytes, key: str, limits: DecodeLimits) -> Result:
    """The text or picture in `data`; raises what `ports.decoder.Decoder.decode` raises, and `MemoryError`."""
    if not data:
        raise EmptyMedia("the object holds no bytes")
    picture = picture_format(data)
    if picture is not None:
        return decode_picture(data, picture, limits)
    foreign = foreign_kind(data)
    if foreign is not None:
        raise UnknownMediaType(f"this is {foreign}; texts and pictures are what can be indexed")
    return decode_text(data, key, limits)
