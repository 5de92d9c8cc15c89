"""Segments: the pieces of an object that are embedded, found and cited."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal
from uuid import NAMESPACE_URL, uuid5

import numpy as np
from numpy.typing import NDArray

from workers.domain.locator import Locator
from workers.domain.media import ObjectRef, Version
from workers.domain.taken import UNKNOWN, Taken

SCENE, MOVING_PICTURE = "Video of: ", "Animation of: "
"""Begin the first paragraph of a video segment's text where models wrote it; what follows was said and written."""
Modality = Literal["text", "image", "audio", "video"]
Vector = NDArray[np.float32]
"""One embedding: `(d,) float32, unit length`."""


@dataclass(frozen=True, slots=True)
class Space:
    """A vector space: vectors of two spaces are never compared.

    `id` names the column or named vector that an index keeps for it; `model` is the model's name and version.
    """

    id: str
    dimensions: int
    model: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of one object. `text` is for keyword search and the generator; `derived`: a model wrote it."""

    id: str
    ordinal: int
    modality: Modality
    locator: Locator
    text: str
    content_hash: str
    derived: bool = False
    vectors: Mapping[str, Vector] = field(default_factory=dict)
    """Space id -> embedding."""
    parent: str = ""
    """Id of the section, page or shot that it is a piece of (`parent_id`); empty where there is only the object."""


@dataclass(frozen=True, slots=True)
class IndexedObject:
    """All that the index keeps of one version of one object.

    A rejected object has no segments and says why, so that reconciliation does not take it for a missing one.
    """

    ref: ObjectRef
    version: Version
    media_type: str
    segments: tuple[Segment, ...] = ()
    rejected: str = ""
    """Empty, or `kind: message` of the error that refused the object."""
    taken: Taken = UNKNOWN


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One line of the index's listing: which version of an object it holds, and how much of it."""

    ref: ObjectRef
    version: Version
    segments: int
    rejected: str = ""


@dataclass(frozen=True, slots=True)
class StoredSegment:
    """A segment as the index gives it back: with its object, without its vectors."""

    id: str
    ref: ObjectRef
    version: Version
    ordinal: int
    modality: Modality
    locator: Locator
    text: str
    derived: bool = False
    parent: str = ""


def segment_id(ref: ObjectRef, modality: Modality, locator: Locator, nth: int = 0) -> str:
    """uuid5 of (tenant, bucket, key, modality, locator): the same piece has the same id in any process.

    `nth` counts the segments of one object and modality with the same locator, from 0.
    """
    parts: list[object] = [ref.tenant, ref.bucket, ref.key, modality, locator.to_dict()]
    canonical = json.dumps([*parts, nth] if nth else parts, sort_keys=True)
    return str(uuid5(NAMESPACE_URL, f"omnibus:segment:{canonical}"))


def parent_id(ref: ObjectRef, name: str) -> str:
    """uuid5 of (tenant, bucket, key, name): what the segments of one section, page or shot of an object share.

    `name` tells it from the others of the object: `shot 3`, `page 2`, `section Animals > Birds`.
    """
    canonical = json.dumps([ref.tenant, ref.bucket, ref.key, name])
    return str(uuid5(NAMESPACE_URL, f"omnibus:parent:{canonical}"))
