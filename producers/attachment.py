"""A picture too large to travel inside a question: it waits in a bucket of its own while the question is asked."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from minio.error import MinioException
from urllib3.exceptions import HTTPError

from producers.errors import BucketUnavailable
from producers.s3 import s3_client
from schemas.questions import MediaRef


@contextmanager
def attached(endpoint: str, access_key: str, secret_key: str, bucket: str, path: Path) -> Iterator[MediaRef]:
    """A reference to `path`'s bytes in `bucket`, which are removed at the end. Raises `BucketUnavailable`."""
    client = s3_client(endpoint, access_key, secret_key)
    key = f"{uuid.uuid4()}{path.suffix}"
    try:
        client.fput_object(bucket, key, str(path))
        try:
            yield MediaRef(bucket=bucket, key=key)
        finally:
            client.remove_object(bucket, key)
    except (MinioException, HTTPError) as error:
        raise BucketUnavailable(f"{path} could not be handed over through bucket {bucket}: {error}") from error
