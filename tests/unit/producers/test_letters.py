"""Reading dead letters and sending them back: what travels, and what a hostile topic cannot break."""

import json
import uuid
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from fakes.publisher import RecordingPublisher, Sent
from hypothesis import given
from hypothesis import strategies as st

from producers.dead_letters.box import Selection
from producers.dead_letters.letter import Letter, letter_in, mark_in
from producers.dead_letters.redrive import mark, original_record
from producers.log import Stored
from schemas.dead_letters import LetterHeader, redrive_in
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.domain.record import Incoming, Position

Headers = tuple[tuple[str, bytes], ...]
NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
CAUSE = Cause("decode", "damaged_media", "the picture is cut off", tries=2)


def stored(topic: str, key: bytes | None, value: bytes | None, headers: Headers, offset: int = 0) -> Stored:
    return Stored(topic, 0, offset, 1_000, key, value, headers)


def bury(record: Incoming, cause: Cause = CAUSE) -> Letter:
    """The letter of `record`, as it is read again."""
    publisher = RecordingPublisher()
    DeadLetters(publisher, lambda: NOW).bury(record, cause)  # type: ignore[arg-type] - the same methods
    sent: Sent = publisher.sent[0]
    return letter_in(stored(sent.topic, sent.key, sent.value, sent.headers))


def media(*headers: tuple[str, bytes], key: bytes = b"media/birds/half.png", offset: int = 7) -> Incoming:
    return Incoming("media.events", Position(3, offset), key, b"\xff bytes", headers)


def question(*headers: tuple[str, bytes], key: bytes | None = None) -> Incoming:
    return Incoming("rag.queries", Position(1, 5), key, b'{"txt": "?"}', headers)


def again(letter: Letter) -> Incoming:
    """The record that a redrive of `letter` sends, as a dispatcher reads it."""
    topic, key, value, headers = original_record(letter)
    return Incoming(topic, Position(0, 99), key, value, tuple(headers))


def test_a_letter_is_read_as_it_was_written() -> None:
    letter = bury(media(("mine", b"\xfe")))
    assert (letter.key, letter.value, letter.headers) == (b"media/birds/half.png", b"\xff bytes", (("mine", b"\xfe"),))
    assert (letter.stage, letter.kind, letter.reason, letter.tries) == (*_words(CAUSE), 2)
    assert (letter.first_at, letter.last_at) == (NOW, NOW)
    assert (letter.topic, letter.subject) == ("media.events", "birds/half.png")


@pytest.mark.parametrize(("said", "year"), [(-(2**62), 1970), (-1, 1970), (0, 1970), (2**62, 9999)])
def test_a_time_that_no_calendar_has_costs_nothing_but_the_time(said: int, year: int) -> None:
    letter = letter_in(Stored("media.events.dlt", 0, 0, said, b"media/a", b"", ()))
    assert (letter.first_at.year, letter.last_at.year) == (year, year)


def test_headers_of_the_original_with_our_names_are_not_taken_for_ours() -> None:
    own = (("dlt_id", b"x"), ("dlt_stage", b"x"), ("dlt_redriven", b"x"), ("dlt_truncated", b"9"))
    letter = bury(media(*own))
    assert letter.headers == own
    assert (letter.stage, letter.whole_bytes) == ("decode", None)


def test_a_redriven_record_has_the_original_bytes_and_headers_and_what_is_behind_it() -> None:
    letter = bury(media(("mine", b"\xfe")))
    topic, key, value, headers = original_record(letter)
    assert (topic, key, value) == ("media.events", b"media/birds/half.png", b"\xff bytes")
    assert headers[0] == ("mine", b"\xfe")
    assert [name for name, _ in headers] == ["mine", "redrive"]
    behind = redrive_in(headers)
    assert behind is not None
    assert (behind.number, behind.letter, behind.first_at) == (1, letter.id, NOW)
    assert [(f.stage, f.kind, f.reason) for f in behind.history] == [_words(CAUSE)]


def test_a_second_redrive_has_both_failures_behind_it_and_one_header() -> None:
    second = bury(again(bury(media(("mine", b"1")))), Cause("write", "service_unavailable", "nobody answers"))
    assert (second.redrives, [failure.kind for failure in second.history]) == (1, ["damaged_media"])
    *_, headers = original_record(second)
    assert [name for name, _ in headers] == ["mine", "redrive"]
    behind = redrive_in(headers)
    assert behind is not None
    assert (behind.number, [f.kind for f in behind.history]) == (2, ["damaged_media", "service_unavailable"])


def test_a_question_is_asked_anew_under_an_id_of_its_own_each_time() -> None:
    ids = [("ce_id", b"q-1"), ("ce_subject", b"q-1"), ("ce_replytopic", b"team.a")]
    first = bury(question(*ids, key=b"q-1"))
    second = bury(again(first))
    third = bury(again(second))
    names = [letter.request_id for letter in (first, second, third)]
    assert names == ["q-1", first.next_request_id, second.next_request_id]
    assert len(set(names)) == 3
    assert {letter.first_request_id for letter in (first, second, third)} == {"q-1"}
    headers = dict(second.headers)
    assert headers["ce_id"] == headers["ce_subject"] == second.key == names[1].encode()
    assert headers["ce_replytopic"] == b"team.a"


def test_a_question_that_is_redriven_twice_from_one_letter_is_one_question() -> None:
    letter = bury(question(("ce_id", b"q-1")))
    assert original_record(letter) == original_record(letter)


def test_a_question_that_came_without_an_id_is_known_by_the_one_that_its_reply_had() -> None:
    letter = bury(question())
    assert letter.subject == letter.request_id
    uuid.UUID(letter.request_id)
    assert dict(again(letter).headers)["ce_id"] == letter.next_request_id.encode()


def test_what_is_no_question_goes_back_to_its_topic_under_its_own_id() -> None:
    headers = (("ce_id", b"c-1"), ("ce_type", b"io.omnibus.query.cancelled.v1"))
    assert again(bury(question(*headers))).headers[:2] == headers


def test_a_mark_is_told_from_a_letter() -> None:
    letter = bury(media(("dlt_redriven", b"of the original's own")))
    topic, key, value, headers = mark(letter, NOW)
    assert mark_in(stored(topic, key, value, tuple(headers))) == letter.id
    assert topic == "media.events.dlt"
    own = stored(topic, letter.key, letter.value, (*letter.headers, ("dlt_stage", b"decode")))
    assert mark_in(own) is None


@pytest.mark.parametrize(
    ("selection", "taken"),
    [
        (Selection(), True),
        (Selection(kind="damaged_media", stage="decode", prefix="birds/"), True),
        (Selection(prefix="media/"), False),
        (Selection(kind="empty_media"), False),
        (Selection(kind="damaged_media", stage="write"), False),
        (Selection(ids=frozenset({"another"})), False),
    ],
)
def test_a_selection_takes_what_meets_all_of_it(selection: Selection, *, taken: bool) -> None:
    assert selection.takes(bury(media())) is taken


def test_of_questions_the_prefix_is_of_the_request_id() -> None:
    assert Selection(prefix="q-").takes(bury(question(("ce_id", b"q-1"), key=b"other")))


def test_a_letter_that_was_never_on_its_topic_is_known_by_its_own_place() -> None:
    report = stored("media.events.dlt", None, b"{}", (("dlt_stage", b"bridge"), ("dlt_kind", b"bad_event")), offset=3)
    letter = letter_in(report)
    assert letter.origin is None
    assert letter.id != letter_in(replace(report, offset=4)).id


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*map(str, LetterHeader), "redrive", "ce_id", "x"]),
            st.binary(max_size=50) | st.sampled_from([b"7", b"9" * 30, b"media.events", b"[]", b"[{}]"]),
        ),
        max_size=15,
    ),
    st.sampled_from(["media.events.dlt", "rag.queries.dlt"]),
)
def test_whatever_stands_on_the_topic_is_a_letter_that_can_be_shown_and_sent(
    headers: list[tuple[str, bytes]], topic: str
) -> None:
    letter = letter_in(stored(topic, None, None, tuple(headers)))
    assert json.loads(dict(original_record(letter)[3])["redrive"])["number"] == letter.redrives + 1
    assert letter.subject is not None


def _words(cause: Cause) -> tuple[str, str, str]:
    return cause.stage, cause.kind, cause.reason
