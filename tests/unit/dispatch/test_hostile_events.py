"""Ten thousand hostile records on each topic that we read: each is worked on, answered, or kept as a dead letter."""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from fakes.jobs import canned
from hostile import Hostile, hostile, notifications, questions
from media_world import World as MediaWorld
from question_world import World as QuestionWorld

from schemas.answers import TERMINAL
from workers.dispatch.inquiries import Refused, Withdrawn, inquiry
from workers.dispatch.notifications import changes_in
from workers.domain.record import Incoming, Position

COUNT = 10_000
SEED = 20


def records(topic: str, make: Callable[[random.Random], Hostile]) -> Iterator[Incoming]:
    for offset, made in enumerate(hostile(make, COUNT, SEED)):
        yield Incoming(topic, Position(0, offset), made.key, made.value, made.headers)


def test_every_hostile_notification_is_worked_on_or_kept_as_a_dead_letter() -> None:
    world = MediaWorld()
    done: list[Position] = []
    bad: set[str] = set()
    good = 0
    for record in records("media.events", notifications):
        told = changes_in(record, "media")
        good += bool(told.changes)
        if told.bad:
            bad.add(str(record.position.offset))
        world.work.take(record)
        if record.position.offset % 50 == 0:
            done += world.finish(canned)
    while world.work.busy or world.jobs.waiting:
        done += world.finish(canned)
    assert sorted(position.offset for position in done) == list(range(COUNT))
    assert Counter(letter.text("dlt_offset") for letter in world.letters) == Counter(bad)
    assert good > COUNT / 20
    assert len(bad) > COUNT / 2


def answered_by_now(world: QuestionWorld, ids: Sequence[str]) -> None:
    for request_id in ids:
        if not world.replies.done([request_id]):
            world.answer(request_id)


def test_every_hostile_question_is_answered_or_kept_as_a_dead_letter() -> None:
    world = QuestionWorld()
    done: list[Position] = []
    wanted: set[str] = set()
    letters: set[str] = set()
    for record in records("rag.queries", questions):
        found = inquiry(record, world.work.rules, world.work.utc_now())
        if isinstance(found, Refused):
            letters.add(str(record.position.offset))
        if not isinstance(found, Withdrawn) and found.reply_to is not None:
            wanted.add(found.reply_to.request_id)
        world.work.take(record)
        if record.position.offset % 50 == 0:
            done += world.step()
            answered_by_now(world, [question.request_id for question in world.jobs.questions[-50:]])
    while world.work.busy:
        done += world.step()
        answered_by_now(world, [question.request_id for question in world.jobs.questions[-50:]])
    assert sorted(position.offset for position in done) == list(range(COUNT))
    sent = [
        (reply.attributes, reply.value) for topic in ("rag.replies", "team.a") for reply in world.publisher.on(topic)
    ]
    terminal = {(about["requestid"], about["id"], value) for about, value in sent if about["type"] in TERMINAL}
    # Sent again to those who ask again, and never another.
    assert sorted(request_id for request_id, _, _ in terminal) == sorted(wanted)
    assert {letter.text("dlt_offset") for letter in world.publisher.on("rag.queries.dlt")} == letters
    assert len(letters) > COUNT / 2
