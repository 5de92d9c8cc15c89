"""The Decoder contract, kept by a real child process: hostile content costs its own object, and nothing else."""

import io
import struct
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from sandboxes import SLOW, decoding_within, png

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText
from workers.errors import DamagedMedia, EmptyMedia, MediaTooLarge, Permanent, UnknownMediaType

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")


# The contract


def test_a_text_comes_back_as_text(decoder: SandboxedDecoder) -> None:
    assert decoder.decode("# Käse 🧀".encode(), key="a.md") == DecodedText("text/markdown", "# Käse 🧀", "markdown")


def test_a_picture_comes_back_as_writable_rgb(decoder: SandboxedDecoder) -> None:
    decoded = decoder.decode(png(1000, 500), key="a.png")
    assert isinstance(decoded, DecodedImage)
    assert (decoded.media_type, decoded.width, decoded.height) == ("image/png", 1000, 500)
    assert decoded.pixels.shape == (320, 640, 3)
    assert decoded.pixels.flags.writeable
    assert np.all(decoded.pixels == (255, 0, 0))


def test_a_picture_to_read_comes_back_larger(decoder: SandboxedDecoder) -> None:
    data, limits = png(3000, 1500), DecodeLimits()
    sizes = []
    for to_read in (False, True, False):
        decoded = decoder.decode(data, key="a.png", to_read=to_read)
        assert isinstance(decoded, DecodedImage)
        assert (decoded.width, decoded.height) == (3000, 1500)
        sizes.append(decoded.pixels.shape[:2])
    small, large = ((side // 2, side) for side in (limits.picture_side, limits.reading_side))
    assert sizes == [small, large, small]


def test_which_part_of_a_picture_is_visible_comes_with_it(decoder: SandboxedDecoder) -> None:
    image = Image.new("RGBA", (100, 80), (0, 0, 0, 0))
    image.paste((255, 0, 0, 255), (20, 10, 60, 30))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    decoded = decoder.decode(buffer.getvalue(), key="a.png")
    assert isinstance(decoded, DecodedImage)
    assert decoded.visible == (0.2, 0.125, 0.6, 0.375)


@pytest.mark.parametrize(
    ("data", "key", "error"),
    [
        (b"", "a.txt", EmptyMedia),
        (b" \n", "a.txt", EmptyMedia),
        (b"\x7fELF\x02\x01\x01\0", "cat.jpg", UnknownMediaType),
        (bytes(range(256)), "a.txt", UnknownMediaType),
        (b"\x80\x81\xfe\xff" * 20, "a.txt", DamagedMedia),
        (png(300, 300)[:-40], "a.png", DamagedMedia),
        (b"{oops", "a.json", DamagedMedia),
    ],
)
def test_bad_content_is_refused_with_a_sentence(
    decoder: SandboxedDecoder, data: bytes, key: str, error: type[Permanent]
) -> None:
    with pytest.raises(error, match=r"\w+ \w+"):
        decoder.decode(data, key=key)


@pytest.mark.parametrize("key", ["with space+plus%20.txt", "emoji 🦀.txt", "k" * 1000, "\n\0\udcff.txt"])
def test_no_key_disturbs_the_decoder(decoder: SandboxedDecoder, key: str) -> None:
    assert decoder.decode(b"hello", key=key) == DecodedText("text/plain", "hello")


def test_one_process_decodes_many_objects(decoder: SandboxedDecoder) -> None:
    pids = set()
    for number in range(20):
        assert decoder.decode(str(number).encode(), key="a.txt") == DecodedText("text/plain", str(number))
        pids.add(decoder.child_pid)
    assert len(pids) == 1


def test_an_error_in_one_object_leaves_the_process_in_use(decoder: SandboxedDecoder) -> None:
    decoder.decode(b"one", key="a")
    pid = decoder.child_pid
    with pytest.raises(DamagedMedia):
        decoder.decode(png(300, 300)[:-40], key="b")
    assert decoder.decode(b"two", key="c") == DecodedText("text/plain", "two")
    assert decoder.child_pid == pid


# Limits


def test_what_needs_more_memory_than_allowed_is_too_large_and_the_next_object_is_not() -> None:
    with decoding_within(DecodeLimits(memory_bytes=128 * 2**20)) as decoder:
        with pytest.raises(MediaTooLarge, match="more than 128 MiB of memory"):
            decoder.decode(png(5_000, 5_000, (9, 9, 9, 9)), key="bomb.png")
        assert decoder.decode(png(100, 100), key="a.png").media_type == "image/png"


def test_a_page_that_needs_more_memory_than_allowed_is_refused() -> None:
    with decoding_within(DecodeLimits(memory_bytes=128 * 2**20)) as decoder:
        with pytest.raises((MediaTooLarge, DamagedMedia)):
            decoder.decode(b"<html>" + b"<i>x</i>" * 1_900_000, key="a.html")
        assert decoder.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")


def test_an_object_larger_than_its_share_of_the_memory_is_not_even_sent() -> None:
    with decoding_within(DecodeLimits(memory_bytes=2**30)) as decoder:
        with pytest.raises(MediaTooLarge, match="at most 134,217,728 are decoded"):
            decoder.decode(bytes(2**27 + 1), key="a")
        assert decoder.child_pid is None


def test_a_decompression_bomb_is_too_large(decoder: SandboxedDecoder) -> None:
    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0))
    with pytest.raises(MediaTooLarge, match="60,000 x 60,000 pixels"):
        decoder.decode(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(10**6))), key="a.png")


def test_what_takes_longer_than_allowed_is_too_large_and_the_next_object_is_not() -> None:
    with decoding_within(DecodeLimits(timeout_s=0.5)) as decoder:
        decoder.decode(b"hello", key="a.txt")
        first = decoder.child_pid
        with pytest.raises(MediaTooLarge, match=r"takes longer than 0\.5 s"):
            decoder.decode(SLOW.encode(), key="slow.json")
        assert decoder.decode(b"hello", key="a.txt") == DecodedText("text/plain", "hello")
        assert decoder.child_pid != first
