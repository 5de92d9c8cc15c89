"""What clients do on the real broker: publish, tail, ask, learn what became of an upload."""

import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from time import monotonic
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition

from producers.ask import ask
from producers.errors import BusUnavailable, NoReply
from producers.kafka import Publisher
from producers.tail import Tail
from producers.upload import Uploaded, UploadOutcome, outcomes
from schemas.answers import AnswerCompleted, AnswerDelta, AnswerFailed, FailureCode
from schemas.envelope import Message, attributes_of
from schemas.index_events import MediaIndexed, MediaProgressed, MediaRejected, MediaRemoved, ObjectVersion
from schemas.questions import QueryRequested
from schemas.topics import QUERIES, REPLIES

NOWHERE = "127.0.0.1:1"


def test_a_message_arrives_with_its_envelope(
    publisher: Publisher, topic: str, records_of: Callable[[str], Any], wait_until: Callable[..., object]
) -> None:
    message = AnswerDelta(request_id="1", sequence=0, text="ünï 🎉")
    event_id = publisher.publish(topic, message, key="a/ünï", extensions={"requestid": "1"})
    wait_until(lambda: records_of(topic))
    (record,) = records_of(topic)
    attributes = attributes_of(record.headers)
    assert record.key == "a/ünï".encode()
    assert (attributes["id"], attributes["source"], attributes["subject"]) == (event_id, "/test", "a/ünï")
    assert attributes["requestid"] == "1"
    assert AnswerDelta.model_validate_json(record.value) == message


def test_records_of_one_key_keep_their_order(
    publisher: Publisher, topic: str, records_of: Callable[[str], Any], wait_until: Callable[..., object]
) -> None:
    values = [str(number).encode() for number in range(200)]
    publisher.publish_all([(topic, b"key", value, ()) for value in values])
    wait_until(lambda: len(records_of(topic)) == 200)
    assert [record.value for record in records_of(topic)] == values


def test_threads_may_share_a_publisher(
    publisher: Publisher, topic: str, records_of: Callable[[str], Any], wait_until: Callable[..., object]
) -> None:
    values = [str(number).encode() for number in range(100)]
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda value: publisher.publish_raw(topic, key=value, value=value), values))
    wait_until(lambda: len(records_of(topic)) == 100)
    assert sorted(record.value for record in records_of(topic)) == sorted(values)


def test_a_broker_out_of_reach_is_said_at_once() -> None:
    with pytest.raises(BusUnavailable, match=r"Kafka at 127\.0\.0\.1:1 does not answer"):
        Publisher(NOWHERE, source="/test", timeout_s=1)
    with pytest.raises(BusUnavailable, match="is the stack up"):
        Tail(NOWHERE, "a", timeout_s=1)


def test_a_topic_that_is_not_there_is_said_at_once(bootstrap: str) -> None:
    with pytest.raises(BusUnavailable, match=r"has no topic never\.made"):
        Tail(bootstrap, "never.made")


def test_a_tail_misses_nothing_that_is_sent_after_it_was_made(
    bootstrap: str, publisher: Publisher, new_topic: Callable[..., str]
) -> None:
    topic = new_topic(partitions=4)
    for turn in range(5):
        publisher.publish_all([(topic, str(n).encode(), b"before", ()) for n in range(turn * 3)])
        with Tail(bootstrap, topic) as tail:
            values = {f"{turn} {number}".encode() for number in range(20)}
            publisher.publish_all([(topic, value, value, ()) for value in values])
            seen: set[bytes] = set()
            for record in tail.records(timeout_s=20):
                seen.add(record.value)
                if values <= seen:
                    break
            assert values <= seen


def test_a_tail_ends_when_its_time_is_up(bootstrap: str, topic: str) -> None:
    with Tail(bootstrap, topic) as tail:
        begun = monotonic()
        assert list(tail.records(timeout_s=0.3)) == []
        assert monotonic() - begun >= 0.3


class Answerer:
    """Replies to questions as a worker does, from another thread."""

    def __init__(self, bootstrap: str, publisher: Publisher) -> None:
        self._publisher = publisher
        self._consumer = KafkaConsumer(bootstrap_servers=bootstrap, auto_offset_reset="earliest", fetch_max_wait_ms=10)
        self._consumer.assign([TopicPartition(QUERIES.name, number) for number in range(QUERIES.partitions)])
        self._consumer.seek_to_beginning()
        self._seen: set[str] = set()

    def reply_to(self, text: str, *replies: Callable[[str], Message], topic: str = REPLIES.name) -> str:
        """Wait for the question with these words and send the replies, each made of its id; that id."""
        end = monotonic() + 30
        while monotonic() < end:
            for batch in self._consumer.poll(timeout_ms=50).values():
                for record in batch:
                    request_id = attributes_of(record.headers).get("id", "")
                    if request_id and json.loads(record.value).get("text") == text:
                        for make in replies:
                            message = make(request_id)
                            extensions = {"requestid": request_id}
                            self._publisher.publish(topic, message, key=request_id, extensions=extensions)
                        return request_id
        pytest.fail(f"nobody asked {text!r}")

    def close(self) -> None:
        self._consumer.close()


@pytest.fixture
def answerer(bootstrap: str, publisher: Publisher) -> Iterator[Answerer]:
    made = Answerer(bootstrap, publisher)
    yield made
    made.close()


def delta(number: int, text: str) -> Callable[[str], Message]:
    return lambda request_id: AnswerDelta(request_id=request_id, sequence=number, text=text)


def completed(answer: str) -> Callable[[str], Message]:
    return lambda request_id: AnswerCompleted(request_id=request_id, answer=answer)


def test_a_question_gets_its_own_reply_and_its_text_as_it_comes(
    bootstrap: str, publisher: Publisher, answerer: Answerer
) -> None:
    pieces: list[str] = []
    publisher.publish(REPLIES.name, AnswerCompleted(request_id="other"), key="other", extensions={"requestid": "other"})
    with ThreadPoolExecutor(1) as thread:
        replied = thread.submit(
            answerer.reply_to, "what colour?", delta(0, "It is"), delta(1, " blue."), completed("It is blue. [1]")
        )
        question = QueryRequested(text="what colour?", stream=True)
        reply = ask(publisher, bootstrap, question, timeout_s=30, on_delta=pieces.append)
    assert reply == AnswerCompleted(request_id=replied.result(), answer="It is blue. [1]")
    assert pieces == ["It is", " blue."]


def test_a_failure_is_a_reply_too(bootstrap: str, publisher: Publisher, answerer: Answerer) -> None:
    def failed(request_id: str) -> Message:
        return AnswerFailed(request_id=request_id, code=FailureCode.WORK_LOST, message="lost", retryable=True)

    with ThreadPoolExecutor(1) as thread:
        thread.submit(answerer.reply_to, "what fails?", failed)
        reply = ask(publisher, bootstrap, QueryRequested(text="what fails?"), timeout_s=30)
    assert isinstance(reply, AnswerFailed)
    assert reply.code == "work_lost"


def test_a_reply_is_awaited_where_the_question_asked_for_it(
    bootstrap: str, publisher: Publisher, answerer: Answerer, topic: str
) -> None:
    with ThreadPoolExecutor(1) as thread:
        thread.submit(answerer.reply_to, "where?", completed("Here."), topic=topic)
        reply = ask(publisher, bootstrap, QueryRequested(text="where?", reply_topic=topic), timeout_s=30)
    assert isinstance(reply, AnswerCompleted)


def test_a_question_that_nobody_answers_is_said_in_time(bootstrap: str, publisher: Publisher) -> None:
    with pytest.raises(NoReply, match="within 1 s; is a worker running"):
        ask(publisher, bootstrap, QueryRequested(text="anybody?"), timeout_s=1)


def uploaded(key: str, etag: str = "e") -> Uploaded:
    return Uploaded(key, etag, at=monotonic())


def event(message: type[Message], key: str, etag: str = "e", bucket: str = "media", **more: object) -> Message:
    about = {"bucket": bucket, "key": key, "version": ObjectVersion(etag=etag)}
    return message.model_validate({**about, **more})


INDEXED = {"media_type": "text/plain", "segments": 1}
TORN = {"kind": "damaged_media", "reason": "it is torn"}


def test_what_became_of_an_upload_is_told_as_it_is_known(bootstrap: str, publisher: Publisher, topic: str) -> None:
    with Tail(bootstrap, topic) as tail:
        for message in (
            event(MediaIndexed, "b", **INDEXED),
            event(MediaRejected, "a", **TORN),
            event(MediaIndexed, "another's", **INDEXED),
        ):
            publisher.publish(topic, message, key="key")
        found = list(outcomes(tail, "media", [uploaded("a"), uploaded("b")], timeout_s=30))
    assert [(o.key, o.status, o.reason) for o in found] == [("b", "indexed", None), ("a", "rejected", "it is torn")]


def test_how_far_heavy_work_is_is_told_until_it_is_done(bootstrap: str, publisher: Publisher, topic: str) -> None:
    told: list[float | None] = []
    with Tail(bootstrap, topic) as tail:
        for message in (
            event(MediaProgressed, "a", stage="listen", fraction=0.25),
            event(MediaProgressed, "another's", stage="listen", fraction=0.5),
            event(MediaProgressed, "a", stage="listen"),
            event(MediaIndexed, "a", **INDEXED),
        ):
            publisher.publish(topic, message, key="key")
        more = {"timeout_s": 30, "progressed": lambda each: told.append(each.fraction)}
        (found,) = outcomes(tail, "media", [uploaded("a")], **more)  # type: ignore[arg-type]
    assert (found.status, told) == ("indexed", [0.25, None])


def test_news_of_another_version_or_bucket_is_not_of_this_upload(
    bootstrap: str, publisher: Publisher, topic: str
) -> None:
    with Tail(bootstrap, topic) as tail:
        for message in (
            event(MediaIndexed, "a", etag="older", **INDEXED),
            event(MediaIndexed, "a", bucket="other", **INDEXED),
            event(MediaRemoved, "a"),
            event(MediaRejected, "a", **TORN),
        ):
            publisher.publish(topic, message, key="key")
        (found,) = outcomes(tail, "media", [uploaded("a")], timeout_s=30)
    assert found.status == "rejected"


def test_records_that_are_no_index_events_are_passed_over(bootstrap: str, publisher: Publisher, topic: str) -> None:
    with Tail(bootstrap, topic) as tail:
        publisher.publish_raw(topic, key=None, value=b"no JSON")
        publisher.publish_raw(topic, key=b"a", value=None, headers=[("ce_type", MediaIndexed.event_type.encode())])
        publisher.publish_raw(topic, key=None, value=b"{}", headers=[("ce_type", MediaIndexed.event_type.encode())])
        publisher.publish(topic, event(MediaIndexed, "a", **INDEXED), key="key")
        (found,) = outcomes(tail, "media", [uploaded("a")], timeout_s=30)
    assert found.status == "indexed"


def test_what_is_not_known_in_time_is_unfinished(bootstrap: str, topic: str) -> None:
    with Tail(bootstrap, topic) as tail:
        (found,) = outcomes(tail, "media", [uploaded("a")], timeout_s=0.2)
    assert found == UploadOutcome("a", "unfinished", "not indexed within 0 s", found.seconds)


def test_without_an_upload_there_is_nothing_to_wait_for(bootstrap: str, topic: str) -> None:
    with Tail(bootstrap, topic) as tail:
        assert list(outcomes(tail, "media", [], timeout_s=3600)) == []
