"""Pictures are found by the words in them, and a citation leads to where these are."""

import io

import pytest
from PIL import Image, ImageDraw, ImageFont
from running import Stack


def photographed(*lines: str, size: tuple[int, int] = (3000, 2250)) -> bytes:
    """A white board with these lines on a grey wall, whose letters are a fiftieth of the picture high."""
    image = Image.new("RGB", size, "#707468")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(60)
    pen.rectangle((1500, 1125, 2900, 1225 + 90 * len(lines)), fill="white")
    for number, line in enumerate(lines):
        pen.text((1550, 1175 + 90 * number), line, fill="black", font=font)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


@pytest.fixture(scope="module")
def boards(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two photographs of boards; the prefix that they are under."""
    files = {
        "boards/DSC_1.jpg": photographed(
            "The ferry to Gull Island leaves at 9:40", "every morning from the north pier."
        ),
        "boards/DSC_2.jpg": photographed("No swimming beyond the pier.", "Strong currents!"),
    }
    outcomes = stack.upload(tmp_path_factory.mktemp("boards"), files)
    assert {o["status"] for o in outcomes} == {"indexed"}
    return "boards/"


def test_a_picture_is_found_by_the_words_in_it(stack: Stack, boards: str) -> None:
    hits = stack.run("search", "currents beyond the pier", "--prefix", boards, "--json").json["hits"]
    assert hits[0]["key"] == "boards/DSC_2.jpg"
    best = next(hit for hit in hits if hit["modality"] == "text")
    assert (best["key"], best["text"]) == ("boards/DSC_2.jpg", "No swimming beyond the pier.\nStrong currents!")
    left, top, right, bottom = best["locator"]["box"]
    assert (left, top) == (pytest.approx(1550 / 3000, abs=0.02), pytest.approx(1175 / 2250, abs=0.02))
    assert right < 2900 / 3000
    assert bottom == pytest.approx(1330 / 2250, abs=0.03)
    assert any(hit["modality"] == "image" and hit["key"] == "boards/DSC_2.jpg" for hit in hits)


def test_an_answer_quotes_the_words_in_a_picture_and_cites_their_box(stack: Stack, boards: str) -> None:
    reply = stack.run("ask", "At what time does the ferry to Gull Island leave?", "--prefix", boards, "--json").json
    assert "9:40" in reply["answer"]
    citation = reply["citations"][0]
    assert citation["key"] == "boards/DSC_1.jpg"
    assert "9:40" in citation["quote"]
    assert citation["locator"]["box"][0] == pytest.approx(1550 / 3000, abs=0.02)
