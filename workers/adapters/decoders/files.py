"""Excerpts as files that every program opens: pictures as PNG.

They are made here, from pixels: nothing that the decoding process wrote is given to somebody's viewer.
"""

import io

from PIL import Image

from workers.domain.excerpt import Excerpt


def file_of(excerpt: Excerpt) -> tuple[str, bytes]:
    """The suffix of the file's name, and its content."""
    buffer = io.BytesIO()
    Image.fromarray(excerpt.pixels).save(buffer, "PNG")
    return ".png", buffer.getvalue()
