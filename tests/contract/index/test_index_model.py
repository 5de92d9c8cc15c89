"""Any sequence of writes and deletes leaves in the index what it leaves in a dictionary."""

from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from index_adapters import ADAPTERS, Home, an_object, ids_of, towards, version

from workers.domain.hit import Filters
from workers.domain.media import ObjectRef
from workers.domain.segment import IndexedObject

KEYS = st.sampled_from(["a", "a'b", "b%", "c/😀"])
OBJECTS = st.builds(
    lambda key, size, moment: an_object(key, *["boat"] * size, moment=moment),
    KEYS,
    st.integers(0, 3),
    st.integers(1, 4),
)
WRITE = st.lists(OBJECTS, min_size=1, max_size=3, unique_by=lambda each: each.ref.key)
DELETE = st.tuples(KEYS, st.integers(1, 4))


def _precedes(each: IndexedObject, model: dict[str, IndexedObject]) -> bool:
    return each.ref.key in model and each.version.precedes(model[each.ref.key].version)


@pytest.mark.parametrize("adapter", sorted(ADAPTERS))
@settings(max_examples=25, deadline=None)
@given(steps=st.lists(st.one_of(WRITE, DELETE), max_size=8))
def test_the_index_holds_what_a_dictionary_would_hold(
    new_home: Callable[[str], AbstractContextManager[Home]], adapter: str, steps: list[object]
) -> None:
    with new_home(adapter) as home:
        index = home.open()
        model: dict[str, IndexedObject] = {}
        for step in steps:
            if isinstance(step, list):
                expected = [not _precedes(each, model) for each in step]
                assert index.write(step) == expected
                model.update({each.ref.key: each for each, accepted in zip(step, expected, strict=True) if accepted})
            else:
                key, moment = step
                stays = key in model and model[key].version.sequencer > version(moment).sequencer
                assert index.delete(ObjectRef("media", key), version(moment)) is not stays
                if not stays:
                    model.pop(key, None)
        listed = {r.ref.key: (r.version, r.segments) for r in index.objects("default", "media")}
        hits = index.nearest("words", towards(1, 0, 0, 0), k=100, filters=Filters())
    assert listed == {key: (each.version, len(each.segments)) for key, each in model.items()}
    assert sorted(hit.segment_id for hit in hits) == sorted(id_ for each in model.values() for id_ in ids_of(each))
