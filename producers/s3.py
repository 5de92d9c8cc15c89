"""The one S3 client: whoever talks to the bucket, light client and workers alike, makes it here."""

from minio import Minio
from urllib3 import PoolManager, Retry, Timeout


def s3_client(endpoint: str, access_key: str, secret_key: str, *, read_s: float = 30, tries: int = 3) -> Minio:
    """A client for `http://host:port` or `https://host:port` that gives up soon, so that the caller can decide.

    `read_s` is how long the server may take for each part of an answer.
    """
    retries = Retry(total=tries - 1, backoff_factor=0.2)
    pool = PoolManager(timeout=Timeout(connect=min(2, read_s), read=read_s), retries=retries, maxsize=16)
    scheme, _, host = endpoint.partition("://")
    return Minio(host, access_key=access_key, secret_key=secret_key, secure=scheme == "https", http_client=pool)
