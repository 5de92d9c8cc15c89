"""Excerpts as files that every program opens: pictures as PNG, recordings as WAV.

They are made here, from pixels and samples: nothing that the decoding process wrote is given to somebody's viewer.
"""

import io
import wave

from PIL import Image

from workers.domain.decoded import DecodedImage
from workers.domain.excerpt import Clip, Excerpt


def file_of(excerpt: Excerpt) -> tuple[str, bytes]:
    """The suffix of the file's name, and its content."""
    return (".wav", _wav(excerpt)) if isinstance(excerpt, Clip) else (".png", _png(excerpt))


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
