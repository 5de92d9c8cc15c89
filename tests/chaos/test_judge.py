"""The judge sees what is wrong, and only that."""

from dataclasses import replace

import pytest

from chaos.judge import Fault, Piece, Reply, Row, Truth, judge_index, judge_replies

TRUTH = Truth("new", "", (Piece("text", "one"), Piece("text", "two")))
RECORD = Row("a", is_record=True, etag="new", id="object a", segments=2)
ONE = Row("a", is_record=False, etag="new", id="1", ordinal=0, modality="text", text="one")
TWO = replace(ONE, id="2", ordinal=1, text="two")
GOOD = (RECORD, ONE, TWO)


def faults(*rows: Row, truth: Truth | None = TRUTH) -> list[Fault]:
    return [wrong.fault for wrong in judge_index({} if truth is None else {"a": truth}, rows)]


def test_an_index_that_holds_what_the_bucket_does_is_right() -> None:
    assert faults(*GOOD) == []


def test_a_picture_is_one_segment_whose_text_is_the_models() -> None:
    record, picture = replace(RECORD, segments=1), replace(ONE, modality="image", text="a boat")
    assert faults(record, picture, truth=Truth("new", "", (Piece("image", None),))) == []


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        ((), Fault.MISSING),
        ((ONE, TWO), Fault.MISSING),
        ((replace(RECORD, etag="old"), replace(ONE, etag="old"), replace(TWO, etag="old")), Fault.STALE),
        ((RECORD, ONE, replace(TWO, etag="old")), Fault.STALE),
        ((RECORD, ONE, replace(TWO, version_id="7")), Fault.STALE),
        ((*GOOD, ONE), Fault.DUPLICATE),
        ((*GOOD, RECORD), Fault.DUPLICATE),
        ((RECORD, ONE), Fault.CONTENT),
        ((replace(RECORD, segments=1), ONE), Fault.CONTENT),
        ((RECORD, ONE, replace(TWO, text="too")), Fault.CONTENT),
        ((RECORD, ONE, replace(TWO, ordinal=2)), Fault.CONTENT),
        ((RECORD, ONE, replace(TWO, modality="image")), Fault.CONTENT),
        ((replace(RECORD, segments=0, rejected="damaged_media: no"),), Fault.REJECTED),
    ],
)
def test_what_differs_from_the_bucket_is_found(rows: tuple[Row, ...], fault: Fault) -> None:
    assert faults(*rows) == [fault]


def test_a_single_row_of_an_object_that_is_gone_is_an_orphan() -> None:
    assert faults(ONE, truth=None) == [Fault.ORPHAN]


REPLY = Reply("id", "completed", b"{}")
OTHER = replace(REPLY, body=b"{ }")


def test_every_question_has_one_reply() -> None:
    replies = {"one": [REPLY], "two": [REPLY, OTHER], "unknown": [REPLY, replace(REPLY, event_id="other")]}
    found = [(wrong.about, wrong.fault) for wrong in judge_replies(["one", "two", "none"], [], replies)]
    assert found == [("none", Fault.UNANSWERED), ("two", Fault.ANSWERED_TWICE), ("unknown", Fault.ANSWERED_TWICE)]


def test_a_copy_of_a_reply_is_no_second_one() -> None:
    assert not list(judge_replies(["one"], [], {"one": [REPLY, REPLY]}))


def test_a_question_that_was_abandoned_with_its_broker_may_have_a_reply_but_not_two() -> None:
    assert not list(judge_replies(["a", "b"], ["a", "b"], {"a": [REPLY]}))
    assert [wrong.fault for wrong in judge_replies(["a"], ["a"], {"a": [REPLY, OTHER]})] == [Fault.ANSWERED_TWICE]
