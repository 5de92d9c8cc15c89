"""Dead letters on the real brokers: what is open, what was redriven, and what goes back to its topic."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import pytest

from producers.dead_letters.box import Box, Selection, open_box, whole_ids
from producers.dead_letters.redrive import Originals, Result, judge, redrive
from producers.errors import BusUnavailable
from producers.kafka import Publisher
from producers.log import Stored, TopicLog
from workers.dispatch.dead_letters import Cause, DeadLetters
from workers.domain.record import Incoming, Position

NOW = datetime(2031, 5, 6, 7, 8, 9, tzinfo=UTC)
TORN = Cause("decode", "damaged_media", "the picture is cut off")
AWAY = Cause("write", "service_unavailable", "nobody answers", tries=5)
EVERY = Selection()


class Desk:
    """The dead letters of one topic, as an operator works on them."""

    def __init__(self, bootstrap: str, topic: str, publisher: Publisher) -> None:
        self.bootstrap, self.topic, self.publisher = bootstrap, topic, publisher

    def bury(self, key: str, cause: Cause = TORN, offset: int = 0, headers: Sequence[tuple[str, bytes]] = ()) -> None:
        record = Incoming(self.topic, Position(0, offset), f"media/{key}".encode(), b"\xff original", tuple(headers))
        DeadLetters(self.publisher, lambda: NOW).bury(record, cause)

    def bury_again(self, record: Stored, cause: Cause = TORN) -> None:
        """What came back to the topic fails there once more."""
        read = Incoming(self.topic, Position(0, record.offset), record.key, record.value, record.headers)
        DeadLetters(self.publisher, lambda: NOW).bury(read, cause)

    def open(self, selection: Selection = EVERY) -> list[str]:
        """The keys of the letters that are open."""
        with self.box() as box:
            return [letter.subject for letter, is_open in box.letters(selection) if is_open]

    def on_the_topic(self) -> list[Stored]:
        """What is on the topic itself: what came back."""
        with TopicLog(self.bootstrap) as log:
            return list(log.records(self.topic, log.ends(self.topic)))

    def box(self) -> "_Opened":
        return _Opened(self.bootstrap, f"{self.topic}.dlt")

    def redrive(self, selection: Selection = EVERY) -> list[Result]:
        with self.box() as box:
            letters = (letter for letter, is_open in box.letters(selection) if is_open)
            return list(redrive(letters, self.publisher, Originals(self.bootstrap), at=NOW))


class _Interrupted(Exception):
    pass


@dataclass(frozen=True)
class _Dying:
    """A publisher whose process ends after the original was sent."""

    publisher: Publisher

    def publish_all(self, records: Sequence[Any]) -> None:
        self.publisher.publish_all(records)
        raise _Interrupted


class _Opened:
    def __init__(self, bootstrap: str, topic: str) -> None:
        self._log = TopicLog(bootstrap)
        self._topic = topic

    def __enter__(self) -> Box:
        return open_box(self._log, self._topic)

    def __exit__(self, *_: object) -> None:
        self._log.close()


@pytest.fixture
def desk(bootstrap: str, topic: str, publisher: Publisher) -> Iterator[Desk]:
    return Desk(bootstrap, topic, publisher)


def test_an_empty_topic_has_no_letters(desk: Desk) -> None:
    assert desk.open() == []
    assert desk.redrive() == []


def test_letters_are_listed_in_the_order_in_which_they_came(desk: Desk) -> None:
    for number in range(30):
        desk.bury(str(number), offset=number)
    assert desk.open() == [str(number) for number in range(30)]


def test_a_redriven_record_is_on_its_topic_again_and_its_letter_is_not_open(desk: Desk) -> None:
    desk.bury("a", headers=[("mine", b"\xfe")])
    (result,) = desk.redrive()
    assert result.trouble == ""
    (back,) = desk.on_the_topic()
    assert (back.key, back.value) == (b"media/a", b"\xff original")
    assert back.headers[0] == ("mine", b"\xfe")
    assert [name for name, _ in back.headers] == ["mine", "redrive"]
    assert desk.open() == []


def test_what_was_redriven_is_not_redriven_by_the_next_all(desk: Desk) -> None:
    desk.bury("a", offset=0)
    desk.redrive()
    desk.bury("b", offset=1)
    assert [result.letter.subject for result in desk.redrive()] == ["b"]
    assert [record.key for record in desk.on_the_topic()] == [b"media/a", b"media/b"]


def test_only_what_is_selected_is_redriven(desk: Desk) -> None:
    desk.bury("birds/a", TORN, offset=0)
    desk.bury("birds/b", AWAY, offset=1)
    desk.bury("fish/c", AWAY, offset=2)
    desk.redrive(Selection(kind="service_unavailable", prefix="birds/"))
    assert desk.open() == ["birds/a", "fish/c"]
    desk.redrive(Selection(stage="decode"))
    assert desk.open() == ["fish/c"]


def test_a_second_failure_is_a_letter_of_its_own_that_keeps_the_history(desk: Desk) -> None:
    desk.bury("a", TORN, offset=1000)
    for cause in (AWAY, TORN):
        desk.redrive()
        desk.bury_again(desk.on_the_topic()[-1], cause)
    with desk.box() as box:
        (latest,) = (letter for letter, is_open in box.letters(EVERY) if is_open)
        assert (len(box.open), len(box.redriven)) == (1, 2)
    assert latest.redrives == 2
    assert [failure.kind for failure in latest.history] == ["damaged_media", "service_unavailable"]


def test_a_record_that_was_buried_twice_is_redriven_once(desk: Desk) -> None:
    """A record that tells of two objects is buried for each; a dispatcher that is killed may bury it once more."""
    desk.bury("a", TORN, offset=5)
    desk.bury("a", AWAY, offset=5)
    assert desk.open(Selection(kind="service_unavailable")) == ["a"]
    assert len(desk.redrive()) == 1
    assert len(desk.on_the_topic()) == 1
    assert desk.open() == []


def test_a_letter_that_is_buried_after_its_redrive_is_open_again(desk: Desk) -> None:
    desk.bury("a", offset=5)
    desk.redrive()
    desk.bury("a", offset=5)
    assert desk.open() == ["a"]


def test_a_redrive_that_was_interrupted_before_its_mark_is_done_again(desk: Desk) -> None:
    desk.bury("a")
    dying = Desk(desk.bootstrap, desk.topic, _Dying(desk.publisher))  # type: ignore[arg-type] - the same method
    with pytest.raises(_Interrupted):
        dying.redrive()
    assert desk.open() == ["a"]
    desk.redrive()
    assert desk.open() == []
    assert [record.key for record in desk.on_the_topic()] == [b"media/a"] * 2


def test_more_letters_than_go_together_are_all_redriven(desk: Desk) -> None:
    for number in range(250):
        desk.bury(str(number), offset=number)
    assert len(desk.redrive()) == 250
    assert desk.open() == []
    assert [record.key for record in desk.on_the_topic()] == [f"media/{number}".encode() for number in range(250)]


def test_a_letter_is_found_by_the_beginning_of_its_id(desk: Desk) -> None:
    for number in range(20):
        desk.bury(str(number), offset=number)
    with desk.box() as box:
        (letter, _), *_ = box.letters(EVERY)
        assert whole_ids([box], [letter.id[:13]]) == {letter.id}
        assert [copy.subject for copy in box.copies(letter.id)] == [letter.subject]
        with pytest.raises(LookupError, match="there is no dead letter"):
            whole_ids([box], ["00000000-0000"])
        with pytest.raises(ValueError, match="is no id"):
            whole_ids([box], ["birds/a"])


def test_of_a_truncated_letter_the_whole_is_read_where_it_came_from(desk: Desk, publisher: Publisher) -> None:
    whole = b"x" * 300_000
    publisher.publish_all([(desk.topic, b"media/large", value, ()) for value in (b"before", whole, b"after")])
    headers = _cause(desk.topic, offset=1, whole=len(whole))
    publisher.publish_raw(f"{desk.topic}.dlt", key=b"media/large", value=whole[:1000], headers=headers)
    (result,) = desk.redrive()
    assert result.trouble == ""
    assert desk.on_the_topic()[-1].value == whole


@pytest.mark.parametrize("offset", [0, 7], ids=["another record", "no record"])
def test_a_truncated_letter_whose_original_is_gone_says_that_it_cannot_be_redriven(
    desk: Desk, publisher: Publisher, offset: int
) -> None:
    publisher.publish_raw(desk.topic, key=b"media/large", value=b"something else")
    headers = _cause(desk.topic, offset=offset, whole=300_000)
    publisher.publish_raw(f"{desk.topic}.dlt", key=b"media/large", value=b"x" * 1000, headers=headers)
    (result,) = desk.redrive()
    assert "only the first 1000 of its 300000 bytes were kept" in result.trouble
    assert desk.open() == ["large"]


def test_a_report_that_was_never_a_record_is_not_put_onto_the_topic(desk: Desk) -> None:
    headers = [("dlt_stage", b"bridge"), ("dlt_kind", b"bad_event")]
    desk.publisher.publish_raw(f"{desk.topic}.dlt", key=None, value=b"a report", headers=headers)
    (result,) = desk.redrive()
    assert "never a record" in result.trouble
    assert not desk.on_the_topic()


def test_a_letter_of_another_topic_is_not_sent_there(desk: Desk, new_topic: Callable[[], str]) -> None:
    headers = _cause(new_topic(), offset=0, whole=None)
    desk.publisher.publish_raw(f"{desk.topic}.dlt", key=b"k", value=b"v", headers=headers)
    assert "never a record" in desk.redrive()[0].trouble


def test_looking_at_what_a_redrive_would_do_sends_nothing(desk: Desk) -> None:
    desk.bury("a")
    with desk.box() as box:
        results = [judge(letter, Originals(desk.bootstrap)) for letter, _ in box.letters(EVERY)]
    assert [result.trouble for result in results] == [""]
    assert desk.open() == ["a"]
    assert not desk.on_the_topic()


def test_what_others_write_to_the_topic_does_not_break_the_listing(desk: Desk) -> None:
    desk.publisher.publish_raw(f"{desk.topic}.dlt", key=b"junk", value=b"\xff", headers=[("dlt_redriven", b"\xff")])
    desk.publisher.publish_raw(f"{desk.topic}.dlt", key=b"media/junk", value=None, headers=[("dlt_offset", b"-1")])
    desk.bury("a")
    assert desk.open() == ["junk", "a"]


def test_letters_that_came_after_the_first_look_are_left_for_the_next(desk: Desk) -> None:
    desk.bury("a", offset=0)
    with desk.box() as box:
        desk.bury("b", offset=1)
        assert [letter.subject for letter, _ in box.letters(EVERY)] == ["a"]


def test_a_question_whose_deadline_passed_is_not_asked_again(desk: Desk, publisher: Publisher) -> None:
    record = Incoming("rag.queries", Position(0, 0), None, b"{}", (("ce_id", b"q"),))
    DeadLetters(publisher, lambda: NOW).bury(record, replace(TORN, stage="parse", kind="deadline_exceeded"))
    asker = Desk(desk.bootstrap, "rag.queries", publisher)
    (result,) = asker.redrive(Selection(prefix="q"))
    assert "deadline has passed" in result.trouble


def test_a_topic_that_is_not_there_is_said_so(bootstrap: str) -> None:
    with TopicLog(bootstrap) as log, pytest.raises(BusUnavailable, match="no topic"):
        open_box(log, "nobody.made.this.dlt")


def _cause(topic: str, *, offset: int, whole: int | None) -> list[tuple[str, bytes]]:
    said = {"dlt_id": "x", "dlt_stage": "parse", "dlt_topic": topic, "dlt_partition": "0", "dlt_offset": str(offset)}
    headers = [(name, value.encode()) for name, value in said.items()]
    return headers if whole is None else [*headers, ("dlt_truncated", str(whole).encode())]
