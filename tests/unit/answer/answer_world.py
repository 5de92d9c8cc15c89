"""The answer flow's steps with everything around them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from fakes.bucket import DictBucket
from fakes.cache import DictCache
from fakes.models import ColourNamer, Parrot, WordCounter
from fakes.publisher import RecordingPublisher
from segments import passage

from schemas.answers import AnswerFailed
from schemas.questions import QueryRequested
from workers.answer.asked import Asked, Questions, ReplyTo
from workers.answer.encode import EncodedQuestions, QuestionEncoder
from workers.answer.flow import AnswerParts, AnswerSteps
from workers.answer.generate import Writer
from workers.answer.reply import Replies
from workers.answer.retrieve import Retrieval
from workers.domain.segment import StoredSegment
from workers.errors import DamagedMedia, ServiceUnavailable

FLOORS = {"text": 0.3}

TOWER = passage("tower", "The tower is blue and it was painted in 1889.")


class Away:
    """An index that does not answer."""

    def nearest(self, *_: object, **__: object) -> Any:
        raise ServiceUnavailable("the index does not answer")

    matching = segments = around = nearest


class Shelf(Away):
    """An index that knows a tower, until it is removed, and what is said of it besides."""

    tower = TOWER
    beside: Sequence[StoredSegment] = ()
    removed = False
    after_reading: Callable[[], None] = staticmethod(lambda: None)

    def segments(self, ids: Sequence[str]) -> Any:
        found = [] if self.removed else [each for each in (self.tower, *self.beside) if each.id in ids]
        self.after_reading()
        return found

    def around(self, *_: object, **__: object) -> Any:
        return self.beside


class Torn:
    """A decoder whose input is always torn."""

    def decode(self, data: bytes, *, key: str) -> Any:
        raise DamagedMedia(f"{key or 'the picture'} is torn after {len(data)} bytes")

    def close(self) -> None:
        """Nothing to end."""


class World:
    """The steps with everything around them; the index does not answer unless another is given."""

    def __init__(self, index: Any = None, says: str = TOWER.text) -> None:
        self.cache = cache = DictCache()
        self.publisher = RecordingPublisher()
        self.questions, self.encoded = Questions(cache), EncodedQuestions(cache)
        text, image = WordCounter(), ColourNamer()
        index = index or Away()
        self.replies = Replies(self.publisher, cache)  # type: ignore[arg-type] - the same methods
        self.steps = AnswerSteps(
            AnswerParts(
                questions=self.questions,
                encoded=self.encoded,
                encoder=QuestionEncoder(text, image, DictBucket(), Torn(), ("media",), 100),
                text=text,
                index=index,
                retrieval=Retrieval(index, "text", "image", "sound"),
                floors=FLOORS,
                writer=Writer(Parrot(says), FLOORS, 20),
                replies=self.replies,
                lineage={},
            )
        )

    def ask(self, query: QueryRequested, seconds: float = 60) -> None:
        """A question with the id 1."""
        deadline = datetime.now(UTC) + timedelta(seconds=seconds)
        self.questions.put(Asked(ReplyTo("1", "rag.replies", "default"), query, deadline))

    @property
    def failures(self) -> list[AnswerFailed]:
        return [AnswerFailed.model_validate_json(sent.value or b"") for sent in self.publisher.sent]


def found(retriever: str, **scores: float) -> dict[str, Any]:
    """What a retriever's step passes on."""
    hits = [[name, score] for name, score in scores.items()]
    return {
        "retrieved": {"retriever": retriever, "lists": [hits], "failed": ""},
        "timings_ms": {f"retrieve_{retriever}": 2.0},
    }


def write(world: World, seconds: float = 60.0) -> dict[str, Any]:
    """Take a streamed question as far as the last step before the reply."""
    world.ask(QueryRequested(text="what colour?", stream=True))
    world.steps.encode("1")
    state = world.steps.fuse([found("text", tower=0.9)], "1")
    world.ask(QueryRequested(text="what colour?", stream=True), seconds)
    return world.steps.generate(state, "1")


def kinds_of_replies(world: World) -> list[str]:
    return [sent.attributes["type"].split(".")[3] for sent in world.publisher.sent]


def repeated(world: World) -> str:
    """What somebody gets who asks again with the id."""
    world.replies.again(ReplyTo("1", "rag.replies", "default", asked_at="rag.queries:0:9"))
    return kinds_of_replies(world)[-1]
