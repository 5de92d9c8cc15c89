"""The page of the messages and the code say the same."""

import json
import re
from pathlib import Path

import pytest
from fakes.publisher import RecordingPublisher
from pydantic import BaseModel
from strategies import MESSAGES

from schemas.answers import AnswerHit, Citation, Degradation, FailureCode, Locator, Refusal
from schemas.dead_letters import REDRIVE, Failure, LetterHeader, MarkHeader, Redrive
from schemas.envelope import Message
from schemas.index_events import ObjectVersion, SkippedPage
from schemas.notification import Notification
from schemas.questions import MediaRef, Near, QueryFilters
from schemas.topics import TOPICS
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.domain.record import Incoming, Position
from workers.errors import Permanent

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs/messages.md").read_text()
CHAPTERS = {part.partition("\n")[0]: part for part in re.split(r"^## ", PAGE, flags=re.MULTILINE)}
PARTS: tuple[type[BaseModel], ...] = (
    MediaRef,
    QueryFilters,
    Near,
    Citation,
    AnswerHit,
    Locator,
    Refusal,
    Degradation,
    ObjectVersion,
    SkippedPage,
    Failure,
    Redrive,
)


def terms(text: str) -> set[str]:
    """What the page sets in code type."""
    return set(re.findall(r"`([^`\n]+)`", text))


def example(chapter: str) -> str:
    found = re.search(r"```json\n(.*?)```", CHAPTERS[chapter], re.DOTALL)
    assert found, f"chapter {chapter} has no example"
    return found.group(1)


def test_the_topics_are_those_that_a_stack_makes() -> None:
    rows = re.findall(r"^\| `([^`]+)` \| ([^|]+) \| ([^|]+) \|$", CHAPTERS["Topics"], re.MULTILINE)
    assert rows == [(topic.name, topic.keyed_by, topic.carries) for topic in TOPICS]


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_has_a_chapter_with_its_type_and_all_its_fields(kind: type[Message]) -> None:
    chapter = CHAPTERS[kind.__name__]
    assert {kind.event_type, *kind.model_fields} <= terms(chapter)
    rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", chapter.partition("| code |")[0], re.MULTILINE)
    assert {name for row in rows for name in terms(row)} == set(kind.model_fields)


@pytest.mark.parametrize("part", PARTS, ids=lambda part: part.__name__)
def test_every_part_of_a_message_is_explained_with_all_its_fields(part: type[BaseModel]) -> None:
    explained = [paragraph for paragraph in re.split(r"\n\n|\n(?=\|)", PAGE) if part.__name__ in paragraph]
    assert set(part.model_fields) <= {term for paragraph in explained for term in terms(paragraph)}


@pytest.mark.parametrize("kind", MESSAGES, ids=lambda kind: kind.__name__)
def test_every_message_has_an_example_that_is_one(kind: type[Message]) -> None:
    text = example(kind.__name__)
    message = kind.model_validate_json(text)
    assert set(json.loads(text)) <= set(kind.model_fields)
    assert message == kind.model_validate_json(message.model_dump_json())


def test_the_example_of_a_notification_is_one() -> None:
    (record,) = Notification.model_validate_json(example("Bucket notifications")).records
    assert record.s3.object.unescaped_key == "birds/blue macaw.jpg"


def test_every_error_code_says_what_to_do() -> None:
    rows = re.findall(r"^\| `(\w+)` \| .{20,} \|$", CHAPTERS["AnswerFailed"].partition("| code |")[2], re.MULTILINE)
    assert rows == [code.value for code in FailureCode]


def test_every_kind_of_rejection_is_named() -> None:
    of_questions = {"bad_event", "bad_question", "reply_topic_not_allowed", "deadline_exceeded", "cancelled"}
    kinds = {kind.kind for kind in Permanent.__subclasses__()} - of_questions
    assert kinds <= terms(CHAPTERS["MediaRejected"])


def test_every_header_of_a_dead_letter_is_named() -> None:
    publisher = RecordingPublisher()
    DeadLetters(publisher).bury(  # type: ignore[arg-type] - the same methods
        Incoming("topic", Position(0, 0), None, b""), Cause("parse", "bad_event", "no JSON")
    )
    assert {name for name, _ in publisher.sent[0].headers} <= terms(CHAPTERS["Dead letters"])
    assert {*LetterHeader, *MarkHeader, REDRIVE} <= terms(CHAPTERS["Dead letters"])


def test_every_header_of_a_message_is_named() -> None:
    sources = [path.read_text() for folder in ("workers", "producers") for path in (ROOT / folder).rglob("*.py")]
    read = {name for text in sources for name in re.findall(r'attributes(?:\.get\(|\[)"(\w+)"', text)}
    assert {f"ce_{name}" for name in read} <= terms(CHAPTERS["Headers"])
    assert len(read) >= 4
