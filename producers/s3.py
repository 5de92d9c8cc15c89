"""The one S3 client: whoever talks to the bucket, light client and workers alike, makes it here."""

from minio import Minio
from urllib3 import PoolManager, Retry, Timeout


def s3_client(endpoint: str, access_key: str, secret_key: str) -> Minio:
    """A client for `http://host:port` or `https://host:port` that gives up soon, so that the caller can decide."""
    pool = PoolManager(timeout=Timeout(connect=2, read=30), retries=Retry(total=2, backoff_factor=0.2), maxsize=16)
    scheme, _, host = endpoint.partition("://")
    return Minio(host, access_key=access_key, secret_key=secret_key, secure=scheme == "https", http_client=pool)
