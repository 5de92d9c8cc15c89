"""Where a running stack can be reached, and with which credentials."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self


@dataclass(frozen=True, slots=True)
class Endpoints:
    """`kafka` is host:port, `s3` and `redis` are addresses, `index` is the folder of the index."""

    kafka: str
    s3: str
    access_key: str
    secret_key: str
    bucket: str
    question_bucket: str
    redis: str
    index: Path

    def to_dict(self) -> dict[str, str]:
        """As text, for the state file."""
        return {name: str(value) for name, value in asdict(self).items()}

    def as_settings(self) -> dict[str, str]:
        """The names and values that `omnibus.settings` knows: all but the folder, which follows from `data`."""
        return {name: value for name, value in self.to_dict().items() if name != "index"}

    @classmethod
    def from_dict(cls, values: Mapping[str, str]) -> Self:
        """Read what `to_dict` wrote."""
        given = dict(values)
        index = Path(given.pop("index"))
        return cls(index=index, **given)
