"""The Bucket port over any S3 store (MinIO, SeaweedFS), through minio-py."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

from minio import Minio
from minio.error import MinioException, S3Error
from urllib3.exceptions import HTTPError

from workers.domain.media import ObjectInfo, ObjectRef
from workers.errors import MediaTooLarge, ObjectGone, ServiceUnavailable
from workers.spool import Row, by_first

GONE = {"NoSuchKey", "NoSuchBucket", "NoSuchVersion", "MethodNotAllowed"}
"""S3 error codes for an object that is not there; the last is the answer for a delete marker."""
NO_NAME = {"XMinioInvalidObjectName", "KeyTooLongError"}
"""S3 error codes for a key that no object of this store can have: MinIO refuses empty parts, and parts of 256 bytes."""
KEY_BYTES = 1024
"""Of UTF-8. Source: AWS, "Naming Amazon S3 objects"."""


class S3Bucket:
    """Objects of an S3 store, read only."""

    def __init__(self, client: Minio) -> None:
        self._client = client

    def stat(self, ref: ObjectRef) -> ObjectInfo | None:
        """See `ports.bucket.Bucket`."""
        try:
            with _known_errors(ref):
                found = self._head(ref)
        except ObjectGone:
            return None
        return ObjectInfo(
            ref=ref,
            etag=(found.etag or "").strip('"'),
            size=found.size or 0,
            last_modified=found.last_modified or datetime.now(UTC),
            version_id=found.version_id or "",
            content_type=found.content_type or "",
        )

    def _head(self, ref: ObjectRef) -> Any:
        try:
            return self._client.stat_object(ref.bucket, ref.key)
        except S3Error as error:
            if error.code == "BadRequest":
                # The answer to HEAD has no words: whether it is the key that is bad, only GET says.
                self._client.get_object(ref.bucket, ref.key, length=1).close()
            raise

    def read(self, ref: ObjectRef, *, limit: int) -> bytes:
        """See `ports.bucket.Bucket`."""
        with _known_errors(ref):
            response = self._client.get_object(ref.bucket, ref.key)
            try:
                data: bytes = response.read(limit + 1)
            finally:
                response.close()
                response.release_conn()
        if len(data) > limit:
            raise MediaTooLarge(f"{ref.key} has more than {limit} bytes, the limit for its kind")
        return data

    def list(self, bucket: str, prefix: str = "") -> Iterator[ObjectInfo]:
        """See `ports.bucket.Bucket`. Not every store lists in the order of S3: SeaweedFS goes folder by folder."""
        for key, etag, size, modified, version_id in by_first(self._listed(bucket, prefix), 5):
            yield ObjectInfo(
                ref=ObjectRef(bucket, str(key)),
                etag=str(etag),
                size=int(size or 0),
                last_modified=datetime.fromtimestamp(float(modified or 0), UTC),
                version_id=str(version_id),
            )

    def _listed(self, bucket: str, prefix: str) -> Iterator[Row]:
        """Key, ETag, size, time of the last change and version id, as the store lists them."""
        with _known_errors(ObjectRef(bucket, prefix)):
            for found in self._client.list_objects(bucket, prefix=prefix, recursive=True):
                # A key that ends with a slash, as some programs make them for a folder, is an object like any other.
                if found.object_name is not None:
                    modified = found.last_modified or datetime.now(UTC)
                    etag = (found.etag or "").strip('"')
                    yield found.object_name, etag, found.size or 0, modified.timestamp(), found.version_id or ""


@contextmanager
def _known_errors(ref: ObjectRef) -> Iterator[None]:
    if len(ref.key.encode(errors="surrogatepass")) > KEY_BYTES:
        raise ObjectGone(f"{ref.name[:80]}... cannot be in a bucket: a key has at most {KEY_BYTES} bytes")
    try:
        yield
    except S3Error as error:
        if error.code in GONE:
            raise ObjectGone(f"{ref.name} is not in the bucket") from error
        if error.code in NO_NAME:
            raise ObjectGone(f"{ref.name} cannot be in a bucket: {error.message}") from error
        raise ServiceUnavailable(f"the object store refused {ref.name}: {error.code}: {error.message}") from error
    except ValueError as error:
        # The client itself refuses what no object can be called, such as `a/../b`.
        raise ObjectGone(f"{ref.name} cannot be in a bucket: {error}") from error
    except (MinioException, HTTPError, OSError) as error:
        raise ServiceUnavailable(f"the object store does not answer for {ref.name}: {error}") from error
