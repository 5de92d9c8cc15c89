"""A scanned document is found by the words on its pages, and a citation leads to the page and its box."""

import io
import re
import shlex
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFilter, ImageFont
from running import Stack

LETTER = (
    "Dear Mr Harding,",
    "the granary on the quay is let to the Brothers Vane",
    "from the first of October, at forty pounds a year.",
    "They may not store gunpowder in it.",
)
SURVEY = ("Depth of the harbour at low water:", "eleven feet at the north pier,", "seven feet at the custom house.")


def scanned(*lines: str) -> Image.Image:
    """A page of A4 at 150 dots an inch, as a scanner sees it: a little grey, a little blurred, with noise."""
    paper = Image.effect_noise((1240, 1754), 12).point(lambda shade: min(255, shade + 110)).convert("L")
    pen, font = ImageDraw.Draw(paper), ImageFont.load_default(26)  # 12 points
    for number, line in enumerate(lines):
        pen.text((150, 500 + 44 * number), line, fill=40, font=font)
    return paper.filter(ImageFilter.GaussianBlur(0.6))


@pytest.fixture(scope="module", params=["pdf", "tiff"])
def archive(request: pytest.FixtureRequest, stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A document of two scans; the prefix that it is under."""
    out, kind = io.BytesIO(), request.param
    scanned(*LETTER).save(out, kind.upper(), resolution=150, save_all=True, append_images=[scanned(*SURVEY)])
    outcomes = stack.upload(tmp_path_factory.mktemp("archive"), {f"archive/{kind}/box 7.{kind}": out.getvalue()})
    assert [o["status"] for o in outcomes] == ["indexed"]
    return f"archive/{kind}/"


def test_a_scanned_page_is_found_by_the_words_on_it(stack: Stack, archive: str) -> None:
    hits = stack.run("search", "depth at the north pier", "--prefix", archive, "--modality", "text", "--json").json[
        "hits"
    ]
    assert hits[0]["locator"]["page"] == 2
    assert "eleven feet at the north pier" in hits[0]["text"]
    left, top, right, bottom = hits[0]["locator"]["box"]
    assert (left, top) == (pytest.approx(150 / 1240, abs=0.02), pytest.approx(500 / 1754, abs=0.02))
    assert right < 0.6
    assert bottom == pytest.approx(625 / 1754, abs=0.02)


def test_an_answer_cites_the_page_and_the_box(stack: Stack, archive: str) -> None:
    reply = stack.run("ask", "To whom is the granary on the quay let?", "--prefix", archive, "--json").json
    citation = reply["citations"][0]
    assert citation["locator"]["page"] == 1
    assert citation["locator"]["box"][0] == pytest.approx(150 / 1240, abs=0.02)
    assert "the granary on the quay is let" in citation["quote"]


def test_the_citation_opens_the_place_on_the_page(stack: Stack, archive: str, tmp_path: Path) -> None:
    found = stack.run("search", "depth at the north pier", "--prefix", archive, "--modality", "text", "-k", "1")
    printed = re.search(r"omnibus show (.+)$", found.out, re.M)
    assert printed is not None, found.out
    (citation,) = shlex.split(printed[1])
    assert "#page=2&xywh=percent:" in citation
    done = stack.run("show", citation, "--out", str(tmp_path), "--json")
    assert done.status == 0, done.err
    assert Image.open(done.json["file"]).height < 1754 * 2 // 3
