"""A citation is a word that can be copied from the terminal, typed, and read again."""

import shlex
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omnibus.citation import read, typed, written
from schemas.answers import Locator

SIDES = st.lists(st.integers(0, 10_000).map(lambda number: number / 10_000), min_size=2, max_size=2).map(sorted)
BOXES = st.tuples(SIDES, SIDES).map(lambda sides: (sides[0][0], sides[1][0], sides[0][1], sides[1][1]))
SPANS = st.tuples(st.integers(0, 10**7), st.integers(1, 10**4)).map(lambda s: (s[0], s[0] + s[1]))
TIMES = SPANS.map(lambda span: {"start_s": span[0] / 1000, "end_s": span[1] / 1000})
PLACES = st.one_of(
    st.just(Locator()),
    st.builds(Locator, page=st.integers(1, 9_999), box=st.none() | BOXES),
    st.builds(Locator, box=BOXES),
    st.builds(Locator, chars=SPANS),
    TIMES.map(Locator.model_validate),
)
KEYS = st.text(min_size=1, max_size=30) | st.sampled_from(["a#page=3", "a#", "#", "a#page=x", "a b#c", "a#char=1,2#"])


@pytest.mark.parametrize(
    ("place", "citation"),
    [
        (Locator(), "guide.pdf"),
        (Locator(page=3), "guide.pdf#page=3"),
        (Locator(page=3, box=(0.1, 0.2, 0.4, 0.25)), "guide.pdf#page=3&xywh=percent:10,20,30,5"),
        (Locator(box=(0.1234, 0, 1, 0.5)), "guide.pdf#xywh=percent:12.34,0,87.66,50"),
        (Locator(start_s=12.5, end_s=18), "guide.pdf#t=12.5,18"),
        (Locator(chars=(120, 360)), "guide.pdf#char=120,360"),
    ],
)
def test_a_citation_is_the_key_and_the_place_as_the_web_writes_it(place: Locator, citation: str) -> None:
    assert written("guide.pdf", place) == citation
    assert read(citation) == ("guide.pdf", place)


@given(KEYS, PLACES)
def test_what_is_written_can_be_read(key: str, place: Locator) -> None:
    assert read(written(key, place)) == (key, place)


@given(KEYS.filter(lambda key: key.isprintable() and not key.startswith("-")), PLACES)
def test_what_is_printed_can_be_typed_at_a_shell(key: str, place: Locator) -> None:
    assert [read(word) for word in shlex.split(typed(key, place))] == [(key, place)]


@pytest.mark.parametrize("key", ["a\x1b[2Jb'\\c.txt", "line\nbreak", "\u202eback"])
def test_what_a_terminal_would_obey_is_printed_as_a_shell_reads_it(key: str) -> None:
    command = typed(key, Locator(page=3))
    assert command.isprintable()
    read_by_bash = subprocess.run(["bash", "-c", f"printf %s {command}"], capture_output=True, text=True, check=True)
    assert read(read_by_bash.stdout) == (key, Locator(page=3))


def test_a_key_like_an_option_is_no_option() -> None:
    assert typed("-rf.txt", Locator()) == "-- -rf.txt"


@pytest.mark.parametrize("key", ["a#b.txt", "notes #2", "a#page", "c#"])
def test_a_key_with_a_number_sign_is_a_key(key: str) -> None:
    assert read(written(key, Locator())) == (key, Locator())


@pytest.mark.parametrize(
    "fragment",
    [
        "page=0", "page=three", "page=", "xywh=10,10,10,10", "xywh=percent:90,0,20,10", "xywh=percent:0,0,-1,10",
        "xywh=percent:1,2,3", "xywh=percent:nan,0,1,1", "t=5,2", "t=-1,2", "t=1,inf", "t=1", "char=3,3", "char=-1,3",
        "char=1.5,3", "page=3&xywh=percent:0,0,200,1",
    ],
)  # fmt: skip
def test_a_place_that_there_cannot_be_is_an_error_with_examples(fragment: str) -> None:
    with pytest.raises(ValueError, match="names no place; places are written as page=3"):
        read(f"a.pdf#{fragment}")
