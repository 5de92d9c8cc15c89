"""Dead letters: what cannot be processed is kept as it came, as far as the broker takes it."""

from fakes.publisher import RecordingPublisher

from workers.dispatch.dead_letters import TRUNCATED, Cause, DeadLetters
from workers.domain.record import Incoming, Position

CAUSE = Cause("parse", "bad_event", "not a bucket notification", tries=2)


def test_a_dead_letter_has_the_original_bytes_and_says_why_it_is_dead() -> None:
    publisher = RecordingPublisher()
    record = Incoming("media.events", Position(3, 7), b"key", b"\xff value", (("mine", b"\xfe"),))
    DeadLetters(publisher).bury(record, CAUSE)  # type: ignore[arg-type] - the same methods
    (sent,) = publisher.on("media.events.dlt")
    assert (sent.key, sent.value, sent.headers[0]) == (b"key", b"\xff value", ("mine", b"\xfe"))
    assert (sent.text("dlt_stage"), sent.text("dlt_kind"), sent.text("dlt_tries")) == ("parse", "bad_event", "2")
    assert (sent.text("dlt_topic"), sent.text("dlt_partition"), sent.text("dlt_offset")) == ("media.events", "3", "7")


def test_of_what_is_too_large_for_the_broker_the_beginning_is_kept() -> None:
    publisher = RecordingPublisher(largest=TRUNCATED + 1000)
    value = b"x" * (TRUNCATED + 5000)
    DeadLetters(publisher).bury(Incoming("rag.queries", Position(0, 1), None, value), CAUSE)  # type: ignore[arg-type] - as above
    (sent,) = publisher.on("rag.queries.dlt")
    assert sent.value == value[:TRUNCATED]
    assert sent.text("dlt_truncated") == str(len(value))
