"""Seconds of the example recordings and of an example video are cut out as files of their own."""

from contextlib import closing
from pathlib import Path

import pytest

from workers.adapters.decoders.files import file_of
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.locator import Locator

MEDIA = Path(__file__).parents[3] / "examples" / "media"


@pytest.mark.parametrize(
    ("key", "suffix", "begins"),
    [
        ("recordings/reading-aloud.opus", ".wav", b"RIFF"),
        ("recordings/REC_0007.opus", ".wav", b"RIFF"),
        ("news/CLIP_0003.webm", ".webm", b"\x1aE\xdf\xa3"),
    ],
)
def test_seconds_of_the_examples_can_be_shown(key: str, suffix: str, begins: bytes) -> None:
    with closing(SandboxedDecoder(DecodeLimits())) as decoder:
        excerpt = decoder.excerpt((MEDIA / key).read_bytes(), key=key, place=Locator(start_s=4, end_s=8))
    made, content = file_of(excerpt)
    assert (made, content[:4]) == (suffix, begins)
