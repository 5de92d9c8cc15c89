"""Videos are found by what is seen, said and written in them, and a hit leads to the seconds of its shot."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from running import Stack

from tests.clips import MACAW, PANDA, Frame, encoded, photograph, still
from tests.recordings import AMIABLE_HIMSELF, AMIABLE_WOMAN, speech

SIZE = (960, 640)
RATE = 10
CLIP = "films/clip.mp4"
SCENES = {PANDA: (0, 7), MACAW: (7, 11), "board": (11, 14)}
"""What is seen -> from which second to which."""


def board() -> Frame:
    """A board with a sentence on it."""
    image = Image.new("RGB", SIZE, "#707468")
    pen, font = ImageDraw.Draw(image), ImageFont.load_default(36)
    pen.rectangle((100, 200, 860, 440), fill="white")
    pen.text((130, 250), "The ferry to Gull Island leaves", fill="black", font=font)
    pen.text((130, 320), "at 9:40 every morning.", fill="black", font=font)
    return np.asarray(image)


def scenes() -> Iterator[Frame]:
    for name, (start, end) in SCENES.items():
        yield from still(board() if name == "board" else photograph(name, SIZE), end - start, rate=RATE)


def spoken() -> np.ndarray[tuple[int], np.dtype[np.float32]]:
    """One sentence during each photograph, and then nothing."""
    sound = np.zeros(14 * 48_000, np.float32)
    for sentence, start in ((AMIABLE_WOMAN, 0.5), (AMIABLE_HIMSELF, 7.3)):
        samples = np.repeat(speech(sentence), 3)
        sound[round(start * 48_000) : round(start * 48_000) + len(samples)] = samples
    return sound


@pytest.fixture(scope="module")
def outcomes(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What became of a clip, and of one that breaks off before it says what is in it."""
    clip = encoded(scenes(), rate=RATE, sound=spoken())
    files = {CLIP: clip, "films/cut-off.mp4": clip[: len(clip) // 2]}
    found = stack.upload(tmp_path_factory.mktemp("films"), files)
    return {outcome["key"]: outcome for outcome in found}


@pytest.fixture(scope="module")
def best(stack: Stack, outcomes: dict[str, dict[str, Any]]) -> Any:
    """The best hit of a search among the clips."""
    assert outcomes[CLIP]["status"] == "indexed", outcomes[CLIP]
    # The first question of a stack loads the models, beside whatever else runs.
    patient = ("--prefix", "films/", "--timeout", "200", "--json")
    return lambda text: stack.run("search", text, *patient).json["hits"][0]


def assert_in(hit: dict[str, Any], scene: str) -> None:
    start, end = SCENES[scene]
    assert (hit["key"], hit["modality"]) == (CLIP, "video")
    assert hit["locator"]["start_s"] == pytest.approx(start, abs=0.35)
    assert hit["locator"]["end_s"] == pytest.approx(end, abs=0.35)
    assert start < hit["locator"]["frame_s"] < end


@pytest.mark.parametrize(("text", "scene"), [("giant panda", PANDA), ("a red macaw", MACAW)])
def test_a_shot_is_found_by_what_is_seen_in_it(best: Any, text: str, scene: str) -> None:
    hit = best(text)
    assert_in(hit, scene)
    assert "image" in hit["scores"]


@pytest.mark.parametrize(
    ("text", "scene"), [("had he married a more amiable woman", PANDA), ("been made amiable himself", MACAW)]
)
def test_a_shot_is_found_by_what_is_said_in_it(best: Any, text: str, scene: str) -> None:
    hit = best(text)
    assert_in(hit, scene)
    assert {"text", "keywords"} <= set(hit["scores"])
    assert "amiable" in hit["text"]


def test_a_shot_is_found_by_what_is_written_in_it(best: Any) -> None:
    assert_in(best("ferry to Gull Island"), "board")


def test_an_answer_quotes_what_is_written_in_a_shot_and_cites_its_seconds(
    stack: Stack, outcomes: dict[str, dict[str, Any]]
) -> None:
    assert outcomes[CLIP]["status"] == "indexed"
    question = "At what time does the ferry to Gull Island leave?"
    reply = stack.run("ask", question, "--prefix", "films/", "--timeout", "200", "--json").json
    assert "9:40" in reply["answer"]
    citation = reply["citations"][0]
    assert citation["key"] == CLIP
    assert "9:40" in citation["quote"]
    assert citation["locator"]["start_s"] == pytest.approx(11, abs=0.35)


def test_the_terminal_shows_the_seconds(stack: Stack, outcomes: dict[str, dict[str, Any]]) -> None:
    assert outcomes[CLIP]["status"] == "indexed"
    assert f"{CLIP}, 0:11-0:14  (video)" in stack.run("search", "ferry to Gull Island", "--prefix", "films/").out


def test_a_video_that_breaks_off_too_early_is_rejected_with_a_reason(outcomes: dict[str, dict[str, Any]]) -> None:
    outcome = outcomes["films/cut-off.mp4"]
    assert outcome["status"] == "rejected"
    assert "a recording or video (MP4) that cannot be decoded" in outcome["reason"]
