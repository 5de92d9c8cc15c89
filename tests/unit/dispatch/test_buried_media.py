"""What the media dispatcher gives up becomes a dead letter, and nothing is lost while bus or queue are away."""

import pytest
from media_world import LEASE_S, World
from records import put, record

from producers.errors import BusUnavailable
from workers.dispatch.progress import Stage
from workers.domain.record import Incoming, Position
from workers.errors import ServiceUnavailable


@pytest.fixture
def world() -> World:
    return World()


def test_what_is_no_notification_is_kept_with_its_bytes_and_headers(world: World) -> None:
    world.work.take(record(b"\xff no JSON", offset=7, partition=2, headers=(("who", b"\xfe"),)))
    assert world.work.busy
    assert world.step() == [Position(2, 7)]
    (letter,) = world.letters
    assert (letter.key, letter.value) == (b"key", b"\xff no JSON")
    assert letter.headers[0] == ("who", b"\xfe")
    assert (letter.text("dlt_stage"), letter.text("dlt_kind")) == ("parse", "bad_event")
    assert letter.text("dlt_reason").startswith("not a bucket notification")
    assert [letter.text(f"dlt_{name}") for name in ("topic", "partition", "offset")] == ["media.events", "2", "7"]


def test_a_record_of_nothing_at_all_is_kept_as_an_empty_one(world: World) -> None:
    """Kafka's client refuses to send a record that has neither a key nor a value."""
    world.work.take(Incoming("media.events", Position(0, 0), None, None))
    assert world.step() == [Position(0, 0)]
    assert (world.letters[0].key, world.letters[0].value) == (None, b"")


def test_a_rejected_object_is_kept_with_its_reason_and_not_tried_again(world: World) -> None:
    notification = put("refuse")
    value = notification.to_json()
    position = world.tell(notification)
    world.step()
    assert world.finish() == [position]
    (letter,) = world.letters
    assert letter.value == value
    causes = [letter.text(f"dlt_{name}") for name in ("stage", "kind", "reason", "tries")]
    assert causes == ["decode", "damaged_media", "it is torn", "1"]


def test_the_others_of_a_batch_do_not_suffer_from_a_rejected_one(world: World) -> None:
    positions = [world.tell(put(key)) for key in ("a", "refuse", "b")]
    world.step()
    assert sorted(world.finish(), key=lambda p: p.offset) == positions
    assert len(world.letters) == 1


def test_a_dead_letter_that_cannot_be_written_is_not_forgotten(world: World) -> None:
    world.work.take(record(b"no JSON"))
    world.publisher.away = True
    for _ in range(3):
        with pytest.raises(BusUnavailable):
            world.step()
    assert world.work.busy
    world.publisher.away = False
    assert world.step() == [Position(0, 0)]
    assert len(world.letters) == 1


def test_a_dead_letter_that_breaks_its_writing_holds_up_no_other_object(world: World) -> None:
    def break_() -> None:
        raise OverflowError("nobody thought of that")

    world.publisher.before_sending = break_
    world.work.take(record(b"no notification", offset=1))
    position = world.tell(put("a"))
    with pytest.raises(OverflowError):
        world.step()
    (job_id,) = world.jobs.waiting
    world.jobs.work(job_id)
    assert world.work.advance(world.now) == [position]


def test_what_is_done_while_the_bus_is_away_is_reported_and_the_rest_waits(world: World) -> None:
    done = world.tell(put("a"))
    world.step()
    world.jobs.work("job 0")
    world.work.take(record(b"no JSON", offset=1))
    world.publisher.away = True
    assert world.work.advance(world.now) == [done]
    with pytest.raises(BusUnavailable):
        world.work.advance(world.now)
    world.publisher.away = False
    assert world.step() == [Position(0, 1)]


def test_nothing_is_lost_while_the_queue_is_away(world: World) -> None:
    position = world.tell(put("a"))
    world.jobs.away = True
    with pytest.raises(ServiceUnavailable):
        world.step()
    world.jobs.away = False
    world.step()
    assert world.finish() == [position]


def test_a_lease_does_not_run_out_unseen_while_the_queue_is_away(world: World) -> None:
    position = world.tell(put("a"))
    world.step()
    world.jobs.work("job 0")
    world.jobs.away = True
    with pytest.raises(ServiceUnavailable):
        world.step(2 * LEASE_S)
    world.jobs.away = False
    assert world.step() == [position]


def test_a_record_that_is_being_buried_is_not_done(world: World) -> None:
    world.publisher.away = True
    world.work.take(record(b"no JSON"))
    with pytest.raises(BusUnavailable):
        world.step()
    (dead,) = world.work.unfinished()
    assert (dead.position, dead.stage) == (Position(0, 0), Stage.BURYING)
    assert "not a bucket notification" in dead.reason


def test_a_record_with_a_bad_entry_is_kept_and_its_good_entries_are_worked_on(world: World) -> None:
    position = world.tell(put("a"), put("b", bucket="other"), put("b"))
    assert world.step() == []
    assert world.started() == [["a", "b"]]
    (letter,) = world.letters
    assert (letter.text("dlt_stage"), letter.text("dlt_kind")) == ("parse", "bad_event")
    assert world.finish() == [position]


def test_a_record_that_the_client_cannot_read_becomes_a_dead_letter(world: World) -> None:
    entry = Incoming("media.events", Position(0, 7), None, b"the batch", unreadable="the checksum is wrong")
    world.work.take(entry)
    assert world.step() == [entry.position]
    (letter,) = world.letters
    assert (letter.value, letter.text("dlt_reason"), letter.text("dlt_offset")) == (
        b"the batch",
        "the checksum is wrong",
        "7",
    )
