"""Buckets, made where they are missing."""

import time
from collections.abc import Iterable

from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from producers.errors import BucketUnavailable

PATIENCE_S = 45.0
"""How long an object store may take to start. SeaweedFS takes 3 to 5 s."""


def set_up_buckets(client: Minio, buckets: Iterable[str], *, patience_s: float = PATIENCE_S) -> list[str]:
    """Make each bucket, unless it is there; a line for each that was made.

    Waits for an object store that is just starting. Raises `BucketUnavailable` when it does not answer, or refuses, for
    `patience_s` seconds.
    """
    deadline = time.monotonic() + patience_s
    return [f"made bucket {bucket}" for bucket in buckets if _made(client, bucket, deadline)]


def _made(client: Minio, bucket: str, deadline: float) -> bool:
    """Whether it had to be made."""
    while True:
        try:
            if client.bucket_exists(bucket):
                return False
            client.make_bucket(bucket)
        except (MinioException, HTTPError) as error:
            if time.monotonic() > deadline:
                raise BucketUnavailable(f"cannot make the bucket {bucket}: {error}") from error
            time.sleep(0.05)
        else:
            return True
