"""How tokens become text for a reader."""

import pytest

from workers.adapters.models.stream import Stream
from workers.ports.generator import NOT_FOUND


def _streamed(text: str, size: int = 1) -> tuple[str, list[str]]:
    pieces: list[str] = []
    stream = Stream(pieces.append)
    for start in range(0, len(text), size):
        stream.push(text[start : start + size])
    return stream.close(), pieces


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("The lion [1] sleeps.", "The lion sleeps."),
        ("The lion sleeps [1].", "The lion sleeps."),
        ("The lion sleeps. [1, 2][3]", "The lion sleeps."),
        ("[2] The lion sleeps.", "The lion sleeps."),
        ("  The lion sleeps.\n", "The lion sleeps."),
        ("An array a[i] of [123] and [x].", "An array a[i] of [123] and [x]."),
        ("Open [1", "Open [1"),
        ("", ""),
    ],
)
@pytest.mark.parametrize("size", [1, 3, 100])
def test_source_markers_of_the_model_are_left_out(written: str, read: str, size: int) -> None:
    text, pieces = _streamed(written, size)
    assert text == read
    assert "".join(pieces) == read


def test_pieces_are_whole_words() -> None:
    _, pieces = _streamed("Low water is at noon.")
    assert pieces == ["Low", " water", " is", " at", " noon."]


def test_a_script_without_spaces_is_streamed_too() -> None:
    _, pieces = _streamed("灯台の光は緑色です" * 10)
    assert len(pieces) > 10


@pytest.mark.parametrize("written", ["NOT FOUND", "NOT FOUND.", '"Not found" in the sources.', "**NOT FOUND** [1]"])
def test_a_refusal_is_streamed_as_nothing_else(written: str) -> None:
    text, pieces = _streamed(written)
    assert text == NOT_FOUND
    assert pieces == [NOT_FOUND]


@pytest.mark.parametrize("written", ["Not foundations but walls", "Nothing is known.", "NO", "The lion was not found."])
def test_an_answer_that_only_looks_like_a_refusal_is_an_answer(written: str) -> None:
    assert _streamed(written)[0] == written
