"""Decoders with a child process of their own, and content for them."""

import contextlib
import io
from collections.abc import Iterator

from PIL import Image

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder

SLOW = "[" + '{"a": 1}, ' * 1_000_000 + "[]]"
"""A document that takes seconds."""


@contextlib.contextmanager
def decoding_within(limits: DecodeLimits) -> Iterator[SandboxedDecoder]:
    with contextlib.closing(SandboxedDecoder(limits)) as decoder:
        yield decoder


def png(width: int, height: int, colour: tuple[int, ...] = (255, 0, 0)) -> bytes:
    buffer = io.BytesIO()
    Image.new("RGBA" if len(colour) == 4 else "RGB", (width, height), colour).save(buffer, "PNG")
    return buffer.getvalue()
