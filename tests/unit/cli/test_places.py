"""How the place that a citation leads to is put in words."""

import pytest

from omnibus.cli.questions import place
from schemas.answers import Locator


@pytest.mark.parametrize(
    ("locator", "words"),
    [
        (Locator(), ""),
        (Locator(box=(0.25, 0.5, 0.756, 0.6)), "25-76% across, 50-60% down"),
        (Locator(page=3, box=(0, 0, 1, 0.104)), "page 3, 0-100% across, 0-10% down"),
    ],
)
def test_a_box_is_told_in_hundredths_of_the_picture(locator: Locator, words: str) -> None:
    assert place(locator) == words
