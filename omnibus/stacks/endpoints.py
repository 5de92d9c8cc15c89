"""Where a running stack can be reached, and with which credentials."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

from omnibus.settings import PREFIX


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The names are those of the settings. `kafka` and `weaviate_grpc` are host:port, the others addresses.

    The embedded stack has no Weaviate.
    """

    stack: str
    kafka: str
    s3: str
    access_key: str
    secret_key: str
    bucket: str
    question_bucket: str
    redis: str
    weaviate: str = ""
    weaviate_grpc: str = ""
    weaviate_key: str = ""

    def as_settings(self) -> dict[str, str]:
        """The names and values that `omnibus.settings` knows, for the state file too."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, str]) -> Self:
        """Read what `as_settings` wrote."""
        return cls(**values)


def as_environment(endpoints: Endpoints) -> Mapping[str, str]:
    """This process's environment, with a stack's own addresses instead of any others that it or omnibus.toml names."""
    return {**os.environ, **{f"{PREFIX}{name.upper()}": value for name, value in endpoints.as_settings().items()}}
