"""Whether an answer is still wanted, and what it costs to ask."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from fakes.cache import DictCache
from fakes.publisher import RecordingPublisher

from schemas.answers import AnswerCompleted
from schemas.questions import QueryRequested
from workers.answer.asked import Asked, ReplyTo
from workers.answer.reply import Replies
from workers.answer.unwanted import LOOK_EVERY_S, Unwanted

BEGIN = datetime(2031, 1, 1, tzinfo=UTC)
TO = ReplyTo("1", "rag.replies", "default")


class CountingCache(DictCache):
    """Counts how often it was asked."""

    looks = 0

    def get_many(self, keys: Sequence[str]) -> Sequence[bytes | None]:
        self.looks += 1
        return super().get_many(keys)


class World:
    """One question that is being answered, on a clock in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cache = CountingCache()
        self.replies = Replies(RecordingPublisher(), self.cache)  # type: ignore[arg-type] - the same methods
        self.unwanted = Unwanted(
            Asked(TO, QueryRequested(text="what?"), BEGIN + timedelta(seconds=60)),
            self.replies,
            utc_now=lambda: BEGIN + timedelta(seconds=self.now),
            clock=lambda: self.now,
        )


@pytest.fixture
def world() -> World:
    return World()


def test_an_answer_is_wanted_until_the_deadline(world: World) -> None:
    world.now = 59.9
    assert not world.unwanted()
    world.now = 60
    assert world.unwanted()


def test_an_answer_is_not_wanted_once_its_question_has_a_reply(world: World) -> None:
    assert not world.unwanted()
    world.replies.terminal(TO, AnswerCompleted(request_id="1"))
    world.now += LOOK_EVERY_S
    assert world.unwanted()
    world.cache.away = True
    assert world.unwanted()


def test_the_cache_is_asked_now_and_then_only(world: World) -> None:
    for _ in range(100):
        world.now += LOOK_EVERY_S / 10
        world.unwanted()
    assert 9 <= world.cache.looks <= 11


def test_an_answer_is_wanted_while_the_cache_is_away(world: World) -> None:
    world.cache.away = True
    assert not world.unwanted()
