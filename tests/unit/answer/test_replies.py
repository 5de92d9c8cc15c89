"""Replies: any number of deltas, and exactly one terminal reply."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from fakes.cache import DictCache
from fakes.publisher import RecordingPublisher

from producers.errors import BusUnavailable
from schemas.answers import AnswerCompleted, AnswerDelta, AnswerFailed, AnswerHit
from workers.answer.asked import ReplyTo
from workers.answer.reply import CLAIM_S, DONE_S, MESSAGE_LIMIT, Replies
from workers.errors import DamagedMedia, ModelUnavailable, ServiceUnavailable
from workers.ingest.look import ObjectChanged

TO = ReplyTo("1", "team.a", "them", "00-ab-cd-01", asked_at="rag.queries:0:7")
COMPLETED = AnswerCompleted(request_id="1", answer="Blue.")


class World:
    """Replies and what they work with; the clock is in the test's hand."""

    def __init__(self) -> None:
        self.now = 0.0
        self.cache = DictCache(lambda: self.now)
        self.publisher = RecordingPublisher()
        self.found: list[object] = []
        self.replies = Replies(self.publisher, self.cache)  # type: ignore[arg-type] - the same methods

    def failure(self) -> AnswerFailed:
        (sent,) = self.publisher.sent
        return AnswerFailed.model_validate_json(sent.value or b"")


@pytest.fixture
def world() -> World:
    return World()


def test_a_terminal_reply_goes_where_the_question_asked_for(world: World) -> None:
    assert world.replies.terminal(TO, COMPLETED)
    (sent,) = world.publisher.on("team.a")
    assert sent.key == b"1"
    assert {name: sent.attributes[name] for name in ("type", "requestid", "tenant", "traceparent")} == {
        "type": AnswerCompleted.event_type,
        "requestid": "1",
        "tenant": "them",
        "traceparent": "00-ab-cd-01",
    }
    assert AnswerCompleted.model_validate_json(sent.value or b"") == COMPLETED


def test_of_many_at_once_one_sends_the_terminal_reply(world: World, wait_until: Callable[..., object]) -> None:
    """Those that come while the first is still on its way to the broker do not wait for it, and do not send."""
    arrived = Event()
    world.publisher.before_sending = lambda: arrived.wait(60)
    with ThreadPoolExecutor(8) as threads:
        sending = [threads.submit(world.replies.terminal, TO, COMPLETED) for _ in range(8)]
        wait_until(lambda: sum(each.done() for each in sending) == 7)
        arrived.set()
    assert [each.result() for each in sending].count(True) == 1
    assert len(world.publisher.sent) == 1


def test_nothing_follows_a_terminal_reply(world: World) -> None:
    world.replies.terminal(TO, COMPLETED)
    assert not world.replies.fail(TO, DamagedMedia("it is torn"))
    assert len(world.publisher.sent) == 1


def test_another_question_has_a_reply_of_its_own(world: World) -> None:
    world.replies.terminal(TO, COMPLETED)
    assert world.replies.terminal(ReplyTo("2", "team.a", "them"), AnswerCompleted(request_id="2"))


def test_a_reply_is_done_when_the_broker_has_it(world: World) -> None:
    assert world.replies.done(["1", "2"]) == {}
    world.replies.terminal(TO, COMPLETED)
    assert world.replies.done(["1", "2"]) == {"1": "rag.queries:0:7"}
    world.now = DONE_S - 1
    assert world.replies.done(["1"]) == {"1": "rag.queries:0:7"}


def test_a_reply_that_could_not_be_sent_may_be_sent_by_another(world: World) -> None:
    world.publisher.away = True
    with pytest.raises(ServiceUnavailable):
        world.replies.terminal(TO, COMPLETED)
    assert world.replies.done(["1"]) == {}
    world.publisher.away = False
    assert world.replies.terminal(TO, COMPLETED)


def test_the_claim_of_a_process_that_died_runs_out(world: World) -> None:
    world.cache.claim("reply:1", b"claimed", ttl_s=CLAIM_S)
    assert not world.replies.terminal(TO, COMPLETED)
    world.now = CLAIM_S
    assert world.replies.terminal(TO, COMPLETED)


def test_a_second_copy_of_a_terminal_reply_has_the_same_event_id(world: World) -> None:
    world.replies.terminal(TO, COMPLETED)
    world.cache.delete(["reply:1"])
    world.replies.fail(TO, DamagedMedia("it is torn"))
    first, second = world.publisher.sent
    assert first.attributes["id"] == second.attributes["id"]


def test_deltas_are_numbered_and_told_apart(world: World) -> None:
    for number, text in enumerate(["It", " is"]):
        world.replies.delta(TO, number, text)
    messages = [AnswerDelta.model_validate_json(sent.value or b"") for sent in world.publisher.on("team.a")]
    assert [(message.sequence, message.text) for message in messages] == [(0, "It"), (1, " is")]
    assert [sent.attributes["sequence"] for sent in world.publisher.sent] == ["0", "1"]
    assert len({sent.attributes["id"] for sent in world.publisher.sent}) == 2


@pytest.mark.parametrize(
    ("error", "code", "retryable"),
    [
        (DamagedMedia("it is torn"), "damaged_media", False),
        (ModelUnavailable("no model"), "model_unavailable", True),
    ],
)
def test_an_error_of_ours_is_told_by_its_kind_and_sentence(
    world: World,
    error: Exception,
    code: str,
    retryable: bool,  # noqa: FBT001 - a parameter of the table
) -> None:
    world.replies.fail(TO, error)
    failed = world.failure()
    assert (failed.code, failed.message, failed.retryable) == (code, str(error), retryable)


@pytest.mark.parametrize("error", [ZeroDivisionError("a secret"), ObjectChanged("a secret")])
def test_any_other_error_is_told_without_its_inside(world: World, error: Exception) -> None:
    world.replies.fail(TO, error)
    failed = world.failure()
    assert (failed.code, failed.retryable) == ("internal", True)
    assert "secret" not in failed.message


def test_a_sentence_that_is_too_long_is_cut(world: World) -> None:
    world.replies.fail(TO, DamagedMedia("x" * 10_000))
    assert len(world.failure().message) == MESSAGE_LIMIT


def test_a_question_without_a_trace_gets_a_reply_without_one(world: World) -> None:
    world.replies.terminal(ReplyTo("2", "team.a", "them"), AnswerCompleted(request_id="2"))
    assert "traceparent" not in world.publisher.sent[0].attributes


def test_a_reply_whose_acknowledgement_was_lost_is_sent_again_and_never_contradicted(world: World) -> None:
    def lose() -> None:
        raise BusUnavailable("no acknowledgement")

    world.publisher.after_sending = lose
    with pytest.raises(ServiceUnavailable):
        world.replies.terminal(TO, COMPLETED)
    world.publisher.after_sending = lambda: None
    assert world.replies.fail(TO, ServiceUnavailable("the step failed"))
    first, second = world.publisher.sent
    assert first.value == second.value
    assert first.attributes["id"] == second.attributes["id"]
    assert second.attributes["type"] == AnswerCompleted.event_type


def test_a_reply_that_is_kept_can_be_sent_again_as_it_was(world: World) -> None:
    world.replies.terminal(TO, COMPLETED)
    world.replies.again(TO)
    first, second = world.publisher.sent
    assert (first.value, first.attributes["id"]) == (second.value, second.attributes["id"])


def test_a_kept_reply_is_erased_with_any_object_that_it_is_about(world: World) -> None:
    world.replies.terminal(TO, COMPLETED, traces=["object:a", "object:b"])
    assert world.cache.forget("object:b") == ["reply-body:1"]
    world.replies.again(TO)
    first, second = world.publisher.sent
    assert AnswerFailed.model_validate_json(second.value or b"").code == "object_gone"
    assert first.attributes["id"] != second.attributes["id"]


def test_a_reply_that_was_kept_and_not_sent_is_known(world: World) -> None:
    assert world.replies.unsent([TO]) == {}
    world.publisher.away = True
    with pytest.raises(ServiceUnavailable):
        world.replies.terminal(TO, COMPLETED)
    assert world.replies.unsent([TO]) == {"1": COMPLETED}
    world.publisher.away = False
    world.replies.terminal(TO, COMPLETED)
    assert world.replies.unsent([TO]) == {}


def test_what_somebody_is_sending_is_left_to_them(world: World) -> None:
    world.publisher.before_sending = lambda: world.found.append(world.replies.unsent([TO]))
    world.replies.terminal(TO, COMPLETED)
    assert world.found == [{}]


def test_a_reply_that_is_too_large_for_the_bus_goes_without_the_words_of_its_hits(world: World) -> None:
    hits = [AnswerHit(key=f"{number}.txt", modality="text", score=1.0, text="x" * 9000) for number in range(10)]
    world.publisher.largest = 10_000
    world.replies.terminal(TO, COMPLETED.model_copy(update={"hits": hits}))
    (sent,) = world.publisher.sent
    reply = AnswerCompleted.model_validate_json(sent.value or b"")
    assert [(hit.key, hit.text) for hit in reply.hits] == [(hit.key, None) for hit in hits]
    assert (reply.answer, reply.degraded[0].part) == ("Blue.", "reply")
    world.replies.again(TO)
    assert world.publisher.sent[1].value == sent.value


def test_a_reply_that_is_too_large_all_the_same_is_a_failure(world: World) -> None:
    world.publisher.largest = 1000
    assert world.replies.terminal(TO, AnswerCompleted(request_id="1", answer="x" * 2000))
    assert world.failure().code == "internal"
    assert world.replies.done(["1"])


def test_a_reply_that_cannot_be_written_leaves_no_claim(world: World) -> None:
    def broken() -> None:
        raise RuntimeError("it broke")

    world.publisher.before_sending = broken
    with pytest.raises(RuntimeError):
        world.replies.terminal(TO, COMPLETED)
    world.publisher.before_sending = lambda: None
    assert world.replies.terminal(TO, COMPLETED)
