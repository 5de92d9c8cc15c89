"""The vector spaces of an index: which vectors fit them, and that an index was not made with other models."""

from collections.abc import Collection, Mapping, Sequence
from re import sub

import numpy as np

from workers.domain.segment import IndexedObject, Space, Vector
from workers.errors import OmnibusError


class IndexMismatch(OmnibusError):
    """The index holds vectors of other models than those that are in use now."""

    kind = "index_mismatch"


def vector_column(space_id: str) -> str:
    """The column of a space's vectors: its id, with what is no letter, digit or underscore replaced."""
    return "vector_" + sub(r"[^A-Za-z0-9_]", "_", space_id)


def by_id(spaces: Sequence[Space]) -> dict[str, Space]:
    """Space id -> space. Raises `ValueError` for spaces that would share a column."""
    columns = {vector_column(space.id) for space in spaces}
    if len(columns) < len(spaces):
        raise ValueError("two spaces have ids that differ only in punctuation")
    return {space.id: space for space in spaces}


def check_spaces(held: Collection[Space], wanted: Collection[Space], index: str, remedy: str) -> None:
    """Raise `IndexMismatch` unless `index`, as the user knows it, was made with these spaces; `remedy` empties it."""
    if set(held) != set(wanted):
        raise IndexMismatch(
            f"{index} was made with {_named(held)}, but the models in use now are {_named(wanted)}; "
            f"go back to the profile it was made with, or {remedy} and index the bucket again"
        )


def check_vectors(spaces: Mapping[str, Space], each: IndexedObject) -> None:
    """Raise `ValueError` unless every vector of the object fits its space."""
    for segment in each.segments:
        for space, vector in segment.vectors.items():
            check_vector(spaces, space, vector)


def check_vector(spaces: Mapping[str, Space], space: str, vector: Vector) -> None:
    """Raise `ValueError` for an unknown space, a wrong shape, or numbers that are not finite."""
    if space not in spaces:
        raise ValueError(f"the index has no space {space!r}, only {', '.join(spaces)}")
    if vector.shape != (spaces[space].dimensions,):
        raise ValueError(f"a vector of {space} has shape {vector.shape}, not ({spaces[space].dimensions},)")
    if not np.isfinite(vector).all():
        raise ValueError(f"a vector of {space} has numbers that are not finite")


def _named(spaces: Collection[Space]) -> str:
    return ", ".join(f"{s.id}: {s.model} ({s.dimensions} dimensions)" for s in sorted(spaces, key=lambda s: s.id))
