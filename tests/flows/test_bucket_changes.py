"""Every way in which a bucket's content changes is followed: copies, uploads in parts, versions and their markers."""

import io
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from minio import Minio
from minio.commonconfig import ENABLED, CopySource
from minio.versioningconfig import SUSPENDED, VersioningConfig
from PIL import Image
from running import Stack

PART = 5 * 1024 * 1024
"""Bytes: the least that S3 takes for a part that is not the last."""


@pytest.fixture
def bucket(stack: Stack) -> str:
    return stack.endpoints["bucket"]


with_versions = pytest.mark.parametrize("kind", ["services"], indirect=True)
"""The embedded stack's buckets keep no versions."""


@pytest.fixture
def versioned(stack: Stack, bucket: str) -> Iterator[Minio]:
    """A client of the bucket, which keeps versions during the test."""
    client = stack.s3()
    client.set_bucket_versioning(bucket, VersioningConfig(ENABLED))
    yield client
    client.set_bucket_versioning(bucket, VersioningConfig(SUSPENDED))


def put(client: Minio, bucket: str, key: str, text: str) -> None:
    client.put_object(bucket, key, io.BytesIO(text.encode()), len(text.encode()))


def test_a_copy_inside_the_bucket_is_an_object_of_its_own(
    stack: Stack, bucket: str, tmp_path: Path, wait_until: Callable[..., object]
) -> None:
    stack.upload(tmp_path, {"copies/one.txt": b"The cooper mends barrels on Tuesdays."})
    stack.s3().copy_object(bucket, "copies/two.txt", CopySource(bucket, "copies/one.txt"))
    both = {"copies/one.txt", "copies/two.txt"}
    wait_until(lambda: set(stack.search("who mends barrels?", "--prefix", "copies/")) == both)


def test_an_object_that_comes_in_parts_is_indexed_when_it_is_complete(
    stack: Stack, bucket: str, wait_until: Callable[..., object]
) -> None:
    out = io.BytesIO()
    Image.new("RGB", (2000, 1500), "teal").save(out, "BMP")
    size = out.tell()
    assert size > PART
    out.seek(0)
    stack.s3().put_object(bucket, "parts/large.bmp", out, size, part_size=PART)
    found = ["parts/large.bmp"]
    wait_until(lambda: stack.search("a picture", "--prefix", "parts/", "--modality", "image") == found)


@with_versions
def test_the_newest_version_counts_and_a_delete_marker_removes_the_object(
    stack: Stack, bucket: str, versioned: Minio, wait_until: Callable[..., object]
) -> None:
    def texts() -> list[str]:
        return [h["text"] for h in stack.run("search", "the sail", "--prefix", "versions/", "--json").json["hits"]]

    first, second = "The sail is sewn from red canvas.", "The sail is sewn from white canvas."
    put(versioned, bucket, "versions/a.txt", first)
    wait_until(lambda: texts() == [first])
    put(versioned, bucket, "versions/a.txt", second)
    wait_until(lambda: texts() == [second])

    versioned.remove_object(bucket, "versions/a.txt")
    wait_until(lambda: texts() == [])
    (marker,) = (v for v in versioned.list_objects(bucket, "versions/", include_version=True) if v.is_delete_marker)
    versioned.remove_object(bucket, "versions/a.txt", version_id=marker.version_id)
    wait_until(lambda: texts() == [second])


@with_versions
def test_removing_the_newest_version_brings_back_the_one_before(
    stack: Stack, bucket: str, versioned: Minio, wait_until: Callable[..., object]
) -> None:
    def texts() -> list[str]:
        return [h["text"] for h in stack.run("search", "the anchor", "--prefix", "back/", "--json").json["hits"]]

    first, second = "The anchor weighs two tons.", "The anchor weighs three tons."
    put(versioned, bucket, "back/a.txt", first)
    wait_until(lambda: texts() == [first])
    put(versioned, bucket, "back/a.txt", second)
    wait_until(lambda: texts() == [second])
    (newest,) = (v for v in versioned.list_objects(bucket, "back/", include_version=True) if v.is_latest == "true")
    versioned.remove_object(bucket, "back/a.txt", version_id=newest.version_id)
    wait_until(lambda: texts() == [first])
