"""Documents and drawings through the real decoding process: confined, and whatever they hold, it stays in use."""

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from documents import EVERY_KIND, repacked, word_document, workbook

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder
from workers.domain.decoded import DecodedImage, DecodedText
from workers.errors import DamagedMedia, MediaTooLarge

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the limits of the sandbox are Linux's")


@pytest.fixture(scope="module")
def decoder() -> Iterator[SandboxedDecoder]:
    with contextlib.closing(SandboxedDecoder(DecodeLimits())) as decoder:
        yield decoder


@pytest.mark.parametrize("kind", EVERY_KIND)
def test_every_kind_is_decoded_within_the_limits(decoder: SandboxedDecoder, kind: str) -> None:
    decoded = decoder.decode(EVERY_KIND[kind](), key=f"a.{kind}")
    assert isinstance(decoded, DecodedImage if kind in ("svg", "heic", "avif") else DecodedText)


def test_all_libraries_together_fit_into_half_of_the_memory_and_bring_no_numpy(decoder: SandboxedDecoder) -> None:
    for kind, make in EVERY_KIND.items():
        decoder.decode(make(), key=f"a.{kind}")
    child = psutil.Process(decoder.child_pid)
    assert child.memory_info().vms < DecodeLimits().memory_bytes // 2
    assert child.num_fds() == 4
    assert "numpy" not in Path(f"/proc/{child.pid}/maps").read_text()


# Bombs


def test_a_document_that_unpacks_without_end_is_too_large(decoder: SandboxedDecoder) -> None:
    for size in (60_000_000, 200_000_000):
        xml = b"<w:document>" + b" " * size
        with pytest.raises(MediaTooLarge, match="unpacks to more than"):
            decoder.decode(repacked(word_document(), lambda p, x=xml: p.update({"word/document.xml": x})), key="a.docx")


def test_a_document_whose_elements_need_more_memory_than_allowed_is_refused() -> None:
    with contextlib.closing(SandboxedDecoder(DecodeLimits(memory_bytes=2**28))) as decoder:
        xml = word_document_of("<w:p/>" * 3_000_000)
        with pytest.raises((MediaTooLarge, DamagedMedia)):
            decoder.decode(repacked(word_document(), lambda p: p.update({"word/document.xml": xml})), key="a.docx")
        assert decoder.decode(b"hello", key="b") == DecodedText("text/plain", "hello")


def test_a_sheet_with_a_cell_at_its_far_end_is_read(decoder: SandboxedDecoder) -> None:
    rows = '<row r="1"><c r="A1"><v>1</v></c></row><row r="1048576"><c r="XFD1048576"><v>2</v></c></row>'
    sheet = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<worksheet xmlns="{sheet}"><sheetData>{rows}</sheetData></worksheet>'.encode()
    decoded = decoder.decode(
        repacked(workbook(), lambda parts: parts.update({"xl/worksheets/sheet1.xml": xml})), key="a.xlsx"
    )
    assert isinstance(decoded, DecodedText)
    assert decoded.text.startswith("## Prices\n\n1\n2\n")


def word_document_of(body: str) -> bytes:
    return (
        '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main">'
        f"<w:body>{body}</w:body></w:document>"
    ).encode()
