"""Decides by its content what an object is, and has it decoded.

Its name only tells one kind of text from another. A name that says something else than the content is an error all the
same: a page saved as `photo.jpg` is more likely a download that went wrong than something to find again.
"""

from collections.abc import Iterator
from mimetypes import guess_type

from workers.adapters.decoders.animations import decode_moving
from workers.adapters.decoders.drawings import decode_drawing, looks_like_svg
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.mail import MAIL, looks_like_mail, read_mail
from workers.adapters.decoders.pdf import PDF, decode_pdf, looks_like_pdf
from workers.adapters.decoders.pictures import decode_picture
from workers.adapters.decoders.recording_formats import recording_format
from workers.adapters.decoders.results import Document, Part, Picture, Result, Text
from workers.adapters.decoders.scans import decode_tiff
from workers.adapters.decoders.signatures import (
    INDEXABLE,
    TIFF,
    PictureFormat,
    foreign_kind,
    is_animated,
    is_archive,
    is_encrypted_office,
    picture_format,
)
from workers.adapters.decoders.texts import decode_text, finished_text, named_kind
from workers.adapters.decoders.videos import decode_recording
from workers.errors import DamagedMedia, EmptyMedia, UnknownMediaType

WRITTEN_IN_TEXT = ("text/", "application/json", "image/svg+xml")
"""Media types whose files hold text."""

SEEN_OR_HEARD = ("image/", "audio/", "video/")


def decode(data: bytes, key: str, limits: DecodeLimits) -> Result | Iterator[Part]:
    """The text, picture or document in `data`, or its sound and shots, which are decoded as they are asked for.

    Raises what `ports.decoder.Decoder.decode` raises, and `MemoryError`.
    """
    if not data:
        raise EmptyMedia("the object holds no bytes")
    named = guess_type(key)[0] or ""
    picture = picture_format(data)
    if picture is not None:
        _not_named_text(named, f"a picture ({picture.media_type})")
        return _seen(data, picture, limits)
    if is_archive(data):
        from workers.adapters.decoders.documents import decode_document  # noqa: PLC0415 - zipfile: 20 ms at every start

        return _named_right(decode_document(data, limits), named, (*SEEN_OR_HEARD, *WRITTEN_IN_TEXT))
    if looks_like_pdf(data):
        _not_named_text(named, "a PDF document")
        return decode_pdf(data, limits)
    recording = recording_format(data)
    if recording is not None:
        _not_named_text(named, "a recording or video")
        return decode_recording(data, recording, limits)
    if is_encrypted_office(data):
        raise DamagedMedia("an Office document that is encrypted: save it without a password")
    foreign = foreign_kind(data)
    if foreign is not None:
        raise UnknownMediaType(f"this is {foreign}; {INDEXABLE}")
    if named_kind(key) is None and looks_like_svg(data):
        return decode_drawing(data, limits)
    return _named_right(_written(data, key, limits), named, (*SEEN_OR_HEARD, PDF))


def _seen(data: bytes, kind: PictureFormat, limits: DecodeLimits) -> Picture | Document | Iterator[Part]:
    if kind is TIFF:
        return decode_tiff(data, limits)
    return decode_moving(data, kind, limits) if is_animated(data) else decode_picture(data, kind, limits)


def _written(data: bytes, key: str, limits: DecodeLimits) -> Text:
    if named_kind(key) is None and looks_like_mail(data, key):
        return finished_text(MAIL, read_mail(data, limits.max_text_chars), "markdown")
    return decode_text(data, key, limits)


def _not_named_text(named: str, held: str) -> None:
    """Raise `DamagedMedia` where an object that is `held` has the name of a text."""
    if named.startswith(WRITTEN_IN_TEXT):
        raise DamagedMedia(f"by its name it is {named}, but it holds {held}")


def _named_right(text: Text, named: str, others: tuple[str, ...]) -> Text:
    """`text`, unless the media type that the object's name stands for is of another kind."""
    if named.startswith(others) and not (named == "image/svg+xml" and text.media_type.startswith("text/")):
        raise DamagedMedia(f"by its name it is {named}, but it holds text ({text.media_type})")
    return text
