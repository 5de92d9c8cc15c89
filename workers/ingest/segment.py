"""Segmentation: decoded content becomes the pieces that are embedded and cited."""

from hashlib import sha256

from workers.domain.decoded import Decoded, DecodedImage, DecodedText, Pixels
from workers.domain.locator import Locator
from workers.domain.media import ObjectRef
from workers.domain.segment import Segment, segment_id
from workers.errors import EmptyMedia
from workers.ports.splitter import Splitter


def segments_of(ref: ObjectRef, decoded: Decoded, splitter: Splitter) -> tuple[Segment, ...]:
    """The segments of one object, in order, without vectors.

    A picture is one segment of the whole object; its text comes from the encoder later. Raises `EmptyMedia`.
    """
    if isinstance(decoded, DecodedImage):
        return (_picture(ref, decoded.pixels),)
    segments = tuple(_passage(ref, ordinal, decoded, span) for ordinal, span in enumerate(splitter.split(decoded)))
    if not segments:
        raise EmptyMedia(f"{ref.key} has no text in it")
    return segments


def _passage(ref: ObjectRef, ordinal: int, decoded: DecodedText, span: tuple[int, int]) -> Segment:
    locator = Locator(chars=span)
    text = decoded.text[slice(*span)]
    return Segment(
        id=segment_id(ref, "text", locator),
        ordinal=ordinal,
        modality="text",
        locator=locator,
        text=text,
        content_hash=sha256(text.encode(errors="surrogatepass")).hexdigest(),
    )


def _picture(ref: ObjectRef, pixels: Pixels) -> Segment:
    shape = f"{pixels.shape[0]}x{pixels.shape[1]}:".encode()
    return Segment(
        id=segment_id(ref, "image", Locator()),
        ordinal=0,
        modality="image",
        locator=Locator(),
        text="",
        content_hash=sha256(shape + pixels.tobytes()).hexdigest(),
    )
