"""Decides by its content what an object is, and has it decoded.

Its name only tells one kind of text from another. A name that says something else than the content is an error all the
same: a page saved as `photo.jpg` is more likely a download that went wrong than something to find again.
"""

from collections.abc import Iterator
from mimetypes import guess_type

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.pictures import decode_picture
from workers.adapters.decoders.recording_formats import recording_format
from workers.adapters.decoders.recordings import decode_recording
from workers.adapters.decoders.results import Result, Sound
from workers.adapters.decoders.signatures import foreign_kind, picture_format
from workers.adapters.decoders.texts import decode_text
from workers.errors import DamagedMedia, EmptyMedia, UnknownMediaType

WRITTEN_IN_TEXT = ("text/", "application/json", "image/svg+xml")
"""Media types whose files hold text."""


def decode(data: bytes, key: str, limits: DecodeLimits) -> Result | Iterator[Sound]:
    """The text or picture in `data`, or its sound in pieces, which are decoded as they are asked for.

    Raises what `ports.decoder.Decoder.decode` raises, and `MemoryError`.
    """
    if not data:
        raise EmptyMedia("the object holds no bytes")
    named = guess_type(key)[0] or ""
    picture = picture_format(data)
    if picture is not None:
        if named.startswith(WRITTEN_IN_TEXT):
            raise DamagedMedia(f"by its name it is {named}, but it holds a picture ({picture.media_type})")
        return decode_picture(data, picture, limits)
    recording = recording_format(data)
    if recording is not None:
        if named.startswith(WRITTEN_IN_TEXT):
            raise DamagedMedia(f"by its name it is {named}, but it holds a recording ({recording.media_type})")
        return decode_recording(data, recording, limits)
    foreign = foreign_kind(data)
    if foreign is not None:
        raise UnknownMediaType(f"this is {foreign}; texts, pictures and recordings are what can be indexed")
    text = decode_text(data, key, limits)
    if named.startswith(("image/", "audio/", "video/")) and not named.startswith(WRITTEN_IN_TEXT):
        raise DamagedMedia(f"by its name it is {named}, but it holds text")
    return text
