"""Erasure of what the cache holds of an object."""

from fakes.cache import DictCache

from workers.domain.media import ObjectRef
from workers.ingest.embed import KEPT_S
from workers.ingest.erase import Erased, Eraser

REF = ObjectRef("media", "a", "them")


def test_what_was_kept_of_an_object_is_gone_and_counted() -> None:
    cache = DictCache()
    eraser = Eraser(cache)
    eraser.note({REF: ["embedding:text:1", "embedding:text:2"], ObjectRef("media", "b", "them"): ["embedding:text:3"]})
    cache.relate({REF.trace: ["reply-body:q"]}, ttl_s=60)
    keys = ["embedding:text:1", "embedding:text:2", "embedding:text:3", "reply-body:q"]
    cache.put_many(dict.fromkeys(keys, b"x"), ttl_s=60)
    assert eraser.erase(REF, segments=4) == Erased(segments=4, embeddings=2, answers=1)
    assert list(cache.get_many(keys)) == [None, None, b"x", None]


def test_the_same_key_of_another_tenant_or_bucket_is_another_object() -> None:
    cache = DictCache()
    eraser = Eraser(cache)
    eraser.note({REF: ["embedding:1"]})
    cache.put_many({"embedding:1": b"x"}, ttl_s=60)
    assert eraser.erase(ObjectRef("media", "a", "us"), 0) == Erased()
    assert eraser.erase(ObjectRef("other", "a", "them"), 0) == Erased()


def test_a_note_lasts_as_long_as_what_is_noted() -> None:
    now = 0.0
    cache = DictCache(lambda: now)
    eraser = Eraser(cache)
    eraser.note({REF: ["embedding:1"]})
    cache.put_many({"embedding:1": b"x"}, ttl_s=KEPT_S)
    now = KEPT_S - 1
    assert eraser.erase(REF, 1).embeddings == 1
