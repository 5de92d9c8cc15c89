"""The embedded stack's own credentials: made once per data directory, readable by its owner only."""

import json
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

from omnibus.stacks.layout import write_private

OWNER = "omnibus"


@dataclass(frozen=True, slots=True)
class Credentials:
    """Hexadecimal, so that they can stand in an address and in any configuration file as they are."""

    access_key: str
    secret_key: str
    redis_password: str
    bridge_token: str

    @classmethod
    def of(cls, file: Path) -> Self:
        """Those in the file; new ones, written there, if there is no such file yet."""
        if file.exists():
            return cls(**json.loads(file.read_text()))
        made = cls(*(secrets.token_hex(size) for size in (10, 20, 20, 20)))
        write_private(file, json.dumps(asdict(made)))
        return made

    def s3_json(self) -> str:
        """The configuration of SeaweedFS's S3 server: one identity that may do everything, and nobody else."""
        keys = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return json.dumps({"identities": [{"name": OWNER, "credentials": keys, "actions": actions}]})
