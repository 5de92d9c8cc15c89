"""The credentials of a stack that we start: made once per data directory, readable by its owner only."""

import json
import secrets
from dataclasses import asdict, dataclass, fields
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
    weaviate_key: str

    @classmethod
    def of(cls, file: Path) -> Self:
        """Those in the file; new ones, written there, for those that it lacks."""
        held: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        # A file that an earlier version wrote lacks some.
        missing = {field.name: secrets.token_hex(20) for field in fields(cls) if field.name not in held}
        if "access_key" in missing:
            missing["access_key"] = secrets.token_hex(10)
        made = cls(**held, **missing)
        if missing:
            write_private(file, json.dumps(asdict(made)))
        return made

    def s3_json(self) -> str:
        """The configuration of SeaweedFS's S3 server: one identity that may do everything, and nobody else."""
        keys = [{"accessKey": self.access_key, "secretKey": self.secret_key}]
        actions = ["Admin", "Read", "Write", "List", "Tagging"]
        return json.dumps({"identities": [{"name": OWNER, "credentials": keys, "actions": actions}]})
