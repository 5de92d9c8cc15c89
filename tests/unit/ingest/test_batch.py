"""A batch: who fails leaves, the others go on."""

from datetime import UTC, datetime

import pytest

from workers.domain.change import Change, Outcome, Status
from workers.domain.media import ObjectRef
from workers.errors import DamagedMedia, ServiceUnavailable
from workers.ingest.batch import Batch

A, B, C = (Change(ObjectRef("media", key), "", "", removed=False, at=datetime.now(UTC)) for key in "abc")


@pytest.fixture
def batch() -> Batch:
    return Batch([A, B, C])


def half(number: int) -> int:
    if number % 2:
        raise DamagedMedia(f"{number} is odd")
    return number // 2


def test_a_step_gives_what_it_made_of_each_change(batch: Batch) -> None:
    assert batch.each("halve", [(A, 2), (B, 4)], half) == [(A, 1), (B, 2)]
    assert batch.outcomes == {}


def test_a_change_that_fails_leaves_with_an_outcome_and_the_others_go_on(batch: Batch) -> None:
    assert batch.each("halve", [(A, 2), (B, 3), (C, 4)], half) == [(A, 1), (C, 2)]
    assert batch.outcomes == {B: Outcome(Status.REJECTED, "damaged_media", "3 is odd", "halve")}


def test_what_may_pass_is_tried_again_and_not_rejected(batch: Batch) -> None:
    def away(_: int) -> int:
        raise ServiceUnavailable("nobody answers")

    assert batch.each("fetch", [(A, 1)], away) == []
    assert batch.outcomes == {A: Outcome(Status.RETRY, "service_unavailable", "nobody answers", "fetch")}


def test_a_common_step_sees_all_at_once_in_order(batch: Batch) -> None:
    assert batch.together("join", [(A, 1), (B, 2)], lambda numbers: [sum(numbers), len(numbers)]) == [(A, 3), (B, 2)]


def test_a_common_step_fails_for_all(batch: Batch) -> None:
    def away(_: object) -> list[int]:
        raise ServiceUnavailable("nobody answers")

    assert batch.together("write", [(A, 1), (B, 2)], away) == []
    assert {outcome.status for outcome in batch.outcomes.values()} == {Status.RETRY}
    assert set(batch.outcomes) == {A, B}


def test_a_common_step_of_nobody_is_not_run(batch: Batch) -> None:
    assert batch.together("write", [], lambda _: pytest.fail("it was run")) == []


def test_an_error_that_no_step_raises_on_purpose_takes_the_batch_down(batch: Batch) -> None:
    with pytest.raises(ZeroDivisionError):
        batch.each("divide", [(A, 0)], lambda number: 1 // number)


def test_the_time_of_a_step_adds_up_also_when_it_fails(batch: Batch) -> None:
    batch.each("halve", [(A, 2)], half)
    first = batch.timings_ms["halve"]
    batch.each("halve", [(B, 3)], half)
    assert batch.timings_ms["halve"] > first > 0


def test_a_change_may_need_no_further_step(batch: Batch) -> None:
    batch.finish(A, Status.UNCHANGED)
    assert batch.outcomes[A] == Outcome(Status.UNCHANGED)
