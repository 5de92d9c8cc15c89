"""A place is printed in the words of whoever holds the document."""

import pytest

from omnibus.cli.questions import place
from schemas.answers import Locator


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        (Locator(), ""),
        (Locator(page=3), "page 3"),
        (Locator(box=(0.25, 0.5, 0.756, 0.6)), "25-76% across, 50-60% down"),
        (Locator(page=3, box=(0, 0, 1, 0.104)), "page 3, 0-100% across, 0-10% down"),
        (Locator(chars=(10, 20)), "characters 10-20"),
        (Locator(start_s=1.0, end_s=72.5), "0:01-1:12"),
        (Locator(start_s=3599.0, end_s=3725.0), "59:59-1:02:05"),
    ],
)
def test_a_place_in_words(locator: Locator, words: str) -> None:
    assert place(locator) == words
