"""The contract of `workers.ports.index.Index` for searching: every adapter keeps it."""

import pytest
from index_adapters import PICTURES, SPACES, an_object, ids_of, record_of, segment, towards, version
from index_searches import EAST, EVERYTHING, HOSTILE_KEYS, found_by, found_near, keys_of

from workers.domain.hit import Filters
from workers.domain.media import ObjectRef
from workers.domain.segment import IndexedObject
from workers.ports.index import Index

# Vector search


def test_the_nearest_come_first_with_their_cosines(index: Index) -> None:
    near, middle, far = towards(1, 0.1, 0, 0), towards(1, 1, 0, 0), towards(-1, 0, 0, 0)
    index.write([an_object(name, name, vector=v) for name, v in [("far", far), ("near", near), ("middle", middle)]])
    hits = index.nearest("words", EAST, k=3, filters=EVERYTHING)
    assert [stored.ref.key for stored in index.segments([hit.segment_id for hit in hits])] == ["near", "middle", "far"]
    assert [hit.score for hit in hits] == pytest.approx([near[0], middle[0], -1.0], abs=1e-3)


def test_no_more_than_k_are_found(index: Index) -> None:
    index.write([an_object(f"{n}.txt", "lighthouse") for n in range(5)])
    assert len(found_near(index, k=2)) == 2
    assert len(found_by(index, "lighthouse", k=2)) == 2
    assert found_near(index, k=0) == []


def test_a_space_is_searched_by_itself_and_missing_vectors_are_passed_over(index: Index) -> None:
    ref = ObjectRef("media", "mixed")
    both = segment(ref, 0, "both", words=EAST, pictures=towards(1, 0, 0))
    words, neither = segment(ref, 1, "words", words=EAST), segment(ref, 2, "neither")
    pictures = segment(ref, 3, "pictures", modality="image", pictures=towards(0, 1, 0))
    index.write([IndexedObject(ref, version(1), "text/plain", (both, words, neither, pictures))])
    assert set(found_near(index)) == {both.id, words.id}
    near = index.nearest(PICTURES.id, towards(0, 1, 0), k=10, filters=EVERYTHING)
    assert [hit.segment_id for hit in near] == [pictures.id, both.id]


def test_a_question_in_an_unknown_space_or_of_the_wrong_size_is_refused(index: Index) -> None:
    with pytest.raises(ValueError, match="smells"):
        index.nearest("smells", EAST, k=1, filters=EVERYTHING)
    with pytest.raises(ValueError, match="words"):
        index.nearest("words", towards(1, 0, 0), k=1, filters=EVERYTHING)


def test_an_empty_index_finds_nothing(index: Index) -> None:
    assert (found_near(index), found_by(index, "anything"), index.segments(["x"])) == ([], [], [])


def test_the_index_names_its_spaces(index: Index) -> None:
    assert tuple(index.spaces) == SPACES


# Keyword search


@pytest.mark.parametrize(
    ("text", "question"),
    [
        ("The lighthouses were painted", "lighthouse"),
        ("she was running home", "run"),
        ("Un café près du port", "cafe"),
        ("un cafe", "CAFÉ"),
        ("Invoice 2024-113, total 45.90 EUR", "45.90"),
        ("dogs sleep", "what is the dog doing?"),
    ],
    ids=["plural", "verb form", "accent in the text", "accent and case in the question", "number", "question"],
)
def test_words_match_by_stem_case_and_accent(index: Index, text: str, question: str) -> None:
    index.write([an_object("a.txt", text), an_object("b.txt", "nothing of that sort")])
    assert keys_of(index, found_by(index, question)) == {"a.txt"}


def test_the_better_match_comes_first(index: Index) -> None:
    index.write([an_object("one.txt", "a lighthouse in a field"), an_object("two.txt", "the lighthouse harbour")])
    hits = index.matching("lighthouse harbour", k=10, filters=EVERYTHING)
    assert [stored.ref.key for stored in index.segments([hit.segment_id for hit in hits])] == ["two.txt", "one.txt"]
    assert hits[0].score > hits[1].score > 0


@pytest.mark.parametrize("question", ["", "   ", "?!", "the of and"])
def test_a_question_without_words_finds_nothing(index: Index, question: str) -> None:
    index.write([an_object("a.txt", "the lighthouse of the harbour")])
    assert found_by(index, question) == []


@pytest.mark.parametrize(
    "question",
    ['"dog', "dog AND (", "dog:*", "-dog +dog", "dog' OR '1'='1", "dog \\", "dog😀", "dog\x00", "dog \ud800", "{dog}^"],
)
def test_no_character_of_a_question_is_special(index: Index, question: str) -> None:
    index.write([an_object("a.txt", "the dog sleeps")])
    assert keys_of(index, found_by(index, question)) <= {"a.txt"}
    assert keys_of(index, found_by(index, question + " sleeping")) == {"a.txt"}


def test_a_text_that_utf8_cannot_hold_is_kept_with_question_marks(index: Index) -> None:
    each = an_object("a.json", "lone \ud800 surrogate")
    index.write([each])
    assert [stored.text for stored in index.segments(ids_of(each))] == ["lone ? surrogate"]


# Filters


def test_a_filter_by_modality(index: Index) -> None:
    modalities = {"a": "text", "b": "image", "c": "audio"}
    index.write([an_object(key, "boat", modality=modality) for key, modality in modalities.items()])
    assert keys_of(index, found_near(index, Filters(modalities=("image",)))) == {"b"}
    assert keys_of(index, found_by(index, "boat", Filters(modalities=("image", "audio")))) == {"b", "c"}


def test_a_tenant_sees_nothing_of_another(index: Index) -> None:
    index.write([an_object("a", "boat"), an_object("b", "boat", tenant="acme")])
    assert keys_of(index, found_near(index)) == {"a"}
    assert keys_of(index, found_by(index, "boat", Filters(tenant="acme"))) == {"b"}
    assert found_near(index, Filters(tenant="acm")) == []


def test_a_prefix_is_taken_literally(index: Index) -> None:
    keys = ["100%", "100x", "1000", "a_b/1", "axb/1", "A_b/1"]
    index.write([an_object(key, "boat") for key in keys])
    assert keys_of(index, found_near(index, Filters(prefix="100%"))) == {"100%"}
    assert keys_of(index, found_by(index, "boat", Filters(prefix="a_b"))) == {"a_b/1"}
    assert keys_of(index, found_near(index, Filters(prefix="100"))) == {"100%", "100x", "1000"}


@pytest.mark.parametrize("edge", ["\U0010ffff", "a\U0010ffff", "\ud7ff", "z\ud7ff", "é", "~"])
def test_a_prefix_may_end_with_any_character(index: Index, edge: str) -> None:
    keys = [edge, edge + "tail", edge + "\U0010ffff\U0010ffff", "a", "zz", "\ue000"]
    index.write([an_object(key, "boat") for key in keys])
    assert keys_of(index, found_near(index, Filters(prefix=edge))) == {key for key in keys if key.startswith(edge)}


def test_filters_combine(index: Index) -> None:
    for tenant in ("default", "acme"):
        for modality in ("text", "image"):
            index.write(
                [an_object(f"{folder}/{modality}", "boat", tenant=tenant, modality=modality) for folder in "xy"]
            )
    filters = Filters(tenant="acme", modalities=("image",), prefix="x/")
    for ids in (found_near(index, filters), found_by(index, "boat", filters)):
        assert [(s.ref.tenant, s.ref.key) for s in index.segments(ids)] == [("acme", "x/image")]


def test_a_filter_does_not_use_up_the_k(index: Index) -> None:
    index.write([an_object(f"near/{n}", "boat boat boat") for n in range(30)])
    index.write([an_object("far/1", "a boat far away", vector=towards(0, 1, 0, 0))])
    filters = Filters(prefix="far/")
    assert keys_of(index, found_near(index, filters, k=1)) == {"far/1"}
    assert keys_of(index, found_by(index, "boat", filters, k=1)) == {"far/1"}


@pytest.mark.parametrize("key", HOSTILE_KEYS, ids=range(len(HOSTILE_KEYS)))
def test_a_hostile_key_is_a_key_like_any_other(index: Index, key: str) -> None:
    bystander = an_object("bystander", "boat")
    index.write([bystander, an_object(key, "boat", moment=1)])
    index.write([an_object(key, "boat", "ship", moment=2)])
    record = record_of(index, ObjectRef("media", key))
    assert record is not None
    assert (record.ref.key, record.segments) == (key, 2)
    assert keys_of(index, found_near(index, Filters(prefix=key))) == {key}
    assert [listed.ref.key for listed in index.objects("default", "media", key)] == [key]
    assert index.delete(ObjectRef("media", key), version(2)) is True
    assert keys_of(index, found_near(index)) == {"bystander"}


@pytest.mark.parametrize("text", [*HOSTILE_KEYS, "\ud800"], ids=range(len(HOSTILE_KEYS) + 1))
def test_a_hostile_filter_lets_nothing_through_that_it_should_not(index: Index, text: str) -> None:
    index.write([an_object("a", "boat")])
    for filters in (Filters(tenant=text), Filters(modalities=(text,)), Filters(prefix=text)):
        assert found_near(index, filters) == found_by(index, "boat", filters) == []
