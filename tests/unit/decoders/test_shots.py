"""The shots of a video: known cuts are found, and motion, noise, flashes and lamps are no cuts."""

import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise

import av
import numpy as np
import pytest
from PIL import Image, ImageFilter

from tests.clips import (
    LEMUR,
    MACAW,
    PANDA,
    RATE,
    SIZE,
    Frame,
    dissolved,
    encoded,
    faded,
    mixed,
    pan,
    photograph,
    photographs,
    still,
)
from workers.adapters.decoders.film import LONGEST_S, Film
from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.results import Shot
from workers.errors import MediaTooLarge

BLACK = np.zeros((SIZE[1], SIZE[0], 3), np.uint8)


def shots(
    frames: Iterable[Frame], name: str = "clip.mp4", *, rate: float = RATE, times: Callable[[int], int | None] = int
) -> list[Shot]:
    """The shots of a clip of these frames; `times`: the number of a frame -> the time that the file gives it."""
    return list(_shots(encoded(frames, name, rate=rate), times))


def _shots(data: bytes, times: Callable[[int], int | None]) -> Iterator[Shot]:
    with av.open(io.BytesIO(data)) as container:
        film = Film(av, container.streams.video[0], "video/mp4", DecodeLimits())
        for number, frame in enumerate(container.decode(video=0)):
            if times is not int:
                told = times(number)
                frame.pts = None if told is None else round(told / RATE / frame.time_base)
            yield from film.see(frame)
        yield from film.finish()


def cuts(found: Sequence[Shot]) -> list[float]:
    """Where a shot begins that is not the first."""
    return [after.start_s for before, after in pairwise(found) if after.number != before.number]


def scenes(*seconds: float) -> tuple[list[Frame], list[float]]:
    """Pans over one photograph after another, of these lengths; and where the cuts are."""
    names = photographs()
    frames = [frame for n, length in enumerate(seconds) for frame in pan(names[n % len(names)], length)]
    return frames, [float(at) for at in np.cumsum(seconds)[:-1]]


def test_every_cut_is_found_to_the_frame() -> None:
    frames, expected = scenes(3, 1.4, 5, 2.2, 8, 1.2, 4, 3)
    assert cuts(shots(frames)) == pytest.approx(expected, abs=0.001)


def test_shots_follow_one_another_from_the_first_frame_to_the_last() -> None:
    frames, _ = scenes(3, 2, 4)
    found = shots(frames)
    assert found[0].start_s == 0
    assert found[-1].end_s == pytest.approx(9, abs=0.05)
    assert all(before.end_s == after.start_s for before, after in pairwise(found))


def test_a_fade_through_black_is_one_cut_in_it() -> None:
    found = cuts(shots(faded(list(pan(LEMUR, 5)), list(pan(PANDA, 5)), 1.0)))
    assert found == [pytest.approx(5, abs=0.6)]


@pytest.mark.parametrize("middle_s", np.arange(18, 22.1, 0.2).round(1).tolist())
def test_a_fade_through_black_anywhere_near_the_end_of_a_piece_leaves_the_pieces_in_order(middle_s: float) -> None:
    black, dark = np.zeros((48, 64, 3), np.uint8), round(0.1 * RATE)
    one, other = (photograph(LEMUR, (64, 48)) * 0.3).astype(np.uint8), photograph(PANDA, (64, 48))
    half = round(1.5 * RATE)
    before = [one] * (round(middle_s * RATE) - dark - half)
    fade = [*(mixed(one, black, n / half) for n in range(half)), *[black] * (2 * dark)]
    rise = [mixed(black, other, n / half) for n in range(half)]
    after = [other] * (30 * RATE - len(before) - len(fade) - half)
    found = shots([*before, *fade, *rise, *after])
    assert all(each.start_s < each.end_s for each in found)
    assert all(one.end_s == other.start_s for one, other in pairwise(found))
    assert cuts(found) == [pytest.approx(middle_s, abs=1.1)]


def test_a_dissolve_is_one_cut_in_it() -> None:
    found = cuts(shots(dissolved(list(pan(LEMUR, 6)), list(pan(MACAW, 6)), 1.0)))
    assert found == [pytest.approx(5.5, abs=0.5)]


def test_a_flash_is_no_cut() -> None:
    frames = list(pan(LEMUR, 6))
    frames[75] = frames[76] = np.full_like(frames[0], 250)
    assert cuts(shots(frames)) == []


def test_noise_in_the_dark_is_no_cut() -> None:
    grains = np.random.default_rng(1)
    dark = (np.clip(grains.normal(12, 8, BLACK.shape), 0, 255).astype(np.uint8) for _ in range(6 * RATE))
    assert cuts(shots(dark)) == []


def test_a_slow_change_of_light_is_no_cut() -> None:
    picture = photograph(MACAW, SIZE)
    frames = ((picture * (0.5 + 0.5 * n / 200)).astype(np.uint8) for n in range(200))
    assert cuts(shots(frames)) == []


def test_slides_change_where_they_change() -> None:
    def slide(lines: int) -> Frame:
        page = np.full((SIZE[1], SIZE[0], 3), 255, np.uint8)
        for line in range(lines):
            page[12 + 10 * line : 16 + 10 * line, 20 : 80 + (37 * (line + lines)) % 100 : 2] = 30
        return page

    frames = [frame for lines in (3, 8, 5) for frame in still(slide(lines), 12, rate=5)]
    assert cuts(shots(frames, rate=5)) == pytest.approx([12, 24], abs=0.001)


def test_one_picture_a_second_has_its_cuts_too() -> None:
    frames = [frame for name in (LEMUR, PANDA, MACAW) for frame in still(photograph(name, SIZE), 8, rate=1)]
    assert cuts(shots(frames, "clip.avi", rate=1)) == pytest.approx([8, 16], abs=0.001)


def test_a_long_shot_comes_in_pieces() -> None:
    found = shots(still(photograph(PANDA, SIZE), 50, rate=5), rate=5)
    assert [(each.start_s, each.number) for each in found] == [(0, 0), (LONGEST_S, 0), (2 * LONGEST_S, 0)]
    assert found[-1].end_s == pytest.approx(50, abs=0.2)


@pytest.mark.parametrize(
    "times", [lambda n: n % 25, lambda _: 7, lambda _: None, lambda n: n - 60, lambda n: 90 - n],
    ids=["again and again", "one for all", "none", "before zero", "backwards"],
)  # fmt: skip
def test_whatever_times_a_file_tells_a_video_goes_on(times: Callable[[int], int | None]) -> None:
    frames = [*still(photograph(LEMUR, SIZE), 2), *still(photograph(PANDA, SIZE), 2)]
    found = shots(frames, times=times)
    assert cuts(found) == [pytest.approx(2, abs=0.2)]
    assert found[-1].end_s == pytest.approx(4, abs=0.2)


def test_times_in_another_order_do_not_make_a_video_longer() -> None:
    frames = [*still(photograph(LEMUR, SIZE), 10), *still(photograph(PANDA, SIZE), 10)]
    found = shots(frames, times=lambda n: n - n % 4 + (0, 3, 1, 2)[n % 4])
    assert cuts(found) == [pytest.approx(10, abs=0.2)]
    assert found[-1].end_s == pytest.approx(20, abs=0.2)


def test_a_time_beyond_all_bounds_ends_a_video_at_once() -> None:
    with pytest.raises(MediaTooLarge, match="longer than 21,600 s"):
        shots(still(photograph(LEMUR, SIZE), 1), times=lambda n: n if n < 20 else 10**9)


def test_a_gap_of_hours_comes_piece_by_piece_with_one_picture() -> None:
    data = encoded(still(photograph(LEMUR, SIZE), 1))
    found = _shots(data, lambda n: n if n < 20 else n + 5 * 3600 * RATE)
    first = next(found)
    rest = [first.frame is each.frame for each, _ in zip(found, range(800), strict=False)]
    assert rest == [True] * 800


# The key frame


def test_the_key_frame_is_a_picture_of_its_shot() -> None:
    found = shots([*still(photograph(LEMUR, SIZE), 3), *still(photograph(PANDA, SIZE), 3)])
    for shot, name in zip(found, (LEMUR, PANDA), strict=True):
        pixels = np.frombuffer(shot.frame.pixels, np.uint8).reshape(*shot.frame.size[::-1], 3)
        assert np.abs(pixels.astype(int) - photograph(name, SIZE)).mean() < 12
        assert shot.start_s < shot.frame_s < shot.end_s
        assert not shot.blank


def test_the_sharpest_frame_is_taken() -> None:
    sharp = photograph(MACAW, SIZE)
    blurred = np.asarray(Image.fromarray(sharp).filter(ImageFilter.GaussianBlur(1)))
    frames = [blurred] * 50 + [sharp] * 30 + [blurred] * 50
    (shot,) = shots(frames)
    assert 2.0 <= shot.frame_s < 3.2


def test_a_shot_of_nothing_but_black_is_blank() -> None:
    found = shots([*still(photograph(LEMUR, SIZE), 3), *still(BLACK, 3)])
    assert [shot.blank for shot in found] == [False, True]


def test_a_large_picture_comes_in_two_sizes() -> None:
    (shot,) = shots(still(photograph(LEMUR, (1280, 720)), 1))
    assert shot.frame.size == (640, 360)
    assert shot.to_read is not None
    assert shot.to_read.size == (1280, 720)
    assert len(shot.to_read.pixels) == 1280 * 720 * 3
