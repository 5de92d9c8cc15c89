"""Buckets, made where they are missing."""

import time
from collections.abc import Iterable

from minio import Minio
from minio.error import MinioException
from urllib3.exceptions import HTTPError

from omnibus.stacks.errors import StackFailed
from producers.s3 import s3_client

PATIENCE_S = 45.0
"""How long an object store may take to start. SeaweedFS takes 3 to 5 s."""


def create_buckets(s3: str, access_key: str, secret_key: str, buckets: Iterable[str]) -> None:
    """Make each bucket, unless it is there. Waits for an object store that is just starting.

    Raises `StackFailed` when it does not answer, or refuses, for `PATIENCE_S`.
    """
    client = s3_client(s3, access_key, secret_key)
    deadline = time.monotonic() + PATIENCE_S
    for bucket in buckets:
        while problem := _problem(client, bucket):
            if time.monotonic() > deadline:
                raise StackFailed(f"cannot make the bucket {bucket} at {s3}: {problem}") from problem
            time.sleep(0.05)


def _problem(client: Minio, bucket: str) -> Exception | None:
    """What hinders making the bucket; None once it is there."""
    try:
        if not client.bucket_exists(bucket):
            client.make_bucket(bucket)
    except (MinioException, HTTPError) as error:
        return error
    return None
