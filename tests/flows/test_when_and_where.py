"""Pictures are found by when and where they were taken, unless nobody wants that to be kept."""

import io
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from PIL import Image
from running import Stack, omnibus, up

from omnibus.composition import projection_of
from omnibus.settings import load_running
from workers.domain.hit import Filters
from workers.domain.taken import Near

PATIENCE = ("--timeout", "200")
"""The first question loads the models, beside another stack."""


def photo(at: str, latitude: tuple[float, float, float], longitude: tuple[float, float, float], seed: int) -> bytes:
    """A photograph of noise, taken then, and so many degrees, minutes and seconds north and east."""
    exif = Image.Exif()
    exif[0x010F] = "Omnibus"
    exif.get_ifd(0x8769).update({0x9003: at, 0x9011: "+02:00"})
    exif.get_ifd(0x8825).update({1: "N", 2: latitude, 3: "E", 4: longitude})
    out = io.BytesIO()
    Image.effect_noise((64, 48), 20 + seed).convert("RGB").save(out, "JPEG", exif=exif)
    return out.getvalue()


FILES = {
    "trip/stockholm.jpg": photo("2024:05:01 00:30:00", (59, 19, 48), (18, 4, 12), 1),
    "trip/paris.jpg": photo("2024:07:14 12:00:00", (48, 51, 36), (2, 17, 24), 2),
    "trip/notes.md": b"# Trip\n\nWe went to Stockholm and to Paris.",
}


@pytest.fixture(scope="module")
def trip(stack: Stack, tmp_path_factory: pytest.TempPathFactory) -> str:
    """Two photos and a text; the prefix that they are under."""
    outcomes = stack.upload(tmp_path_factory.mktemp("trip"), FILES)
    assert {o["status"] for o in outcomes} == {"indexed"}
    return "trip/"


@pytest.mark.parametrize(
    ("options", "keys"),
    [
        (["--taken-after", "2024-06-01"], {"trip/paris.jpg"}),
        (["--taken-before", "2024-05-01"], {"trip/stockholm.jpg"}),  # in UTC it was still April
        (["--taken-before", "2024-05-01T00:00+02:00"], set()),
        (["--near", "59.3,18.0,20"], {"trip/stockholm.jpg"}),
        (["--near", "54,10,1000", "--taken-after", "2024-01-01"], {"trip/stockholm.jpg", "trip/paris.jpg"}),
        ([], set(FILES)),
    ],
)
def test_only_pictures_of_that_time_and_place_are_found(
    stack: Stack, trip: str, options: list[str], keys: set[str]
) -> None:
    assert set(stack.search("our trip to Stockholm", "--prefix", trip, *options)) == keys


def test_what_is_no_time_is_one_line(stack: Stack) -> None:
    done = stack.run("search", "a trip", "--taken-after", "last May")
    assert (done.status, done.err) == (
        2,
        "omnibus: --taken-after last May: write it as 2024-05-01 or 2024-05-01T18:30+02:00\n",
    )


@pytest.fixture(scope="module")
def discreet(kind: str) -> Iterator[Stack]:
    """A stack that keeps neither time nor place."""
    with TemporaryDirectory(prefix="omnibus-flows-") as folder:
        try:
            yield up(kind, Path(folder), {"read_exif": "false"})
        finally:
            omnibus("down", "--data", folder)


@pytest.mark.parametrize("asked", [("--taken-after", "1900-01-01"), ("--near", "59.3,18.0,20000")])
def test_where_it_is_switched_off_nobody_can_ask_for_it(discreet: Stack, asked: tuple[str, str]) -> None:
    done = discreet.run("search", "our trip", *asked, *PATIENCE)
    reason = "this installation keeps no time and place of pictures (setting read_exif); ask without"
    assert (done.status, done.err) == (1, f"omnibus: {reason} [bad_question]\n")


def test_where_it_is_switched_off_neither_is_kept(discreet: Stack, tmp_path: Path) -> None:
    discreet.upload(tmp_path, FILES)
    assert set(discreet.search("our trip", *PATIENCE)) == set(FILES)
    index = projection_of(load_running(discreet.data))
    for space in index.spaces:
        anything = np.full(space.dimensions, space.dimensions**-0.5, np.float32)
        for asked in ({"taken_from": datetime(1900, 1, 1, tzinfo=UTC)}, {"near": Near(59.3, 18.0, 20000)}):
            assert index.nearest(space.id, anything, k=10, filters=Filters(**asked)) == []
