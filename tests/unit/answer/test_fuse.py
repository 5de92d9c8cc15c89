"""Fusion: one list out of many."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workers.answer.fuse import WEIGHTS, K, evidence, fuse
from workers.answer.retrieve import Retrieved
from workers.domain.hit import FusedHit, Hit

FLOORS = {"text": 0.3, "image": 0.2}
HITS = st.lists(st.tuples(st.sampled_from("abcdefgh"), st.floats(-1, 1)), max_size=8, unique_by=lambda hit: hit[0]).map(
    lambda hits: [Hit(name, score) for name, score in sorted(hits, key=lambda hit: -hit[1])]
)
WORD_HITS = HITS.map(lambda hits: [Hit(hit.segment_id, abs(hit.score)) for hit in hits])
RETRIEVED = st.tuples(
    st.builds(Retrieved, st.just("text"), st.lists(HITS, max_size=2)),
    st.builds(Retrieved, st.just("image"), st.lists(HITS, max_size=1)),
    st.builds(Retrieved, st.just("keywords"), st.lists(WORD_HITS, max_size=1)),
)
"""What the three retrievers may find: a question with a picture has two vectors among texts."""


def found(retriever: str, **scores: float) -> Retrieved:
    """One list of hits, in the order given."""
    return Retrieved(retriever, [[Hit(name, score) for name, score in scores.items()]])


def names(hits: list[FusedHit]) -> list[str]:
    return [hit.segment_id for hit in hits]


@given(RETRIEVED, st.data())
def test_the_order_of_the_lists_makes_no_difference(retrieved: Sequence[Retrieved], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(retrieved))
    assert fuse(shuffled, FLOORS, 10) == fuse(retrieved, FLOORS, 10)


@given(RETRIEVED, st.integers(1, 10))
def test_the_best_come_first_each_once_and_no_more_than_asked_for(retrieved: Sequence[Retrieved], top_k: int) -> None:
    hits = fuse(retrieved, FLOORS, top_k)
    assert names(hits) == names(fuse(retrieved, FLOORS, 100))[:top_k]
    assert len(set(names(hits))) == len(hits)
    assert hits == sorted(hits, key=lambda hit: (-hit.score, hit.segment_id))


@given(RETRIEVED)
def test_every_score_that_a_hit_got_is_kept(retrieved: Sequence[Retrieved]) -> None:
    given_scores = {(r.retriever, hit.segment_id, hit.score) for r in retrieved for hits in r.lists for hit in hits}
    for fused in fuse(retrieved, FLOORS, 100):
        assert fused.scores
        assert all((name, fused.segment_id, score) in given_scores for name, score in fused.scores.items())


@given(RETRIEVED)
def test_what_is_below_every_floor_comes_after_all_that_is_not(retrieved: Sequence[Retrieved]) -> None:
    strong = {
        hit.segment_id
        for entry in retrieved
        for hits in entry.lists
        for hit in hits
        if hit.score >= FLOORS.get(entry.retriever, 0.0)
    }
    order = [hit.segment_id in strong for hit in fuse(retrieved, FLOORS, 100)]
    assert order == sorted(order, reverse=True)


def test_a_hit_of_two_retrievers_comes_before_a_better_one_of_a_single_one() -> None:
    hits = fuse([found("text", a=0.9, both=0.8), found("image", b=0.9, both=0.8)], FLOORS, 10)
    assert names(hits) == ["both", "a", "b"]
    assert hits[0].score == pytest.approx(2 / (K + 2))
    assert hits[0].scores == {"text": 0.8, "image": 0.8}


def test_a_word_in_common_counts_less_than_a_close_meaning() -> None:
    hits = fuse([found("keywords", word=9.5), found("text", meaning=0.5)], FLOORS, 10)
    assert names(hits) == ["meaning", "word"]
    assert hits[1].score == pytest.approx(WEIGHTS["keywords"] / (K + 1))


def test_equal_ranks_are_in_the_order_of_their_ids() -> None:
    assert names(fuse([found("text", b=0.9, a=0.8), found("image", a=0.9, b=0.8)], FLOORS, 10)) == ["a", "b"]


def test_a_picture_that_matches_nothing_comes_after_every_passage_that_matches() -> None:
    passages = {f"passage {number}": 0.9 - number / 100 for number in range(20)}
    hits = fuse([found("text", **passages), found("image", picture=0.1)], FLOORS, 100)
    assert names(hits) == [*passages, "picture"]


def test_where_nothing_matches_well_the_best_there_is_are_hits() -> None:
    assert names(fuse([found("text", passage=0.1), found("image", picture=0.1)], FLOORS, 10)) == ["passage", "picture"]


def test_a_word_in_common_comes_before_a_meaning_that_is_not_close() -> None:
    assert names(fuse([found("keywords", word=9.5), found("text", passage=0.1)], FLOORS, 10)) == ["word", "passage"]


def test_of_several_scores_of_one_retriever_the_best_is_kept() -> None:
    hits = fuse([Retrieved("text", [[Hit("a", 0.4)], [Hit("a", 0.6)]])], FLOORS, 10)
    assert hits[0].scores == {"text": 0.6}


def test_nothing_found_is_no_hits() -> None:
    assert fuse([Retrieved("text", []), Retrieved("image", [], failed="away")], FLOORS, 10) == []


def test_evidence_is_what_one_vector_retriever_finds_close_enough() -> None:
    hits = [
        FusedHit("near text", 1.0, {"text": 0.3}),
        FusedHit("near picture", 1.0, {"text": 0.1, "image": 0.2}),
        FusedHit("far", 1.0, {"text": 0.29, "image": 0.19}),
        FusedHit("word", 1.0, {"keywords": 99.0}),
    ]
    assert names(evidence(hits, FLOORS)) == ["near text", "near picture"]


@given(RETRIEVED)
def test_retrieved_lists_survive_the_way_to_the_next_task(retrieved: Sequence[Retrieved]) -> None:
    assert [Retrieved.from_dict(entry.to_dict()) for entry in retrieved] == list(retrieved)
