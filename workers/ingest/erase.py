"""Erasure: what is known of a removed object leaves the cache too, and the receipt says what that was."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from workers.domain.media import ObjectRef, erasure_mark
from workers.ingest.embed import KEPT_S
from workers.ports.cache import Cache

MARKED_S = 3600
"""How long an erasure is marked: longer than anybody takes from reading segments to looking for the mark."""


LISTENING = "listening:"
"""How keys begin that hold what was heard in a recording."""


@dataclass(frozen=True, slots=True)
class Erased:
    """How much was removed of one object: from the index its segments, from the cache kept answers, and embeddings.

    What was read in a picture, or heard in a recording, counts as one of these.
    """

    segments: int = 0
    embeddings: int = 0
    answers: int = 0


@dataclass(frozen=True, slots=True)
class Eraser:
    """Knows which keys of the cache hold something of an object. Every method raises `ServiceUnavailable`."""

    cache: Cache

    def note(self, keys_of: Mapping[ObjectRef, Sequence[str]]) -> None:
        """These keys are about to hold something of these objects."""
        self.cache.relate({ref.trace: keys for ref, keys in keys_of.items()}, ttl_s=KEPT_S)

    def erase(self, ref: ObjectRef, segments: int) -> Erased:
        """Forget what the cache holds of an object whose `segments` have left the index.

        Another object with the same content only has to be encoded anew should it come again.
        """
        # First the mark: what is noted too late to be forgotten here is noted by somebody who will find the mark.
        self.cache.put_many({erasure_mark(ref.trace): b"1"}, ttl_s=MARKED_S)
        keys = self.cache.forget(ref.trace)
        embeddings = sum(key.startswith(("embedding:", "reading:", LISTENING)) for key in keys)
        return Erased(segments, embeddings, answers=len(keys) - embeddings)
