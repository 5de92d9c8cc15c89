"""The dispatcher on the real broker: what is committed, and what comes again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest
from fakes.jobs import HandWorkedJobs
from members import over_and_over

from producers.kafka import Publisher
from schemas.dead_letters import letter_id
from schemas.notification import change
from workers.adapters.bus.kafka import KafkaTopicConsumer
from workers.dispatch.batches import MediaLimits
from workers.dispatch.dead_letters import DeadLetters
from workers.dispatch.loop import Dispatcher, Pace
from workers.dispatch.media import MediaWork
from workers.dispatch.retry import RetryPolicy
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable

Join = Callable[..., KafkaTopicConsumer]
WaitUntil = Callable[..., object]


@dataclass
class ByHand:
    """Work that is done when the test says so."""

    taken: list[Incoming] = field(default_factory=list)
    dropped: list[int] = field(default_factory=list)
    finished: list[Position] = field(default_factory=list)
    away: bool = False
    busy: bool = False
    patient: int = 0

    def take(self, record: Incoming) -> None:
        self.taken.append(record)

    def advance(self, now: float) -> Sequence[Position]:
        del now
        if self.away:
            raise ServiceUnavailable("nobody answers")
        done, self.finished = self.finished, []
        return done

    def drop(self, partition: int) -> None:
        self.dropped.append(partition)
        self.taken = [record for record in self.taken if record.position.partition != partition]

    def finish(self, *offsets: int) -> None:
        self.finished += [r.position for r in self.taken if r.position.offset in offsets]

    @property
    def values(self) -> list[bytes | None]:
        return [record.value for record in self.taken]


@dataclass
class Run:
    """A dispatcher that the test turns by hand."""

    dispatcher: Dispatcher
    work: Any
    said: list[str]
    beats: list[int]

    def turn(self) -> "Run":
        self.dispatcher.turn()
        return self

    def stop(self) -> None:
        self.dispatcher.run(lambda: True)


@pytest.fixture
def dispatch(join: Join) -> Callable[..., Run]:
    def start(topic: str, work: Any = None, **pace: Any) -> Run:
        said: list[str] = []
        beats: list[int] = []
        work = work or ByHand()
        wanted = Pace(**{"idle_s": 0.05, "commit_s": 0.0, **pace})
        return Run(Dispatcher(join(topic), work, wanted, beat=beats.append, say=said.append), work, said, beats)

    return start


def send(publisher: Publisher, topic: str, count: int) -> list[bytes]:
    values = [str(number).encode() for number in range(count)]
    publisher.publish_all([(topic, b"key", value, ()) for value in values])
    return values


def test_after_a_restart_everything_from_the_first_gap_on_comes_again_and_nothing_before(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    values = send(publisher, topic, 10)
    first = dispatch(topic)
    wait_until(lambda: len(first.turn().work.taken) == 10)
    for offset in (7, 2, 0, 9, 1, 4):
        first.work.finish(offset)
        first.turn()
    first.stop()
    second = dispatch(topic)
    wait_until(lambda: len(second.turn().work.taken) >= 7)
    assert second.work.values == values[3:]


def test_what_was_finished_last_is_committed_at_the_stop(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    send(publisher, topic, 3)
    first = dispatch(topic, commit_s=3600.0)
    wait_until(lambda: len(first.turn().work.taken) == 3)
    first.work.finish(0, 1, 2)
    first.turn()
    first.stop()
    publisher.publish_raw(topic, key=b"key", value=b"new")
    second = dispatch(topic)
    wait_until(lambda: second.turn().work.taken)
    assert second.work.values == [b"new"]


def test_a_dispatcher_that_holds_enough_takes_no_more_until_it_is_half_empty(
    topic: str, publisher: Publisher, join: Join, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    run = dispatch(topic, in_flight=4)
    send(publisher, topic, 4)
    wait_until(lambda: len(run.turn().work.taken) == 4)
    send(publisher, topic, 6)
    other = join(topic, group=f"{topic}.other")
    seen: list[Incoming] = []
    while len(seen) < 10:
        seen += other.poll(timeout_s=0.05)
        run.turn()
    assert len(run.work.taken) == 4
    run.work.finish(0)
    run.turn().turn()
    assert len(run.work.taken) == 4
    run.work.finish(1)
    wait_until(lambda: len(run.turn().work.taken) == 10)


def test_records_of_heavy_objects_keep_no_others_from_being_taken(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    run = dispatch(topic, in_flight=4, patient=10)
    send(publisher, topic, 4)
    wait_until(lambda: len(run.turn().work.taken) == 4)
    run.work.patient = 4
    send(publisher, topic, 3)
    wait_until(lambda: len(run.turn().work.taken) == 7)
    assert run.turn().beats[-1] == 7


def test_a_dispatcher_tells_how_many_records_are_in_flight(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    run = dispatch(topic)
    send(publisher, topic, 3)
    wait_until(lambda: run.turn().beats[-1] == 3)
    run.work.finish(0, 1, 2)
    wait_until(lambda: run.turn().beats[-1] == 0)


def test_trouble_is_said_once_and_so_is_its_end(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    run = dispatch(topic)
    run.work.away = True
    for _ in range(3):
        run.turn()
    run.work.away = False
    for _ in range(3):
        run.turn()
    assert run.said == ["nobody answers", "recovered"]
    send(publisher, topic, 1)
    wait_until(lambda: run.turn().work.taken)


def test_another_dispatcher_takes_over_what_was_not_done(
    new_topic: Callable[..., str], publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    topic = new_topic(partitions=2)
    values = {str(number).encode() for number in range(20)}
    publisher.publish_all([(topic, value, value, ()) for value in values])
    first, second = dispatch(topic), dispatch(topic)
    wait_until(lambda: len(first.turn().work.taken) == 20)
    done = [record for record in first.work.taken if record.position.offset == 0]
    first.work.finish(0)
    first.turn()
    left = values - {record.value for record in done}
    with over_and_over(second.turn):
        # All partitions are taken away and dealt out anew; what was not done is read again by whoever has it now.
        wait_until(lambda: first.turn() and second.work.taken and {*first.work.values, *second.work.values} == left)
    assert set(first.work.dropped) == {0, 1}
    mine, theirs = ({record.position.partition for record in run.work.taken} for run in (first, second))
    assert (len(mine), len(theirs)) == (1, 1)
    assert mine != theirs
    assert first.turn().beats[-1] == len(first.work.taken)


def media_work(publisher: Publisher, jobs: HandWorkedJobs) -> MediaWork:
    ids = iter(range(1000))
    return MediaWork(
        jobs=jobs,
        dead_letters=DeadLetters(publisher),
        bucket="media",
        limits=MediaLimits(),
        policy=RetryPolicy(),
        new_id=lambda: f"job {next(ids)}",
        random=lambda: 0.0,
    )


def test_a_malformed_record_becomes_a_dead_letter_as_it_came(
    topic: str,
    publisher: Publisher,
    dispatch: Callable[..., Run],
    records_of: Callable[[str], Sequence[Any]],
    wait_until: WaitUntil,
) -> None:
    publisher.publish_raw(topic, key=b"\xff key", value=b"\xfe no JSON", headers=[("who", b"\xfd"), ("who", b"two")])
    run = dispatch(topic, media_work(publisher, HandWorkedJobs()))
    wait_until(lambda: run.turn() and records_of(f"{topic}.dlt"))
    (letter,) = records_of(f"{topic}.dlt")
    assert (letter.key, letter.value) == (b"\xff key", b"\xfe no JSON")
    assert letter.headers[:2] == [("who", b"\xfd"), ("who", b"two")]
    cause = {name: value.decode() for name, value in letter.headers[2:]}
    assert cause.pop("dlt_reason").startswith("not a bucket notification")
    assert cause.pop("dlt_id") == letter_id(topic, 0, 0)
    assert cause.pop("dlt_first_at") == cause.pop("dlt_last_at")
    assert cause == {
        "dlt_stage": "parse",
        "dlt_kind": "bad_event",
        "dlt_tries": "1",
        "dlt_topic": topic,
        "dlt_partition": "0",
        "dlt_offset": "0",
    }


def test_a_malformed_record_holds_up_nothing_behind_it(
    topic: str, publisher: Publisher, dispatch: Callable[..., Run], wait_until: WaitUntil
) -> None:
    publisher.publish_raw(topic, key=b"media/a", value=b"no JSON")
    good = change("put", bucket="media", key="a", sequencer="10")
    publisher.publish_raw(topic, key=b"media/a", value=good.to_json())
    jobs = HandWorkedJobs()
    run = dispatch(topic, media_work(publisher, jobs))
    wait_until(lambda: run.turn() and jobs.waiting)
    jobs.work("job 0")
    wait_until(lambda: run.turn().beats[-1] == 0)
    run.stop()
    publisher.publish_raw(topic, key=b"media/a", value=good.to_json())
    after = dispatch(topic)
    wait_until(lambda: after.turn().work.taken)
    assert [record.position.offset for record in after.work.taken] == [2]


def test_a_record_as_large_as_the_bus_takes_still_fits_into_the_dead_letters(
    topic: str,
    publisher: Publisher,
    dispatch: Callable[..., Run],
    records_of: Callable[[str], Sequence[Any]],
    wait_until: WaitUntil,
) -> None:
    large = b"x" * 1_048_400  # Kafka takes a batch of 1,048,588 bytes
    publisher.publish_raw(topic, key=b"key", value=large)
    run = dispatch(topic, media_work(publisher, HandWorkedJobs()))
    wait_until(lambda: run.turn() and records_of(f"{topic}.dlt"))
    assert records_of(f"{topic}.dlt")[0].value == large
    assert run.said == []
