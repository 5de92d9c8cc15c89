"""Animations are found frame by frame: a hit leads to the seconds of the frame, and `omnibus show` writes it."""

import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from running import Stack

from tests.clips import PANDA, photograph
from tests.moving import animated, slide

SIZE = (640, 480)
SHOW = "moving/notices.gif"
LOOP = "moving/panda.webp"
NOTICES = {
    "The ferry leaves at 9:40": (0.0, 1.5),
    "No swimming at the pier": (1.5, 4.0),
    "Feeding of seals at noon": (5.0, 6.2),
}
"""What is written -> from which second to which. Between the second and the third there is a photograph."""


def notices() -> bytes:
    first, second, third = (slide(words, SIZE) for words in NOTICES)
    return animated([first, second, Image.fromarray(photograph(PANDA, SIZE)), third], "GIF", [1500, 2500, 1000, 1200])


@pytest.fixture(scope="module")
def outcomes(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of a slide show, of an animation in which nothing changes, and of one that breaks off."""
    still = Image.fromarray(photograph(PANDA, SIZE))
    other = still.copy()
    other.putpixel((0, 0), (0, 0, 0))
    show = notices()
    files = {SHOW: show, LOOP: animated([still, other], "WEBP", 100), "moving/cut-off.gif": show[:400]}
    found = stack.upload(tmp_path_factory.mktemp("moving"), files)
    return {outcome["key"]: outcome for outcome in found}


@pytest.fixture(scope="module")
def best(stack: Stack, outcomes: dict[str, dict[str, Any]]) -> Any:
    """The best hit of a search in the slide show."""
    assert outcomes[SHOW]["status"] == "indexed", outcomes[SHOW]
    # The first question of a stack loads the models, beside whatever else runs.
    patient = ("--prefix", SHOW, "--timeout", "200", "--json")
    return lambda text: stack.run("search", text, *patient).json["hits"][0]


@pytest.mark.parametrize("words", NOTICES)
def test_a_frame_is_found_by_the_words_in_it(best: Any, words: str) -> None:
    hit = best(words)
    start, end = NOTICES[words]
    assert (hit["key"], hit["modality"]) == (SHOW, "video")
    assert hit["locator"] == {"start_s": start, "end_s": end, "frame_s": start}
    assert words.lower() in hit["text"].lower()


def test_a_frame_is_found_by_what_it_shows(best: Any) -> None:
    hit = best("giant panda")
    assert (hit["locator"]["start_s"], hit["locator"]["end_s"]) == (4.0, 5.0)
    assert "image" in hit["scores"]
    assert hit["text"].startswith("Animation of: giant panda")


def test_the_citation_of_an_answer_opens_the_frame(
    stack: Stack, outcomes: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert outcomes[SHOW]["status"] == "indexed"
    asked = stack.run("ask", "Where is swimming not allowed?", "--prefix", SHOW, "--timeout", "200")
    printed = re.search(r"omnibus show (.+)$", asked.out, re.M)
    assert printed is not None, asked.out
    (citation,) = shlex.split(printed[1])
    assert citation == f"{SHOW}#t=1.5,4"
    done = stack.run("show", citation, "--out", str(tmp_path))
    assert done.status == 0, done.err
    written = np.asarray(Image.open(tmp_path / "notices-t-1.5-4.png").convert("RGB")).astype(int)
    assert np.abs(written - np.asarray(slide("No swimming at the pier", SIZE))).mean() < 1


def test_seconds_after_the_end_are_refused_in_one_line(
    stack: Stack, outcomes: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    assert outcomes[SHOW]["status"] == "indexed"
    done = stack.run("show", f"{SHOW}#t=60,61", "--out", str(tmp_path))
    assert (done.status, done.out, done.err.count("\n")) == (1, "", 1)
    assert "the animation ends after 6.2 s" in done.err


def test_an_animation_in_which_nothing_changes_is_a_picture(stack: Stack, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[LOOP]["status"] == "indexed"
    hit = stack.run("search", "giant panda", "--prefix", LOOP, "--json").json["hits"][0]
    assert (hit["modality"], hit["locator"], hit["text"]) == ("image", {}, "Photo of: giant panda")


def test_an_animation_without_a_whole_frame_is_rejected_with_a_reason(outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes["moving/cut-off.gif"]
    assert outcome["status"] == "rejected"
    assert "a picture in GIF that cannot be decoded" in outcome["reason"]
