"""Excerpts as files that every program opens: pictures as PNG, recordings as WAV, pieces of videos as they came.

Pictures and recordings are made here, from pixels and samples: nothing that the decoding process wrote is given to
somebody's viewer. A piece of a video is a copy of packets that the whole of it would give the player as well.
"""

import io
import wave

from PIL import Image

from workers.domain.decoded import DecodedImage
from workers.domain.excerpt import Clip, Excerpt, Reel

SUFFIXES = {
    "video/mp4": ".mp4",
    "video/quicktime": ".mov",
    "video/x-matroska": ".mkv",
    "video/webm": ".webm",
    "video/x-msvideo": ".avi",
    "video/ogg": ".ogv",
}


def file_of(excerpt: Excerpt) -> tuple[str, bytes]:
    """The suffix of the file's name, and its content."""
    match excerpt:
        case Reel():
            return SUFFIXES.get(excerpt.media_type, ".bin"), bytes(excerpt.data)
        case Clip():
            return ".wav", _wav(excerpt)
        case DecodedImage():
            return ".png", _png(excerpt)


def _png(picture: DecodedImage) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(picture.pixels).save(buffer, "PNG")
    return buffer.getvalue()


def _wav(clip: Clip) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(clip.channels)
        file.setsampwidth(2)
        file.setframerate(clip.rate)
        file.writeframes(clip.pcm)
    return buffer.getvalue()
