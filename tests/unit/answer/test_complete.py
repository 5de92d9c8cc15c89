"""The completed reply."""

from datetime import UTC, datetime

from segments import by_id, passage, photo

from schemas.answers import AnswerCompleted, Refusal
from schemas.questions import QueryRequested
from workers.answer.asked import Asked, ReplyTo
from workers.answer.complete import completed
from workers.domain.hit import FusedHit

ASKED = Asked(ReplyTo("1", "rag.replies", "default"), QueryRequested(text="what?"), datetime.now(UTC))
TOWER, FROG = passage("tower", "The tower is green."), photo("frog", "")
HITS = [FusedHit("tower", 0.5, {"text": 0.7}), FusedHit("frog", 0.25, {"image": 0.4})]
STATE = {
    "answer": "Green. [1]",
    "refused": None,
    "citations": [[1, "tower", "The tower is green."]],
    "degraded": [{"part": "retrieve_keywords", "reason": "away"}],
    "timings_ms": {"encode": 1.5},
}


def test_the_reply_has_the_answer_with_its_sources_and_the_hits_best_first() -> None:
    reply = completed(ASKED, STATE, HITS, by_id(FROG, TOWER), {"text": "minilm"})
    assert (reply.request_id, reply.answer, reply.refused) == ("1", "Green. [1]", None)
    assert [(c.marker, c.key, c.modality, c.quote) for c in reply.citations] == [
        (1, "tower.md", "text", "The tower is green.")
    ]
    assert [(hit.key, hit.score, hit.scores, hit.text) for hit in reply.hits] == [
        ("tower.md", 0.5, {"text": 0.7}, "The tower is green."),
        ("frog.jpg", 0.25, {"image": 0.4}, None),
    ]
    assert reply.hits[0].locator.chars == (0, 19)
    assert reply.degraded[0].part == "retrieve_keywords"
    assert reply.timings_ms == {"encode": 1.5}
    assert reply.lineage == {"models": {"text": "minilm"}, "objects": {"tower.md": "etag", "frog.jpg": "etag"}}


def test_what_was_removed_since_it_was_found_is_left_out() -> None:
    reply = completed(ASKED, STATE, HITS, by_id(FROG), {})
    assert [hit.key for hit in reply.hits] == ["frog.jpg"]
    assert reply.citations == []
    assert reply.lineage["objects"] == {"frog.jpg": "etag"}


def test_a_refusal_keeps_the_hits_that_did_not_suffice() -> None:
    reply = completed(ASKED, {"answer": None, "refused": "nobody knows"}, HITS, by_id(TOWER), {})
    assert (reply.answer, reply.refused, len(reply.hits)) == (None, Refusal(reason="nobody knows"), 1)


def test_hits_alone_are_a_reply() -> None:
    reply = completed(ASKED, {}, HITS, by_id(TOWER), {})
    assert isinstance(reply, AnswerCompleted)
    assert (reply.answer, reply.refused, reply.citations) == (None, None, [])
