"""A decoder of its own for every test."""

from collections.abc import Iterator

import pytest

from workers.adapters.decoders.limits import DecodeLimits
from workers.adapters.decoders.sandbox import SandboxedDecoder


@pytest.fixture
def decoder() -> Iterator[SandboxedDecoder]:
    """A decoder within the usual limits; its process ends with the test."""
    decoder = SandboxedDecoder(DecodeLimits())
    yield decoder
    decoder.close()
