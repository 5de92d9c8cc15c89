"""What the stack tells the bridge. Apart from it, so that the supervisor need not load the bridge's libraries."""

import json
from dataclasses import asdict, dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class BridgeSettings:
    """Addresses, credentials, and what to make. `topics` has the number of partitions of each."""

    port: int
    token: str
    kafka: str
    topics: dict[str, int]
    s3: str
    access_key: str
    secret_key: str
    buckets: list[str]
    heartbeat: str

    @classmethod
    def from_json(cls, text: str) -> Self:
        """Read what `to_json` wrote."""
        return cls(**json.loads(text))

    def to_json(self) -> str:
        """As JSON, for the configuration file."""
        return json.dumps(asdict(self))
