"""What a reply cites can be seen: its citation, as it is printed, is what `omnibus show` takes."""

import io
import re
import shlex
import wave
from pathlib import Path

import pytest
from media.pdf_writer import Page, lines, pdf, text
from PIL import Image
from recordings import recorded
from running import Stack

from omnibus.citation import written
from schemas.answers import Locator

NOTES = "The granary was built in 1871.\n\n" + "Nobody knows who paid for it. " * 60
PLAN = pdf(
    [
        Page(text(60, 60, "Cover of the handbook.")),
        Page(lines(60, 300, ["The windlass is greased every Tuesday,", "and always by two people."])),
    ]
)


@pytest.fixture(scope="module")
def cited(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """A text and a PDF; the prefix that they are under."""
    files = {"shown/granary notes.txt": NOTES.encode(), "shown/handbook.pdf": PLAN}
    outcomes = stack.upload(tmp_path_factory.mktemp("shown"), files)
    assert {o["status"] for o in outcomes} == {"indexed"}
    return "shown/"


def printed(stack: Stack, *arguments: str) -> str:
    """The first citation that a search or an answer prints, after the shell took its quotes away."""
    found = re.search(r"omnibus show (.+)$", stack.run(*arguments).out, re.M)
    assert found is not None
    (citation,) = shlex.split(found[1])
    return citation


def test_the_passage_of_a_page_is_cut_out_of_it(stack: Stack, cited: str, tmp_path: Path) -> None:
    citation = printed(stack, "search", "greasing the windlass", "--prefix", cited, "--modality", "text", "-k", "1")
    assert citation.startswith("shown/handbook.pdf#page=2&xywh=percent:")
    done = stack.run("show", citation, "--out", str(tmp_path), "--json")
    assert done.status == 0, done.err
    picture = Image.open(done.json["file"])
    assert Path(done.json["file"]).parent == tmp_path
    assert picture.width < 600 * 3
    assert picture.height < 200 * 3  # two lines and their margin, of a page of 800 points


def test_what_an_answer_quotes_is_shown_with_what_is_around_it(stack: Stack, cited: str, tmp_path: Path) -> None:
    citation = printed(stack, "ask", "When was the granary built?", "--prefix", cited)
    assert citation.startswith("shown/granary notes.txt#char=0,")
    shown = stack.run("show", citation, "--out", str(tmp_path / "quote.txt"), "--json")
    assert shown.json["quote"].startswith("The granary was built in 1871.")
    assert (tmp_path / "quote.txt").read_text().startswith(">>>The granary was built in 1871.")


def test_a_whole_object_is_the_file_that_was_uploaded(stack: Stack, cited: str, tmp_path: Path) -> None:
    done = stack.run("show", f"{cited}handbook.pdf", "--out", str(tmp_path))
    assert done.out == f"{tmp_path}/handbook.pdf: shown/handbook.pdf\n"
    assert (tmp_path / "handbook.pdf").read_bytes() == PLAN


def test_nothing_is_written_over(stack: Stack, cited: str, tmp_path: Path) -> None:
    (tmp_path / "page.png").write_text("mine")
    done = stack.run("show", f"{cited}handbook.pdf#page=1", "--out", str(tmp_path / "page.png"))
    assert (done.status, done.out) == (1, "")
    assert done.err == f"omnibus: {tmp_path}/page.png is there already; name another file with --out\n"
    assert (tmp_path / "page.png").read_text() == "mine"
    again = [stack.run("show", f"{cited}handbook.pdf#page=1", "--out", str(tmp_path / "new.png")) for _ in range(2)]
    assert [each.status for each in again] == [0, 0]


@pytest.mark.parametrize(
    ("citation", "status", "says"),
    [
        ("shown/nothing.pdf#page=1", 1, "there is no shown/nothing.pdf in the bucket"),
        ("shown/handbook.pdf#page=9", 1, "the PDF has no page 9; its last one is 2"),
        ("shown/handbook.pdf#char=1,2", 1, "is no text"),
        ("shown/granary notes.txt#char=1,99999", 1, "it was changed since it was cited"),
        ("shown/handbook.pdf#page=none", 2, "names no place"),
    ],
)
def test_what_cannot_be_shown_is_said_in_one_line(
    stack: Stack, cited: str, tmp_path: Path, citation: str, status: int, says: str
) -> None:
    assert citation.startswith(cited)
    done = stack.run("show", citation, "--out", str(tmp_path))
    assert (done.status, done.out, done.err.count("\n")) == (status, "", 1)
    assert says in done.err
    assert list(tmp_path.iterdir()) == []


def test_a_sign_in_a_photograph_is_cut_out_of_the_original(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    wall = Image.effect_noise((3000, 2000), 10).convert("RGB")
    wall.paste((220, 30, 30), (600, 600, 900, 800))
    buffer = io.BytesIO()
    wall.save(buffer, "PNG")
    stack.upload(tmp_path_factory.mktemp("wall"), {"shown/wall.png": buffer.getvalue()})
    citation = written("shown/wall.png", Locator(box=(0.2, 0.3, 0.3, 0.4)))
    done = stack.run("show", citation, "--out", str(tmp_path))
    assert done.status == 0, done.err
    shown = Image.open(tmp_path / "wall-xywh-20-30-10-10.png")
    assert shown.size == (600, 500)
    assert shown.getpixel((300, 250)) == (220, 30, 30)


def test_seconds_of_a_recording_are_a_file_that_can_be_played(
    stack: Stack, tmp_path_factory: pytest.TempPathFactory, tmp_path: Path
) -> None:
    stack.upload(tmp_path_factory.mktemp("tone"), {"shown/tone.mp3": recorded("tone.mp3", 4.0)})
    done = stack.run("show", "shown/tone.mp3#t=1.5,3", "--out", str(tmp_path))
    assert done.status == 0, done.err
    with wave.open(str(tmp_path / "tone-t-1.5-3.wav")) as file:
        assert file.getnframes() == 1.5 * file.getframerate()
